"""What can be asked: one method an operation of docs/protocol.md."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import check, fingerprint, inputs, linear, losses, models, requests
from .call import Call
from .checkpoints import Checkpoints, Trained
from .errors import DatasetMissing, Unsupported
from .features import make
from .features.base import FeatureMap
from .features.store import FeatureStore
from .lru import Lru
from .models import FeatureSpec, HiddenStates
from .source import source_hash

_DATASET_BYTES = 512 << 20
_FEATURE_BYTES = 2 << 30
_LEARNED_MAPS = 16


class Operations:
    """Answers requests; keeps datasets, features, models and checkpoints warm in bounded memory."""

    def __init__(self, home: Path, device: str, threads: int) -> None:
        self._home = home
        self._device = device
        self._threads = threads
        self._datasets: Lru[inputs.Dataset] = Lru(_DATASET_BYTES)
        self._store = FeatureStore(home / "cache" / "features", _FEATURE_BYTES)
        self._checkpoints = Checkpoints(home / "checkpoints")
        self._learned: Lru[FeatureMap] = Lru(_LEARNED_MAPS)
        self._pretrained: Any = None

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
        known = "capabilities, fingerprint, put, fit, predict, embed, cancel"
        raise Unsupported(f"op: this worker does not know {check.show(op)}; it knows {known}.")

    def capabilities(self) -> dict[str, Any]:
        return {
            "tasks": ["classify"],
            "models": ["linear"],
            "losses": list(losses.LOSSES),
            "predict": True,
            "embed": True,
            "devices": [self._device_in_words()],
            "parallel": 1,
        }

    def fingerprint(self, model: models.Linear) -> str:
        parts = [f"w2s_trainer {source_hash()}", *fingerprint.machine(self._device, self._threads)]
        return "; ".join([*parts, *self._features_fingerprint(model.features)])

    def put(self, body: Mapping[str, Any], size: int) -> dict[str, Any]:
        dataset = inputs.dataset(check.string(body["hash"], "hash"), body["inputs"])
        self._datasets.put(dataset.hash, dataset, size)
        return {}

    def fit(self, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        request = requests.fit(body, self._find)
        spec = request.model.features
        make.check_kind(spec, request.train.dataset, "train.dataset")
        for name, rows in request.predict.items():
            make.check_kind(spec, rows.dataset, f"predict.{name}.dataset")
        features = self._learn(spec, request.train.dataset, call)
        matrix = self._rows(features, spec, request.train, call)[0]
        training = linear.train(
            matrix,
            request.targets,
            request.weights,
            features.standardise,
            request.loss,
            request.model.optimizer,
            request.seed,
            request.traces,
            call,
        )
        trained = Trained(request.spec, request.classes, training.head, features.state())
        predictions = {
            name: self._predict(trained, features, spec, rows, call) for name, rows in request.predict.items()
        }
        mark = self.fingerprint(request.model)
        name = _checkpoint_name(request.key, mark)
        self._checkpoints.write(name, trained, {"dataset": request.train.dataset.hash, "fingerprint": mark})
        result = {
            "checkpoint": {"id": name, "path": str(self._checkpoints.path(name))},
            "predictions": predictions,
            "history": [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(training.history, start=1)],
            "cost": call.cost(),
        }
        return result if training.traces is None else {**result, "traces": training.traces}

    def predict(self, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        checkpoint = check.record(body["checkpoint"], "checkpoint", ("id",), ("path",))
        rows = requests.rows(body["rows"], "rows", self._find)
        trained = self._checkpoints.read(check.safe_name(checkpoint["id"], "checkpoint.id"))
        spec = models.model(trained.spec).features
        make.check_kind(spec, rows.dataset, "rows.dataset")
        features = make.restore(spec, trained.state, self._hidden, call)
        return {"predictions": self._predict(trained, features, spec, rows, call), "cost": call.cost()}

    def embed(self, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        fields = check.record(body, "embed", ("model", "layers", "pooling", "maxTokens", "rows"))
        asked = fields["layers"]
        if not isinstance(asked, list) or not asked:
            raise check.BadInput(f"layers: expected a list with at least one layer, found {check.show(asked)}.")
        layers = [check.integer(layer, f"layers[{i}]", 0, 10_000) for i, layer in enumerate(asked)]
        spec = models.hidden_states(fields, "embed", tuple(sorted(set(layers))))
        rows = requests.rows(fields["rows"], "rows", self._find)
        make.check_kind(spec, rows.dataset, "rows.dataset")
        matrices = self._rows(self._hidden(spec, call), spec, rows, call)
        by_layer = dict(zip(spec.layers, matrices, strict=True))
        return {"layers": [by_layer[layer] for layer in layers], "cost": call.cost()}

    def _learn(self, spec: FeatureSpec, dataset: inputs.Dataset, call: Call) -> FeatureMap:
        """Patches learn their centroids from a dataset: once, not at every fit."""
        if isinstance(spec, HiddenStates):
            return make.learn(spec, dataset, self._hidden, call)
        name = f"{dataset.hash} {spec}"
        learned = self._learned.get(name)
        if learned is None:
            learned = make.learn(spec, dataset, self._hidden, call)
            self._learned.put(name, learned, 1)
        return learned

    def _predict(
        self, trained: Trained, features: FeatureMap, spec: FeatureSpec, rows: requests.Rows, call: Call
    ) -> np.ndarray:
        if len(rows) == 0:
            return np.empty((0, trained.classes), np.float32)
        matrix = self._rows(features, spec, rows, call)[0]
        call.check()
        if matrix.shape[1] != len(trained.head.mean):
            raise check.BadInput(
                f"rows.dataset: the model was trained on {len(trained.head.mean)} features, but these inputs have "
                f"{matrix.shape[1]}. Images must have the size of those that it was trained on."
            )
        call.progress("predict", len(rows), len(rows))
        return trained.head.probabilities(matrix)

    def _rows(self, features: FeatureMap, spec: FeatureSpec, rows: requests.Rows, call: Call) -> list[np.ndarray]:
        name = ""  # what stays in memory cannot outlive the circumstances that it was computed in
        if features.on_disk:
            name = "; ".join([*fingerprint.machine(self._device, self._threads), *self._features_fingerprint(spec)])
        return self._store.rows(features, name, rows.dataset, rows.indices, call)

    def _find(self, dataset_hash: str) -> inputs.Dataset:
        dataset = self._datasets.get(dataset_hash)
        if dataset is None:
            raise DatasetMissing(dataset_hash)
        return dataset

    def _hidden(self, spec: HiddenStates, call: Call) -> FeatureMap:
        return self._models().features(spec, call)

    def _features_fingerprint(self, spec: FeatureSpec) -> list[str]:
        return self._models().fingerprint(spec.model) if isinstance(spec, HiddenStates) else []

    def _models(self) -> Any:
        """Made when first needed: whoever fits heads on words never imports torch."""
        if self._pretrained is None:
            from .pretrained.shelf import Shelf

            self._pretrained = Shelf(self._home, self._device, self._threads)
        return self._pretrained

    def _device_in_words(self) -> str:
        if self._device == "cpu":
            return f"cpu ({self._threads} threads)"
        return f"{self._device} {self._models().device_name()}".strip()


def _checkpoint_name(key: str, mark: str) -> str:
    """Another device or version answers the same request otherwise: its checkpoint lies beside, not on top."""
    return hashlib.sha256(f"{key}\0{mark}".encode()).hexdigest()
