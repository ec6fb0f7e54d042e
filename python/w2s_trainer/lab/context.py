"""What the two functions of a method.py are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import trainer
from .trainer import Fitted, Input

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Context:
    """For `predict(context, inputs)`: all but the inputs it finds in `folder`, where `fit` has left it."""

    testbed: str
    kind: str
    """`classification`, `preference` or `verification`."""
    classes: tuple[str, ...]
    seed: int
    folder: Path
    """Empty when `fit` begins."""
    models: Mapping[str, Path | None]
    """Folders with pretrained weights, read-only: `student` and what else the lab lists."""
    seconds: float | None
    """After so many this function is ended."""

    def predict(self, checkpoint: str, inputs: Sequence[Input]) -> np.ndarray:
        """Class probabilities by a checkpoint that `context.fit` gave."""
        return trainer.predict(checkpoint, inputs, testbed=self.testbed)

    def embed(self, inputs: Sequence[Input], **options: Any) -> list[np.ndarray]:
        """Hidden states, as `lab.embed`."""
        return trainer.embed(inputs, testbed=self.testbed, **options)

    def score(self, inputs: Sequence[Input], **options: Any) -> tuple[np.ndarray, np.ndarray]:
        """What the pretrained language model says, as `lab.score`."""
        return trainer.score(inputs, testbed=self.testbed, **options)


@dataclass(frozen=True)
class FitContext(Context):
    """For `fit(context)`: the training examples, too."""

    ids: list[str]
    inputs: list[dict[str, Any]]
    weak: np.ndarray
    """The teacher's soft labels: examples x classes."""
    groups: list[int] | None
    """Examples of one document, problem or author share a number; -1 where an example has none."""
    answers: list[str | None] | None
    """Verification: the final answer that the input's choice gives."""

    def fit(self, targets: ArrayLike, *, rows: ArrayLike | None = None, **options: Any) -> Fitted:
        """Trains a fresh student on soft targets, one row for each example or for each of `rows`; as `lab.fit`, but it
        predicts nothing unless asked: what `predict` will be given is not known yet."""
        if rows is None and options.get("inputs") is None:
            rows = range(len(self.inputs))
        given = {"testbed": self.testbed, "seed": self.seed, "predict": ()}
        return trainer.fit(targets, rows=rows, **{**given, **options})
