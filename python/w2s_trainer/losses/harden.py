"""A model's own answers as one-hot rows."""

from __future__ import annotations

import numpy as np


def harden_to_argmax(f: np.ndarray) -> np.ndarray:
    """One-hot rows: each row's most probable class."""
    hard = np.zeros_like(f)
    hard[np.arange(len(f)), f.argmax(axis=1)] = 1
    return hard


def harden_to_balance(f: np.ndarray, balance: np.ndarray) -> np.ndarray:
    """One-hot rows for two classes: 1[f >= t], t being the quantile of f that gives class 1 its share of the batch."""
    count = len(f)
    positives = int(np.floor(balance[1] * count + 0.5))
    order = np.argsort(f[:, 1], kind="stable")
    hard = np.zeros_like(f)
    hard[order[: count - positives], 0] = 1
    hard[order[count - positives :], 1] = 1
    return hard
