"""The text that a language model reads for an input, and its tokens, shortened where it is too long.

A form is a template with the input's fields in braces. Each kind of input has one, and the labels that may follow it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..check import show
from ..errors import BadInput

_GAP = " ... "
_GAP_TOKENS = 2
_TRIES = 16
_PLAIN = "{text}"
_DATE = "26 Jul 2024"

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


def labels_of(fields: Mapping[str, str], classes: int, *, chat: bool = False) -> tuple[str, ...]:
    """What follows the form for each class, for inputs like `fields`: letters where the kind has none of its own."""
    labels = _kind(fields).labels or tuple(f" {chr(ord('A') + i)}" for i in range(min(classes, 26)))
    if len(labels) != classes:
        raise BadInput(
            f"model.labels: there are {classes} classes, but inputs with the fields {', '.join(fields)} have "
            f"{len(labels)} labels by default. Give one string a class in `labels`."
        )
    return _answered(labels, chat)


def labels_for_scoring(fields: Mapping[str, str], *, chat: bool = False) -> tuple[str, ...]:
    labels = _kind(fields).labels
    if labels is None:
        raise BadInput("continuations: expected a list of strings: texts have no labels by default.")
    return _answered(labels, chat)


def _answered(labels: tuple[str, ...], chat: bool) -> tuple[str, ...]:
    """After the assistant's header an answer begins without the blank that it has after `Label:`."""
    return tuple(label.lstrip() for label in labels) if chat else labels


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
        return tokenizer.apply_chat_template(_turn(text), tokenize=False, **_chat_options(tokenizer))

    def tokenize(
        self, tokenizer: Any, inputs: Sequence[Mapping[str, str]], limit: int | Sequence[int]
    ) -> list[list[int]]:
        """Token ids of each input, at least one and at most `limit` (one for all, or one each)."""
        limits = [limit] * len(inputs) if isinstance(limit, int) else limit
        tokens = [
            ids if len(ids) <= most else self._shortened(tokenizer, fields, len(ids), most)
            for ids, fields, most in zip(self._ids(tokenizer, inputs), inputs, limits, strict=True)
        ]
        return [ids or [_filler(tokenizer)] for ids in tokens]

    def _ids(self, tokenizer: Any, inputs: Sequence[Mapping[str, str]]) -> list[list[int]]:
        texts = [fill(self.form(fields), fields, self._name) for fields in inputs]
        if not self._chat:
            return tokenizer(texts)["input_ids"]
        # The template writes the special tokens; one that stands in an input is read as the plain text that it is.
        options: Any = {"tokenize": True, "return_dict": False, "sanitize_control_tokens": True}
        try:
            turns = [_turn(text) for text in texts]
            return tokenizer.apply_chat_template(turns, **options, **_chat_options(tokenizer))
        except ValueError as error:
            raise BadInput(f"chat: this model's chat template cannot hold an input: {error}.") from None

    def _shortened(self, tokenizer: Any, fields: Mapping[str, str], length: int, limit: int) -> list[int]:
        """Takes from the middle of the prompt, question or text, and from answers only where that is not enough.

        The answers and the closing `Label:` are what the model has to judge, so a cut at the end would lose the task.
        A text of which features are made loses its end.
        """
        form = self.form(fields)
        if form == _PLAIN and not self._chat:
            return tokenizer(fields["text"], truncation=True, max_length=limit)["input_ids"]
        times = Counter(match.group(1) for match in _PIECES.finditer(form))
        first = _kind(fields).fields[0]
        offsets = {name: _offsets(tokenizer, fields[name], self._chat) for name in fields if times[name]}
        counts = {name: len(found) for name, found in offsets.items()}
        needed = [name for name in counts if name != first] or list(counts)
        excess = length - limit
        for _ in range(_TRIES):  # gaps have tokens too, and a cut can change how the neighbouring text is split
            keep = _budget(counts, times, first, excess)
            if any(keep[name] < min(counts[name], _GAP_TOKENS + 1) for name in needed):
                break
            cut = {name: _middle_cut(fields[name], offsets[name], keep[name]) for name in keep}
            ids = self._ids(tokenizer, [{**fields, **cut}])[0]
            if len(ids) <= limit:
                return ids
            excess += len(ids) - limit
        stays = " and ".join(f"{{{name}}}" for name in needed) or "no field"
        raise BadInput(
            f"{self._name}: an input has {length} tokens in the template {show(form)}, and {limit} is the most. Of "
            f"{stays} nothing would be left beside the template. Raise maxTokens or shorten the template. The input: "
            f"{show(dict(fields))}"
        )


def _turn(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _chat_options(tokenizer: Any) -> dict[str, Any]:
    """Some templates (Llama 3) write today's date, by `strftime_now` or `date_string`. Here every day is the same one,
    or the same request would have another answer tomorrow.

    The function is defined within the template: apply_chat_template lets no callable through.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise BadInput("chat: this model's tokenizer has no chat template. Leave `chat` out: it is a base model.")
    today = f"{{% macro strftime_now(format) %}}{_DATE}{{% endmacro +%}}"
    template = today + tokenizer.get_chat_template()
    return {"chat_template": template, "date_string": _DATE, "add_generation_prompt": True}


def has_field(form: str) -> bool:
    return any(match.group(1) for match in _PIECES.finditer(form))


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


def _budget(counts: Mapping[str, int], times: Mapping[str, int], first: str, excess: int) -> dict[str, int]:
    """Tokens left of each field, which the template has `times` over: the first gives what it has, then the longest of
    the others until they are level."""
    keep = dict(counts)
    if first in counts:
        keep[first] = max(0, counts[first] - -(-excess // times[first]))
        excess -= times[first] * (counts[first] - keep[first])
    answers = sorted((name for name in counts if name != first), key=lambda name: counts[name])
    room = sum(times[name] * counts[name] for name in answers) - excess
    shares = sum(times[name] for name in answers)
    for name in answers:
        keep[name] = max(0, min(counts[name], room // shares))
        room -= times[name] * keep[name]
        shares -= times[name]
    return keep


def _middle_cut(text: str, offsets: Sequence[tuple[int, int]], keep: int) -> str:
    if keep >= len(offsets):
        return text
    keep = max(0, keep - _GAP_TOKENS)
    head, tail = keep - keep // 2, keep // 2
    start = offsets[head - 1][1] if head else 0
    end = offsets[len(offsets) - tail][0] if tail else len(text)
    return text[:start] + _GAP + text[end:]


def _offsets(tokenizer: Any, text: str, plain: bool) -> list[tuple[int, int]]:
    """`plain`: special tokens are read as text."""
    options = {"add_special_tokens": False, "return_offsets_mapping": True, "split_special_tokens": plain}
    return tokenizer(text, **options)["offset_mapping"]


def _filler(tokenizer: Any) -> int:
    """Stands for a text without tokens."""
    for name in ("eos_token_id", "pad_token_id", "unk_token_id"):
        value = getattr(tokenizer, name, None)
        if value is not None:
            return int(value)
    return 0
