"""A disk that fills up while something is written."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import numpy as np
import pytest

from w2s_trainer import inputs
from w2s_trainer.call import Call
from w2s_trainer.checkpoints import Checkpoints
from w2s_trainer.errors import TrainerError
from w2s_trainer.features.store import FeatureStore
from w2s_trainer.files import sweep


class Counting:
    """Features that count how often they are computed."""

    on_disk = True
    standardise = False
    outputs = ("counting",)

    def __init__(self) -> None:
        self.computed = 0

    def compute(self, entries, wanted, call, done, of):
        self.computed += 1
        return [np.full((len(entries), 2), self.computed, np.float32)]

    def state(self) -> dict[str, np.ndarray]:
        return {}


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)


def write_files(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weights")


ABOUT = {"model": {"type": "linear"}, "classes": 2}


@pytest.mark.usefixtures("full_disk")
def test_features_go_on_with_one_warning(tmp_path: Path) -> None:
    events: list[dict] = []
    call = Call(events.append, lambda: False, "cpu")
    data = inputs.dataset("d", [{"text": str(i)} for i in range(1500)])
    found = FeatureStore(tmp_path, 1 << 20).rows(Counting(), "", data, np.arange(1500), call)
    assert found[0].shape == (1500, 2)
    warnings = [event["message"] for event in events if event["type"] == "warning"]
    assert len(warnings) == 1
    assert "No space left" in warnings[0]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("full_disk")
def test_a_checkpoint_fails_with_a_code_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match="No space left") as caught:
        Checkpoints(tmp_path).write("key", write_files, ABOUT)
    assert caught.value.code == "storage"
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_replaces_an_older_one(tmp_path: Path) -> None:
    for _ in range(2):
        Checkpoints(tmp_path).write("key", write_files, ABOUT)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert Checkpoints(tmp_path).describe("key")["classes"] == 2


def test_memory_is_bounded_and_what_left_it_comes_back_from_disk(tmp_path: Path) -> None:
    features, call = Counting(), Call(lambda event: None, lambda: False, "cpu")
    data = inputs.dataset("d", [{"text": str(i)} for i in range(1500)])
    store = FeatureStore(tmp_path, 512 * 2 * 4)  # room for one chunk
    for _ in range(3):
        found = store.rows(features, "", data, np.array([1400, 0]), call)[0]
    assert features.computed == 2
    assert found[:, 0].tolist() == [2, 1]


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    for name in (".tmp-1-old", ".tmp-2-new", "kept"):
        (tmp_path / name).mkdir()
    long_ago = time.time() - 7200
    for name in (".tmp-1-old", "kept"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-2-new", "kept"]


def test_a_transient_dataset_is_computed_each_time_and_leaves_nothing(tmp_path: Path) -> None:
    features, call = Counting(), Call(lambda event: None, lambda: False, "cpu")
    texts = [{"text": str(i)} for i in range(600)]
    kept, passing = (inputs.dataset("d", texts, transient=transient) for transient in (False, True))
    store = FeatureStore(tmp_path, 1 << 20)
    for count in (2, 4):
        assert store.rows(features, "", passing, np.arange(600), call)[0].shape == (600, 2)
        assert features.computed == count
    assert list(tmp_path.iterdir()) == []
    assert store.rows(features, "", kept, np.array([0]), call)[0][0, 0] == 5
    assert store.rows(features, "", passing, np.array([0]), call)[0][0, 0] == 6
    assert store.rows(features, "", kept, np.array([0]), call)[0][0, 0] == 5
