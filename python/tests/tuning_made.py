"""What tests of fine-tuning share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from .client import Client
from .requests_made import fit, one_hot, sentences

TEXTS, LABELS = sentences(96)
LORA = {"type": "lora", "rank": 4, "alpha": 8, "rankStabilized": True, "targets": "all-linear"}
TUNES = {"head": {"type": "head"}, "lora": LORA, "full": {"type": "full"}}


def model(folder: Path | dict[str, str], tune: str | dict[str, Any], **changes: Any) -> dict[str, Any]:
    optimizer = {"learningRate": 3e-3, "weightDecay": 0.0, "epochs": 2, "batchSize": 16, "warmup": 0.1}
    optimizer |= changes.pop("optimizer", {})
    return {
        "type": "huggingface",
        "model": {"path": str(folder)} if isinstance(folder, Path) else folder,
        "tune": TUNES[tune] if isinstance(tune, str) else tune,
        "optimizer": optimizer,
        "maxTokens": 64,
        "chat": False,
        **changes,
    }


def tuned(worker: Client, folder: Path, tune: str | dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The answer to a fit on the texts; `optimizer` and other fields of the model may be among the changes."""
    fields = {name: changes.pop(name) for name in ("optimizer", "prompt", "labels", "chat") if name in changes}
    key = hashlib.sha256(repr((folder, tune, fields, sorted(changes))).encode()).hexdigest()
    request = fit(worker.put(TEXTS), one_hot(LABELS), model=model(folder, tune, **fields), key=key, **changes)
    return worker.ask("fit", request)


def accuracy(predictions: np.ndarray) -> float:
    return float((predictions.argmax(axis=1) == LABELS).mean())
