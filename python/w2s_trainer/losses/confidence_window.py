"""The confidence window of EleutherAI/w2s: the student learns from the teacher only where it is unsure itself.

    CE(w, f) where max f < 1/K + 2 radius (1 - 1/K), else 0   (K classes)

For two classes the limit is their .5 + radius. For more it lies at the same share of the way from a guess (1/K) to
certainty (1). A radius of .5 is cross-entropy. As there, the mean is over the whole batch: rows outside count as 0.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from .context import Context
from .cross_entropy import cross_entropy
from .parameters import Between
from .registry import loss


@loss("confidence_window")
def confidence_window(
    f: np.ndarray, w: np.ndarray, context: Context, *, radius: Annotated[float, Between(0, 0.5)] = 0.15
) -> tuple[np.ndarray, np.ndarray]:
    guess = 1 / f.shape[1]
    limit = guess + 2 * radius * (1 - guess)
    unsure = (f.max(axis=1) < limit) | (limit >= 1)
    each, gradient = cross_entropy(f, w, context)
    return np.where(unsure, each, 0).astype(f.dtype), gradient * unsure[:, None]
