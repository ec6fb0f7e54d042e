"""A transformer that answers with class probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from ..call import Call
from ..errors import BadInput
from ..models import HuggingFace, Lora
from ..pretrained import device as devices
from ..pretrained import output
from ..pretrained.batches import batches, padded
from ..pretrained.load import Loaded
from ..pretrained.prompts import Prompt, has_field, labels_of
from .lora import Adapters
from .packed import Layout, last_states, works


class Classifier:
    """logits = U h. For a causal language model h is its last state after the prompt, and U the rows of its output
    layer that stand for the labels (and what else it makes of its logits is done). For an encoder h is the mean of its
    last states, and U starts small and random, with a bias.

    Nothing is dropped out: an answer is a function of the request.
    """

    def __init__(self, loaded: Loaded, spec: HuggingFace, classes: int, fields: Mapping[str, str], seed: int) -> None:
        if spec.prompt is not None and not has_field(spec.prompt):
            raise BadInput(f"model.prompt: {spec.prompt!r} has no field of the inputs: all would be the same.")
        random = torch.Generator().manual_seed(seed)
        self.loaded = loaded
        self.spec = spec
        self.label_tokens: list[int] | None = None
        self._lead: list[int] = []
        self._prompt = Prompt(spec.prompt, asking=loaded.whole is not None, chat=spec.chat, name="model.prompt")
        weight = torch.randn(classes, loaded.width, generator=random) / loaded.width**0.5 * 0.1
        bias: torch.Tensor | None = torch.zeros(classes)
        if loaded.whole is None and (spec.labels or spec.chat):
            raise BadInput("model.labels, model.chat: an encoder has a head and says no labels. Leave them out.")
        if loaded.whole is not None:
            output.check(loaded)
            labels = spec.labels or labels_of(fields, classes, chat=spec.chat)
            self._lead, self.label_tokens = _label_tokens(loaded, labels, classes)
            layer = loaded.whole.get_output_embeddings()
            weight = layer.weight.detach()[self.label_tokens].float()
            bias = None if layer.bias is None else layer.bias.detach()[self.label_tokens].float()
        self.weight = torch.nn.Parameter(weight.to(loaded.device).clone())
        self.bias = None if bias is None else torch.nn.Parameter(bias.to(loaded.device).clone())
        self._packed = works(loaded)
        self.adapters = Adapters(loaded, spec.tune, random) if isinstance(spec.tune, Lora) else None

    def trained(self) -> list[tuple[torch.nn.Parameter, bool]]:
        """What is trained, each with whether weight decay is for it (not for biases and norms)."""
        # Beside adapters the output layer of a language model stays frozen, as in peft.
        frozen_head = self.adapters is not None and self.loaded.whole is not None
        head = [] if frozen_head else [self.weight, *([] if self.bias is None else [self.bias])]
        rest = self.adapters.parameters() if self.adapters else []
        if self.spec.tune == "full":
            rest = list(self.loaded.model.parameters())
        parameters = [*head, *rest]
        for parameter in parameters:
            parameter.requires_grad_(True)
        return [(parameter, parameter.dim() > 1) for parameter in parameters]

    def tokens(self, inputs: Sequence[Mapping[str, Any]]) -> list[list[int]]:
        limit = self.loaded.limit(self.spec.max_tokens) - len(self._lead)
        return [row + self._lead for row in self._prompt.tokenize(self.loaded.tokenizer, inputs, limit)]

    def states(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """One float32 vector a row of tokens."""
        with self._precision():
            found, layout = self._last_states(rows)
        if self.loaded.whole is not None:
            return found[layout.last].float()
        sums = torch.zeros(len(rows), self.loaded.width, device=found.device)
        return sums.index_add(0, layout.row_of, found.float()) / layout.lengths[:, None]

    def _last_states(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, Layout]:
        """Tokens x width, the rows one after the other."""
        layout = Layout(rows, self.loaded.device)
        if self._packed:
            return last_states(self.loaded, layout), layout
        ids, mask = padded(rows, self.loaded)
        # Padding is at the right, where a causal model does not look: without a mask attention is quicker.
        more = {} if self.loaded.whole is not None else {"attention_mask": mask}
        return self.loaded.model(input_ids=ids, **more).last_hidden_state.flatten(0, 1)[layout.to_packed], layout

    def head(self, states: torch.Tensor) -> torch.Tensor:
        logits = torch.nn.functional.linear(states, self.weight, self.bias)
        return logits if self.loaded.whole is None else output.transformed(self.loaded, logits)

    def all_states(self, tokens: Sequence[Sequence[int]], most: int, call: Call, stage: str) -> torch.Tensor:
        """States without gradients, in batches of about equal length."""
        out = torch.empty(len(tokens), self.weight.shape[1], device=self.loaded.device)
        done = 0
        for batch in batches(tokens, most):
            call.check()
            with torch.no_grad():
                out[batch] = self.states([tokens[i] for i in batch])
            call.tokens += sum(len(tokens[i]) for i in batch)
            done += len(batch)
            call.progress(stage, done, len(tokens))
        return out

    def probabilities(self, tokens: Sequence[Sequence[int]], most: int, call: Call) -> np.ndarray:
        return self.answers(self.all_states(tokens, most, call, "predict"))

    def answers(self, states: torch.Tensor) -> np.ndarray:
        """Class probabilities for states."""
        with torch.no_grad():
            return torch.softmax(self.head(states), dim=-1).cpu().numpy()

    def close(self) -> None:
        """Leaves a borrowed model as it was."""
        if self.adapters:
            self.adapters.remove()

    def _precision(self) -> Any:
        """All weights are trained in float32 and multiplied in bfloat16 where the device has it."""
        if self.spec.tune != "full" or devices.dtype(str(self.loaded.device)) != "bfloat16":
            return nullcontext()
        return torch.autocast(self.loaded.device.type, torch.bfloat16)


def _label_tokens(loaded: Loaded, labels: Sequence[str], classes: int) -> tuple[list[int], list[int]]:
    """The tokens that all labels begin with (some tokenizers split off the blank), and the first ones that differ."""
    if len(labels) != classes:
        raise BadInput(f"model.labels: expected {classes} strings, one a class, found {len(labels)}.")
    tokens = [loaded.tokenizer(label, add_special_tokens=False)["input_ids"] for label in labels]
    lead: list[int] = []
    while all(len(row) > len(lead) + 1 for row in tokens) and len({row[len(lead)] for row in tokens}) == 1:
        lead.append(tokens[0][len(lead)])
    first = [row[len(lead)] if len(row) > len(lead) else None for row in tokens]
    if None in first or len(set(first)) < classes:
        shown = ", ".join(f"{label!r} is {row}" for label, row in zip(labels, tokens, strict=True))
        raise BadInput(f"model.labels: expected strings whose tokens differ where they first part; found {shown}.")
    return lead, [int(token) for token in first if token is not None]
