"""Rows that bring their inputs along: the same answers, and nothing that a later call could notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import Client, WorkerFailure
from .conftest import StartWorker
from .requests_made import fit, hidden, linear, one_hot, sentences

TEXTS, LABELS = sentences(30)
IMAGES = [{"image": row.tolist()} for row in np.random.Generator(np.random.PCG64(0)).random((30, 8, 8))]


def brought(inputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"dataset": "as-the-asking-side-calls-it", "inputs": inputs}


def files(home: Path) -> list[Path]:
    return sorted(path for path in (home / "cache" / "features").rglob("*") if path.is_file())


def extracted(worker: Client, op: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The answer, and whether features were computed for it."""
    before = len(worker.events)
    answer = worker.ask(op, body)
    return answer, any(event.get("stage") == "features" for event in worker.events[before:])


def test_hidden_states_are_extracted_again_and_not_kept(start: StartWorker, tiny_llama: Path, tmp_path: Path) -> None:
    worker = start()
    model = {"path": str(tiny_llama)}
    asked = {"model": model, "layers": [2], "pooling": "mean", "maxTokens": 64}
    costs = []
    for _ in range(2):
        passing, computed = extracted(worker, "embed", {**asked, "rows": brought(TEXTS)})
        assert computed
        costs.append(passing["cost"]["tokens"])
    assert costs[0] == costs[1] > 0
    scored = {"model": model, "maxTokens": 64, "prompt": "{text} so", "continuations": [" a", " b"]}
    tokens = [worker.ask("score", {**scored, "rows": brought(TEXTS)})["cost"]["tokens"] for _ in range(2)]
    assert tokens[0] == tokens[1] > 0
    with pytest.raises(WorkerFailure) as caught:
        worker.ask("embed", {**asked, "rows": {"dataset": "as-the-asking-side-calls-it"}})
    assert caught.value.code == "dataset_missing"
    request = fit(
        worker.put(TEXTS[:10]),
        one_hot(LABELS[:10]),
        model=linear(hidden(model, 2)),
        predict={"theirs": brought(TEXTS)},
    )
    trained = files(tmp_path / "home")
    worker.ask("fit", request)
    assert len(files(tmp_path / "home")) == len(trained) + 1 == 1  # of the ten that it was trained on

    kept, computed = extracted(worker, "embed", {**asked, "rows": {"dataset": worker.put(TEXTS)}})
    assert computed
    assert np.array_equal(kept["layers"][0], passing["layers"][0])
    before = files(tmp_path / "home")
    assert extracted(worker, "embed", {**asked, "rows": brought(TEXTS)})[1]
    assert files(tmp_path / "home") == before


def test_patches_are_learned_again_with_the_same_bits(shared: Client) -> None:
    spec = {"type": "patches", "size": 3, "centroids": 16}
    once, again = (extracted(shared, "embed", {"features": spec, "rows": brought(IMAGES)}) for _ in range(2))
    kept = shared.ask("embed", {"features": spec, "rows": {"dataset": shared.put(IMAGES)}})
    assert once[1]
    assert again[1]
    for answer, _ in (once, again):
        assert np.array_equal(answer["layers"][0], kept["layers"][0])
