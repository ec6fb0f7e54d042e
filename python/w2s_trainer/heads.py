"""Fits and predicts with linear heads on features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from . import check, linear
from .call import Call
from .checkpoints import unreadable
from .errors import BadInput
from .extraction import Extraction
from .features.base import FeatureMap
from .linear import Head
from .lru import Lru
from .models import FeatureSpec, Linear
from .outcome import Outcome, Save
from .requests import FitRequest, Rows

_BYTES_IN_MEMORY = 256 << 20


class Heads:
    """Trained heads stay in bounded memory too."""

    def __init__(self, extraction: Extraction) -> None:
        self._extraction = extraction
        self._memory: Lru[tuple[Head, Mapping[str, np.ndarray]]] = Lru(_BYTES_IN_MEMORY)

    def fit(
        self, request: FitRequest, model: Linear, start: tuple[Path, Linear] | None, save: Save, call: Call
    ) -> Outcome:
        spec = model.features
        extraction = self._extraction
        extraction.check_kind(spec, request.train, "train.dataset")
        for name, rows in request.predict.items():
            extraction.check_kind(spec, rows, f"predict.{name}.dataset")
        initial = None
        if start:
            if start[1].features != spec:
                raise BadInput("from: that checkpoint is a head on other features than the model's.")
            initial, state = self._read(start[0])
            features = extraction.restore(spec, state, call)
        else:
            features = extraction.learn(spec, request.train.dataset, call)
        validation = None
        if request.validation:
            held = request.validation
            extraction.check_kind(spec, held.rows, "validation.dataset")
            validation = (extraction.rows(features, spec, held.rows, call)[0], held.targets, held.keep)
        training = linear.train(
            extraction.rows(features, spec, request.train, call)[0],
            request.targets,
            request.weights,
            features.standardise,
            request.loss,
            model.optimizer,
            request.seed,
            call,
            traces=request.traces,
            curve=request.curve,
            validation=validation,
            initial=initial,
        )
        predictions = {
            name: self._predict(training.head, request.classes, features, spec, rows, call)
            for name, rows in request.predict.items()
        }
        state = features.state()
        path = save(lambda folder: _write(folder, training.head, state))
        self._remember(path, training.head, state)
        return Outcome(predictions, training.history, training.traces, training.curve)

    def predict(self, path: Path, model: Linear, classes: int, rows: Rows, call: Call) -> np.ndarray:
        self._extraction.check_kind(model.features, rows, "rows.dataset")
        head, state = self._read(path)
        features = self._extraction.restore(model.features, state, call)
        return self._predict(head, classes, features, model.features, rows, call)

    def _predict(
        self, head: Head, classes: int, features: FeatureMap, spec: FeatureSpec, rows: Rows, call: Call
    ) -> np.ndarray:
        if len(rows) == 0:
            return np.empty((0, classes), np.float32)
        matrix = self._extraction.rows(features, spec, rows, call)[0]
        call.check()
        if matrix.shape[1] != len(head.mean):
            raise check.BadInput(
                f"rows.dataset: the model was trained on {len(head.mean)} features, but these inputs have "
                f"{matrix.shape[1]}. Images must have the size of those that it was trained on."
            )
        call.progress("predict", len(rows), len(rows))
        return head.probabilities(matrix)

    def _read(self, path: Path) -> tuple[Head, Mapping[str, np.ndarray]]:
        found = self._memory.get(path)
        if found is not None:
            return found
        try:
            tensors = load_file(path / "model.safetensors")
            head = Head(*(tensors.pop(name) for name in ("mean", "scale", "weights", "bias")))
        except (KeyError, OSError, SafetensorError) as error:
            raise unreadable(path, error) from error
        state = {name.removeprefix("features."): value for name, value in tensors.items()}
        self._remember(path, head, state)
        return head, state

    def _remember(self, path: Path, head: Head, state: Mapping[str, np.ndarray]) -> None:
        size = sum(value.nbytes for value in (*vars(head).values(), *state.values()))
        self._memory.put(path, (head, state), size)


def _write(folder: Path, head: Head, state: Mapping[str, np.ndarray]) -> None:
    tensors = {"mean": head.mean, "scale": head.scale, "weights": head.weights, "bias": head.bias}
    tensors |= {f"features.{name}": value for name, value in state.items()}
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, folder / "model.safetensors")
