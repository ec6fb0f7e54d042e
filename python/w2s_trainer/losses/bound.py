"""A loss with its parameters, as requests name it and as training loops call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import check
from ..errors import BadInput, Unsupported
from .context import Context
from .plugin_call import call_plugin
from .registry import LOSSES, Known


@dataclass(frozen=True)
class BoundLoss:
    name: str
    parameters: Mapping[str, Any]
    batchwise: bool
    """A row's loss depends on the other rows of its batch: the batch must not be cut into parts."""
    known: Known

    def __call__(
        self, f: np.ndarray, w: np.ndarray, progress: float, balance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Each row's loss, and its gradient with respect to the row's logits."""
        context = Context(progress, balance)
        if self.known.built_in:
            return self.known.function(f, w, context, **self.parameters)
        return call_plugin(self.known, f, w, context, self.parameters)


def bind(spec: Any, classes: int) -> BoundLoss:
    """Checks `{name, ...parameters}`, fills in defaults and tries the loss on a few rows."""
    if not isinstance(spec, Mapping):
        raise BadInput(f"loss: expected an object with a name, found {check.show(spec)}.")
    name = check.string(spec.get("name"), "loss.name")
    known = LOSSES.get(name)
    if known is None:
        raise Unsupported(f"loss.name: this worker does not know {name!r}; it knows {', '.join(LOSSES)}.")
    parameters = {key: parameter.default for key, parameter in known.parameters.items()}
    for key, value in spec.items():
        if key == "name":
            continue
        if key not in known.parameters:
            knows = ", ".join(known.parameters) or "none"
            raise BadInput(f"loss.{key}: {known.label} has no such parameter; it has: {knows}.")
        parameters[key] = known.parameters[key].check(value, f"loss.{key}")
    batchwise = known.batchwise(classes, parameters) if callable(known.batchwise) else known.batchwise
    bound = BoundLoss(name, parameters, bool(batchwise), known)
    try:
        _try(bound, classes)
    except ValueError as error:
        field = str(error).partition(":")[0] in parameters
        raise BadInput(f"loss.{error}" if field else f"loss.name: {error}") from None
    return bound


def _try(bound: BoundLoss, classes: int) -> None:
    """What is wrong with a loss shows before a model is loaded."""
    pattern = np.sin(np.arange(8 * classes, dtype=np.float32).reshape(8, classes))
    f, w = (np.exp(part) / np.exp(part).sum(axis=1, keepdims=True) for part in (2 * pattern[:4], pattern[4:]))
    balance = w.mean(axis=0)
    whole, _ = bound(f, w, 0.5, balance)
    if bound.batchwise:
        return
    halves = [bound(f[rows], w[rows], 0.5, balance)[0] for rows in (slice(0, 2), slice(2, 4))]
    if not np.allclose(np.concatenate(halves), whole, rtol=1e-3, atol=1e-5):
        raise BadInput(
            f"loss.name: with {bound.known.label} a row's loss changes with the other rows of its batch, which may be "
            f'cut into parts to fit into memory. Declare it: @loss("{bound.name}", batchwise=True).'
        )
