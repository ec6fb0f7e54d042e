"""The confidence loss as openai/weak-to-strong's `logconf_loss_fn` computes it, for reproduction only.

    CE((1 - c) w + c h, f),   h = class 0 where f_0 >= t, else class 1, not differentiated
    c = alpha p while p <= ramp, alpha afterwards   (p the share of training that is done)
    t = the quantile of the batch's f_0 at the batch's mean of w_1, between two rows by linear interpolation

It differs from the paper's loss (`confidence`) in that c rises to alpha * ramp only and jumps to alpha then, which is
taken to be a bug (the published figures have it), and in that the balance is the batch's, not the training set's.
Their names: alpha is `aux_coef`, ramp is `warmup_frac`.
"""

from __future__ import annotations

import numpy as np

from .context import Context
from .cross_entropy import cross_entropy
from .parameters import Share
from .registry import loss


@loss("confidence_openai", batchwise=True)
def confidence_openai(
    f: np.ndarray, w: np.ndarray, context: Context, *, alpha: Share = 0.5, ramp: Share = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    if f.shape[1] != 2:
        raise ValueError(f"confidence_openai is for two classes, found {f.shape[1]}. Use confidence.")
    threshold = np.quantile(f[:, 0], w[:, 1].mean())
    first = (f[:, 0] >= threshold).astype(f.dtype)
    c = alpha * (1.0 if context.progress > ramp else context.progress)
    return cross_entropy(f, (1 - c) * w + c * np.stack([first, 1 - first], axis=1), context)
