"""Loaded models, the two used last, and what is known of the others' files. Torch is imported when one is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..call import Call
from ..errors import BadInput, TrainerError
from ..features.base import FeatureMap
from ..lru import Lru
from ..models import HiddenStates, Pretrained, Score
from ..source import source_hash
from . import device as devices
from .content import ContentHashes
from .locate import Files, locate

_MODELS = 2


class Shelf:
    def __init__(self, home: Path, device: str, threads: int) -> None:
        self._converted = home / "cache" / "models"
        self._device = device
        self._threads = threads
        self._hashes = ContentHashes(home / "cache" / "content.json")
        self._loaded: Lru[Any] = Lru(_MODELS)

    def fingerprint(self, model: Pretrained) -> list[str]:
        _, content = self._content(model)
        parts = devices.fingerprint(self._device, model.gguf is not None)
        return [*parts, f"features {source_hash('pretrained')}", f"model {content}"]

    def device_name(self) -> str:
        return devices.name(self._device)

    def features(self, spec: HiddenStates, call: Call) -> FeatureMap:
        loaded = self._load(spec.model, call)
        for layer in spec.layers:
            if layer > loaded.depth:
                raise BadInput(f"layer {layer}: {spec.model} has layers 0 to {loaded.depth}.")
        from .hidden import HiddenFeatures

        return HiddenFeatures(spec, loaded, devices.tokens_a_batch(self._device))

    def depth(self, model: Pretrained, call: Call) -> int:
        return self._load(model, call).depth

    def score(self, spec: Score, call: Call) -> FeatureMap:
        loaded = self._load(spec.model, call)
        from .score import ScoreFeatures

        return ScoreFeatures(spec, loaded, devices.tokens_a_batch(self._device))

    def clear(self) -> int:
        """Forgets all models, to make room, and says how many there were."""
        count = len(self._loaded)
        self._loaded = Lru(_MODELS)
        return count

    def borrow(self, model: Pretrained, call: Call) -> Any:
        """A loaded model whose weights stay as they are: what is added to it has to be taken away again."""
        return self._load(model, call)

    def take(self, model: Pretrained, call: Call, dtype: str) -> Any:
        """A loaded model of the caller's own, to be changed."""
        return self._fresh(model, call, dtype)

    def _content(self, model: Pretrained) -> tuple[Files, str]:
        """The model's files and their hash; raises where packages are missing.

        A missing model package is said first, for the set-up that brings it brings torch too.
        """
        packaged = locate(model) if model.package is not None else None
        devices.fingerprint(self._device, model.gguf is not None)
        files = packaged or locate(model)
        return files, self._hashes.files(files.relevant)

    def _load(self, model: Pretrained, call: Call) -> Any:
        _, content = self._content(model)
        loaded = self._loaded.get(content)
        if loaded is not None:
            return loaded
        loaded = self._fresh(model, call, devices.dtype(self._device))
        self._loaded.put(content, loaded)
        return loaded

    def _fresh(self, model: Pretrained, call: Call, dtype: str) -> Any:
        files, content = self._content(model)
        call.progress("load", 0, 1)
        try:
            import torch

            from .load import Converted, load
        except ImportError as error:
            raise TrainerError(
                "missing_dependency",
                f"torch or transformers cannot be imported: {error}. Run `npx weak-to-strong setup --extras models`.",
            ) from error
        torch.set_num_threads(self._threads)
        if self._device.startswith("cuda"):  # equal requests give equal bits
            torch.use_deterministic_algorithms(True)
        loaded = load(model, files, content, dtype, self._device, Converted(self._converted, self._hashes, call))
        call.progress("load", 1, 1)
        return loaded
