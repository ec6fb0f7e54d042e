"""The text that a language model reads for an input, and its tokens, shortened where it is too long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_GAP = " ... "

# The first field is the one that is shortened first.
_FORMS: dict[tuple[str, ...], str] = {
    ("text",): "{text}",
    ("prompt", "first", "second"): "Question: {prompt}\nAnswer A: {first}\nAnswer B: {second}\nLabel:",
    ("question", "choice"): "Question: {question}\nAnswer: {choice}\nLabel:",
}


def render(fields: Mapping[str, str]) -> str:
    for names, form in _FORMS.items():
        if fields.keys() == set(names):
            return form.format(**fields)
    raise ValueError(f"no text form for the fields {sorted(fields)}")


def tokenize(tokenizer: Any, inputs: Sequence[Mapping[str, str]], limit: int) -> list[list[int]]:
    """Token ids of each input, at least one and at most `limit`."""
    all_ids = tokenizer([render(fields) for fields in inputs], add_special_tokens=True)["input_ids"]
    tokens = [
        ids if len(ids) <= limit else _shortened(tokenizer, fields, len(ids), limit)
        for ids, fields in zip(all_ids, inputs, strict=True)
    ]
    return [ids or [_filler(tokenizer)] for ids in tokens]


def _shortened(tokenizer: Any, fields: Mapping[str, str], length: int, limit: int) -> list[int]:
    """Takes from the middle of the prompt or question, and from the answers only where that is not enough.

    The answers and the closing `Label:` are what the model has to judge, so a cut at the end would lose the task. A
    plain text loses its end.
    """
    names = next(names for names in _FORMS if fields.keys() == set(names))
    if len(names) == 1:
        return tokenizer(fields[names[0]], truncation=True, max_length=limit)["input_ids"]
    counts = {name: len(_offsets(tokenizer, fields[name])) for name in names}
    excess = length - limit
    for _ in range(8):  # a cut can change how the neighbouring text is split, so the first try may not fit
        keep = _budget(counts, names, excess)
        short = {name: _middle_cut(tokenizer, fields[name], keep[name]) for name in names}
        ids = tokenizer(render(short), add_special_tokens=True)["input_ids"]
        if len(ids) <= limit:
            return ids
        excess += len(ids) - limit
    return ids[-limit:]


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
