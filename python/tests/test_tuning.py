"""Fine-tuning of tiny random models: what is learned, and what is left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import Client, WorkerFailure
from .requests_made import fit, one_hot
from .tuning_made import LABELS, LORA, TEXTS, TUNES, accuracy, model, tuned

KINDS = ["tiny_llama", "tiny_gpt2", "tiny_bert"]


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
    answer = tuned(shared, tiny_llama, "full", optimizer={"epochs": 15, "learningRate": 3e-3})
    assert accuracy(answer["predictions"]["all"]) > 0.9


@pytest.fixture(scope="module")
def fitted_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, tiny_gpt2: Path, tiny_bert: Path
) -> Iterator[tuple[Client, dict[tuple[str, str], Any]]]:
    """A fresh process on the home of one that has gone, and what that one answered, by kind and way of tuning."""
    home = tmp_path_factory.mktemp("home")
    folders = {"tiny_gpt2": tiny_gpt2, "tiny_bert": tiny_bert}
    with Client(home) as first:
        answers = {(kind, tune): tuned(first, folder, tune) for kind, folder in folders.items() for tune in TUNES}
    with Client(home) as second:
        yield second, answers


@pytest.mark.parametrize("tune", TUNES)
@pytest.mark.parametrize("kind", ["tiny_gpt2", "tiny_bert"])
def test_a_checkpoint_predicts_the_same_in_a_fresh_process(
    kind: str,
    tune: str,
    fitted_elsewhere: tuple[Client, dict[tuple[str, str], Any]],
    request: pytest.FixtureRequest,
) -> None:
    second, answers = fitted_elsewhere
    answer = answers[kind, tune]
    body = {"checkpoint": {"id": answer["checkpoint"]["id"]}, "rows": {"dataset": second.put(TEXTS)}}
    assert np.allclose(second.ask("predict", body)["predictions"], answer["predictions"]["all"], atol=1e-5)
    again = tuned(second, request.getfixturevalue(kind), tune)
    assert np.array_equal(again["predictions"]["all"], answer["predictions"]["all"]), "the same request, the same bits"


def test_a_borrowed_model_is_given_back_as_it_was(shared: Client, tiny_llama: Path) -> None:
    rows = {"dataset": shared.put([{"text": "another text"}, {"text": "and one more"}])}
    body = {"model": {"path": str(tiny_llama)}, "layers": [4], "pooling": "mean", "maxTokens": 64, "rows": rows}
    before = shared.ask("embed", body)["layers"][0]
    tuned(shared, tiny_llama, "lora", seed=5)
    with pytest.raises(WorkerFailure, match="no linear layer is called"):
        tuned(shared, tiny_llama, {**LORA, "targets": ["no_such_layer"]})
    first = {"id": tuned(shared, tiny_llama, "lora", seed=5)["checkpoint"]["id"]}
    with pytest.raises(WorkerFailure, match="tuned in the same way"):
        tuned(shared, tiny_llama, {**LORA, "rank": 8}, **{"from": first})
    bert = {"id": tuned(shared, tiny_llama, "head", labels=["A", "B"])["checkpoint"]["id"]}
    with pytest.raises(WorkerFailure, match="another `labels`"):
        tuned(shared, tiny_llama, "lora", labels=["X", "Y"], **{"from": bert})
    tuned(shared, tiny_llama, {**LORA, "targets": ["q_proj"]})
    rows["dataset"] = shared.put([{"text": "another text"}, {"text": "and one more"}, {"text": "new"}])
    after = shared.ask("embed", body)["layers"][0]
    assert np.allclose(before, after[:2], atol=1e-5)


def test_curve_and_traces(shared: Client, tiny_llama: Path) -> None:
    answer = tuned(shared, tiny_llama, "full", curve=True, traces=True, optimizer={"epochs": 4})
    assert answer["curve"].shape == (4 * 6,)
    assert answer["traces"].shape == (96, 4)
    last = -np.log(answer["predictions"]["all"][np.arange(96), LABELS])
    assert np.allclose(answer["traces"][:, -1], last, atol=1e-4), "after the last epoch the losses are the predictions'"


@pytest.mark.parametrize("tune", ["head", "full"])
def test_the_epoch_of_least_validation_loss_is_kept(tune: str, shared: Client, tiny_llama: Path) -> None:
    """On labels that mean nothing, more training makes held-out rows worse."""
    wrong = np.random.Generator(np.random.PCG64(3)).integers(0, 2, 96)
    dataset = shared.put(TEXTS)
    train = {"indices": np.arange(64, dtype=np.int32), "targets": one_hot(wrong[:64])}
    held = {"dataset": dataset, "indices": np.arange(64, 96, dtype=np.int32)}
    settings = {"epochs": 12, "learningRate": 0.3 if tune == "head" else 3e-3}
    found = {}
    for keep in ("best", "last"):
        validation = {**held, "targets": one_hot(wrong[64:]), "keep": keep}
        answer = tuned(
            shared, tiny_llama, tune, train=train, predict={"held": held}, validation=validation, optimizer=settings
        )
        f = answer["predictions"]["held"]
        found[keep] = -np.log(f[np.arange(32), wrong[64:]]).mean()
        losses = [entry["validation"]["loss"] for entry in answer["history"]]
    assert losses[-1] > min(losses) + 0.05
    assert found["best"] == pytest.approx(min(losses), abs=1e-3)
    assert found["last"] == pytest.approx(losses[-1], abs=1e-3)


def test_rows_of_weight_zero_teach_nothing(shared: Client, tiny_llama: Path) -> None:
    weights = (np.arange(96) % 3 > 0).astype(np.float32)
    other = np.where(weights > 0, LABELS, 1 - LABELS)
    found = [
        tuned(shared, tiny_llama, "full", train={"weights": weights, "targets": one_hot(labels)})["predictions"]["all"]
        for labels in (LABELS, other)
    ]
    assert np.array_equal(*found)
    assert not np.allclose(found[0], tuned(shared, tiny_llama, "full")["predictions"]["all"], atol=1e-3)


def test_the_only_step_of_a_fit_learns(shared: Client, tiny_llama: Path) -> None:
    found = [
        tuned(shared, tiny_llama, "full", optimizer={"epochs": 1, "batchSize": 96, "learningRate": rate})
        for rate in (1e-9, 1e-2)
    ]
    assert not np.allclose(found[0]["predictions"]["all"], found[1]["predictions"]["all"], atol=1e-3)


def test_a_loss_that_diverges_says_so(shared: Client, tiny_llama: Path) -> None:
    with pytest.raises(WorkerFailure, match=r"not finite at step \d+ of \d+. Lower learningRate"):
        tuned(shared, tiny_llama, "full", optimizer={"learningRate": 1e3, "weightDecay": 1e3, "epochs": 10})


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
    with pytest.raises(WorkerFailure, match=r"from: .* tuned in the same way; found Lora.* for a model with full"):
        tuned(shared, tiny_llama, "full", **{"from": {"id": before["checkpoint"]["id"]}})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["yes", "yes"]}, "tokens differ where they first part"),
        ({"labels": ["A"]}, "expected 2 strings, one a class, found 1"),
        ({"chat": True}, "no chat template"),
        ({"prompt": "Label:"}, r"'Label:' has no field of the inputs"),
        ({"prompt": "{txt}"}, r"has '\{txt\}', but these inputs have the fields \{text\}"),
        ({"prompt": "{text.__class__}"}, "has no field of the inputs"),
    ],
)
def test_what_cannot_be_asked(changes: dict, message: str, shared: Client, tiny_llama: Path) -> None:
    with pytest.raises(WorkerFailure, match=message) as caught:
        tuned(shared, tiny_llama, "head", **changes)
    assert caught.value.code == "bad_input"


def test_an_encoder_has_no_labels(shared: Client, tiny_bert: Path) -> None:
    with pytest.raises(WorkerFailure, match="an encoder has a head and says no labels"):
        tuned(shared, tiny_bert, "head", labels=["A", "B"])


def test_images_are_refused(shared: Client, tiny_llama: Path) -> None:
    images = [{"image": [[0.0, 1.0]]}, {"image": [[1.0, 0.0]]}]
    request = fit(shared.put(images), one_hot(np.array([0, 1])), model=model(tiny_llama, "full"))
    with pytest.raises(WorkerFailure, match="needs texts, but its inputs are images"):
        shared.ask("fit", request)


def test_cancelled_within_a_second(shared: Client, tiny_llama: Path) -> None:
    spec = model(tiny_llama, "full", optimizer={"epochs": 10_000})
    number = shared.send("fit", fit(shared.put(TEXTS), one_hot(LABELS), model=spec))
    shared.wait_for("train")
    asked = time.monotonic()
    shared.send("cancel", {"id": number})
    with pytest.raises(WorkerFailure) as caught:
        shared.answer(number)
    assert caught.value.code == "cancelled"
    assert time.monotonic() - asked < 1
