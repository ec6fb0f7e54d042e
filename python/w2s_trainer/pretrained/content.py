"""SHA-256 of a model's files, remembered on disk by path, size and time of change."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ..files import write_atomic


class ContentHashes:
    def __init__(self, memo: Path) -> None:
        self._memo = memo
        self._known: dict[str, list] = {}
        with contextlib.suppress(OSError, ValueError):  # no memo, or a broken one: hashes are computed again
            self._known = dict(json.loads(memo.read_bytes()))

    def files(self, paths: Iterable[Path]) -> str:
        """One hash over the names and contents of files."""
        digest = hashlib.sha256()
        for path in paths:
            digest.update(f"{path.name}\0{self.file(path)}\n".encode())
        return digest.hexdigest()[:32]

    def file(self, path: Path) -> str:
        path = path.resolve()
        status = path.stat()
        known = self._known.get(str(path))
        if isinstance(known, list) and known[:2] == [status.st_size, status.st_mtime_ns]:
            return str(known[2])
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._known[str(path)] = [status.st_size, status.st_mtime_ns, digest]
        with contextlib.suppress(OSError):  # only the next worker's start gets slower
            write_atomic(self._memo, [json.dumps(self._known).encode()])
        return digest
