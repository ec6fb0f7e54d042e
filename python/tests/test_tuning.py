"""Fine-tuning of tiny random models: what is learned, and what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from .client import Client, WorkerFailure
from .conftest import StartWorker
from .requests_made import fit, one_hot
from .tuning_made import LABELS, LORA, TEXTS, TUNES, accuracy, model, tuned

KINDS = ["tiny_llama", "tiny_gpt2", "tiny_bert"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Client(tmp_path_factory.mktemp("home")) as client:
        yield client


@pytest.mark.parametrize("tune", TUNES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_way_of_tuning_lowers_the_loss(
    kind: str, tune: str, shared: Client, request: pytest.FixtureRequest
) -> None:
    rate = {"head": 3e-2, "lora": 1e-2, "full": 3e-3}[tune]
    answer = tuned(shared, request.getfixturevalue(kind), tune, optimizer={"epochs": 6, "learningRate": rate})
    losses = [entry["loss"] for entry in answer["history"]]
    assert len(losses) == 6
    assert losses[-1] < losses[0] - 0.003
    assert np.allclose(answer["predictions"]["all"].sum(axis=1), 1, atol=1e-5)


def test_full_tuning_learns_a_word(shared: Client, tiny_llama: Path) -> None:
    answer = tuned(shared, tiny_llama, "full", optimizer={"epochs": 25, "learningRate": 3e-3})
    assert accuracy(answer["predictions"]["all"]) > 0.9


@pytest.mark.parametrize("tune", TUNES)
@pytest.mark.parametrize("kind", ["tiny_gpt2", "tiny_bert"])
def test_a_checkpoint_predicts_the_same_in_a_fresh_process(
    kind: str, tune: str, start: StartWorker, request: pytest.FixtureRequest
) -> None:
    first = start()
    answer = tuned(first, request.getfixturevalue(kind), tune)
    first.__exit__()
    second = start()
    body = {"checkpoint": {"id": answer["checkpoint"]["id"]}, "rows": {"dataset": second.put(TEXTS)}}
    assert np.allclose(second.ask("predict", body)["predictions"], answer["predictions"]["all"], atol=1e-5)
    again = tuned(second, request.getfixturevalue(kind), tune)
    assert np.array_equal(again["predictions"]["all"], answer["predictions"]["all"]), "the same request, the same bits"


def test_a_borrowed_model_is_given_back_as_it_was(shared: Client, tiny_llama: Path) -> None:
    rows = {"dataset": shared.put([{"text": "another text"}, {"text": "and one more"}])}
    body = {"model": {"path": str(tiny_llama)}, "layers": [4], "pooling": "mean", "maxTokens": 64, "rows": rows}
    before = shared.ask("embed", body)["layers"][0]
    tuned(shared, tiny_llama, "lora", seed=5)
    with pytest.raises(WorkerFailure):
        tuned(shared, tiny_llama, {**LORA, "targets": ["no_such_layer"]})
    rows["dataset"] = shared.put([{"text": "another text"}, {"text": "and one more"}, {"text": "new"}])
    after = shared.ask("embed", body)["layers"][0]
    assert np.allclose(before, after[:2], atol=1e-5)


def test_curve_traces_and_validation(shared: Client, tiny_llama: Path) -> None:
    held = np.arange(80, 96, dtype=np.int32)
    train = {"indices": np.arange(80, dtype=np.int32), "targets": one_hot(LABELS[:80])}
    validation = {"dataset": shared.put(TEXTS), "indices": held, "targets": one_hot(LABELS[80:]), "keep": "best"}
    changes = {"curve": True, "traces": True, "validation": validation, "optimizer": {"epochs": 4}}
    predict = {"held": {"dataset": validation["dataset"], "indices": held}}
    answer = tuned(shared, tiny_llama, "full", train=train, predict=predict, **changes)
    assert answer["curve"].shape == (4 * 5,)
    assert answer["traces"].shape == (80, 4)
    epochs = [entry["validation"]["loss"] for entry in answer["history"]]
    f = answer["predictions"]["held"]
    kept = -np.log(f[np.arange(16), LABELS[80:]]).mean()
    assert kept == pytest.approx(min(epochs), abs=1e-4), "the epoch of least validation loss is what predicts"


def test_a_fit_goes_on_from_a_head(shared: Client, tiny_llama: Path) -> None:
    """LP-FT: with hardly any learning rate the whole model predicts what its head did."""
    head = tuned(shared, tiny_llama, "head", optimizer={"learningRate": 0.05, "epochs": 5})
    start = {"id": head["checkpoint"]["id"]}
    for tune in ("head", "lora", "full"):
        answer = tuned(shared, tiny_llama, tune, optimizer={"learningRate": 1e-9, "epochs": 1}, **{"from": start})
        assert np.allclose(answer["predictions"]["all"], head["predictions"]["all"], atol=1e-4), tune


@pytest.mark.parametrize("tune", ["lora", "full"])
def test_a_fit_goes_on_from_its_like(tune: str, shared: Client, tiny_gpt2: Path) -> None:
    before = tuned(shared, tiny_gpt2, tune, optimizer={"epochs": 3})
    start = {"id": before["checkpoint"]["id"]}
    answer = tuned(shared, tiny_gpt2, tune, optimizer={"learningRate": 1e-9, "epochs": 1}, **{"from": start})
    assert np.allclose(answer["predictions"]["all"], before["predictions"]["all"], atol=1e-4)


def test_a_fit_does_not_go_on_from_something_else(shared: Client, tiny_llama: Path) -> None:
    before = tuned(shared, tiny_llama, "lora")
    with pytest.raises(WorkerFailure, match=r"from: .* tuned in the same way; found lora for a model with full"):
        tuned(shared, tiny_llama, "full", **{"from": {"id": before["checkpoint"]["id"]}})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["yes", "yes"]}, "tokens differ where they first part"),
        ({"labels": ["A"]}, "expected 2 strings, one a class, found 1"),
        ({"chat": True}, "no chat template"),
        ({"prompt": "{txt}"}, r"has '\{txt\}', but these inputs have the fields \{text\}"),
        ({"prompt": "{text.__class__}"}, "a literal brace is doubled|A literal brace is doubled"),
    ],
)
def test_what_cannot_be_asked(changes: dict, message: str, shared: Client, tiny_llama: Path) -> None:
    with pytest.raises(WorkerFailure, match=message) as caught:
        tuned(shared, tiny_llama, "head", **changes)
    assert caught.value.code == "bad_input"


def test_images_are_refused(shared: Client, tiny_llama: Path) -> None:
    images = [{"image": [[0.0, 1.0]]}, {"image": [[1.0, 0.0]]}]
    request = fit(shared.put(images), one_hot(np.array([0, 1])), model=model(tiny_llama, "full"))
    with pytest.raises(WorkerFailure, match="needs texts, but its inputs are images"):
        shared.ask("fit", request)


def test_cancelled_within_a_second(worker: Client, tiny_llama: Path) -> None:
    spec = model(tiny_llama, "full", optimizer={"epochs": 10_000})
    number = worker.send("fit", fit(worker.put(TEXTS), one_hot(LABELS), model=spec))
    worker.wait_for("train")
    worker.send("cancel", {"id": number})
    with pytest.raises(WorkerFailure) as caught:
        worker.answer(number)
    assert caught.value.code == "cancelled"
