"""Feature matrices by rows: from memory, from disk, or computed.

A dataset is cut into chunks of fixed size in its own order, and a chunk is always computed whole. So what a row's
features are, to the last bit, cannot depend on which rows were asked for, now or before. A chunk on disk is a
SHA-256 and the values; one that does not fit its sum is computed again. A kill loses at most one chunk.
Chunks of a transient dataset are neither looked for nor kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..call import Call
from ..files import write_atomic
from ..inputs import Dataset
from ..lru import Lru
from .base import FeatureMap

CHUNK = 512
_SUM_BYTES = 32


class FeatureStore:
    """Keeps chunks in memory up to `memory` bytes, and those that are dear on disk."""

    def __init__(self, folder: Path, memory: int) -> None:
        self._folder = folder
        self._memory: Lru[np.ndarray] = Lru(memory)

    def rows(
        self, features: FeatureMap, fingerprint: str, dataset: Dataset, indices: np.ndarray, call: Call
    ) -> list[np.ndarray]:
        """For each of the features' outputs the rows asked for, as a matrix of the caller's own."""
        keys = [_key(output, fingerprint, dataset.hash) for output in features.outputs]
        if len(indices) == 0:  # as wide as a row would be: not every map knows before it has made one
            return [rows[:0] for rows in features.compute(dataset.inputs[:1], range(len(keys)), call, 0, 1)]
        numbers = np.unique(indices // CHUNK).tolist()
        of = sum(min(CHUNK, len(dataset) - number * CHUNK) for number in numbers)
        out: list[np.ndarray | None] = [None] * len(keys)
        done = 0
        for number in numbers:
            call.check()
            inputs = dataset.inputs[number * CHUNK : (number + 1) * CHUNK]
            if dataset.transient:
                chunks = features.compute(inputs, range(len(keys)), call, done, of)
            else:
                chunks = self._chunks(features, keys, number, inputs, call, done, of)
            done += len(inputs)
            here = np.flatnonzero(indices // CHUNK == number)
            for output, chunk in enumerate(chunks):
                matrix = out[output]
                if matrix is None:
                    matrix = out[output] = np.empty((len(indices), chunk.shape[1]), np.float32)
                matrix[here] = chunk[indices[here] - number * CHUNK]
        return [matrix for matrix in out if matrix is not None]

    def _chunks(
        self, features: FeatureMap, keys: list[str], number: int, inputs: Sequence, call: Call, done: int, of: int
    ) -> list[np.ndarray]:
        found = [self._find(key, number, len(inputs), features.on_disk, call) for key in keys]
        missing = [output for output, chunk in enumerate(found) if chunk is None]
        if missing:
            for output, chunk in zip(missing, features.compute(inputs, missing, call, done, of), strict=True):
                found[output] = chunk
                self._memory.put((keys[output], number), chunk, chunk.nbytes)
                if features.on_disk:
                    self._write(self._path(keys[output], number), chunk, call)
        return [chunk for chunk in found if chunk is not None]

    def _find(self, key: str, number: int, rows: int, on_disk: bool, call: Call) -> np.ndarray | None:
        chunk = self._memory.get((key, number))
        if chunk is None and on_disk:
            chunk = self._read(self._path(key, number), rows, call)
            if chunk is not None:
                self._memory.put((key, number), chunk, chunk.nbytes)
        return chunk

    def _path(self, key: str, number: int) -> Path:
        return self._folder / key / f"{number:04d}"

    def _read(self, path: Path, rows: int, call: Call) -> np.ndarray | None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            call.warn("cache-read", f"The feature cache {path} cannot be read ({error}); it is computed again.")
            return None
        values = memoryview(data)[_SUM_BYTES:]
        whole = len(values) > 0 and len(values) % (4 * rows) == 0
        if not whole or hashlib.sha256(values).digest() != data[:_SUM_BYTES]:
            call.warn(f"corrupted {path}", f"The feature cache {path} was corrupted; it is computed again.")
            return None
        return np.frombuffer(values, "<f4").reshape(rows, -1)

    def _write(self, path: Path, chunk: np.ndarray, call: Call) -> None:
        values = np.ascontiguousarray(chunk, "<f4").tobytes()
        try:
            write_atomic(path, (hashlib.sha256(values).digest(), values))
        except OSError as error:
            call.warn(
                "cache-write",
                f"Features could not be kept in {path.parent}: {error.strerror}. The answer is not affected, "
                "but they will be computed again by the next worker. Make space or rights there.",
            )


def _key(output: str, fingerprint: str, dataset_hash: str) -> str:
    return hashlib.sha256(f"{dataset_hash}\n{output}\n{fingerprint}".encode()).hexdigest()[:32]
