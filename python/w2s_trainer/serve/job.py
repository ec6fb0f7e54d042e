"""A request at work, on behalf of every call that asked for the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from .device import Device
from .messages import Answer, Request, message

KEEP_ALIVE_SECONDS = 5.0
"""A stream is silent for no longer than this."""
ABANDONED_SECONDS = 300.0
_EVENTS_BEHIND = 1000
"""Progress that a listener has not taken; what comes beyond it is dropped."""
_WARNINGS = 20
_ALIVE = message("alive", {}).data


class Job:
    def __init__(self, request: Request, identity: str, datasets: Mapping[str, bytes]) -> None:
        self.op = request.op
        self.identity = identity
        self.request: Request | None = request
        self.datasets = datasets
        self.callers: set[str] = set()
        """Calls that still want the answer: a lost connection leaves its call among them, an abort takes it out."""
        self.device: Device | None = None
        self.given_up = False
        self.answer: Answer | None = None
        self._left: float | None = None
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._progress: bytes | None = None
        self._warnings: list[bytes] = []

    @property
    def abandoned(self) -> bool:
        """Nobody has listened for so long that whoever comes back may as well begin anew."""
        if self._listeners or self._left is None:
            return False
        return time.monotonic() - self._left >= ABANDONED_SECONDS

    def emit(self, event: Answer) -> None:
        if event.body.get("type") == "warning":
            self._warnings = [*self._warnings, event.data][-_WARNINGS:]
        else:
            self._progress = event.data
        for listener in self._listeners:
            if listener.qsize() < _EVENTS_BEHIND:
                listener.put_nowait(event.data)

    def finish(self, answer: Answer) -> None:
        self.answer = answer
        self.request = None
        self.datasets = {}
        for listener in self._listeners:
            listener.put_nowait(None)

    async def listen(self) -> AsyncIterator[bytes]:
        """Frames for one connection: what it has missed in short, what happens, and the answer as the last."""
        if self.answer is None:
            queue: asyncio.Queue[bytes | None] = asyncio.Queue()
            self._listeners.add(queue)
            try:
                yield _ALIVE
                for data in [*self._warnings, *([self._progress] if self._progress else [])]:
                    yield data
                while True:
                    try:
                        async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                            event = await queue.get()
                    except TimeoutError:
                        yield _ALIVE
                        continue
                    if event is None:
                        break
                    yield event
            finally:
                self._listeners.discard(queue)
                self._left = time.monotonic()
        assert self.answer is not None
        yield self.answer.data
