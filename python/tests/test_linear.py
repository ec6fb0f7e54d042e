from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from w2s_trainer import linear, losses
from w2s_trainer.call import Call
from w2s_trainer.errors import BadInput, TrainerError
from w2s_trainer.linear import Training, train
from w2s_trainer.models import Optimizer

RECIPE = Optimizer(learning_rate=0.02, weight_decay=1.0, epochs=40, batch_size=256)


def quiet() -> Call:
    return Call(lambda event: None, lambda: False, "cpu")


def clouds(rows: int, columns: int, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.Generator(np.random.PCG64(5))
    labels = random.integers(0, classes, rows)
    centres = random.normal(size=(classes, columns)) / np.sqrt(columns)
    features = 3 + 10 * (random.normal(size=(rows, columns)) + 4 * centres[labels])
    return features.astype(np.float32), labels


def run(features: np.ndarray, targets: np.ndarray, **changes: Any) -> Training:
    loss = losses.bind({"name": "cross_entropy"}, targets.shape[1])
    chosen = {"weights": None, "standardise": True, "loss": loss, "optimizer": RECIPE, "seed": 0}
    return train(features.copy(), targets, **{**chosen, **changes}, call=quiet())


@pytest.mark.parametrize("classes", [2, 4])
def test_learns_what_can_be_learned(classes: int) -> None:
    features, labels = clouds(600, 20, classes)
    training = run(features, np.eye(classes, dtype=np.float32)[labels])
    found = training.head.probabilities(features)
    assert (found.argmax(axis=1) == labels).mean() > 0.9
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)
    assert training.history[-1]["loss"] < training.history[0]["loss"]


def test_same_seed_same_bits_and_another_seed_others() -> None:
    features, labels = clouds(300, 10)
    targets = np.eye(2, dtype=np.float32)[labels]
    first, again, other = (run(features, targets, seed=seed).head.weights for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_rows_prediction_does_not_depend_on_the_rows_beside_it() -> None:
    features, labels = clouds(700, 33)
    head = run(features, np.eye(2, dtype=np.float32)[labels]).head
    whole = head.probabilities(features)
    some = np.array([699, 3, 300, 3])
    assert np.array_equal(head.probabilities(features[some]), whole[some])


def test_weights_of_zero_leave_rows_out() -> None:
    features, labels = clouds(400, 10)
    targets = np.eye(2, dtype=np.float32)[labels]
    wrong = targets.copy()
    wrong[200:] = targets[200:, ::-1]
    weights = np.ones(400, np.float32)
    weights[200:] = 0
    accuracy = (run(features, wrong, weights=weights).head.probabilities(features).argmax(axis=1) == labels).mean()
    assert accuracy > 0.9


def test_constant_columns_do_no_harm() -> None:
    features, labels = clouds(200, 10)
    features[:, 3] = 7
    found = run(features, np.eye(2, dtype=np.float32)[labels]).head.probabilities(features)
    assert np.isfinite(found).all()


def test_traces_have_a_loss_for_each_row_and_epoch() -> None:
    features, labels = clouds(100, 10)
    training = run(features, np.eye(2, dtype=np.float32)[labels], traces=True)
    assert training.traces is not None
    assert training.traces.shape == (100, 40)
    assert training.traces[:, -1].mean() < training.traces[:, 0].mean()


RARE = Optimizer(learning_rate=0.05, weight_decay=0, epochs=30, batch_size=20)


def noisy() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """So few training rows, a third of them mislabelled, that later epochs learn the noise."""
    features, labels = clouds(260, 60)
    targets = np.eye(2, dtype=np.float32)[labels]
    targets[:60][::3] = targets[:60][::3, ::-1]
    return features[:60], targets[:60], features[60:], targets[60:]


def test_validation_is_measured_after_each_epoch() -> None:
    features, targets, held, truth = noisy()
    training = run(features, targets, optimizer=RARE, validation=(held.copy(), truth, "last"))
    assert [entry["epoch"] for entry in training.history] == list(range(1, 31))
    f = training.head.probabilities(held)
    found = training.history[-1]["validation"]
    assert found["loss"] == pytest.approx(-np.log((f * truth).sum(axis=1)).mean(), rel=1e-5)
    assert found["accuracy"] == (f.argmax(axis=1) == truth.argmax(axis=1)).mean()


def test_validation_changes_nothing_but_what_is_kept() -> None:
    features, targets, held, truth = noisy()
    plain = run(features, targets, optimizer=RARE)
    watched = run(features, targets, optimizer=RARE, validation=(held.copy(), truth, "last"))
    assert np.array_equal(plain.head.weights, watched.head.weights)


def test_best_is_the_head_of_the_epoch_with_the_least_validation_loss() -> None:
    features, targets, held, truth = noisy()
    training = run(features, targets, optimizer=RARE, validation=(held.copy(), truth, "best"))
    losses_found = [entry["validation"]["loss"] for entry in training.history]
    assert losses_found[-1] > min(losses_found) + 0.1, "the last epoch is not the best here"
    f = training.head.probabilities(held)
    assert -np.log((f * truth).sum(axis=1)).mean() == pytest.approx(min(losses_found), rel=1e-5)


def test_of_equally_good_epochs_the_first_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    features, targets, held, truth = noisy()
    seen: list[np.ndarray] = []

    def all_equal(f: np.ndarray, _: np.ndarray) -> dict[str, float]:
        seen.append(f)
        return {"loss": 1.0, "accuracy": 0.5}

    monkeypatch.setattr(linear, "measure", all_equal)
    training = run(features, targets, optimizer=RARE, validation=(held.copy(), truth, "best"))
    assert len(seen) == 30
    assert np.array_equal(training.head.probabilities(held), seen[0])


def test_the_curve_has_the_loss_of_each_step() -> None:
    features, labels = clouds(250, 10)
    targets = np.eye(2, dtype=np.float32)[labels]
    weights = np.linspace(0.5, 2, 250).astype(np.float32)
    optimizer = Optimizer(learning_rate=0.02, weight_decay=0, epochs=3, batch_size=50)
    training = run(features, targets, weights=weights, optimizer=optimizer, curve=True)
    assert training.curve is not None
    assert training.curve.shape == (15,)
    means = training.curve.reshape(3, 5).mean(axis=1)
    assert means == pytest.approx([entry["loss"] for entry in training.history], rel=1e-5)
    assert run(features, targets).curve is None


def test_a_warm_start_goes_on_from_the_heads_weights_on_its_z_scores() -> None:
    features, labels = clouds(300, 10)
    targets = np.eye(2, dtype=np.float32)[labels]
    head = run(features, targets).head
    before = head.weights.copy()
    still = replace(RECIPE, learning_rate=1e-9, weight_decay=0, epochs=1)
    other = 2 * features[:100] - 40  # another mean and scale than those that the head was trained on
    again = run(other, targets[:100], optimizer=still, initial=head).head
    assert np.allclose(again.probabilities(features), head.probabilities(features), atol=1e-6)
    more = run(features, targets, initial=head).head
    assert not np.array_equal(more.weights, before)
    assert np.array_equal(head.weights, before), "the head that one starts from stays as it is"


def test_a_warm_start_from_another_number_of_features_is_refused() -> None:
    features, labels = clouds(100, 10)
    targets = np.eye(2, dtype=np.float32)[labels]
    head = run(features, targets).head
    with pytest.raises(BadInput, match=r"expected a head on 6 features with 2 classes.*, found one on 10 features"):
        run(features[:, :6], targets, initial=head)


def test_decay_shrinks_weights_but_not_the_bias() -> None:
    random = np.random.Generator(np.random.PCG64(0))
    features = random.normal(size=(1000, 5)).astype(np.float32)
    targets = np.tile(np.array([0.2, 0.8], np.float32), (1000, 1))
    strong = Optimizer(learning_rate=0.05, weight_decay=10, epochs=100, batch_size=100)
    head = run(features, targets, optimizer=strong).head
    assert np.abs(head.weights).max() < 0.02
    assert head.bias[1] - head.bias[0] == pytest.approx(np.log(4), abs=0.05)


def test_a_training_that_runs_away_says_where_and_what_to_do() -> None:
    features, labels = clouds(100, 10)
    targets = np.eye(2, dtype=np.float32)[labels]
    wild = Optimizer(learning_rate=1e3, weight_decay=1e3, epochs=20, batch_size=100)
    with np.errstate(all="ignore"), pytest.raises(TrainerError, match=r"step \d+ of 20; .*Lower learningRate \(1000\)"):
        run(features, targets, optimizer=wild)
    for epochs in range(1, 10):  # whichever step is the last
        with np.errstate(all="ignore"):
            try:
                found = run(features, targets, optimizer=replace(wild, epochs=epochs))
            except TrainerError:
                continue
        assert np.isfinite(found.head.weights).all()


def test_five_thousand_rows_of_576_take_about_half_a_second() -> None:
    features, labels = clouds(5000, 576)
    began = time.process_time()
    run(features, np.eye(2, dtype=np.float32)[labels])
    assert time.process_time() - began < 3  # generous: machines are shared
