"""Fits and predicts with fine-tuned transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..call import Call
from ..errors import BadInput, TrainerError
from ..fingerprint import cpu_info
from ..models import HuggingFace, Pretrained
from ..outcome import Outcome, Save
from ..pretrained import device as devices
from ..pretrained.batches import batches
from ..pretrained.shelf import Shelf
from ..requests import FitRequest, Rows
from .budget import Budgets
from .classifier import Classifier
from .loop import Source, Training, Watch, train
from .saved import load_into, write_files

_LEAST = 64


class Tuner:
    def __init__(self, home: Path, shelf: Shelf, device: str) -> None:
        self._shelf = shelf
        self._device = device
        name = cpu_info()[0] if device == "cpu" else shelf.device_name()
        self.budgets = Budgets(home / "cache" / "micro-batches.json", device, name)

    def fit(
        self, request: FitRequest, spec: HuggingFace, start: tuple[Path, HuggingFace] | None, save: Save, call: Call
    ) -> Outcome:
        """Trains; where memory does not suffice, from the beginning with micro-batches of half the size."""
        if start:
            _check_start(start[1], spec)
        _check_texts(request)
        while True:
            most = self.budgets.tokens(spec)
            try:
                return self._attempt(request, spec, start, most, save, call)
            except (MemoryError, RuntimeError) as error:  # torch's own is a RuntimeError
                if not _is_out_of_memory(error):
                    raise
                if most // 2 < _LEAST:
                    raise TrainerError(
                        "failed",
                        f"Out of memory even with micro-batches of {most} tokens. Use LoRA, a smaller model, a smaller "
                        "maxTokens or a device with more memory.",
                    ) from error
            # Outside of the handler, whose traceback holds on to what filled the memory.
            others = self._shelf.clear()
            if self._device.startswith("cuda"):
                torch.cuda.empty_cache()
            if others > 1:  # besides the fit's own
                continue
            self.budgets.halve(spec, most)
            call.warn(
                f"memory {most}",
                f"Out of memory with micro-batches of {most} tokens: the fit begins again with {most // 2}. What is "
                "learned from a batch is the same, to rounding; the result is kept under a fingerprint of its own.",
            )

    def _attempt(
        self, request: FitRequest, spec: HuggingFace, start: Any, most: int, save: Save, call: Call
    ) -> Outcome:
        fields = request.train.dataset.inputs[0]
        classifier = self._classifier(spec, request.classes, fields, request.seed, start, call)
        try:
            training = _train(classifier, request, most, self._device, call)
            wide = _wide(self._device, most)
            predictions = {name: _probabilities(classifier, rows, wide, call) for name, rows in request.predict.items()}
            save(lambda folder: write_files(folder, classifier))
            return Outcome(predictions, training.history, training.traces, training.curve)
        finally:
            classifier.close()

    def predict(self, folder: Path, spec: HuggingFace, classes: int, rows: Rows, call: Call) -> np.ndarray:
        classifier = self._classifier(spec, classes, rows.dataset.inputs[0], 0, (folder, spec), call)
        try:
            return _probabilities(classifier, rows, _wide(self._device, self.budgets.tokens(spec)), call)
        finally:
            classifier.close()

    def _classifier(
        self,
        spec: HuggingFace,
        classes: int,
        fields: Mapping[str, str],
        seed: int,
        start: tuple[Path, HuggingFace] | None,
        call: Call,
    ) -> Classifier:
        """A fresh one, or the one of the checkpoint `start`. Its model is borrowed but for full tuning."""
        if start and start[1].tune == "full":
            loaded = self._shelf.take(Pretrained(path=str(start[0])), call, "float32")
        elif spec.tune == "full":
            loaded = self._shelf.take(spec.model, call, "float32")
        else:
            loaded = self._shelf.borrow(spec.model, call)
        classifier = Classifier(loaded, spec, classes, fields, seed)
        if start:
            try:
                load_into(classifier, *start)
            except BaseException:
                classifier.close()
                raise
        return classifier


def _check_start(before: HuggingFace, spec: HuggingFace) -> None:
    if before.model != spec.model:
        raise BadInput(f"from: that checkpoint is of {before.model}, but the model is {spec.model}.")
    asked = ("prompt", "labels", "chat")
    other = next((name for name in asked if getattr(before, name) != getattr(spec, name)), None)
    if other:
        raise BadInput(
            f"from: that checkpoint has another `{other}` ({getattr(before, other)!r}) than the model "
            f"({getattr(spec, other)!r}): it answers another question."
        )
    if before.tune not in ("head", spec.tune):
        raise BadInput(
            "from: a fit can go on from a head, or from a checkpoint that was tuned in the same way; "
            f"found {before.tune} for a model with {spec.tune}."
        )


def _train(classifier: Classifier, request: FitRequest, most: int, device: str, call: Call) -> Training:
    parameters = classifier.trained()
    wide = _wide(device, most)
    held = request.validation
    tokens = classifier.tokens(_inputs(request.train))
    held_tokens = classifier.tokens(_inputs(held.rows)) if held else []
    if classifier.spec.tune == "head":
        # The states under a head never change: the transformer reads every row once, whatever the number of epochs.
        states = classifier.all_states(tokens, wide, call, "features")
        again = partial(classifier.answers, states)
        check = partial(classifier.answers, classifier.all_states(held_tokens, wide, call, "features"))
        source = Source(
            request.targets,
            request.weights,
            lambda rows: classifier.head(states[torch.from_numpy(rows).to(states.device)]),
            lambda rows: [np.arange(len(rows))],
            lambda rows: 0,
        )
    else:
        lengths = np.array([len(row) for row in tokens])
        again = partial(classifier.probabilities, tokens, wide, call)
        check = partial(classifier.probabilities, held_tokens, wide, call)
        source = Source(
            request.targets,
            request.weights,
            lambda rows: classifier.head(classifier.states([tokens[i] for i in rows])),
            lambda rows: [np.array(part) for part in batches([tokens[i] for i in rows], most)],
            lambda rows: int(lengths[rows].sum()),
        )
    watch = Watch((check, held.targets, held.keep) if held else None, again if request.traces else None)
    settings = classifier.spec.optimizer
    return train(source, parameters, request.loss, settings, request.seed, watch, call, request.curve)


def _inputs(rows: Rows) -> Sequence[Mapping[str, Any]]:
    return [rows.dataset.inputs[i] for i in rows.indices]


def _wide(device: str, most: int) -> int:
    """Tokens at once where no gradients are kept."""
    return min(devices.tokens_a_batch(device), most)


def _check_texts(request: FitRequest) -> None:
    named = {"train": request.train, **{f"predict.{name}": rows for name, rows in request.predict.items()}}
    if request.validation:
        named["validation"] = request.validation.rows
    for name, rows in named.items():
        if rows.dataset.kind == "image":
            raise BadInput(f"{name}.dataset: a transformer of texts needs texts, but its inputs are images.")


def _probabilities(classifier: Classifier, rows: Rows, most: int, call: Call) -> np.ndarray:
    if len(rows) == 0:
        return np.empty((0, len(classifier.weight)), np.float32)
    return classifier.probabilities(classifier.tokens(_inputs(rows)), most, call)


def _is_out_of_memory(error: BaseException) -> bool:
    text = str(error)
    return (
        isinstance(error, (torch.OutOfMemoryError, MemoryError))
        or "can't allocate memory" in text
        or "CUBLAS_STATUS_ALLOC_FAILED" in text
    )
