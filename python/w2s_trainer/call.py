"""What an operation gets besides its request: cancellation, progress, and the account of its cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .errors import Cancelled

_SECONDS_BETWEEN_EVENTS = 0.1


class Call:
    """One request while it runs."""

    def __init__(self, emit: Callable[[dict[str, Any]], None], cancelled: Callable[[], bool], device: str) -> None:
        self._emit = emit
        self._cancelled = cancelled
        self._device = device
        self._started = time.perf_counter()
        self._last_event = -1.0
        self._warned: set[str] = set()
        self.tokens = 0

    def check(self) -> None:
        """Raises where the asking side has cancelled. Called between micro-batches and optimiser steps."""
        if self._cancelled():
            raise Cancelled

    def progress(self, stage: str, step: int, of: int, **more: float) -> None:
        """Sent at most ten times a second; a stage's last step is always sent."""
        now = time.perf_counter()
        if step < of and now - self._last_event < _SECONDS_BETWEEN_EVENTS:
            return
        self._last_event = now
        self._emit({"type": "progress", "stage": stage, "step": step, "of": of, **more})

    def warn(self, topic: str, message: str) -> None:
        """Sent once a topic and call."""
        if topic not in self._warned:
            self._warned.add(topic)
            self._emit({"type": "warning", "message": message})

    def cost(self) -> dict[str, Any]:
        return {"seconds": time.perf_counter() - self._started, "device": self._device, "tokens": self.tokens}
