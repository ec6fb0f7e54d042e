"""CE(w, f) = - sum_k w_k log f_k: with soft targets the student learns the teacher's doubt too (Burns et al. 2023)."""

from __future__ import annotations

import numpy as np

from .context import TINY, Context
from .registry import loss


@loss("cross_entropy")
def cross_entropy(f: np.ndarray, w: np.ndarray, context: Context) -> tuple[np.ndarray, np.ndarray]:
    return -np.einsum("ij,ij->i", w, np.log(np.maximum(f, TINY))), f - w
