"""What lies in the sandbox of each testbed: inputs under opaque ids, and weak labels."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .door import LabError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Split:
    """Empty where a clean room does not show it."""

    ids: list[str]
    inputs: list[dict[str, Any]]
    groups: list[int] | None
    """Examples of one document, problem or author share a number; -1 where an example has none."""
    answers: list[str | None] | None
    """Verification: the final answer that the input's choice gives."""


@dataclass(frozen=True)
class Testbed:
    name: str
    kind: str
    """`classification`, `preference` or `verification`."""
    classes: tuple[str, ...]
    seeds: tuple[int, ...]
    """Those that have weak labels."""
    models: dict[str, Path | None]
    """Folders with the weights of the models that the lab lists, where they lie in this sandbox."""
    train: Split
    development: Split
    folder: Path

    def weak(self, seed: int) -> np.ndarray:
        """The teacher's soft labels: training examples x classes."""
        import numpy as np

        if seed not in self.seeds:
            known = ", ".join(map(str, self.seeds))
            raise LabError("not_found", f"seed: expected one that has weak labels ({known}), found {seed}.")
        return np.load(self.folder / "weak_labels" / f"{seed}.npy", allow_pickle=False)


def testbeds() -> list[str]:
    """Names of the testbeds that lie in this sandbox."""
    root = _root()
    return sorted(path.parent.name for path in root.glob("*/meta.json"))


def load(testbed: str | None = None) -> Testbed:
    """A testbed by name, or the only one."""
    folder = _root() / name_of(testbed)
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    return Testbed(
        name=meta["name"],
        kind=meta["kind"],
        classes=tuple(meta["classes"]),
        seeds=tuple(meta["seeds"]),
        models={name: Path(path) if path else None for name, path in meta["models"].items()},
        train=_split(folder / "train.jsonl"),
        development=_split(folder / "development.jsonl"),
        folder=folder,
    )


def name_of(testbed: str | None) -> str:
    known = testbeds()
    if testbed is None and len(known) == 1:
        return known[0]
    if testbed in known:
        return testbed
    found = "nothing" if testbed is None else repr(testbed)
    raise LabError("not_found", f"testbed: expected one of {', '.join(known) or 'none'} in {_root()}, found {found}.")


def _root() -> Path:
    return Path(os.environ.get("W2S_DATA", "/lab/data"))


def _split(path: Path) -> Split:
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return Split(
        ids=[row["id"] for row in rows],
        inputs=[row["input"] for row in rows],
        groups=[row.get("group", -1) for row in rows] if any("group" in row for row in rows) else None,
        answers=[row.get("answer") for row in rows] if any("answer" in row for row in rows) else None,
    )
