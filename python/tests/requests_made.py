"""Requests and data that several tests use."""

from __future__ import annotations

from typing import Any

import numpy as np

WORDS = {"type": "hashed-words", "buckets": 256, "ngrams": 1}
GOOD = ["lovely", "warm", "bright", "kind", "clever"]
BAD = ["dull", "cold", "grim", "cruel", "silly"]


def linear(features: dict[str, Any] = WORDS, **optimizer: float) -> dict[str, Any]:
    chosen = {"learningRate": 0.02, "weightDecay": 0.1, "epochs": 10, "batchSize": 64, **optimizer}
    return {"type": "linear", "features": features, "optimizer": chosen}


def hidden(model: dict[str, Any], layer: int, pooling: str = "last", max_tokens: int = 64) -> dict[str, Any]:
    return {"type": "hidden-states", "model": model, "layer": layer, "pooling": pooling, "maxTokens": max_tokens}


def sentences(count: int, seed: int = 0) -> tuple[list[dict[str, str]], np.ndarray]:
    """Texts of different lengths whose class one word tells."""
    random = np.random.Generator(np.random.PCG64(seed))
    labels = random.integers(0, 2, count)
    texts = []
    for i, label in enumerate(labels):
        filler = " ".join(f"w{number}" for number in random.integers(0, 500, random.integers(1, 30)))
        texts.append({"text": f"{i} {filler} {random.choice(GOOD if label else BAD)}"})
    return texts, labels


def one_hot(labels: np.ndarray, classes: int = 2) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[labels]


def fit(dataset: str, targets: np.ndarray, **changes: Any) -> dict[str, Any]:
    """A fit request; `train` in `changes` is merged into the training rows."""
    train = {"dataset": dataset, "targets": targets, **changes.pop("train", {})}
    request = {
        "key": "test-fit",
        "task": "classify",
        "model": linear(),
        "classes": targets.shape[1],
        "train": train,
        "loss": {"name": "cross_entropy"},
        "seed": 1,
        "predict": {"all": {"dataset": dataset}},
    }
    return {**request, **changes}
