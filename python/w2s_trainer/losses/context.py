"""What a loss may know besides probabilities and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

TINY = np.float32(1e-12)
"""Probabilities are not taken to be smaller where their logarithm is needed."""


@dataclass(frozen=True)
class Context:
    progress: float
    """The share of training that is done: 0 at the first step, below 1 at the last."""
    balance: Any
    """Mean target of the training set (weighted, where rows have weights), one entry a class."""


def risen(progress: float, ramp: float) -> float:
    """Linearly from 0 to 1 over the first `ramp` of training."""
    return min(1.0, progress / ramp) if ramp > 0 else 1.0
