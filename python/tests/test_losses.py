from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from w2s_trainer import losses
from w2s_trainer.errors import BadInput, Unsupported
from w2s_trainer.linear import softmax

BALANCE = np.array([0.4, 0.6], np.float32)


def some(classes: int, count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.Generator(np.random.PCG64(3))
    return random.normal(size=(count, classes)), random.dirichlet(np.ones(classes), count)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("progress", [0.0, 0.1, 0.7])
@pytest.mark.parametrize("name", list(losses.LOSSES))
def test_gradients_agree_with_finite_differences(name: str, progress: float, classes: int) -> None:
    """In double precision. A hardened answer is held fixed: it does not change within the small step."""
    loss = losses.bind({"name": name}, classes)
    logits, w = some(classes)
    balance = w.mean(axis=0)
    _, gradient = loss(softmax(logits.copy()), w, progress, balance)
    step = 1e-6
    for i, j in np.ndindex(*logits.shape):
        values = []
        for sign in (1, -1):
            moved = logits.copy()
            moved[i, j] += sign * step
            values.append(loss(softmax(moved), w, progress, balance)[0][i])
        assert gradient[i, j] == pytest.approx((values[0] - values[1]) / (2 * step), abs=1e-5)


def test_cross_entropy_is_what_its_formula_says() -> None:
    f, w = np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]])
    each, _ = losses.cross_entropy(f, w, 0, {}, BALANCE)
    assert each[0] == pytest.approx(-0.5 * np.log(0.25) - 0.5 * np.log(0.75))


@pytest.mark.parametrize(("progress", "share"), [(0, 0), (0.1, 0.25), (0.2, 0.5), (0.9, 0.5)])
def test_confidence_ramps_linearly(progress: float, share: float) -> None:
    f = np.array([[0.9, 0.1], [0.2, 0.8]])
    w = np.full((2, 2), 0.5)
    _, gradient = losses.bind({"name": "confidence", "alpha": 0.5, "ramp": 0.2}, 2)(f, w, progress, w.mean(axis=0))
    hard = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert np.allclose(gradient, f - ((1 - share) * w + share * hard))


def test_no_ramp_means_all_of_alpha_from_the_start() -> None:
    f, w = np.array([[0.9, 0.1], [0.2, 0.8]]), np.full((2, 2), 0.5)
    _, gradient = losses.bind({"name": "confidence", "alpha": 1, "ramp": 0}, 2)(f, w, 0, w.mean(axis=0))
    assert np.allclose(gradient, f - [[1, 0], [0, 1]])


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.5, 5), (0.72, 7), (1.0, 10)])
def test_hardening_to_balance_gives_each_class_its_share(share: float, expected: int) -> None:
    random = np.random.Generator(np.random.PCG64(0))
    p = random.random(10).astype(np.float32) * 0.3  # every probability is below one half
    hard = losses.harden_to_balance(np.stack([1 - p, p], axis=1), np.array([1 - share, share]))
    assert hard[:, 1].sum() == expected
    assert (hard.sum(axis=1) == 1).all()
    if 0 < expected < 10:
        assert p[hard[:, 1] == 1].min() >= p[hard[:, 1] == 0].max()


def test_argmax_hardens_each_row_by_itself() -> None:
    f = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    assert losses.harden_to_argmax(f).argmax(axis=1).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("spec", "classes", "error", "words"),
    [
        ({"name": "focal"}, 2, Unsupported, "knows cross_entropy, confidence"),
        ({"alpha": 1}, 2, BadInput, "loss.name"),
        ({"name": "cross_entropy", "alpha": 1}, 2, BadInput, "has no such parameter; it has: none"),
        ({"name": "confidence", "beta": 1}, 2, BadInput, "it has: alpha, ramp, harden"),
        ({"name": "confidence", "alpha": 1.5}, 2, BadInput, "loss.alpha: expected a number from 0 to 1, found 1.5"),
        ({"name": "confidence", "harden": "round"}, 2, BadInput, "one of balance, argmax"),
        ({"name": "confidence", "harden": "balance"}, 3, BadInput, "Use argmax"),
        ("cross_entropy", 2, BadInput, "expected an object"),
    ],
)
def test_bad_losses_are_refused(spec: Any, classes: int, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        losses.bind(spec, classes)
