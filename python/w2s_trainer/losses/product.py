"""The product loss of openai/weak-to-strong (`product_loss_fn`): each side can outvote the other where it is surer.

    CE(t, f),   t_k = f_k^b w_k^alpha / sum_j f_j^b w_j^alpha, not differentiated

b rises linearly from 0 to `beta` over the first `ramp` of training; with the default ramp 0 it is `beta` throughout, as
it is there (their `warmup_frac` is never read).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from .context import TINY, Context, risen
from .cross_entropy import cross_entropy
from .parameters import Between, Share
from .registry import loss


@loss("product")
def product(
    f: np.ndarray,
    w: np.ndarray,
    context: Context,
    *,
    alpha: Annotated[float, Between(0)] = 1.0,
    beta: Annotated[float, Between(0)] = 1.0,
    ramp: Share = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    b = beta * risen(context.progress, ramp)
    # In logarithms, so that no row of small numbers comes to 0 / 0; a class that the teacher excludes stays excluded.
    powers = b * np.log(np.maximum(f, TINY))
    if alpha > 0:
        powers = powers + np.where(w > 0, alpha * np.log(np.maximum(w, TINY)), -np.inf)
    target = np.exp(powers - powers.max(axis=1, keepdims=True))
    target /= target.sum(axis=1, keepdims=True)
    return cross_entropy(f, target.astype(f.dtype, copy=False), context)
