"""How many tokens a micro-batch may have, by model: half as many each time that memory did not suffice."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from ..files import write_atomic
from ..models import HuggingFace

_TOKENS = {"cpu": 2048, "cuda": 8192, "mps": 2048}


class Budgets:
    """Remembered on disk, so that the next worker's fingerprint says beforehand what it will do."""

    def __init__(self, memo: Path, device: str, device_name: str) -> None:
        self._memo = memo
        self._device = device
        self._device_name = device_name
        self._reduced = self._read()

    def tokens(self, spec: HuggingFace) -> int:
        return self._reduced.get(self._key(spec), _TOKENS[self._device.partition(":")[0]])

    def halve(self, spec: HuggingFace, tokens: int) -> None:
        self._reduced = {**self._read(), **self._reduced, self._key(spec): tokens // 2}
        with contextlib.suppress(OSError):  # then only this worker knows
            write_atomic(self._memo, [json.dumps(self._reduced, indent=2).encode()])

    def _read(self) -> dict[str, int]:
        with contextlib.suppress(OSError, ValueError):  # none, or a broken one: it is found out again
            known = json.loads(self._memo.read_bytes())
            return {str(key): int(value) for key, value in dict(known).items()}
        return {}

    def _key(self, spec: HuggingFace) -> str:
        named = f"{self._device_name}\n{spec.model}\n{spec.tune}\n{spec.max_tokens}\n{spec.optimizer.batch_size}"
        return hashlib.sha256(named.encode()).hexdigest()[:16]
