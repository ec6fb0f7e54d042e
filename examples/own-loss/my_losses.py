"""Generalised cross-entropy (Zhang and Sabuncu 2018), which lets go of labels that the model finds absurd, twice.

    L = (1 - p^q) / q,   p = sum_k w_k f_k;   q towards 0 is cross-entropy, q = 1 the absolute error
"""

import numpy as np
from w2s_trainer.losses import loss


@loss("generalised-ce")
def generalised_ce(f, w, context, *, q: float = 0.7):
    """Its gradient by hand, in numpy: heads need no torch."""
    if not 0 < q <= 1:
        raise ValueError(f"q: expected a number above 0 and at most 1, found {q}")
    p = np.maximum((w * f).sum(axis=1, keepdims=True), 1e-12)
    return (1 - p[:, 0] ** q) / q, -(p ** (q - 1)) * f * (w - p)


@loss("generalised-ce-torch", autograd=True)
def generalised_ce_torch(f, w, context, *, q: float = 0.7):
    """Its gradient by torch."""
    p = (w * f).sum(dim=1).clamp(min=1e-12)
    return (1 - p**q) / q
