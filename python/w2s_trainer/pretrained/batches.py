"""Rows of tokens cut into batches of about equal size, and padded."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .load import Loaded


def batches(tokens: Sequence[Sequence[int]], most: int) -> list[list[int]]:
    """Rows by length, in batches of at most `most` tokens with their padding (a longer row goes alone)."""
    found: list[list[int]] = []
    for i in sorted(range(len(tokens)), key=lambda i: (len(tokens[i]), i)):
        if found and (len(found[-1]) + 1) * len(tokens[i]) <= most:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def padded(rows: Sequence[Sequence[int]], loaded: Loaded) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, padded at the right, where causal models do not look and others are told by the mask."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), loaded.tokenizer.pad_token_id or 0)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return ids.to(loaded.device, non_blocking=True), mask.to(loaded.device, non_blocking=True)
