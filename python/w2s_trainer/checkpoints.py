"""Trained models on disk: a folder each, there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from .errors import TrainerError
from .files import storage_error, sweep, temporary_beside
from .linear import Head
from .lru import Lru

_FORMAT = 1
_BYTES_IN_MEMORY = 256 << 20


@dataclass(frozen=True)
class Trained:
    """What `predict` needs: the head, the model's specification, and what its features have to remember."""

    spec: Mapping[str, Any]
    classes: int
    head: Head
    state: Mapping[str, np.ndarray]


class Checkpoints:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        sweep(folder)
        self._memory: Lru[Trained] = Lru(_BYTES_IN_MEMORY)

    def path(self, key: str) -> Path:
        return self._folder / key

    def write(self, key: str, trained: Trained, about: Mapping[str, Any]) -> None:
        """Writes a folder beside the final one and renames it. The same fit asked again replaces its checkpoint."""
        head = trained.head
        tensors = {"mean": head.mean, "scale": head.scale, "weights": head.weights, "bias": head.bias}
        tensors |= {f"features.{name}": value for name, value in trained.state.items()}
        description = {"format": _FORMAT, "model": trained.spec, "classes": trained.classes, **about}
        files = {
            "model.safetensors": save({name: np.ascontiguousarray(value) for name, value in tensors.items()}),
            "model.json": (json.dumps(description, indent=2, ensure_ascii=False) + "\n").encode(),
        }
        final = self.path(key)
        temporary = temporary_beside(final)
        try:
            temporary.mkdir(parents=True)
            for name, data in files.items():
                with open(temporary / name, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            _replace_folder(temporary, final)
        except OSError as error:
            raise storage_error("The checkpoint", final, error) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        self._memory.put(key, trained, sum(value.nbytes for value in tensors.values()))

    def read(self, key: str) -> Trained:
        found = self._memory.get(key)
        if found is not None:
            return found
        path = self.path(key)
        try:
            description = json.loads((path / "model.json").read_bytes())
            tensors = load_file(path / "model.safetensors")
            head = Head(*(tensors.pop(name) for name in ("mean", "scale", "weights", "bias")))
            state = {name.removeprefix("features."): value for name, value in tensors.items()}
            trained = Trained(description["model"], int(description["classes"]), head, state)
        except FileNotFoundError:
            raise TrainerError(
                "not_found", f"There is no checkpoint {key} in {self._folder}. Fit the model again."
            ) from None
        except (ValueError, KeyError, TypeError, OSError, SafetensorError) as error:
            raise TrainerError(
                "not_found", f"The checkpoint {path} cannot be read ({error}). Delete it and fit the model again."
            ) from error
        self._memory.put(key, trained, sum(value.nbytes for value in (*vars(head).values(), *state.values())))
        return trained


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
