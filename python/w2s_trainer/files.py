"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from .errors import TrainerError


def write_atomic(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Writes beside `path`, flushes to the disk and renames: a kill at any moment leaves the old file or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    try:
        with open(temporary, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_beside(path: Path) -> Path:
    return path.with_name(f".tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}-{path.name}")


def sweep(folder: Path) -> None:
    """Deletes what writers that were killed left behind: temporary entries that nobody touched for an hour."""
    for path in folder.glob(".tmp-*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > 3600:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def storage_error(what: str, path: Path, error: OSError) -> TrainerError:
    return TrainerError(
        "storage",
        f"{what} could not be written to {path}: {error.strerror or error}. Make space or rights there, "
        "or choose another folder (W2S_HOME), and ask again.",
    )
