"""Training and inference by the lab's trainer: warm models, in turn with the other agents, accounted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .data import name_of
from .door import post_frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

Input = Mapping[str, Any]


@dataclass(frozen=True)
class Fitted:
    checkpoint: str
    """Names the trained model, for `predict` and for `start` of another fit."""
    predictions: dict[str, np.ndarray]
    """Class probabilities: of `development` and `train` where asked for, of `inputs` where some were given."""
    history: list[dict[str, Any]]
    traces: np.ndarray | None
    curve: np.ndarray | None
    cost: dict[str, Any]
    """`seconds` of the device, `device`, `tokens`."""
    queued: float
    """Seconds that the call waited for its turn."""


def fit(
    targets: ArrayLike,
    *,
    testbed: str | None = None,
    rows: ArrayLike | None = None,
    inputs: Sequence[Input] | None = None,
    weights: ArrayLike | None = None,
    examples: int | None = None,
    model: str = "student",
    loss: str | Mapping[str, Any] = "cross_entropy",
    epochs: int | None = None,
    optimizer: Mapping[str, float] | None = None,
    tune: str | None = None,
    seed: int = 0,
    predict: Sequence[str] = ("development",),
    predict_inputs: Sequence[Input] | None = None,
    start: str | None = None,
    validation: Mapping[str, Any] | None = None,
    traces: bool = False,
    curve: bool = False,
) -> Fitted:
    """Trains a model on soft targets, one row of probabilities for each example.

    Examples are those of the testbed's training split, `rows` of it (numbers, or a mask), or `inputs` of your own;
    `examples` keeps the first so many of them, for a cheap trial. `optimizer`: `learningRate`, `weightDecay`,
    `batchSize`, `warmup`; `tune`: `head`, `lora` or `full`. `start`: a checkpoint to go on from. `validation`:
    `{"rows" or "inputs", "targets", "keep": "best" or "last"}`. `traces`: also each example's loss after each epoch;
    `curve`: each step's loss.
    """
    train = {"targets": _floats(targets), "rows": _rows(rows), "inputs": inputs, "weights": _floats(weights)}
    if examples is not None:
        if train["rows"] is None and inputs is None:
            import numpy as np

            train["rows"] = np.arange(len(train["targets"]), dtype=np.int32)
        train = {key: value if value is None else value[:examples] for key, value in train.items()}
    if validation is not None:
        held = {"targets": _floats(validation["targets"]), "rows": _rows(validation.get("rows"))}
        validation = _given({**validation, **held})
    body = _given(
        {
            "testbed": name_of(testbed),
            "model": model,
            "seed": int(seed),
            "train": _given(train),
            "loss": {"name": loss} if isinstance(loss, str) else dict(loss),
            "optimizer": _given({"epochs": epochs, **(optimizer or {})}),
            "tune": tune,
            "predict": list(predict),
            "inputs": predict_inputs,
            "from": start,
            "validation": validation,
            "traces": traces,
            "curve": curve,
        }
    )
    answer = post_frame("/trainer/fit", body)
    return Fitted(**{"traces": None, "curve": None, **answer})


def predict(
    checkpoint: str,
    inputs: Sequence[Input] | None = None,
    *,
    testbed: str | None = None,
    split: str = "development",
    rows: ArrayLike | None = None,
) -> np.ndarray:
    """Class probabilities by a checkpoint of yours, for `inputs` or a split (`train`, `development`) or rows of it."""
    asked = {"checkpoint": checkpoint, **_selected(testbed, inputs, split, rows)}
    return post_frame("/trainer/predict", asked)["predictions"]


def embed(
    inputs: Sequence[Input] | None = None,
    *,
    testbed: str | None = None,
    split: str = "train",
    rows: ArrayLike | None = None,
    model: str = "student",
    layers: Sequence[int] | str | None = None,
    pooling: str = "mean",
) -> list[np.ndarray]:
    """Hidden states of a listed model, one matrix a layer: examples x width. `layers`: numbers, `"all"` or `"middle"`;
    without it the features that a linear model is a head on. `pooling`: `mean` or `last`."""
    wanted = layers if layers is None or isinstance(layers, str) else [int(layer) for layer in layers]
    asked = {"model": model, "layers": wanted, "pooling": pooling, **_selected(testbed, inputs, split, rows)}
    return post_frame("/trainer/embed", _given(asked))["layers"]


def score(
    inputs: Sequence[Input] | None = None,
    *,
    testbed: str | None = None,
    split: str = "train",
    rows: ArrayLike | None = None,
    model: str = "student",
    prompt: str | None = None,
    continuations: Sequence[str] | None = None,
    chat: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """log P(continuation | prompt) by a listed model's pretrained language model as it is, and the continuations'
    numbers of tokens: both examples x continuations. Fields of the input stand in braces: `"{question} {choice}"`."""
    asked = {"model": model, "prompt": prompt, "continuations": continuations, "chat": chat}
    answer = post_frame("/trainer/score", _given({**asked, **_selected(testbed, inputs, split, rows)}))
    return answer["logProbabilities"], answer["tokens"]


def quote(
    call: str = "fit",
    *,
    testbed: str | None = None,
    examples: int | None = None,
    epochs: int | None = None,
    model: str = "student",
    seeds: int = 1,
) -> dict[str, Any]:
    """What a `fit`, `predict`, `embed` or `score` is expected to cost, without making it: `seconds` of the device for
    all `seeds` together (None while the lab has not seen a call like it), `most`, at which one would be stopped, and
    `calls`, how many earlier ones that rests on."""
    asked = {"call": call, "testbed": name_of(testbed), "examples": examples, "epochs": epochs, "model": model}
    answer = post_frame("/trainer/quote", _given(asked))
    seconds = answer["seconds"]
    return {**answer, "seconds": seconds if seconds is None else seconds * seeds}


def _selected(
    testbed: str | None, inputs: Sequence[Input] | None, split: str, rows: ArrayLike | None
) -> dict[str, Any]:
    name = name_of(testbed)
    if inputs is not None:
        return {"testbed": name, "inputs": list(inputs)}
    return _given({"testbed": name, "split": split, "rows": _rows(rows)})


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _floats(values: ArrayLike | None) -> np.ndarray | None:
    import numpy as np

    return None if values is None else np.asarray(values, dtype=np.float32)


def _rows(values: ArrayLike | None) -> np.ndarray | None:
    import numpy as np

    if values is None:
        return None
    rows = np.asarray(values)
    return np.flatnonzero(rows).astype(np.int32) if rows.dtype == bool else rows.astype(np.int32)
