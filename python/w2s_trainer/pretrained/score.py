"""Log-probabilities of continuations as features: two columns a continuation, the sum in nats and its tokens."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..call import Call
from ..check import show
from ..errors import BadInput, Unsupported
from ..models import Score
from .batches import batches, padded
from .load import Loaded
from .output import check, transformed
from .prompts import Prompt, fill, labels_for_scoring

_LOGITS = 1 << 24
"""The most that are in memory at once: a vocabulary can be as long as a batch is large."""


@dataclass(frozen=True)
class _Job:
    """One sequence to read: `tokens`, of which those from `start` on are the continuation in the given column.

    A continuation of one token needs no sequence of its own: all of them are read off after the prompt.
    """

    row: int
    tokens: list[int]
    start: int
    column: int | None
    singles: list[int]


class ScoreFeatures:
    """A chunk's sequences go through the model sorted by length."""

    on_disk = True
    standardise = False

    def __init__(self, spec: Score, loaded: Loaded, tokens_a_batch: int) -> None:
        if loaded.whole is None:
            raise Unsupported(f"model: {loaded.name} is an encoder; expected a causal language model.")
        check(loaded)
        self._spec = spec
        self._loaded = loaded
        self._tokens_a_batch = tokens_a_batch
        self._prompt = Prompt(spec.prompt, asking=True, chat=spec.chat)
        self.outputs = (f"score {self._prompt} {spec.continuations} {spec.max_tokens}",)

    def compute(
        self, inputs: Sequence[Mapping[str, Any]], wanted: Sequence[int], call: Call, done: int, of: int
    ) -> list[np.ndarray]:
        forms = self._spec.continuations or labels_for_scoring(inputs[0], chat=self._spec.chat)
        jobs, counts = self._jobs(inputs, forms)
        out = np.zeros((len(inputs), 2 * len(forms)), np.float32)
        out[:, len(forms) :] = counts
        started, so_far, finished = time.perf_counter(), 0, 0
        for batch in batches([job.tokens for job in jobs], self._tokens_a_batch):
            call.check()
            chosen = [jobs[i] for i in batch]
            for job, values in zip(chosen, self._read(chosen), strict=True):
                if job.column is None:
                    out[job.row, : len(forms)] = values
                else:
                    out[job.row, job.column] = values.sum()
            count = sum(len(job.tokens) for job in chosen)
            call.tokens += count
            so_far += count
            finished += len(batch)
            speed = so_far / (time.perf_counter() - started)
            call.progress("predict", done + len(inputs) * finished // len(jobs), of, tokensPerSecond=speed)
        return [out]

    def state(self) -> dict[str, np.ndarray]:
        return {}

    def _jobs(self, inputs: Sequence[Mapping[str, Any]], forms: Sequence[str]) -> tuple[list[_Job], np.ndarray]:
        tokenizer = self._loaded.tokenizer
        texts = [[fill(form, fields, "continuations") for form in forms] for fields in inputs]
        flat = tokenizer([text for row in texts for text in row], add_special_tokens=False)["input_ids"]
        ends = [flat[i * len(forms) : (i + 1) * len(forms)] for i in range(len(inputs))]
        for row, found in enumerate(ends):
            if not all(found):
                raise BadInput(f"continuations: {texts[row][found.index([])]!r} has no token; expected some text.")
        limit = self._loaded.limit(self._spec.max_tokens)
        longest = [max(map(len, found)) for found in ends]
        for fields, count in zip(inputs, longest, strict=True):
            if count > limit // 2:
                raise BadInput(
                    f"continuations: one has {count} tokens for the input {show(dict(fields))}, and prompt and "
                    f"continuation together may have {limit}. Raise maxTokens, or ask for shorter ones (half the room "
                    "is the prompt's)."
                )
        # Each row has the room that its own continuations leave: what its neighbours hold is no matter of its.
        prompts = self._prompt.tokenize(tokenizer, inputs, [limit - count for count in longest])
        jobs = []
        for row, (prompt, found) in enumerate(zip(prompts, ends, strict=True)):
            if all(len(end) == 1 for end in found):
                jobs.append(_Job(row, prompt, len(prompt), None, [end[0] for end in found]))
            else:
                jobs += [_Job(row, prompt + end, len(prompt), column, []) for column, end in enumerate(found)]
        return jobs, np.array([[len(end) for end in row] for row in ends], np.float32)

    def _read(self, jobs: Sequence[_Job]) -> list[np.ndarray]:
        """For each job the log-probabilities of its continuation's tokens, or of its single ones."""
        ids, _ = padded([job.tokens for job in jobs], self._loaded)
        places: list[tuple[int, int]] = []
        asked: list[list[int]] = []
        for i, job in enumerate(jobs):
            # The logits of position p are about the token at p + 1; only these positions meet the vocabulary.
            tokens = [job.singles] if job.column is None else [[token] for token in job.tokens[job.start :]]
            places += [(i, job.start - 1 + step) for step in range(len(tokens))]
            asked += tokens
        with torch.inference_mode():
            # Padding is at the right, where a causal model does not look: no mask is needed.
            states = self._loaded.model(input_ids=ids).last_hidden_state
            rows, positions = (torch.tensor(side, device=ids.device) for side in zip(*places, strict=True))
            found = self._logs(states[rows, positions], asked)
        ends = np.cumsum([len(job.singles) if job.column is None else len(job.tokens) - job.start for job in jobs])
        return np.split(found, ends[:-1])

    def _logs(self, states: torch.Tensor, asked: Sequence[Sequence[int]]) -> np.ndarray:
        """After each state the log-probabilities of the tokens asked for, all in one row."""
        layer = self._loaded.whole.get_output_embeddings()
        step = max(1, _LOGITS // layer.weight.shape[0])
        found = []
        for start in range(0, len(asked), step):
            part = asked[start : start + step]
            logs = torch.log_softmax(transformed(self._loaded, layer(states[start : start + step])), dim=-1)
            rows = [row for row, tokens in enumerate(part) for _ in tokens]
            found.append(logs[rows, [token for tokens in part for token in tokens]].cpu().numpy())
        return np.concatenate(found)
