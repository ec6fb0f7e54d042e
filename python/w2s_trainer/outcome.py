"""What every kind of fit gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Save = Callable[[Callable[[Path], None]], Path]
"""Keeps a checkpoint: gets a function that writes its files into a folder, and returns where they are."""


@dataclass(frozen=True)
class Outcome:
    predictions: Mapping[str, np.ndarray]
    history: Sequence[Mapping[str, Any]]
    traces: np.ndarray | None
    curve: np.ndarray | None

    def reply(self) -> dict[str, Any]:
        more = {"traces": self.traces, "curve": self.curve}
        return {
            "predictions": self.predictions,
            "history": self.history,
            **{name: value for name, value in more.items() if value is not None},
        }
