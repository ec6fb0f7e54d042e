from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from w2s_trainer import losses
from w2s_trainer.linear import softmax
from w2s_trainer.losses import Context

from .client import PACKAGE

Reference = Callable[..., Any]


def some(classes: int, count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.Generator(np.random.PCG64(3))
    return 2 * random.normal(size=(count, classes)), random.dirichlet(np.ones(classes), count)


def references() -> dict[str, Reference]:
    """Each loss once more, in torch on logits, as its formula says: `detach` where a target is held fixed."""
    torch = pytest.importorskip("torch", reason="torch is not installed")

    def ce(target: Any, z: Any) -> Any:
        return torch.nn.functional.cross_entropy(z, target, reduction="none")

    def one_hot(numbers: Any, z: Any) -> Any:
        return torch.nn.functional.one_hot(numbers.long(), z.shape[1]).to(z.dtype)

    def confidence(z: Any, w: Any, progress: float, balance: Any, alpha: float = 0.5, ramp: float = 0.2) -> Any:
        f = z.softmax(1).detach()
        c = alpha * min(progress / ramp, 1)
        if z.shape[1] == 2:
            positives = round(float(balance[1]) * len(z))
            hard = one_hot(f[:, 1].argsort().argsort() >= len(z) - positives, z)
        else:
            hard = one_hot(f.argmax(1), z)
        return ce((1 - c) * w + c * hard, z)

    def confidence_openai(z: Any, w: Any, progress: float, balance: Any) -> Any:
        f = z.softmax(1).detach()[:, 0]
        c = 0.5 * (1 if progress > 0.1 else progress)
        hard = one_hot(f < torch.quantile(f, w[:, 1].mean()), z)
        return ce((1 - c) * w + c * hard, z)

    def product(z: Any, w: Any, progress: float, balance: Any, alpha: float = 1, beta: float = 1) -> Any:
        t = z.softmax(1) ** beta * w**alpha
        return ce((t / t.sum(1, keepdim=True)).detach(), z)

    def reverse_kl(z: Any, w: Any, progress: float, balance: Any, entropy: float = 1) -> Any:
        f = z.softmax(1)
        return -(f * w.log()).sum(1) + entropy * (f * f.log()).sum(1)

    def confidence_window(z: Any, w: Any, progress: float, balance: Any, radius: float = 0.15) -> Any:
        classes = z.shape[1]
        limit = {2: 0.5 + radius, 5: 0.2 + 1.6 * radius}[classes]
        return ce(w, z) * (z.softmax(1).max(1).values < limit)

    return {
        "cross_entropy": lambda z, w, progress, balance: ce(w, z),
        "confidence": confidence,
        "confidence_openai": confidence_openai,
        "product": product,
        "reverse_kl": reverse_kl,
        "confidence_window": confidence_window,
    }


CASES = [
    *({"name": name} for name in losses.LOSSES),
    {"name": "confidence", "alpha": 0.9, "ramp": 0.5},
    {"name": "product", "alpha": 0.5, "beta": 2},
    {"name": "reverse_kl", "entropy": 0},
    {"name": "reverse_kl", "entropy": 0.3},
    {"name": "confidence_window", "radius": 0.4},
    {"name": "confidence_window", "radius": 0},
]


def for_classes(*specs: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Two and five classes, where the loss is not for two only."""
    return [
        (spec, classes) for spec in specs for classes in (2, 5) if (spec["name"], classes) != ("confidence_openai", 5)
    ]


@pytest.mark.parametrize(("spec", "classes"), for_classes(*CASES), ids=str)
@pytest.mark.parametrize("progress", [0.0, 0.1, 0.10001, 0.7])
def test_losses_and_gradients_are_those_of_autograd(spec: dict[str, Any], progress: float, classes: int) -> None:
    """In double precision, against the formula in torch."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    reference = references()[spec["name"]]
    logits, w = some(classes)
    balance = w.mean(axis=0)
    each, gradient = losses.bind(spec, classes)(softmax(logits.copy()), w, progress, balance)
    z = torch.tensor(logits, requires_grad=True)
    parameters = {key: value for key, value in spec.items() if key != "name"}
    expected = reference(z, torch.tensor(w), progress, balance, **parameters)
    expected.sum().backward()
    assert z.grad is not None
    assert np.allclose(each, expected.detach().numpy(), rtol=0, atol=1e-9)
    assert np.allclose(gradient, z.grad.numpy(), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("spec", "classes"), for_classes(*CASES), ids=str)
def test_saturated_rows_and_hard_labels_give_finite_numbers(spec: dict[str, Any], classes: int) -> None:
    f = np.eye(classes, dtype=np.float32)
    w = np.roll(f, 1, axis=1)
    for target in (f, w):
        each, gradient = losses.bind(spec, classes)(f, target, 0.5, w.mean(axis=0))
        assert each.dtype == gradient.dtype == np.float32
        assert np.isfinite(each).all()
        assert np.isfinite(gradient).all()
        assert np.allclose(gradient.sum(axis=1), 0, atol=1e-6)


@pytest.mark.parametrize(("spec", "classes"), for_classes(*CASES, {"name": "confidence", "harden": "argmax"}), ids=str)
def test_a_batch_may_be_cut_unless_the_loss_says_that_it_must_not(spec: dict[str, Any], classes: int) -> None:
    loss = losses.bind(spec, classes)
    logits, w = some(classes, 40)
    f, balance = softmax(logits), np.eye(classes)[0] * 0.6 + 0.4 / classes
    whole = loss(f, w, 0.5, balance)
    parts = [loss(f[at : at + 5], w[at : at + 5], 0.5, balance) for at in range(0, 40, 5)]
    equal = all(
        np.allclose(np.concatenate(part), one) for part, one in zip(zip(*parts, strict=True), whole, strict=True)
    )
    assert loss.batchwise != equal


def test_cross_entropy_is_what_its_formula_says() -> None:
    f, w = np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]])
    each, _ = losses.cross_entropy(f, w, Context(0, w[0]))
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


@pytest.mark.parametrize(("progress", "share"), [(0, 0), (0.1, 0.05), (0.100001, 0.5), (1, 0.5)])
def test_openais_confidence_ramps_to_a_tenth_and_jumps(progress: float, share: float) -> None:
    f = np.array([[0.9, 0.1], [0.2, 0.8]])
    w = np.full((2, 2), 0.5)
    _, gradient = losses.bind({"name": "confidence_openai"}, 2)(f, w, progress, w.mean(axis=0))
    assert np.allclose(gradient, f - ((1 - share) * w + share * np.array([[1.0, 0.0], [0.0, 1.0]])))


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


@pytest.mark.parametrize(("entropy", "expected"), [(1, 0.7), (0, 1.0)])
def test_a_single_soft_label_is_matched_by_kl_and_hardened_by_reverse_cross_entropy(
    entropy: float, expected: float
) -> None:
    loss = losses.bind({"name": "reverse_kl", "entropy": entropy}, 2)
    logits, w = np.zeros((1, 2)), np.array([[0.3, 0.7]])
    for _ in range(20_000):
        logits -= 0.5 * loss(softmax(logits.copy()), w, 0, w[0])[1]
    assert softmax(logits)[0, 1] == pytest.approx(expected, abs=1e-3)


def test_products_leave_out_what_the_teacher_excludes() -> None:
    f, w = np.array([[0.2, 0.3, 0.5]]), np.array([[0.5, 0.5, 0.0]])
    _, gradient = losses.bind({"name": "product"}, 3)(f, w, 0, w[0])
    assert np.allclose(f - gradient, [[0.4, 0.6, 0]])


def test_products_ramp_the_students_part() -> None:
    f, w = np.array([[0.2, 0.8]]), np.array([[0.5, 0.5]])
    loss = losses.bind({"name": "product", "ramp": 0.4}, 2)
    targets = [float((f - loss(f, w, progress, w[0])[1])[0, 1]) for progress in (0, 0.2, 0.4, 0.9)]
    assert targets == pytest.approx([0.5, 2 / 3, 0.8, 0.8])


def test_a_window_of_one_half_is_cross_entropy_on_sure_rows_too() -> None:
    f, w = np.array([[0.0, 1.0], [0.4, 0.6]]), np.array([[0.5, 0.5], [0.9, 0.1]])
    wide = losses.bind({"name": "confidence_window", "radius": 0.5}, 2)(f, w, 0, w[0])
    assert all(np.array_equal(*both) for both in zip(wide, losses.cross_entropy(f, w, Context(0, w[0])), strict=True))


def test_built_in_losses_need_no_torch() -> None:
    check = (
        "import sys; from w2s_trainer import losses; losses.bind({'name': 'product'}, 2); print('torch' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", check],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
    )
    assert found.stdout == "False\n"
