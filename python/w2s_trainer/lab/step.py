"""One function of a method.py in a process of its own: `python -m w2s_trainer.lab.step STEP.json`."""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .context import Context, FitContext
from .data import Testbed, load
from .tripwire import watch


def main(path: str) -> None:
    step = json.loads(Path(path).read_text("utf-8"))
    testbed = load(step["testbed"])
    if opened := step.get("opened"):  # in a clean room, whose /work is the step's folder
        models = [folder for folder in testbed.models.values() if folder]
        watch(opened, [Path(path).parent, testbed.folder.parent, *models])
    method = _load(Path(step["method"]))
    if step["function"] == "fit":
        method.fit(_fit_context(testbed, step))
        return
    inputs = testbed.development.inputs
    predictions = method.predict(Context(**_common(testbed, step)), [dict(entry) for entry in inputs])
    np.save(step["out"], _checked(predictions, len(inputs), len(testbed.classes)))


def _common(testbed: Testbed, step: dict[str, Any]) -> dict[str, Any]:
    given = {"seed": step["seed"], "folder": Path(step["folder"]), "seconds": step["seconds"]}
    return {
        "testbed": testbed.name,
        "kind": testbed.kind,
        "classes": testbed.classes,
        "models": testbed.models,
        **given,
    }


def _fit_context(testbed: Testbed, step: dict[str, Any]) -> FitContext:
    train, first = testbed.train, slice(step["examples"])
    return FitContext(
        **_common(testbed, step),
        ids=train.ids[first],
        inputs=train.inputs[first],
        weak=testbed.weak(step["seed"])[first],
        groups=train.groups and train.groups[first],
        answers=train.answers and train.answers[first],
    )


def _load(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("method", path)
    assert spec
    assert spec.loader
    method = importlib.util.module_from_spec(spec)
    sys.modules["method"] = method
    spec.loader.exec_module(method)
    for name in ("fit", "predict"):
        if not callable(getattr(method, name, None)):
            sys.exit(f"{path}: expected two functions, fit(context) and predict(context, inputs); it has no {name}.")
    return method


def _checked(predictions: Any, examples: int, classes: int) -> np.ndarray:
    array = np.ascontiguousarray(predictions, dtype=np.float32)
    if array.shape != (examples, classes):
        sys.exit(
            f"predict: expected class probabilities, {examples} inputs x {classes} classes, found shape {array.shape}."
        )
    if not (np.isfinite(array).all() and (array >= 0).all() and np.allclose(array.sum(axis=1), 1, atol=1e-3)):
        sys.exit("predict: expected rows of probabilities, at least 0 and with the sum 1, found others.")
    return array


def _own_frames(error: BaseException) -> str:
    """The traceback without what is ours: where in the method it happened, and what."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    lines = traceback.format_list(frames) + traceback.format_exception_only(error)
    return "".join(lines)


def _is_ours(path: str) -> bool:
    return path.startswith("<frozen") or str(Path(__file__).parent.parent) in path


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Exception as error:
        sys.exit(_own_frames(error).rstrip())
