"""The bodies of requests (src/trainer.ts): checked and made into values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import check, inputs, losses, models
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
class Validation:
    rows: Rows
    targets: np.ndarray
    keep: str


@dataclass(frozen=True)
class FitRequest:
    key: str
    model: models.ModelSpec
    spec: Mapping[str, Any]
    classes: int
    train: Rows
    targets: np.ndarray
    weights: np.ndarray | None
    loss: losses.BoundLoss
    seed: int
    predict: Mapping[str, Rows]
    start: str | None
    validation: Validation | None
    traces: bool
    curve: bool


@dataclass(frozen=True)
class EmbedRequest:
    """Either `features`, or hidden states of `model`: `asked` is a list of layers, "all" or "middle"."""

    rows: Rows
    features: models.FeatureSpec | None
    model: models.Pretrained | None = None
    asked: Any = None
    pooling: str = ""
    max_tokens: int = 0


def rows(value: Any, name: str, find: FindDataset, more: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> Rows:
    """Rows that bring their inputs along are transient: no `put`, and nothing is kept of them."""
    fields = check.record(value, name, ("dataset", *more), ("indices", "inputs", *optional))
    digest = check.string(fields["dataset"], f"{name}.dataset")
    brought = fields.get("inputs")
    dataset = find(digest) if brought is None else inputs.dataset(digest, brought, transient=True)
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
    fields = check.record(body, "fit", required, ("from", "validation", "traces", "curve"))
    if fields["task"] != "classify":
        raise Unsupported(f"task: this worker does not know {check.show(fields['task'])}; it knows classify.")
    key = check.safe_name(fields["key"], "key")
    model = models.model(fields["model"])
    classes = check.integer(fields["classes"], "classes", 2, 10_000)
    loss = losses.bind(fields["loss"], classes)
    train = rows(fields["train"], "train", find, ("targets",), ("weights",))
    if len(train) == 0:
        raise BadInput("train.indices: expected at least one row, found none.")
    targets = _targets(fields["train"]["targets"], len(train), classes, "train.targets")
    weights = _weights(fields["train"].get("weights"), len(train))
    seed = check.integer(fields["seed"], "seed", 0, (1 << 53) - 1)
    if not isinstance(fields["predict"], Mapping):
        raise BadInput(f"predict: expected an object of rows by name, found {check.show(fields['predict'])}.")
    predict = {name: rows(entry, f"predict.{name}", find) for name, entry in fields["predict"].items()}
    start = None if fields.get("from") is None else checkpoint(fields["from"], "from")
    validation = _validation(fields.get("validation"), classes, find)
    traces, curve = (check.boolean(fields.get(name) or False, name) for name in ("traces", "curve"))
    return FitRequest(
        key,
        model,
        fields["model"],
        classes,
        train,
        targets,
        weights,
        loss,
        seed,
        predict,
        start,
        validation,
        traces,
        curve,
    )


def checkpoint(value: Any, name: str) -> str:
    """A checkpoint's id."""
    return check.safe_name(check.record(value, name, ("id",), ("path",))["id"], f"{name}.id")


def embed(body: Any, find: FindDataset) -> EmbedRequest:
    if isinstance(body, Mapping) and "features" in body:
        fields = check.record(body, "embed", ("features", "rows"))
        return EmbedRequest(rows(fields["rows"], "rows", find), models.features(fields["features"], "features"))
    fields = check.record(body, "embed", ("model", "layers", "pooling", "maxTokens", "rows"))
    asked = fields["layers"]
    if asked not in ("all", "middle"):
        if not isinstance(asked, list) or not asked:
            raise BadInput(
                f'layers: expected a list with at least one layer, "all" or "middle", found {check.show(asked)}.'
            )
        asked = [check.integer(layer, f"layers[{i}]", 0, 10_000) for i, layer in enumerate(asked)]
    spec = models.hidden_states(fields, "embed", ())
    return EmbedRequest(rows(fields["rows"], "rows", find), None, spec.model, asked, spec.pooling, spec.max_tokens)


def layers(asked: Any, depth: int) -> list[int]:
    """The numbers of the layers asked for, of a model with `depth` blocks."""
    if asked == "all":
        return list(range(depth + 1))
    return [(depth + 1) // 2] if asked == "middle" else asked


def score(body: Any, find: FindDataset) -> tuple[Any, Rows]:
    """What is asked of which rows."""
    fields = check.record(body, "score", ("model", "rows", "maxTokens"), ("prompt", "continuations", "chat"))
    prompt, continuations = fields.get("prompt"), fields.get("continuations")
    spec = models.Score(
        models.pretrained(fields["model"], "model"),
        None if prompt is None else check.string(prompt, "prompt"),
        None if continuations is None else check.strings(continuations, "continuations"),
        check.boolean(fields.get("chat") or False, "chat"),
        check.integer(fields["maxTokens"], "maxTokens", 8, 1 << 20),
    )
    return spec, rows(fields["rows"], "rows", find)


def _validation(value: Any, classes: int, find: FindDataset) -> Validation | None:
    if value is None:
        return None
    held = rows(value, "validation", find, ("targets", "keep"))
    if len(held) == 0:
        raise BadInput("validation.indices: expected at least one row, found none.")
    targets = _targets(value["targets"], len(held), classes, "validation.targets")
    return Validation(held, targets, check.choice(value["keep"], "validation.keep", ("last", "best")))


def _targets(value: Any, count: int, classes: int, name: str) -> np.ndarray:
    targets = check.blob(value, name, "float32", 2)
    if targets.shape != (count, classes):
        raise BadInput(
            f"{name}: expected {count} rows (examples) by {classes} columns (classes), "
            f"found {targets.shape[0]} by {targets.shape[1]}."
        )
    # The comparison is false for NaN too.
    wrong = np.argwhere(~((targets >= 0) & (targets <= 1 + 1e-6)))
    if len(wrong):
        row, column = wrong[0]
        raise BadInput(f"{name}[{row}][{column}]: expected a probability from 0 to 1, found {targets[row, column]}.")
    sums = targets.sum(axis=1, dtype=np.float64)
    off = np.flatnonzero(np.abs(sums - 1) > 1e-3)
    if len(off):
        raise BadInput(f"{name}[{off[0]}]: expected a row that sums to 1, found a sum of {sums[off[0]]:.6g}.")
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
