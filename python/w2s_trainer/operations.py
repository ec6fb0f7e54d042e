"""What can be asked: one method an operation of docs/protocol.md."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import check, fingerprint, inputs, losses, models, requests
from .call import Call
from .checkpoints import Checkpoints
from .errors import BadInput, DatasetMissing, Unsupported
from .extraction import Extraction
from .heads import Heads
from .lru import Lru
from .models import HiddenStates, HuggingFace, Linear, ModelSpec
from .source import source_hash

_DATASET_BYTES = 512 << 20


class Operations:
    """Answers requests; keeps datasets, features, models and checkpoints warm in bounded memory."""

    def __init__(self, home: Path, device: str, threads: int) -> None:
        self._home = home
        self._device = device
        self._threads = threads
        self._datasets: Lru[inputs.Dataset] = Lru(_DATASET_BYTES)
        self._checkpoints = Checkpoints(home / "checkpoints")
        self._extraction = Extraction(home, device, threads, self._models)
        self._heads = Heads(self._extraction)
        self._pretrained: Any = None
        self._tuner: Any = None

    def run(self, op: str, body: Mapping[str, Any], size: int, call: Call) -> dict[str, Any]:
        match op:
            case "capabilities":
                return self.capabilities()
            case "fingerprint":
                return {"fingerprint": self.fingerprint(models.model(check.record(body, op, ("model",))["model"]))}
            case "put":
                return self.put(check.record(body, op, ("hash", "inputs")), size)
            case "fit":
                return self.fit(body, call)
            case "predict":
                return self.predict(check.record(body, op, ("checkpoint", "rows")), call)
            case "embed":
                return self.embed(body, call)
            case "score":
                return self.score(body, call)
        known = "capabilities, fingerprint, put, fit, predict, embed, score, cancel"
        raise Unsupported(f"op: this worker does not know {check.show(op)}; it knows {known}.")

    def capabilities(self) -> dict[str, Any]:
        return {
            "tasks": ["classify"],
            "models": list(models.TYPES),
            "losses": list(losses.LOSSES),
            "predict": True,
            "embed": True,
            "score": True,
            "warmStart": True,
            "devices": [self._device_in_words()],
            "parallel": 1,
        }

    def fingerprint(self, model: ModelSpec) -> str:
        machine = fingerprint.machine(self._device, self._threads)
        parts = [f"w2s_trainer {source_hash()}", *losses.plugins_fingerprint(), *machine]
        if isinstance(model, HuggingFace):
            parts += self._models().fingerprint(model.model)  # says what is missing, if torch is
            parts.append(f"micro-batches of {self._tuning().budgets.tokens(model)} tokens")
        elif isinstance(model.features, HiddenStates):
            parts += self._models().fingerprint(model.features.model)
        return "; ".join(parts)

    def put(self, body: Mapping[str, Any], size: int) -> dict[str, Any]:
        dataset = inputs.dataset(check.string(body["hash"], "hash"), body["inputs"])
        self._datasets.put(dataset.hash, dataset, size)
        return {}

    def fit(self, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        request = requests.fit(body, self._find)
        start = self._start(request)
        self.fingerprint(request.model)  # raises before any work where something is missing
        kept: list[tuple[str, str]] = []

        def save(write_files: Callable[[Path], None]) -> Path:
            mark = self.fingerprint(request.model)
            name = _checkpoint_name(request.key, mark)
            about = {"model": request.spec, "classes": request.classes, "dataset": request.train.dataset.hash}
            self._checkpoints.write(name, write_files, {**about, "fingerprint": mark})
            kept.append((name, mark))
            return self._checkpoints.path(name)

        worker = self._heads if isinstance(request.model, Linear) else self._tuning()
        outcome = worker.fit(request, request.model, start, save, call)
        name, mark = kept[-1]
        checkpoint = {"id": name, "path": str(self._checkpoints.path(name))}
        return {"checkpoint": checkpoint, **outcome.reply(), "fingerprint": mark, "cost": call.cost()}

    def predict(self, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        rows = requests.rows(body["rows"], "rows", self._find)
        path, model, classes = self._checkpoint(requests.checkpoint(body["checkpoint"], "checkpoint"))
        worker = self._heads if isinstance(model, Linear) else self._tuning()
        return {"predictions": worker.predict(path, model, classes, rows, call), "cost": call.cost()}

    def embed(self, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        request = requests.embed(body, self._find)
        rows, spec = request.rows, request.features
        if spec is None:
            depth = self._models().depth(request.model, call)
            layers = requests.layers(request.asked, depth)
            unique = tuple(sorted(set(layers)))
            spec = HiddenStates(request.model, unique, request.pooling, request.max_tokens)
            self._extraction.check_kind(spec, rows, "rows.dataset")
            features = self._extraction.restore(spec, {}, call)
            by_layer = dict(zip(unique, self._extraction.rows(features, spec, rows, call), strict=True))
            return {"layers": [by_layer[layer] for layer in layers], "cost": call.cost()}
        self._extraction.check_kind(spec, rows, "rows.dataset")
        features = self._extraction.learn(spec, rows.dataset, call)
        return {"layers": self._extraction.rows(features, spec, rows, call), "cost": call.cost()}

    def score(self, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        spec, rows = requests.score(body, self._find)
        if rows.dataset.kind == "image":
            raise BadInput("rows.dataset: a language model scores texts, but its inputs are images.")
        features = self._models().score(spec, call)
        both = self._extraction.rows_by(features, spec.model, rows, call)[0]
        half = both.shape[1] // 2
        return {"logProbabilities": both[:, :half], "tokens": both[:, half:], "cost": call.cost()}

    def _start(self, request: requests.FitRequest) -> tuple[Path, Any] | None:
        if request.start is None:
            return None
        path, model, classes = self._checkpoint(request.start)
        if type(model) is not type(request.model) or classes != request.classes:
            raise BadInput(
                f"from: that checkpoint is of the type {type(model).__name__} with {classes} classes; expected "
                f"{type(request.model).__name__} with {request.classes}."
            )
        return path, model

    def _checkpoint(self, key: str) -> tuple[Path, ModelSpec, int]:
        about = self._checkpoints.describe(key)
        return self._checkpoints.path(key), models.model(about["model"]), about["classes"]

    def _find(self, dataset_hash: str) -> inputs.Dataset:
        dataset = self._datasets.get(dataset_hash)
        if dataset is None:
            raise DatasetMissing(dataset_hash)
        return dataset

    def _models(self) -> Any:
        """Made when first needed: whoever fits heads on words never imports torch."""
        if self._pretrained is None:
            from .pretrained.shelf import Shelf

            self._pretrained = Shelf(self._home, self._device, self._threads)
        return self._pretrained

    def _tuning(self) -> Any:
        if self._tuner is None:
            from .tuning.tuner import Tuner

            self._tuner = Tuner(self._home, self._models(), self._device)
        return self._tuner

    def _device_in_words(self) -> str:
        if self._device == "cpu":
            return f"cpu ({self._threads} threads)"
        return f"{self._device} {self._models().device_name()}".strip()


def _checkpoint_name(key: str, mark: str) -> str:
    """Another device or version answers the same request otherwise: its checkpoint lies beside, not on top."""
    return hashlib.sha256(f"{key}\0{mark}".encode()).hexdigest()
