"""The hash of this package's own source: a changed worker is another worker."""

import hashlib
from functools import cache
from pathlib import Path


@cache
def source_hash(part: str = "") -> str:
    """Of the whole package, or of one folder in it. What agents' programs use (`lab`) does no worker's work."""
    folder = Path(__file__).parent / part
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        if file.is_relative_to(Path(__file__).parent / "lab"):
            continue
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
