"""Codes of image patches against k-means centroids that were learned without labels (Coates and Ng 2012)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..call import Call
from ..errors import BadInput
from ..inputs import Dataset
from ..models import Patches
from .pixels import stack

_MOST_PATCHES = 100_000
_ROUNDS = 25
_FLOOR = 0.01


class PatchFeatures:
    """Triangle code max(0, mean distance - distance to the centroid), summed over the image's four quadrants.

    The centroids are those of the whole dataset that a fit trains on, whatever its rows, labels and seed: the map is
    fixed for a dataset, and rows of other datasets are coded with it. They are kept in the checkpoint.
    """

    on_disk = False
    standardise = True

    def __init__(self, spec: Patches, centroids: np.ndarray) -> None:
        self._size = spec.size
        self._centroids = centroids
        digest = hashlib.sha256(centroids.tobytes()).hexdigest()[:16]
        self.outputs = (f"patches {spec.size} {spec.centroids} {digest}",)

    @classmethod
    def learn(cls, spec: Patches, dataset: Dataset, call: Call) -> PatchFeatures:
        """k-means over the dataset's patches with a seed of its own."""
        random = np.random.Generator(np.random.PCG64(0))
        images = stack(dataset.inputs)
        if spec.size > min(images.shape[1:]):
            raise BadInput(
                f"features.size: expected at most {min(images.shape[1:])}, the images' shorter side, found {spec.size}."
            )
        patches = _normalised(images, spec.size).reshape(-1, spec.size * spec.size)
        if len(patches) > _MOST_PATCHES:
            patches = patches[np.sort(random.choice(len(patches), _MOST_PATCHES, replace=False))]
        if len(patches) < spec.centroids:
            raise BadInput(f"features.centroids: expected at most {len(patches)}, the number of patches.")
        return cls(spec, _k_means(patches, spec.centroids, random, call))

    def compute(
        self, inputs: Sequence[Mapping[str, Any]], wanted: Sequence[int], call: Call, done: int, of: int
    ) -> list[np.ndarray]:
        call.check()
        patches = _normalised(stack(inputs), self._size)
        count, high, wide, length = patches.shape
        distances = np.sqrt(_squared_distances(patches.reshape(-1, length), self._centroids))
        codes = np.maximum(0, distances.mean(axis=1, keepdims=True) - distances).reshape(count, high, wide, -1)
        middle = (high + 1) // 2, (wide + 1) // 2
        halves = [(slice(0, m), slice(side - m, side)) for m, side in zip(middle, (high, wide), strict=True)]
        quadrants = [codes[:, rows, columns].sum(axis=(1, 2)) for rows in halves[0] for columns in halves[1]]
        call.progress("features", done + len(inputs), of)
        return [np.concatenate(quadrants, axis=1).astype(np.float32)]

    def state(self) -> dict[str, np.ndarray]:
        return {"centroids": self._centroids}


def _normalised(images: np.ndarray, size: int) -> np.ndarray:
    """Every patch with its mean taken away and divided by its standard deviation: images x high x wide x pixels."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    patches = windows.reshape(*windows.shape[:3], size * size)
    patches = patches - patches.mean(axis=-1, keepdims=True)
    return patches / np.sqrt(patches.var(axis=-1, keepdims=True) + np.float32(_FLOOR))


def _squared_distances(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    products = points @ centroids.T
    squares = (points * points).sum(axis=1)[:, None] + (centroids * centroids).sum(axis=1)
    return np.maximum(0, squares - 2 * products)


def _k_means(points: np.ndarray, count: int, random: np.random.Generator, call: Call) -> np.ndarray:
    centroids = points[random.choice(len(points), count, replace=False)].copy()
    for round_number in range(_ROUNDS):
        call.check()
        nearest = _squared_distances(points, centroids).argmin(axis=1)
        sizes = np.bincount(nearest, minlength=count)
        order = np.argsort(nearest, kind="stable")
        filled = np.flatnonzero(sizes)
        starts = (np.cumsum(sizes) - sizes)[filled]
        sums = np.add.reduceat(points[order], starts, axis=0)
        centroids[filled] = sums / sizes[filled, None].astype(np.float32)
        empty = np.flatnonzero(sizes == 0)
        if len(empty):
            centroids[empty] = points[random.choice(len(points), len(empty), replace=False)]
        call.progress("features", round_number + 1, _ROUNDS)
    return centroids
