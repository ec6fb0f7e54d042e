"""Pooled hidden states as features."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ..call import Call
from ..models import HiddenStates
from .forward import pool, states
from .load import Loaded
from .render import tokenize


class HiddenFeatures:
    """One output a layer. A chunk's rows go through the model sorted by length, in batches of about equal size."""

    on_disk = True
    standardise = True

    def __init__(self, spec: HiddenStates, loaded: Loaded, tokens_a_batch: int) -> None:
        self._spec = spec
        self._loaded = loaded
        self._tokens_a_batch = tokens_a_batch
        self.outputs = tuple(f"hidden-states {layer} {spec.pooling} {spec.max_tokens}" for layer in spec.layers)

    def compute(
        self, inputs: Sequence[Mapping[str, Any]], wanted: Sequence[int], call: Call, done: int, of: int
    ) -> list[np.ndarray]:
        layers = [self._spec.layers[output] for output in wanted]
        tokens = tokenize(self._loaded.tokenizer, inputs, self._limit())
        width = self._loaded.model.config.get_text_config().hidden_size
        out = [np.empty((len(inputs), width), np.float32) for _ in layers]
        started, so_far, rows = time.perf_counter(), 0, 0
        for batch in _batches(tokens, self._tokens_a_batch):
            call.check()
            ids, mask = self._padded([tokens[i] for i in batch])
            found = states(self._loaded, ids, mask, layers, call.check)
            for matrix, layer in zip(out, layers, strict=True):
                matrix[batch] = pool(found[layer], mask, self._spec.pooling).cpu().numpy()
            count = sum(len(tokens[i]) for i in batch)
            call.tokens += count
            so_far += count
            rows += len(batch)
            speed = so_far / (time.perf_counter() - started)
            call.progress("features", done + rows, of, tokensPerSecond=speed)
        return out

    def state(self) -> dict[str, np.ndarray]:
        return {}

    def _limit(self) -> int:
        config = self._loaded.model.config.get_text_config()
        limits = [self._spec.max_tokens, self._loaded.tokenizer.model_max_length]
        return int(min(*limits, getattr(config, "max_position_embeddings", None) or self._spec.max_tokens))

    def _padded(self, rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Padded at the right, where causal models do not look and others are told by the mask."""
        longest = max(map(len, rows))
        ids = torch.full((len(rows), longest), self._loaded.tokenizer.pad_token_id or 0)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = 1
        device = self._loaded.model.device
        return ids.to(device, non_blocking=True), mask.to(device, non_blocking=True)


def _batches(tokens: Sequence[Sequence[int]], most: int) -> list[list[int]]:
    """Rows by length, in batches of at most `most` tokens with their padding (a longer row goes alone)."""
    batches: list[list[int]] = []
    for i in sorted(range(len(tokens)), key=lambda i: (len(tokens[i]), i)):
        if batches and (len(batches[-1]) + 1) * len(tokens[i]) <= most:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
