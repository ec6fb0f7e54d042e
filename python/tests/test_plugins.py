"""Losses of the user's own, in a worker as it is started."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import Client, WorkerFailure
from .conftest import StartWorker
from .requests_made import fit, linear, one_hot, sentences
from .tuning_made import tuned

BY_HAND = """
import numpy as np
from w2s_trainer.losses import loss

@loss("tempered")
def tempered(f, w, context, *, alpha: float = 1.0):
    if alpha <= 0:
        raise ValueError("alpha: expected a number above 0")
    t = w ** alpha / (w ** alpha).sum(axis=1, keepdims=True)
    return -(t * np.log(np.maximum(f, 1e-12))).sum(axis=1), f - t
"""

BY_AUTOGRAD = """
import torch
from w2s_trainer.losses import loss

@loss("ce-torch", autograd=True)
def ce(f, w, context):
    assert f.requires_grad and f.dtype == w.dtype == context.balance.dtype == torch.float32
    return -(w * f.log()).sum(dim=1)

@loss("balanced", autograd=True, batchwise=True)
def balanced(f, w, context, *, alpha: float = 1.0):
    return -(w * f.log()).sum(dim=1) + alpha * (f.mean(dim=0) - context.balance).square().sum()
"""

# What a loss by autograd must not return, and what is said of it.
TENSORS = {
    "f.log().sum()": "returned Tensor of torch.float32, shape []; expected a tensor with each row's loss",
    "w.log().sum(dim=1)": "do not depend on f",
    "(f - 2).log().sum(dim=1)": "returned a loss of nan",
    "3": "returned int 3; expected a tensor",
    "f.nothing()": "my_losses.py:6): AttributeError",
}


def write(folder: Path, source: str, name: str = "my_losses.py") -> Path:
    path = folder / name
    path.write_text(source)
    return path


def options(plugins: Sequence[Path]) -> list[str]:
    return [option for plugin in plugins for option in ("--plugin", str(plugin))]


def started(start: StartWorker, *plugins: Path) -> Client:
    return start(*options(plugins))


def fitted(worker: Client, loss: dict[str, Any], **changes: Any) -> Any:
    texts, labels = sentences(100)
    targets = 0.8 * one_hot(labels) + 0.1
    return worker.ask("fit", fit(worker.put(texts), targets, loss=loss, **changes))


def refusal(worker: Client, loss: dict[str, Any]) -> WorkerFailure:
    with pytest.raises(WorkerFailure) as caught:
        fitted(worker, loss)
    return caught.value


def refused_at_start(start: StartWorker, *plugins: Path) -> str:
    worker = started(start, *plugins)
    message = worker.read()
    assert (message["id"], message["type"], message["body"]["code"]) == (0, "error", "bad_input")
    assert worker.process.wait(10) == 1
    return message["body"]["message"]


@pytest.fixture(scope="module")
def by_torch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One worker for all losses by autograd: starting torch takes seconds."""
    pytest.importorskip("torch", reason="torch is not installed")
    folder = tmp_path_factory.mktemp("by-torch")
    plugins = [write(folder, BY_HAND), write(folder, BY_AUTOGRAD, "torch_losses.py")]
    for number, returned in enumerate(TENSORS):
        wrong = f"""import torch
from w2s_trainer.losses import loss

@loss("wrong-{number}", autograd=True)
def mine(f, w, context):
    return {returned}
"""
        (folder / str(number)).mkdir()
        plugins.append(write(folder / str(number), wrong))
    with Client(folder / "home", *options(plugins)) as client:
        yield client


def test_a_loss_by_hand_is_listed_takes_parameters_and_trains(start: StartWorker, tmp_path: Path) -> None:
    worker = started(start, write(tmp_path, BY_HAND))
    assert "tempered" in worker.ask("capabilities", {})["losses"]
    same = fitted(worker, {"name": "tempered"})["predictions"]["all"]
    assert np.allclose(same, fitted(worker, {"name": "cross_entropy"})["predictions"]["all"], atol=1e-5)
    sharper = fitted(worker, {"name": "tempered", "alpha": 4}, model=linear(epochs=60))["predictions"]["all"]
    assert sharper.max() > same.max() + 0.02


def test_a_loss_by_autograd_is_as_one_by_hand(by_torch: Client) -> None:
    by_autograd, by_hand = (fitted(by_torch, {"name": name}, traces=True) for name in ("ce-torch", "cross_entropy"))
    assert np.allclose(by_autograd["predictions"]["all"], by_hand["predictions"]["all"], atol=1e-5)
    assert np.allclose(by_autograd["traces"], by_hand["traces"], atol=1e-5)
    drawn = fitted(by_torch, {"name": "balanced", "alpha": 50.0})["predictions"]["all"]
    assert not np.allclose(drawn, by_hand["predictions"]["all"], atol=1e-3)


def test_the_same_loss_trains_fine_tuned_models(by_torch: Client, tiny_llama: Path) -> None:
    expected = tuned(by_torch, tiny_llama, "head", loss={"name": "cross_entropy"}, curve=True)["curve"]
    for name in ("tempered", "ce-torch"):
        found = tuned(by_torch, tiny_llama, "head", loss={"name": name}, curve=True)["curve"]
        assert np.allclose(found, expected, atol=1e-4)
    other = tuned(by_torch, tiny_llama, "head", loss={"name": "balanced", "alpha": 5.0}, curve=True)["curve"]
    assert not np.allclose(other, expected, atol=1e-2)


def test_its_content_is_part_of_every_fingerprint(start: StartWorker, tmp_path: Path) -> None:
    plugin = write(tmp_path, BY_HAND)
    marks = []
    for source in (None, BY_HAND, BY_HAND + "\n# changed\n"):
        if source:
            write(tmp_path, source)
        worker = started(start, *([plugin] if source else []))
        marks.append(worker.ask("fingerprint", {"model": linear()})["fingerprint"])
    assert len(set(marks)) == 3
    assert hashlib.sha256(BY_HAND.encode()).hexdigest() in marks[1]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = started(start, write(elsewhere, BY_HAND, "other_name.py"))
    assert moved.ask("fingerprint", {"model": linear()})["fingerprint"] == marks[1], "its name is not"


def test_torch_is_in_the_fingerprint_of_losses_that_use_it(by_torch: Client) -> None:
    import torch

    assert f"torch {torch.__version__}" in by_torch.ask("fingerprint", {"model": linear()})["fingerprint"]


def test_several_files_are_each_run_once_under_a_name_of_their_own(start: StartWorker, tmp_path: Path) -> None:
    names = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        source = BY_HAND.replace('"tempered"', f'"tempered-{folder}"') + "\nprint('run as', __name__)\n"
        names.append(write(tmp_path / folder, source))
    worker = started(start, names[0], names[1], names[0])
    listed = worker.ask("capabilities", {})["losses"]
    assert listed[-2:] == ["tempered-one", "tempered-two"]
    worker.end()
    lines = worker.stderr.decode().split("run as ")[1:]
    assert len(lines) == len(set(lines)) == 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import json\n\ndef broken(:\n    pass\n", "my_losses.py:3: SyntaxError"),
        (
            "import json\nimport no_such_package\n",
            "my_losses.py:2: ModuleNotFoundError: .*no_such_package.* Install it",
        ),
        ("x = 1\nraise RuntimeError('nothing works')\n", "my_losses.py:2: RuntimeError: nothing works"),
        ("import sys\nsys.exit(3)\n", "my_losses.py:2: SystemExit: 3"),
        ("x = 1\n", "my_losses.py: it has no loss"),
        (BY_HAND.replace('"tempered"', '"confidence"'), "my_losses.py:5: .*taken by a built-in loss"),
        (BY_HAND + BY_HAND.replace("import", "\nimport", 1), "my_losses.py:.*taken by .*my_losses.py:5"),
        (
            BY_HAND.replace("*, alpha", "alpha"),
            r"my_losses.py:5: .*expected def f.* Found tempered\(f, w, context, alpha",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(
    start: StartWorker, tmp_path: Path, source: str, words: str
) -> None:
    message = refused_at_start(start, write(tmp_path, source))
    assert re.search(words, message), message
    assert message.startswith("plugin ")


def test_a_file_that_is_not_there_is_named(start: StartWorker, tmp_path: Path) -> None:
    assert "nowhere.py: it cannot be read (No such file" in refused_at_start(start, tmp_path / "nowhere.py")


def test_parameters_are_checked_before_training(start: StartWorker, tmp_path: Path) -> None:
    worker = started(start, write(tmp_path, BY_HAND))
    unknown = refusal(worker, {"name": "tempered", "beta": 1})
    assert unknown.code == "bad_input"
    assert "loss.beta: tempered (" in str(unknown)
    assert "it has: alpha" in str(unknown)
    refused = refusal(worker, {"name": "tempered", "alpha": -1})
    assert refused.code == "bad_input"
    assert "my_losses.py:8): alpha: expected a number above 0" in str(refused)
    assert not [event for event in worker.events if event.get("stage") == "train"]


RETURNS = {
    "each": "my_losses.py:4) returned ndarray of float32, shape [4]; expected two arrays",
    "each[:2], slope": "returned as its loss ndarray of float32, shape [2]; expected .* array of shape [4]",
    "each, slope[:, :1]": "returned as its gradient ndarray of float32, shape [4, 1]; expected .* shape [4, 2]",
    "each.astype(int), slope": "returned as its loss ndarray of int64, shape [4]; expected a floating-point array",
    "each, None": "returned as its gradient NoneType None; expected a floating-point array of shape [4, 2]",
    "each * np.nan, slope": "returned a loss of nan for the probabilities f = [",
    "each, slope / 0": "expected finite numbers. A logarithm of 0?",
    "each, missing": "my_losses.py:6): NameError: name 'missing' is not defined",
    "each - each.mean(), slope": 'Declare it: @loss("mine", batchwise=True).',
}


@pytest.mark.parametrize("returned", list(RETURNS))
def test_wrong_answers_are_named_with_what_was_found(start: StartWorker, tmp_path: Path, returned: str) -> None:
    source = f"""import numpy as np
from w2s_trainer.losses import cross_entropy, loss

@loss("mine")
def mine(f, w, context):
    each, slope = cross_entropy(f, w, context); return {returned}
"""
    worker = started(start, write(tmp_path, source))
    message = str(refusal(worker, {"name": "mine"}))
    for part in RETURNS[returned].split(" .* "):
        assert part in message
    assert fitted(worker, {"name": "cross_entropy"})["history"], "the worker goes on"


@pytest.mark.parametrize("returned", list(TENSORS))
def test_wrong_tensors_are_named_with_what_was_found(by_torch: Client, returned: str) -> None:
    name = f"wrong-{list(TENSORS).index(returned)}"
    assert TENSORS[returned] in str(refusal(by_torch, {"name": name}))


def test_a_number_that_stops_being_finite_while_training_is_told_with_its_row(
    start: StartWorker, tmp_path: Path
) -> None:
    source = """import numpy as np
from w2s_trainer.losses import loss

@loss("mine")
def mine(f, w, context):
    return -(w * np.log(w)).sum(axis=1), f - w
"""
    worker = started(start, write(tmp_path, source))
    texts, labels = sentences(20)
    with pytest.raises(WorkerFailure, match=r"loss of nan .* w = \[[01]\. [01]\.\]") as caught:
        worker.ask("fit", fit(worker.put(texts), one_hot(labels), loss={"name": "mine"}))
    assert caught.value.code == "failed"


@pytest.mark.parametrize("change", ["w[:] = 0.5", "f *= 2", "context.balance[0] = 1"])
def test_a_loss_cannot_change_what_is_trained_on(start: StartWorker, tmp_path: Path, change: str) -> None:
    source = f"""import numpy as np
from w2s_trainer.losses import cross_entropy, loss

@loss("mine")
def mine(f, w, context):
    {change}
    return cross_entropy(f, w, context)
"""
    refused = refusal(started(start, write(tmp_path, source)), {"name": "mine"})
    assert re.search(r"my_losses\.py:6\): (assignment|output|cannot).* read-only", str(refused)), str(refused)
