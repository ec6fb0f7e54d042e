"""Trained models on disk: a folder each, there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from .errors import TrainerError
from .files import storage_error, sweep, temporary_beside

_FORMAT = 1


class Checkpoints:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        sweep(folder)

    def path(self, key: str) -> Path:
        return self._folder / key

    def write(self, key: str, write_files: Callable[[Path], None], about: Mapping[str, Any]) -> None:
        """Has a folder written beside the final one and renames it. The same fit asked again replaces it."""
        description = {"format": _FORMAT, **about}
        final = self.path(key)
        temporary = temporary_beside(final)
        try:
            temporary.mkdir(parents=True)
            write_files(temporary)
            (temporary / "model.json").write_text(
                json.dumps(description, indent=2, ensure_ascii=False) + "\n", encoding="utf8"
            )
            for file in temporary.rglob("*"):
                if file.is_file():
                    with open(file, "rb+") as written:
                        os.fsync(written.fileno())
            _replace_folder(temporary, final)
        except OSError as error:
            raise storage_error("The checkpoint", final, error) from error
        except SafetensorError as error:  # its own for a disk that is full
            raise TrainerError("storage", f"The checkpoint could not be written at {final}: {error}.") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def describe(self, key: str) -> Mapping[str, Any]:
        """What was written `about` it."""
        path = self.path(key)
        try:
            description = json.loads((path / "model.json").read_bytes())
            if not isinstance(description.get("model"), dict) or not isinstance(description.get("classes"), int):
                raise ValueError("model.json lacks `model` or `classes`")
            return description
        except FileNotFoundError:
            raise TrainerError(
                "not_found", f"There is no checkpoint {key} in {self._folder}. Fit the model again."
            ) from None
        except (ValueError, AttributeError, OSError) as error:
            raise unreadable(path, error) from error


def unreadable(path: Path, error: BaseException) -> TrainerError:
    return TrainerError(
        "not_found", f"The checkpoint {path} cannot be read ({error}). Delete it and fit the model again."
    )


def _replace_folder(temporary: Path, final: Path) -> None:
    """A folder cannot be renamed onto one that holds files, so an older one is moved away first."""
    try:
        os.rename(temporary, final)
    except OSError:
        if not final.exists():
            raise
        old = temporary_beside(final)
        os.rename(final, old)
        os.rename(temporary, final)
        shutil.rmtree(old, ignore_errors=True)
