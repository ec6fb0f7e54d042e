"""Pooled hidden states as features."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..call import Call
from ..models import HiddenStates
from .batches import batches, padded
from .forward import pool, states
from .load import Loaded
from .prompts import Prompt


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
        limit = self._loaded.limit(self._spec.max_tokens)
        tokens = Prompt().tokenize(self._loaded.tokenizer, inputs, limit)
        out = [np.empty((len(inputs), self._loaded.width), np.float32) for _ in layers]
        started, so_far, rows = time.perf_counter(), 0, 0
        for batch in batches(tokens, self._tokens_a_batch):
            call.check()
            ids, mask = padded([tokens[i] for i in batch], self._loaded)
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
