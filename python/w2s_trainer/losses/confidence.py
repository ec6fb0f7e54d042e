"""The auxiliary confidence loss of Burns et al. 2023 (section 4.3, appendix A.4).

    CE((1 - c) w + c h, f),   h the student's own hardened answer, not differentiated

c rises linearly from 0 to `alpha` over the first `ramp` of training. "balance" hardens two classes so that the share of
each in the batch is that of the targets; "argmax" hardens each row by itself; "auto" is balance for two classes, else
argmax.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from .context import Context, risen
from .cross_entropy import cross_entropy
from .harden import harden_to_argmax, harden_to_balance
from .parameters import Share
from .registry import loss


@loss("confidence", batchwise=lambda classes, given: given["harden"] != "argmax" and classes == 2)
def confidence(
    f: np.ndarray,
    w: np.ndarray,
    context: Context,
    *,
    alpha: Share = 0.5,
    ramp: Share = 0.2,
    harden: Literal["auto", "balance", "argmax"] = "auto",
) -> tuple[np.ndarray, np.ndarray]:
    classes = f.shape[1]
    if harden == "balance" and classes != 2:
        raise ValueError(f"harden: balance is for two classes, found {classes}. Use argmax.")
    by_balance = harden != "argmax" and classes == 2
    hard = harden_to_balance(f, context.balance) if by_balance else harden_to_argmax(f)
    c = alpha * risen(context.progress, ramp)
    return cross_entropy(f, (1 - c) * w + c * hard, context)
