"""Features of rows: the maps that are warm, and the store behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import fingerprint, inputs
from .call import Call
from .features import make
from .features.base import FeatureMap
from .features.store import FeatureStore
from .lru import Lru
from .models import FeatureSpec, HiddenStates, Pretrained
from .requests import Rows

if TYPE_CHECKING:
    from .pretrained.shelf import Shelf

_FEATURE_BYTES = 2 << 30
_LEARNED_MAPS = 16


class Extraction:
    def __init__(self, home: Path, device: str, threads: int, shelf: Callable[[], Shelf]) -> None:
        self._device = device
        self._threads = threads
        self._shelf = shelf
        self._store = FeatureStore(home / "cache" / "features", _FEATURE_BYTES)
        self._learned: Lru[FeatureMap] = Lru(_LEARNED_MAPS)

    def learn(self, spec: FeatureSpec, dataset: inputs.Dataset, call: Call) -> FeatureMap:
        """Patches learn their centroids from a dataset: once, not at every fit, unless it is transient."""
        if isinstance(spec, HiddenStates) or dataset.transient:
            return make.learn(spec, dataset, self._hidden, call)
        name = f"{dataset.hash} {spec}"
        learned = self._learned.get(name)
        if learned is None:
            learned = make.learn(spec, dataset, self._hidden, call)
            self._learned.put(name, learned, 1)
        return learned

    def restore(self, spec: FeatureSpec, state: Mapping[str, np.ndarray], call: Call) -> FeatureMap:
        return make.restore(spec, state, self._hidden, call)

    def check_kind(self, spec: FeatureSpec, rows: Rows, name: str) -> None:
        make.check_kind(spec, rows.dataset, name)

    def rows(self, features: FeatureMap, spec: FeatureSpec, rows: Rows, call: Call) -> list[np.ndarray]:
        model = spec.model if isinstance(spec, HiddenStates) else None
        return self.rows_by(features, model, rows, call)

    def rows_by(self, features: FeatureMap, model: Pretrained | None, rows: Rows, call: Call) -> list[np.ndarray]:
        """One matrix an output of the map, which a pretrained model is in, or none."""
        name = ""  # what stays in memory cannot outlive the circumstances that it was computed in
        if features.on_disk and model is not None:
            parts = [*fingerprint.machine(self._device, self._threads), *self._shelf().fingerprint(model)]
            name = "; ".join(parts)
        return self._store.rows(features, name, rows.dataset, rows.indices, call)

    def _hidden(self, spec: HiddenStates, call: Call) -> FeatureMap:
        return self._shelf().features(spec, call)
