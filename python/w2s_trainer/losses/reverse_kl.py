"""Reverse KL: what the student claims must be what the teacher holds possible (mode-seeking).

    CE(f, w) - entropy H(f)  =  sum_k f_k (entropy log f_k - log w_k),   differentiated through every f

With `entropy` 1 (default) this is KL(f || w), least where f = w: "reverse KL" of Gu et al. 2023 (MiniLLM) and Yao et
al. 2025 (arXiv 2502.11107). With 0 it is CE(f, w), their "reverse cross-entropy": without the entropy term it is linear
in f and least where f is the one-hot argmax of w, however unsure the teacher is, so that it hardens even a single
label; KL commits only where labels contradict each other. In both the gradient vanishes as f becomes one-hot, also on
the wrong class: rows that the student is sure about are left alone.

log w is bounded: a w below one in a million counts as that, so that a hard label costs a finite 13.8 nats.
"""

from __future__ import annotations

import numpy as np

from .context import TINY, Context
from .parameters import Share
from .registry import loss

FLOOR = np.float32(1e-6)


@loss("reverse_kl")
def reverse_kl(
    f: np.ndarray, w: np.ndarray, context: Context, *, entropy: Share = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    surprise = entropy * np.log(np.maximum(f, TINY)) - np.log(np.maximum(w, FLOOR))
    each = np.einsum("ij,ij->i", f, surprise)
    # d/dz_k of sum_j f_j s_j is f_k (s_k - each); the term from d s_j / d f_j is a constant times sum_j df_j = 0.
    return each, f * (surprise - each[:, None])
