from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from w2s_trainer import losses
from w2s_trainer.call import Call
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
    chosen = {"weights": None, "standardise": True, "loss": loss, "optimizer": RECIPE, "seed": 0, "traces": False}
    return train(features.copy(), targets, **{**chosen, **changes}, call=quiet())


@pytest.mark.parametrize("classes", [2, 4])
def test_learns_what_can_be_learned(classes: int) -> None:
    features, labels = clouds(600, 20, classes)
    training = run(features, np.eye(classes, dtype=np.float32)[labels])
    found = training.head.probabilities(features)
    assert (found.argmax(axis=1) == labels).mean() > 0.9
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)
    assert training.history[-1] < training.history[0]


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


def test_decay_shrinks_weights_but_not_the_bias() -> None:
    random = np.random.Generator(np.random.PCG64(0))
    features = random.normal(size=(1000, 5)).astype(np.float32)
    targets = np.tile(np.array([0.2, 0.8], np.float32), (1000, 1))
    strong = Optimizer(learning_rate=0.05, weight_decay=10, epochs=100, batch_size=100)
    head = run(features, targets, optimizer=strong).head
    assert np.abs(head.weights).max() < 0.02
    assert head.bias[1] - head.bias[0] == pytest.approx(np.log(4), abs=0.05)


def test_five_thousand_rows_of_576_take_about_half_a_second() -> None:
    features, labels = clouds(5000, 576)
    began = time.process_time()
    run(features, np.eye(2, dtype=np.float32)[labels])
    assert time.process_time() - began < 3  # generous: machines are shared
