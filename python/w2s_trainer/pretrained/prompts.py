"""The text that a language model reads for an input, and its tokens, shortened where it is too long.

A form is a template with the input's fields in braces. Each kind of input has one, and the labels that may follow it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..check import show
from ..errors import BadInput

_GAP = " ... "
_PLAIN = "{text}"

_PIECES = re.compile(r"\{\{|\}\}|\{(\w+)\}|[{}]")


class _Kind:
    """The form that features are made of, the one that a label follows, and the labels of two-class kinds.

    The first field is the one that is shortened first.
    """

    def __init__(self, fields: tuple[str, ...], plain: str, asking: str, labels: tuple[str, ...] | None) -> None:
        self.fields = fields
        self.plain = plain
        self.asking = asking
        self.labels = labels


_PREFERENCE = "Question: {prompt}\nAnswer A: {first}\nAnswer B: {second}\nLabel:"
_VERIFICATION = "Question: {question}\nAnswer: {choice}\nLabel:"
_KINDS = (
    _Kind(("text",), _PLAIN, "{text}\nLabel:", None),
    _Kind(("prompt", "first", "second"), _PREFERENCE, _PREFERENCE, (" A", " B")),
    _Kind(("question", "choice"), _VERIFICATION, _VERIFICATION, (" False", " True")),
)


def _kind(fields: Mapping[str, str]) -> _Kind:
    return next(kind for kind in _KINDS if fields.keys() == set(kind.fields))


def labels_of(fields: Mapping[str, str], classes: int) -> tuple[str, ...]:
    """What follows the form for each class, for inputs like `fields`: letters where the kind has none of its own."""
    labels = _kind(fields).labels or tuple(f" {chr(ord('A') + i)}" for i in range(min(classes, 26)))
    if len(labels) != classes:
        raise BadInput(
            f"model.labels: there are {classes} classes, but inputs with the fields {', '.join(fields)} have "
            f"{len(labels)} labels by default. Give one string a class in `labels`."
        )
    return labels


def labels_for_scoring(fields: Mapping[str, str]) -> tuple[str, ...]:
    labels = _kind(fields).labels
    if labels is None:
        raise BadInput("continuations: expected a list of strings: texts have no labels by default.")
    return labels


class Prompt:
    """Turns inputs into tokens. `form` None is the kind's own; `asking` chooses the one that a label follows."""

    def __init__(
        self, form: str | None = None, *, asking: bool = False, chat: bool = False, name: str = "prompt"
    ) -> None:
        self._form = form
        self._asking = asking
        self._chat = chat
        self._name = name

    def __str__(self) -> str:
        return repr((self._form, self._asking, self._chat))

    def form(self, fields: Mapping[str, str]) -> str:
        if self._form is not None:
            return self._form
        kind = _kind(fields)
        return kind.asking if self._asking else kind.plain

    def render(self, fields: Mapping[str, str], tokenizer: Any = None) -> str:
        text = fill(self.form(fields), fields, self._name)
        if not self._chat:
            return text
        if not getattr(tokenizer, "chat_template", None):
            raise BadInput("chat: this model's tokenizer has no chat template. Leave `chat` out: it is a base model.")
        turn = [{"role": "user", "content": text}]
        return tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)

    def tokenize(self, tokenizer: Any, inputs: Sequence[Mapping[str, str]], limit: int) -> list[list[int]]:
        """Token ids of each input, at least one and at most `limit`."""
        all_ids = self._ids(tokenizer, [self.render(fields, tokenizer) for fields in inputs])
        tokens = [
            ids if len(ids) <= limit else self._shortened(tokenizer, fields, len(ids), limit)
            for ids, fields in zip(all_ids, inputs, strict=True)
        ]
        return [ids or [_filler(tokenizer)] for ids in tokens]

    def _ids(self, tokenizer: Any, texts: list[str]) -> list[list[int]]:
        # A chat template writes the special tokens itself.
        return tokenizer(texts, add_special_tokens=not self._chat)["input_ids"]

    def _shortened(self, tokenizer: Any, fields: Mapping[str, str], length: int, limit: int) -> list[int]:
        """Takes from the middle of the prompt, question or text, and from answers only where that is not enough.

        The answers and the closing `Label:` are what the model has to judge, so a cut at the end would lose the task.
        A text of which features are made loses its end.
        """
        if self.form(fields) == _PLAIN and not self._chat:
            return tokenizer(fields["text"], truncation=True, max_length=limit)["input_ids"]
        names = _kind(fields).fields
        counts = {name: len(_offsets(tokenizer, fields[name])) for name in names}
        excess = length - limit
        for _ in range(8):  # a cut can change how the neighbouring text is split, so the first try may not fit
            keep = _budget(counts, names, excess)
            short = {name: _middle_cut(tokenizer, fields[name], keep[name]) for name in names}
            ids = self._ids(tokenizer, [self.render(short, tokenizer)])[0]
            if len(ids) <= limit:
                return ids
            excess += len(ids) - limit
        return ids[-limit:]


def fill(form: str, fields: Mapping[str, str], name: str) -> str:
    """The template with its fields filled in. Only whole fields: no formats, attributes or indices."""

    def piece(match: re.Match[str]) -> str:
        text = match.group()
        if text in ("{{", "}}"):
            return text[0]
        if match.group(1) in fields:
            return fields[match.group(1)]
        known = ", ".join(f"{{{field}}}" for field in fields)
        raise BadInput(
            f"{name}: {show(form)} has {text!r}, but these inputs have the fields {known}. A literal brace is doubled."
        )

    return _PIECES.sub(piece, form)


def _budget(counts: Mapping[str, int], names: Sequence[str], excess: int) -> dict[str, int]:
    """Tokens left of each field: the first gives what it has, then the longest of the others until they are level."""
    first, *answers = names
    keep = dict(counts)
    keep[first] = max(0, counts[first] - excess)
    room = sum(counts[name] for name in answers) - (excess - (counts[first] - keep[first]))
    for position, name in enumerate(sorted(answers, key=lambda name: counts[name])):
        keep[name] = max(0, min(counts[name], room // (len(answers) - position)))
        room -= keep[name]
    return keep


def _middle_cut(tokenizer: Any, text: str, keep: int) -> str:
    offsets = _offsets(tokenizer, text)
    if keep >= len(offsets):
        return text
    keep = max(0, keep - 2)  # room for the gap
    head, tail = keep - keep // 2, keep // 2
    start = offsets[head - 1][1] if head else 0
    end = offsets[len(offsets) - tail][0] if tail else len(text)
    return text[:start] + _GAP + text[end:]


def _offsets(tokenizer: Any, text: str) -> list[tuple[int, int]]:
    return tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]


def _filler(tokenizer: Any) -> int:
    """Stands for a text without tokens."""
    for name in ("eos_token_id", "pad_token_id", "unk_token_id"):
        value = getattr(tokenizer, name, None)
        if value is not None:
            return int(value)
    return 0
