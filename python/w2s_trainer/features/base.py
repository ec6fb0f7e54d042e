"""What every kind of features offers to the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..call import Call


class FeatureMap(Protocol):
    """A map from inputs to one or more outputs (hidden states: one a layer)."""

    @property
    def outputs(self) -> Sequence[str]:
        """One name an output, for the same vectors always the same: what they depend on besides the inputs."""
        ...

    @property
    def on_disk(self) -> bool:
        """Whether computing costs so much that chunks are kept on disk."""
        ...

    @property
    def standardise(self) -> bool:
        """Whether a head should z-score the columns: not where all are on one scale by nature."""
        ...

    def compute(
        self, inputs: Sequence[Mapping[str, Any]], wanted: Sequence[int], call: Call, done: int, of: int
    ) -> list[np.ndarray]:
        """For each wanted output: a float32 matrix with one row an input. `done` and `of` are for progress."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint has to keep so that the same map can be made again; empty for most."""
        ...
