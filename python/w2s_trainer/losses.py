"""Training losses: each one a small callable, found by name.

`loss(f, w, progress, parameters, balance)` gets the model's probabilities f and the targets w (both batch x classes),
the share of training that is done, the loss's parameters and the training set's mean target. It returns each
example's loss and the gradient of that loss with respect to the logits. Where a target depends on f it is held fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import check
from .errors import BadInput, Unsupported

Parameters = Mapping[str, Any]
Loss = Callable[[np.ndarray, np.ndarray, float, Parameters, np.ndarray], tuple[np.ndarray, np.ndarray]]

_TINY = np.float32(1e-12)


def cross_entropy(
    f: np.ndarray, w: np.ndarray, progress: float, parameters: Parameters, balance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """CE(w, f): with soft targets the student learns the teacher's doubt too."""
    return -np.einsum("ij,ij->i", w, np.log(np.maximum(f, _TINY))), f - w


def confidence(
    f: np.ndarray, w: np.ndarray, progress: float, parameters: Parameters, balance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """CE((1 - c) w + c h, f), h being the student's own hardened answer (Burns et al. 2023, appendix A.4).

    c rises linearly from 0 to `alpha` over the first `ramp` of training. Two classes are hardened so that the share
    of each in the batch is that of the targets ("balance"), more by argmax.
    """
    ramp = parameters["ramp"]
    c = np.float32(parameters["alpha"] * (min(1.0, progress / ramp) if ramp > 0 else 1.0))
    hard = harden_to_balance(f, balance) if parameters["harden"] == "balance" else harden_to_argmax(f)
    return cross_entropy(f, (1 - c) * w + c * hard, progress, parameters, balance)


def harden_to_argmax(f: np.ndarray) -> np.ndarray:
    """One-hot rows: each row's most probable class."""
    hard = np.zeros_like(f)
    hard[np.arange(len(f)), f.argmax(axis=1)] = 1
    return hard


def harden_to_balance(f: np.ndarray, balance: np.ndarray) -> np.ndarray:
    """One-hot rows for two classes: 1[f >= t], t being the quantile of f that gives class 1 its share of the batch."""
    count = len(f)
    positives = int(np.floor(balance[1] * count + 0.5))
    order = np.argsort(f[:, 1], kind="stable")
    hard = np.zeros_like(f)
    hard[order[: count - positives], 0] = 1
    hard[order[count - positives :], 1] = 1
    return hard


@dataclass(frozen=True)
class _Known:
    loss: Loss
    parameters: Mapping[str, Callable[[Any, str], Any]]
    defaults: Callable[[int], Parameters]


LOSSES: dict[str, _Known] = {
    "cross_entropy": _Known(cross_entropy, {}, lambda classes: {}),
    "confidence": _Known(
        confidence,
        {
            "alpha": lambda value, name: check.number(value, name, 0, 1),
            "ramp": lambda value, name: check.number(value, name, 0, 1),
            "harden": lambda value, name: check.choice(value, name, ("balance", "argmax")),
        },
        lambda classes: {"alpha": 0.5, "ramp": 0.2, "harden": "balance" if classes == 2 else "argmax"},
    ),
}


@dataclass(frozen=True)
class BoundLoss:
    """A loss with its parameters."""

    name: str
    parameters: Parameters

    def __call__(
        self, f: np.ndarray, w: np.ndarray, progress: float, balance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        return LOSSES[self.name].loss(f, w, progress, self.parameters, balance)


def bind(spec: Any, classes: int) -> BoundLoss:
    """Checks `{name, ...parameters}` and fills in defaults."""
    if not isinstance(spec, Mapping):
        raise BadInput(f"loss: expected an object with a name, found {check.show(spec)}.")
    name = check.string(spec.get("name"), "loss.name")
    known = LOSSES.get(name)
    if known is None:
        raise Unsupported(f"loss.name: this worker does not know {name!r}; it knows {', '.join(LOSSES)}.")
    parameters = dict(known.defaults(classes))
    for key, value in spec.items():
        if key == "name":
            continue
        if key not in known.parameters:
            knows = ", ".join(known.parameters) or "none"
            raise BadInput(f"loss.{key}: {name} has no such parameter; it has: {knows}.")
        parameters[key] = known.parameters[key](value, f"loss.{key}")
    if parameters.get("harden") == "balance" and classes != 2:
        raise BadInput(f"loss.harden: balance is for two classes, found {classes}. Use argmax.")
    return BoundLoss(name, parameters)
