"""The lab as a command: `python -m w2s_trainer.lab TOOL [JSON | - | --field value ...]`.

lab                                                   lists the tools
lab standings
lab post '{"kind": "finding", "title": ..., "body": ...}'      ("-": JSON from standard input)
lab search_forum --text "confidence loss" --limit 5
lab evaluate FILE.npz --method NAME [--testbed T]     scores predictions, an array a seed, as `run --out` writes them
lab run method.py [--help]                            runs a method: fit, then predict
"""

from __future__ import annotations

import json
import sys
from typing import Any

from . import calls, run
from .door import LabError


def main(arguments: list[str]) -> None:
    match arguments:
        case []:
            lines = [f"{tool['name']}: {tool['description']}" for tool in calls.tools()]
            _say("\n".join([(__doc__ or "").strip(), "", *lines]))
        case ["-h" | "--help", *_]:
            _say((__doc__ or "").strip())
        case ["run", *rest]:
            run.main(rest)
        case ["evaluate", file, *rest] if file.endswith(".npz"):
            import numpy as np

            with np.load(file, allow_pickle=False) as predictions:
                arrays = {int(seed): predictions[seed] for seed in predictions.files}
            _answer(calls.evaluate(arrays, **_fields("evaluate", rest)))
        case [tool, *rest]:
            _answer(calls.call(tool, **_fields(tool, rest)))


def _fields(tool: str, rest: list[str]) -> dict[str, Any]:
    if len(rest) == 1:
        value = json.loads(sys.stdin.read() if rest[0] == "-" else rest[0])
        if not isinstance(value, dict):
            raise ValueError("expected a JSON object")
        return value
    if len(rest) % 2 or not all(name.startswith("--") for name in rest[::2]):
        raise ValueError("expected one JSON object, or --field value ...")
    if not rest:
        return {}
    known = {entry["name"]: entry["inputSchema"].get("properties", {}) for entry in calls.tools()}
    types = {name: field.get("type") for name, field in known.get(tool, {}).items()}
    given = {name[2:]: value for name, value in zip(rest[::2], rest[1::2], strict=True)}
    return {
        name: value if types.get(name, "string") == "string" else json.loads(value) for name, value in given.items()
    }


def _answer(value: Any) -> None:
    _say(value if isinstance(value, str) else json.dumps(value, indent=2))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (LabError, ValueError, OSError) as error:
        sys.exit(f"lab: {error}")
