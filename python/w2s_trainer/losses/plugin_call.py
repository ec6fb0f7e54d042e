"""Calls losses of plugins: what they get, and the checks of what they return."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import BadInput, TrainerError, missing_package
from .context import TINY, Context
from .registry import Known


def call_plugin(
    known: Known, f: np.ndarray, w: np.ndarray, context: Context, parameters: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    call = _by_autograd if known.autograd else _by_hand
    try:
        each, gradient = call(known, f, w, context, parameters)
    except TrainerError:
        raise
    except Exception as error:
        raise _failure(known, error) from error
    _check(known, "loss", each, f.shape[:1], f, w)
    _check(known, "gradient", gradient, f.shape, f, w)
    return each.astype(f.dtype, copy=False), gradient.astype(f.dtype, copy=False)


def _by_hand(known: Known, f: np.ndarray, w: np.ndarray, context: Context, parameters: Mapping[str, Any]) -> Any:
    fixed = Context(context.progress, _read_only(context.balance))
    found = known.function(_read_only(f), _read_only(w), fixed, **parameters)
    if not isinstance(found, tuple) or len(found) != 2:
        raise BadInput(
            f"{known.label} returned {_show(found)}; expected two arrays, each row's loss and its gradient with "
            "respect to the row's logits. For the gradient by torch: @loss(..., autograd=True)."
        )
    return found


def _read_only(array: np.ndarray) -> np.ndarray:
    """It may be the training's own: what a loss writes into it would be trained on."""
    view = array.view()
    view.flags.writeable = False
    return view


def _by_autograd(known: Known, f: np.ndarray, w: np.ndarray, context: Context, parameters: Mapping[str, Any]) -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise missing_package("torch", "models") from None

    with torch.inference_mode(False), torch.enable_grad():
        # With a floor, so that the derivative of a logarithm stays finite; times p below, it is right there too.
        p = torch.from_numpy(np.maximum(f, TINY)).requires_grad_()
        tensors = Context(context.progress, torch.tensor(context.balance))
        each = known.function(p, torch.tensor(w), tensors, **parameters)
        if not isinstance(each, torch.Tensor) or each.shape != p.shape[:1] or not each.is_floating_point():
            raise BadInput(
                f"{known.label} returned {_show(each)}; expected a tensor with each row's loss: floating point, "
                f"shape [{len(f)}]."
            )
        if not each.requires_grad:
            raise BadInput(
                f"{known.label} returned losses that do not depend on f, so that there is nothing to differentiate. "
                "Leave out detach() and no_grad() where f is meant to be trained."
            )
        (slope,) = torch.autograd.grad(each.sum(), p)
        gradient = p * (slope - (p * slope).sum(dim=1, keepdim=True))  # through the softmax
        return each.detach().numpy(), gradient.detach().numpy()


def _check(known: Known, what: str, found: Any, shape: tuple[int, ...], f: np.ndarray, w: np.ndarray) -> None:
    if not isinstance(found, np.ndarray) or found.dtype.kind != "f" or found.shape != shape:
        raise BadInput(
            f"{known.label} returned as its {what} {_show(found)}; expected a floating-point array of shape "
            f"{list(shape)}."
        )
    if np.isfinite(found).all():
        return
    row = int(np.argwhere(~np.isfinite(found))[0][0])
    raise TrainerError(
        "failed",
        f"{known.label} returned a {what} of {found[row]} for the probabilities f = {f[row]} and the targets "
        f"w = {w[row]}; expected finite numbers. A logarithm of 0? Either can be exactly 0: use max(f, 1e-12).",
    )


def _failure(known: Known, error: Exception) -> TrainerError:
    """`ValueError` is how a loss refuses a parameter."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == known.file]
    where = f"{known.name} ({known.file}:{lines[-1] if lines else known.line})"
    if isinstance(error, ValueError):
        return BadInput(f"loss: {where}: {error}")
    return TrainerError("failed", f"loss: {where}: {type(error).__name__}: {error}")


def _show(value: Any) -> str:
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None or dtype is None:
        return f"{type(value).__name__} {value!r:.60}"
    return f"{type(value).__name__} of {dtype}, shape {list(shape)}"
