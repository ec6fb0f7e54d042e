"""Pixels averaged over squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..call import Call
from ..errors import BadInput
from ..models import Pixels


class PixelFeatures:
    """One value a `pool` x `pool` square; squares at the right and lower edge may be cut."""

    on_disk = False
    standardise = False  # brightness has one scale; z-scores would make an edge that is nearly always black loud

    def __init__(self, spec: Pixels) -> None:
        self._pool = spec.pool
        self.outputs = (f"pixels {spec.pool}",)

    def compute(
        self, inputs: Sequence[Mapping[str, Any]], wanted: Sequence[int], call: Call, done: int, of: int
    ) -> list[np.ndarray]:
        call.check()
        images = stack(inputs)
        _, height, width = images.shape
        if self._pool > max(height, width):
            raise BadInput(f"features.pool: expected at most {max(height, width)}, the side, found {self._pool}.")
        starts = [np.arange(0, side, self._pool) for side in (height, width)]
        sums = np.add.reduceat(np.add.reduceat(images, starts[0], axis=1), starts[1], axis=2)
        sizes = [np.diff(np.append(start, side)) for start, side in zip(starts, (height, width), strict=True)]
        means = sums / np.outer(*sizes).astype(np.float32)
        call.progress("features", done + len(inputs), of)
        return [means.reshape(len(inputs), -1)]

    def state(self) -> dict[str, np.ndarray]:
        return {}


def stack(inputs: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Images x height x width."""
    return np.array([entry["image"] for entry in inputs], np.float32)
