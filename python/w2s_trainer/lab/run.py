"""Runs a method.py: `fit` and `predict` each in a fresh process, so that only the folder passes between them."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .calls import call, evaluate
from .data import load
from .door import LabError


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="lab run", description=__doc__)
    parser.add_argument("method", type=Path, help="the method.py")
    parser.add_argument("--testbed", help="default: the only one")
    parser.add_argument("--seeds", help="as in 0,1; default: all that have weak labels")
    parser.add_argument("--examples", type=int, help="train on the first so many only: a cheap trial")
    parser.add_argument("--seconds", type=float, help="end each of the two functions after so many")
    parser.add_argument("--out", type=Path, help="write predictions to this .npz file, an array a seed")
    parser.add_argument("--evaluate", metavar="NAME", help="have the predictions scored, as the method of this name")
    parser.add_argument("--snapshot", help="hash of the code, to stand beside the score")
    asked = parser.parse_args(arguments)

    testbed = load(asked.testbed)
    seeds = [int(seed) for seed in asked.seeds.split(",")] if asked.seeds else list(testbed.seeds)
    common = {
        "method": str(asked.method.resolve()),
        "testbed": testbed.name,
        "examples": asked.examples,
        "seconds": asked.seconds,
    }
    predictions = {seed: _one({**common, "seed": seed}) for seed in seeds}
    if asked.out:
        import numpy as np

        with asked.out.open("wb") as file:
            np.savez(file, **{str(seed): array for seed, array in predictions.items()})
    if asked.evaluate:
        if asked.snapshot is None:
            asked.snapshot = _kept(asked.method.resolve(), asked.evaluate)
        answer = evaluate(predictions, method=asked.evaluate, testbed=testbed.name, snapshot=asked.snapshot)
        _say(answer.get("words") or json.dumps(answer) if isinstance(answer, dict) else answer)


def _kept(method: Path, title: str) -> str | None:
    """Keeps the method's folder, so that its code stands beside the score; hash, or none where that cannot be kept."""
    try:
        said = call("keep_snapshot", folder=str(method.parent), title=title[:200])
    except LabError as error:
        _say(f"Its code is not kept beside the score: {error}")
        return None
    found = re.search(r"\b[0-9a-f]{64}\b", str(said))
    return found and found[0]


def _one(step: dict[str, Any]) -> Any:
    import numpy as np

    with tempfile.TemporaryDirectory(prefix="method-") as name:
        root = Path(name)
        folder = root / "folder"
        folder.mkdir()
        step = {**step, "folder": str(folder), "out": str(root / "predictions.npy")}
        took = {
            function: _process(root / "step.json", {**step, "function": function}) for function in ("fit", "predict")
        }
        predictions = np.load(step["out"], allow_pickle=False)
    times = ", ".join(f"{function} {seconds:.1f} s" for function, seconds in took.items())
    _say(f"seed {step['seed']}: {times}, {len(predictions)} predictions")
    return predictions


def _process(path: Path, step: dict[str, Any]) -> float:
    path.write_text(json.dumps(step), "utf-8")
    started = time.monotonic()
    what = f"{step['function']} of {step['method']} (seed {step['seed']})"
    try:
        done = subprocess.run([sys.executable, "-m", "w2s_trainer.lab.step", str(path)], timeout=step["seconds"])
    except subprocess.TimeoutExpired:
        sys.exit(f"{what} was ended after {step['seconds']:g} seconds.")
    if done.returncode != 0:
        sys.exit(f"{what} failed with exit code {done.returncode}; what it wrote stands above.")
    return time.monotonic() - started


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
