"""Checks of plain data at the boundary. Every message says: field, expected, found."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from .errors import BadInput
from .frames import Blob


def show(value: Any) -> str:
    """A value as a message shows it: short."""
    if isinstance(value, Blob):
        return f"a {value.dtype} array of shape {list(value.shape)}"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def record(value: Any, name: str, required: Collection[str], optional: Collection[str] = ()) -> Mapping[str, Any]:
    """An object with these fields and no others."""
    if not isinstance(value, Mapping):
        raise BadInput(f"{name}: expected an object, found {show(value)}.")
    for key in required:
        if key not in value:
            raise BadInput(f"{name}.{key}: expected a value, but the field is missing.")
    unknown = [key for key in value if key not in required and key not in optional]
    if unknown:
        known = ", ".join([*required, *optional])
        raise BadInput(f"{name}.{unknown[0]}: there is no such field; known are: {known}.")
    return value


def string(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadInput(f"{name}: expected a non-empty string, found {show(value)}.")
    return value


def strings(value: Any, name: str) -> tuple[str, ...]:
    """A non-empty list of non-empty strings."""
    if not isinstance(value, list) or not value:
        raise BadInput(f"{name}: expected a list with at least one string, found {show(value)}.")
    return tuple(string(entry, f"{name}[{i}]") for i, entry in enumerate(value))


def boolean(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise BadInput(f"{name}: expected true or false, found {show(value)}.")
    return value


def integer(value: Any, name: str, low: int, high: int) -> int:
    whole = isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not (isinstance(value, int) or whole) or not low <= value <= high:
        raise BadInput(f"{name}: expected an integer from {low} to {high}, found {show(value)}.")
    return int(value)


def number(value: Any, name: str, low: float, high: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        limits = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
        raise BadInput(f"{name}: expected a number {limits}, found {show(value)}.")
    return float(value)


def choice(value: Any, name: str, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise BadInput(f"{name}: expected one of {', '.join(known)}, found {show(value)}.")
    return value


def blob(value: Any, name: str, dtype: str, dimensions: int) -> Any:
    """A numpy array that came as a blob."""
    if not isinstance(value, Blob) or value.dtype != dtype or len(value.shape) != dimensions:
        raise BadInput(f"{name}: expected a {dtype} array with {dimensions} dimension(s), found {show(value)}.")
    return value.array()


def safe_name(value: Any, name: str) -> str:
    """A string that is used as the name of a folder."""
    text = string(value, name)
    if len(text) > 200 or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in text) or text[0] == ".":
        raise BadInput(f"{name}: expected up to 200 letters, digits, '-', '_' or '.', found {show(value)}.")
    return text
