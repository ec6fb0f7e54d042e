"""What a request may say of a loss, and what a loss's function must look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from w2s_trainer import losses
from w2s_trainer.errors import BadInput, Unsupported
from w2s_trainer.losses import Between, loss


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What a test registers is gone after it."""
    before = dict(losses.LOSSES)
    yield
    losses.LOSSES.clear()
    losses.LOSSES.update(before)


@pytest.mark.parametrize(
    ("spec", "classes", "error", "words"),
    [
        ({"name": "focal"}, 2, Unsupported, "knows cross_entropy, confidence, confidence_openai, confidence_window"),
        ({"alpha": 1}, 2, BadInput, "loss.name"),
        ({"name": "cross_entropy", "alpha": 1}, 2, BadInput, "has no such parameter; it has: none"),
        ({"name": "confidence", "beta": 1}, 2, BadInput, "it has: alpha, ramp, harden"),
        ({"name": "confidence", "alpha": 1.5}, 2, BadInput, "loss.alpha: expected a number from 0 to 1, found 1.5"),
        ({"name": "confidence", "alpha": True}, 2, BadInput, "loss.alpha: expected a number from 0 to 1, found True"),
        ({"name": "confidence", "alpha": float("nan")}, 2, BadInput, "loss.alpha: .* found nan"),
        ({"name": "confidence", "harden": "round"}, 2, BadInput, "loss.harden: expected one of auto, balance, argmax"),
        ({"name": "confidence", "harden": "balance"}, 3, BadInput, "loss.harden: .* Use argmax"),
        ({"name": "confidence_openai"}, 3, BadInput, "for two classes, found 3. Use confidence."),
        ({"name": "product", "beta": -1}, 2, BadInput, "loss.beta: expected a number of at least 0, found -1"),
        ({"name": "confidence_window", "radius": 0.6}, 2, BadInput, "loss.radius: expected a number from 0 to 0.5"),
        ("cross_entropy", 2, BadInput, "expected an object"),
    ],
)
def test_bad_losses_are_refused(spec: Any, classes: int, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        losses.bind(spec, classes)


def test_parameters_are_the_keyword_only_arguments_with_their_types_and_limits() -> None:
    seen = []

    @loss("mine")
    def mine(
        f: np.ndarray,
        w: np.ndarray,
        context: losses.Context,
        *,
        gamma: Annotated[float, Between(0)] = 2,
        k: int = 3,
        how: Literal["up", "down"] = "up",
        note: str = "none",
        on: bool = False,
    ) -> tuple[np.ndarray, np.ndarray]:
        seen.append((gamma, k, how, note, on))
        return losses.cross_entropy(f, w, context)

    losses.bind({"name": "mine"}, 2)
    assert seen[-1] == (2.0, 3, "up", "none", False)
    losses.bind({"name": "mine", "gamma": 1, "k": 5.0, "how": "down", "note": "x", "on": True}, 2)
    assert seen[-1] == (1.0, 5, "down", "x", True)
    assert isinstance(seen[-1][1], int)
    for wrong in ({"gamma": -1}, {"k": 1.5}, {"how": "left"}, {"note": 1}, {"on": 1}, {"gamma": "2"}):
        with pytest.raises(BadInput, match=f"loss.{next(iter(wrong))}: expected"):
            losses.bind({"name": "mine", **wrong}, 2)


def test_functions_of_another_form_are_refused_when_they_are_made() -> None:
    def two(f: Any, w: Any) -> None: ...
    def positional(f: Any, w: Any, context: Any, alpha: float = 1) -> None: ...
    def without_default(f: Any, w: Any, context: Any, *, alpha: float) -> None: ...
    def anything(f: Any, w: Any, context: Any, **more: float) -> None: ...
    def odd_type(f: Any, w: Any, context: Any, *, alpha: list = []) -> None: ...  # noqa: B006
    def bad_default(f: Any, w: Any, context: Any, *, alpha: Annotated[float, Between(0, 1)] = 2) -> None: ...

    for function in (two, positional, without_default, anything):
        with pytest.raises(TypeError, match=rf'@loss\("mine"\): expected def f.* Found {function.__name__}\('):
            loss("mine")(function)
    with pytest.raises(TypeError, match="alpha: expected the type float, int, bool, str or Literal"):
        loss("mine")(odd_type)
    with pytest.raises(TypeError, match="the default of alpha: expected a number from 0 to 1, found 2"):
        loss("mine")(bad_default)
    with pytest.raises(ValueError, match="expected a name of letters"):
        loss("my loss")
    assert "mine" not in losses.LOSSES
