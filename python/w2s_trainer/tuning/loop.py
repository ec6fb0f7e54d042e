"""The training loop: AdamW in the order and with the schedule of Hugging Face's Trainer, losses by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ..call import Call
from ..errors import TrainerError
from ..linear import measure, weighted
from ..losses import BoundLoss
from ..models import FineTuneOptimizer

_CLIP = 1.0

Forward = Callable[[np.ndarray], torch.Tensor]


@dataclass(frozen=True)
class Source:
    """The training rows as the loop sees them, by number."""

    targets: np.ndarray
    weights: np.ndarray | None
    forward: Forward
    """Logits of some rows, with gradients."""
    cut: Callable[[np.ndarray], list[np.ndarray]]
    """Cuts a batch of rows into micro-batches, as positions in it."""
    tokens: Callable[[np.ndarray], int]


@dataclass
class Training:
    history: list[dict[str, Any]] = field(default_factory=list)
    traces: np.ndarray | None = None
    curve: np.ndarray | None = None


@dataclass(frozen=True)
class Watch:
    """What is measured after each epoch: probabilities of the validation rows and of the training rows."""

    validation: tuple[Callable[[], np.ndarray], np.ndarray, str] | None
    train: Callable[[], np.ndarray] | None


def train(
    source: Source,
    parameters: Sequence[tuple[torch.nn.Parameter, bool]],
    loss: BoundLoss,
    settings: FineTuneOptimizer,
    seed: int,
    watch: Watch,
    call: Call,
    curve: bool,
) -> Training:
    rows = len(source.targets)
    balance, weights = weighted(source.targets, source.weights)
    random = np.random.Generator(np.random.PCG64(seed))
    size = min(settings.batch_size, rows)
    steps = -(-rows // size) * settings.epochs
    trained = [parameter for parameter, _ in parameters]
    adam = _adam(parameters, settings)
    result = Training()
    losses: list[float] = []
    traces: list[np.ndarray] = []
    best: tuple[float, list[torch.Tensor]] | None = None
    started, tokens, step = time.perf_counter(), 0, 0
    for epoch in range(1, settings.epochs + 1):
        order = random.permutation(rows)
        total = 0.0
        for start in range(0, rows, size):
            chosen = order[start : start + size]
            for group in adam.param_groups:
                group["lr"] = settings.learning_rate * _rate(step, steps, settings.warmup)
            each = _backward(source, chosen, weights, loss, step / steps, balance, call)
            norm = torch.nn.utils.clip_grad_norm_(trained, _CLIP)
            if not (np.isfinite(each).all() and bool(torch.isfinite(norm))):
                raise TrainerError(
                    "failed",
                    f"The loss or its gradient is not finite at step {step + 1} of {steps}. Lower learningRate.",
                )
            adam.step()
            adam.zero_grad(set_to_none=True)
            step += 1
            losses.append(float(each.mean()))
            total += float(each.sum(dtype=np.float64))
            count = source.tokens(chosen)
            call.tokens += count
            tokens += count
            speed = tokens / (time.perf_counter() - started)
            call.progress("train", step, steps, loss=losses[-1], tokensPerSecond=speed)
        entry: dict[str, Any] = {"epoch": epoch, "loss": total / rows}
        if watch.train:
            traces.append(loss(watch.train(), source.targets, step / steps, balance)[0])
        if watch.validation:
            predict, targets, keep = watch.validation
            entry["validation"] = measure(predict(), targets)
            if keep == "best" and (best is None or entry["validation"]["loss"] < best[0]):
                best = (entry["validation"]["loss"], [parameter.detach().to("cpu", copy=True) for parameter in trained])
        result.history.append(entry)
    if best:
        for parameter, value in zip(trained, best[1], strict=True):
            parameter.data.copy_(value)
    result.traces = np.stack(traces, axis=1).astype(np.float32) if traces else None
    result.curve = np.array(losses, np.float32) if curve else None
    return result


def _backward(
    source: Source,
    chosen: np.ndarray,
    weights: np.ndarray | None,
    loss: BoundLoss,
    progress: float,
    balance: np.ndarray,
    call: Call,
) -> np.ndarray:
    """Adds up the gradient of the batch's mean loss, micro-batch by micro-batch, and returns each row's loss.

    A loss whose rows depend on one another (a quantile of the batch) is taken over the whole batch: where that is more
    than a micro-batch, all logits are computed once without gradients beforehand.
    """
    parts = source.cut(chosen)
    out = np.empty(len(chosen), np.float32)

    def apply(part: np.ndarray, f: np.ndarray) -> np.ndarray:
        each, slope = loss(f, source.targets[chosen[part]], progress, balance)
        if weights is not None:
            each = each * weights[chosen[part]]
            slope = slope * weights[chosen[part], None]
        out[part] = each
        return (slope / np.float32(len(chosen))).astype(np.float32)

    if not loss.batchwise or len(parts) == 1:
        for part in parts:
            call.check()
            logits = source.forward(chosen[part])
            logits.backward(torch.from_numpy(apply(part, _softmax(logits))).to(logits.device))
        return out
    f = np.empty((len(chosen), source.targets.shape[1]), np.float32)
    for part in parts:
        call.check()
        with torch.no_grad():
            f[part] = _softmax(source.forward(chosen[part]))
    slope = apply(np.arange(len(chosen)), f)
    for part in parts:
        call.check()
        logits = source.forward(chosen[part])
        logits.backward(torch.from_numpy(slope[part]).to(logits.device))
    return out


def _softmax(logits: torch.Tensor) -> np.ndarray:
    return torch.softmax(logits.detach(), dim=-1).cpu().numpy()


def _rate(step: int, steps: int, warmup: float) -> float:
    """The share of the learning rate: 0 to 1 over the warm-up, then linearly to 0. A fit's only step is no warm-up."""
    rising = min(int(np.ceil(warmup * steps)), steps - 1)
    if step < rising:
        return step / rising
    return (steps - step) / max(1, steps - rising)


def _adam(parameters: Sequence[tuple[torch.nn.Parameter, bool]], settings: FineTuneOptimizer) -> torch.optim.AdamW:
    groups = [
        {"params": [p for p, decays in parameters if decays], "weight_decay": settings.weight_decay},
        {"params": [p for p, decays in parameters if not decays], "weight_decay": 0.0},
    ]
    device = parameters[0][0].device.type
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=settings.learning_rate, fused=device in ("cpu", "cuda")
    )
