"""A softmax head on frozen features, trained by AdamW in numpy; columns are z-scored where the features ask for it.

Weights start at N(0, .01 / columns), so that the first logits differ between seeds by about .1; the bias starts at 0.
Or they start where another head ended, on that head's z-scores. The learning rate falls linearly to 0; weight decay is
decoupled and leaves the bias alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .call import Call
from .errors import BadInput, TrainerError
from .losses import BoundLoss
from .models import Optimizer

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
_STD_FLOOR = 1e-6
_BLOCK = 256


@dataclass
class Head:
    """`mean` and `scale` bring a feature to the z-score that the weights were trained on (0 and 1: as it is)."""

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Rows of class probabilities.

        Rows go through in blocks of one size, so that the product's kernel, and with it a row's last bits, do not
        depend on how many rows are asked for.
        """
        out = np.empty((len(features), self.weights.shape[1]), np.float32)
        block = np.zeros((_BLOCK, features.shape[1]), np.float32)
        for start in range(0, len(features), _BLOCK):
            part = features[start : start + _BLOCK]
            np.subtract(part, self.mean, out=block[: len(part)])
            block[: len(part)] *= self.scale
            out[start : start + len(part)] = softmax(block @ self.weights + self.bias)[: len(part)]
        return out


@dataclass
class Training:
    head: Head
    history: list[dict[str, Any]] = field(default_factory=list)
    """An entry an epoch: {epoch, loss, validation?: {loss, accuracy}}."""
    traces: np.ndarray | None = None
    curve: np.ndarray | None = None


def train(
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    standardise: bool,
    loss: BoundLoss,
    optimizer: Optimizer,
    seed: int,
    call: Call,
    *,
    traces: bool = False,
    curve: bool = False,
    validation: tuple[np.ndarray, np.ndarray, str] | None = None,
    initial: Head | None = None,
) -> Training:
    """Fits a head. `features` may be overwritten with its z-scores, which spares a copy.

    `validation` is (features, targets, keep), its features as they are: with keep "best" the head returned is that of
    the epoch with the least validation loss, the first of them where several are equal.
    """
    rows, columns = features.shape
    classes = targets.shape[1]
    random = np.random.Generator(np.random.PCG64(seed))
    head = _initial(features, classes, standardise, random) if initial is None else _warm(initial, columns, classes)
    if standardise:
        features -= head.mean
        features *= head.scale
    balance, weights = weighted(targets, weights)

    size = min(optimizer.batch_size, rows)
    steps_an_epoch = -(-rows // size)
    steps = steps_an_epoch * optimizer.epochs
    adam = _AdamW(head.weights, head.bias, optimizer)
    buffer = np.empty((size, columns), np.float32)
    gradient = np.empty_like(head.weights)
    result = Training(head)
    if traces:
        result.traces = np.empty((rows, optimizer.epochs), np.float32)
    if curve:
        result.curve = np.empty(steps, np.float32)

    step = 0
    best: tuple[float, Head] | None = None
    for epoch in range(optimizer.epochs):
        order = random.permutation(rows)
        total = 0.0
        for start in range(0, rows, size):
            call.check()
            chosen = order[start : start + size]
            x = np.take(features, chosen, axis=0, out=buffer[: len(chosen)], mode="clip")
            f = softmax(x @ head.weights + head.bias)
            each, slope = loss(f, targets[chosen], step / steps, balance)
            if weights is not None:
                each = each * weights[chosen]
                slope = slope * weights[chosen, None]
            slope = slope / np.float32(len(chosen))
            np.matmul(x.T, slope, out=gradient)
            mean, bias = float(each.mean()), slope.sum(axis=0)
            _check_finite("loss", mean, step, steps, optimizer)
            _check_finite("gradient", float(bias.sum()), step, steps, optimizer)
            adam.step(gradient, bias, optimizer.learning_rate * (1 - step / steps))
            if result.curve is not None:
                result.curve[step] = mean
            step += 1
            total += float(each.sum(dtype=np.float64))
            call.progress("train", step, steps, loss=mean)
        # A step spoils the loss of the next one: only the last needs a look of its own.
        _check_finite("weights", float(np.abs(head.weights).max()), step - 1, steps, optimizer)
        entry: dict[str, Any] = {"epoch": epoch + 1, "loss": total / rows}
        if result.traces is not None:
            f = softmax(features @ head.weights + head.bias)
            result.traces[:, epoch] = loss(f, targets, step / steps, balance)[0]
        if validation is not None:
            held, truth, keep = validation
            entry["validation"] = measure(head.probabilities(held), truth)
            if keep == "best" and (best is None or entry["validation"]["loss"] < best[0]):
                best = (entry["validation"]["loss"], _copy(head))
        result.history.append(entry)
    if best is not None:
        result.head = best[1]
    return result


def _check_finite(what: str, value: float, step: int, steps: int, optimizer: Optimizer) -> None:
    if not np.isfinite(value):
        raise TrainerError(
            "failed",
            f"the {what} became {value} at step {step + 1} of {steps}; expected finite numbers. Lower learningRate "
            f"({optimizer.learning_rate:g}) or weightDecay ({optimizer.weight_decay:g}); at step 1, look for features "
            "that are not finite.",
        )


def weighted(targets: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """The mean target, and the weights with mean 1."""
    if weights is None:
        return targets.mean(axis=0, dtype=np.float64).astype(np.float32), None
    balance = (weights @ targets / weights.sum()).astype(np.float32)
    return balance, weights / weights.mean(dtype=np.float64).astype(np.float32)


def measure(f: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Mean cross-entropy in nats, and the share of rows whose most probable class is the targets'."""
    each = -np.einsum("ij,ij->i", targets, np.log(np.maximum(f, 1e-12)))
    right = f.argmax(axis=1) == targets.argmax(axis=1)
    return {"loss": float(each.mean(dtype=np.float64)), "accuracy": float(right.mean())}


def softmax(logits: np.ndarray) -> np.ndarray:
    """Row by row, in place."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def _initial(features: np.ndarray, classes: int, standardise: bool, random: np.random.Generator) -> Head:
    columns = features.shape[1]
    mean, scale = np.zeros(columns), np.ones(columns)
    if standardise:
        mean = features.mean(axis=0, dtype=np.float64)
        std = features.std(axis=0, dtype=np.float64)
        scale = np.where(std > _STD_FLOOR, 1 / np.maximum(std, _STD_FLOOR), 0)  # a constant column says nothing
    weights = random.standard_normal((columns, classes), np.float32) * np.float32(0.1 / np.sqrt(columns))
    return Head(mean.astype(np.float32), scale.astype(np.float32), weights, np.zeros(classes, np.float32))


def _warm(head: Head, columns: int, classes: int) -> Head:
    if head.weights.shape != (columns, classes):
        raise BadInput(
            f"from: expected a head on {columns} features with {classes} classes, as the training rows have, "
            f"found one on {head.weights.shape[0]} features with {head.weights.shape[1]} classes."
        )
    return _copy(head)


def _copy(head: Head) -> Head:
    return replace(head, weights=head.weights.copy(), bias=head.bias.copy())


class _AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), in place on the weights and the bias."""

    def __init__(self, weights: np.ndarray, bias: np.ndarray, optimizer: Optimizer) -> None:
        self._states = [(weights, *_moments(weights), optimizer.weight_decay), (bias, *_moments(bias), 0.0)]
        self._count = 0

    def step(self, weights_gradient: np.ndarray, bias_gradient: np.ndarray, rate: float) -> None:
        self._count += 1
        first = rate / (1 - _BETA1**self._count)
        second = 1 / np.sqrt(1 - _BETA2**self._count)
        for (value, m, v, decay), gradient in zip(self._states, (weights_gradient, bias_gradient), strict=True):
            value *= np.float32(1 - rate * decay)
            m += np.float32(1 - _BETA1) * (gradient - m)
            v += np.float32(1 - _BETA2) * (gradient * gradient - v)
            value -= np.float32(first) * m / (np.sqrt(v) * np.float32(second) + np.float32(_EPSILON))


def _moments(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros_like(value), np.zeros_like(value)
