"""Files with losses of the user's own, run once when the worker starts."""

from __future__ import annotations

import hashlib
import sys
import traceback
import types
from collections.abc import Sequence
from pathlib import Path

from .. import fingerprint
from ..errors import BadInput
from .registry import LOSSES

_loaded: dict[Path, str] = {}
_HOW = 'Decorate a function with @loss("name") from w2s_trainer.losses.'


def load_plugins(paths: Sequence[Path]) -> None:
    for number, path in enumerate(dict.fromkeys(path.resolve() for path in paths)):
        if path not in _loaded:
            _loaded[path] = _load(path, f"w2s_plugin_{number}_{path.stem}")


def plugins_fingerprint() -> list[str]:
    """Names the plugins' contents, and torch where one of them uses it. Empty without plugins."""
    parts = sorted(f"plugin sha256 {digest}" for digest in _loaded.values())
    if any(known.autograd for known in LOSSES.values()):
        parts.append(f"losses by torch {fingerprint.version('torch')}")
    return parts


def _load(path: Path, name: str) -> str:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise BadInput(f"plugin {path}: it cannot be read ({error.strerror}).") from None
    before = set(LOSSES)
    # Neither through the import system's cache nor read again: what runs is what was hashed.
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        raise BadInput(f"plugin {error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        hint = f" Install it into {sys.executable}." if isinstance(error, ModuleNotFoundError) else ""
        raise BadInput(f"plugin {where}: {type(error).__name__}: {error}{hint}") from error
    if set(LOSSES) == before:
        raise BadInput(f"plugin {path}: it has no loss. {_HOW}")
    return hashlib.sha256(source).hexdigest()
