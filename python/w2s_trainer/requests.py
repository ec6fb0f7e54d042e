"""The bodies of requests (src/trainer.ts): checked and made into values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import check, losses, models
from .errors import BadInput, Unsupported
from .inputs import Dataset

FindDataset = Callable[[str], Dataset]


@dataclass(frozen=True)
class Rows:
    """Some rows of a dataset, in the order in which they are meant."""

    dataset: Dataset
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True)
class FitRequest:
    key: str
    model: models.Linear
    spec: Mapping[str, Any]
    classes: int
    train: Rows
    targets: np.ndarray
    weights: np.ndarray | None
    loss: losses.BoundLoss
    seed: int
    predict: Mapping[str, Rows]
    traces: bool


def rows(value: Any, name: str, find: FindDataset, more: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> Rows:
    fields = check.record(value, name, ("dataset", *more), ("indices", *optional))
    dataset = find(check.string(fields["dataset"], f"{name}.dataset"))
    if fields.get("indices") is None:
        return Rows(dataset, np.arange(len(dataset)))
    indices = check.blob(fields["indices"], f"{name}.indices", "int32", 1)
    wrong = np.flatnonzero((indices < 0) | (indices >= len(dataset)))
    if len(wrong):
        raise BadInput(
            f"{name}.indices[{wrong[0]}]: expected an index from 0 to {len(dataset) - 1}, "
            f"found {indices[wrong[0]]}. The dataset has {len(dataset)} inputs."
        )
    return Rows(dataset, indices.astype(np.int64))


def fit(body: Any, find: FindDataset) -> FitRequest:
    required = ("key", "task", "model", "classes", "train", "loss", "seed", "predict")
    fields = check.record(body, "fit", required, ("traces",))
    if fields["task"] != "classify":
        raise Unsupported(f"task: this worker does not know {check.show(fields['task'])}; it knows classify.")
    key = check.safe_name(fields["key"], "key")
    model = models.model(fields["model"])
    classes = check.integer(fields["classes"], "classes", 2, 10_000)
    loss = losses.bind(fields["loss"], classes)
    train = rows(fields["train"], "train", find, ("targets",), ("weights",))
    if len(train) == 0:
        raise BadInput("train.indices: expected at least one row, found none.")
    targets = _targets(fields["train"]["targets"], len(train), classes)
    weights = _weights(fields["train"].get("weights"), len(train))
    seed = check.integer(fields["seed"], "seed", 0, (1 << 53) - 1)
    if not isinstance(fields["predict"], Mapping):
        raise BadInput(f"predict: expected an object of rows by name, found {check.show(fields['predict'])}.")
    predict = {name: rows(entry, f"predict.{name}", find) for name, entry in fields["predict"].items()}
    traces = check.boolean(fields.get("traces") or False, "traces")
    spec = fields["model"]
    return FitRequest(key, model, spec, classes, train, targets, weights, loss, seed, predict, traces)


def _targets(value: Any, count: int, classes: int) -> np.ndarray:
    targets = check.blob(value, "train.targets", "float32", 2)
    if targets.shape != (count, classes):
        raise BadInput(
            f"train.targets: expected {count} rows (examples) by {classes} columns (classes), "
            f"found {targets.shape[0]} by {targets.shape[1]}."
        )
    # The comparison is false for NaN too.
    wrong = np.argwhere(~((targets >= 0) & (targets <= 1 + 1e-6)))
    if len(wrong):
        row, column = wrong[0]
        raise BadInput(
            f"train.targets[{row}][{column}]: expected a probability from 0 to 1, found {targets[row, column]}."
        )
    sums = targets.sum(axis=1, dtype=np.float64)
    off = np.flatnonzero(np.abs(sums - 1) > 1e-3)
    if len(off):
        raise BadInput(f"train.targets[{off[0]}]: expected a row that sums to 1, found a sum of {sums[off[0]]:.6g}.")
    return targets.astype(np.float32, copy=False)


def _weights(value: Any, count: int) -> np.ndarray | None:
    if value is None:
        return None
    weights = check.blob(value, "train.weights", "float32", 1)
    if weights.shape != (count,):
        raise BadInput(f"train.weights: expected {count} values, one a training row, found {len(weights)}.")
    wrong = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
    if len(wrong):
        raise BadInput(f"train.weights[{wrong[0]}]: expected a number of at least 0, found {weights[wrong[0]]}.")
    if not weights.any():
        raise BadInput("train.weights: expected at least one weight above 0, found only zeros.")
    return weights.astype(np.float32, copy=False)
