"""The hash of a dataset, as the asking side makes it (src/data/canonical.ts): SHA-256 of canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from typing import Any

_PLAIN = re.compile(r"\[\d{1,15}(?:\.\d+)?(?:,\d{1,15}(?:\.\d+)?)*\]")
"""Rows of numbers that Python and JavaScript write alike, but for whole ones: millions of pixels go this way."""
_WHOLE = re.compile(r"\.0(?=[,\]])")


def content_hash(value: Any) -> str:
    """Raises `ValueError` for what JSON cannot hold."""
    try:
        return hashlib.sha256(_canonical(value).encode()).hexdigest()
    except (TypeError, OverflowError, RecursionError, ArithmeticError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _canonical(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(float(value))
    if isinstance(value, list):
        if value and isinstance(value[0], (int, float)) and _PLAIN.fullmatch(text := repr(value).replace(" ", "")):
            return _WHOLE.sub("", text)
        return f"[{','.join(map(_canonical, value))}]"
    if isinstance(value, dict):
        # In the order of UTF-16 units, as JavaScript compares strings.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return f"{{{','.join(f'{_canonical(key)}:{_canonical(value[key])}' for key in keys)}}}"
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """As JavaScript writes it: Python finds the same digits, and puts the point and the exponent elsewhere."""
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return re.sub(r"e([+-])0+", r"e\1", repr(value))
