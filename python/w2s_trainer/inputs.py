"""Examples as a model sees them: four kinds of input, and the text that a language model reads for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .check import show
from .errors import BadInput

KINDS: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "image": ("image",),
    "preference": ("prompt", "first", "second"),
    "verification": ("question", "choice"),
}


@dataclass(frozen=True)
class Dataset:
    """Inputs of one kind, named by the hash that the asking side gave."""

    hash: str
    kind: str
    inputs: Sequence[Mapping[str, Any]]
    transient: bool = False
    """Nothing that is made of them is kept beyond the call, or found from before it."""

    def __len__(self) -> int:
        return len(self.inputs)


def dataset(dataset_hash: str, inputs: Any, transient: bool = False) -> Dataset:
    if not isinstance(inputs, list) or not inputs:
        raise BadInput(f"inputs: expected a list with at least one input, found {show(inputs)}.")
    kind = _kind(inputs[0])
    fields = set(KINDS[kind])
    for i, entry in enumerate(inputs):
        if not isinstance(entry, Mapping) or entry.keys() != fields:
            raise BadInput(
                f"inputs[{i}]: expected an input of the kind {kind} like inputs[0] ({', '.join(KINDS[kind])}), "
                f"found {show(entry)}. One dataset holds inputs of one kind."
            )
        if kind == "image":
            _check_image(entry["image"], inputs[0]["image"], i)
        else:
            for field, text in entry.items():
                if not isinstance(text, str) or not _is_unicode(text):
                    raise BadInput(f"inputs[{i}].{field}: expected a string of valid Unicode, found {show(text)}.")
    if kind == "image":  # an eighth of the memory that lists of numbers take
        inputs = [{"image": np.array(entry["image"], np.float32)} for entry in inputs]
    return Dataset(dataset_hash, kind, inputs, transient)


def _kind(first: Any) -> str:
    if isinstance(first, Mapping):
        for kind, fields in KINDS.items():
            if first.keys() == set(fields):
                return kind
    forms = ", ".join("{" + ", ".join(fields) + "}" for fields in KINDS.values())
    raise BadInput(f"inputs[0]: expected one of {forms}, found {show(first)}.")


def _is_unicode(text: str) -> bool:
    """False where half of a surrogate pair stands alone, which JSON lets through."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_image(image: Any, first: Any, i: int) -> None:
    rows = isinstance(image, list) and len(image) > 0 and all(isinstance(row, list) and row for row in image)
    if not rows or len({len(row) for row in image}) != 1:
        raise BadInput(f"inputs[{i}].image: expected rows of pixels of equal length, found {show(image)}.")
    if (len(image), len(image[0])) != (len(first), len(first[0])):
        raise BadInput(
            f"inputs[{i}].image: expected {len(first)} x {len(first[0])} pixels like inputs[0], "
            f"found {len(image)} x {len(image[0])}. Scale all images to one size."
        )
    for row in image:
        for value in row:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise BadInput(f"inputs[{i}].image: expected pixels from 0 to 1, found {show(value)}.")
