"""What commands write: kept in part, or sent to the host as it comes."""

import os
import selectors
from collections.abc import Callable

CHUNK = 1 << 16
# Bytes of a stream that may be on their way to the host before it has taken any.
WINDOW = 1 << 18


class Kept:
    """The beginning and the end of what is added, `most` bytes together."""

    def __init__(self, most: int):
        self._head_most = most // 2
        self._tail_most = most - self._head_most
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = self._head_most - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._tail_most + CHUNK:
            self._trim()

    def parts(self) -> tuple[bytes, bytes]:
        self._trim()
        return bytes(self._head), bytes(self._tail)

    def _trim(self) -> None:
        del self._tail[: max(len(self._tail) - self._tail_most, 0)]


class Output:
    """Sends a stream to the host, no more than it has room for. It may outlive its command."""

    def __init__(self, loop, id: int, name: str, reader: int, ended: Callable[[], None]):
        self._loop = loop
        self._ended = ended
        self._told = {"stream": id, "of": name}
        self._reader = reader
        self._credit = WINDOW
        loop.watch(reader, selectors.EVENT_READ, self._read)

    def credit(self, count: int) -> None:
        if self._credit <= 0 and count > 0 and self._reader >= 0:
            self._loop.watch(self._reader, selectors.EVENT_READ, self._read)
        self._credit += count

    def drop(self) -> None:
        if self._reader >= 0:
            if self._credit > 0:
                self._loop.unwatch(self._reader)
            self._loop.discard(self._reader)
            self._end()

    def _read(self) -> None:
        data = os.read(self._reader, min(CHUNK, self._credit))
        self._credit -= len(data)
        if not data or self._credit <= 0:
            self._loop.unwatch(self._reader)
        if data:
            self._loop.tell(self._told, data)
        else:
            os.close(self._reader)
            self._end()

    @property
    def open(self) -> bool:
        return self._reader >= 0

    def _end(self) -> None:
        self._reader = -1
        self._loop.tell({**self._told, "end": True})
        self._ended()
