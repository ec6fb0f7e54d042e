"""How a batch is cut into micro-batches: rows of like length together, so that little is padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# What one more micro-batch costs besides its tokens, in tokens.
_OVERHEAD = {"cpu": 16, "cuda": 1024, "mps": 256}


def cut(lengths: Sequence[int], most: int, device: str) -> list[np.ndarray]:
    """Positions in `lengths`, in groups of at most `most` tokens with their padding (a longer row goes alone).

    Of all ways to cut the rows, sorted by length, the one with the least padding and overhead. Which rows make up a
    batch, and so what is learned from it, does not depend on how it is cut.
    """
    order = np.argsort(lengths, kind="stable")
    sizes = np.asarray(lengths)[order]
    count = len(sizes)
    overhead = _OVERHEAD[device]
    best = np.full(count + 1, np.inf)
    best[0] = 0
    start_of = np.zeros(count + 1, np.intp)
    for end in range(1, count + 1):
        longest = sizes[end - 1]
        first = max(0, end - max(1, most // int(longest)))
        costs = best[first:end] + longest * np.arange(end - first, 0, -1) + overhead
        at = int(costs.argmin())
        best[end], start_of[end] = costs[at], first + at
    groups = []
    end = count
    while end > 0:
        groups.append(order[start_of[end] : end])
        end = int(start_of[end])
    return groups[::-1]
