"""Frames between host and helper: lengths of header and payload (uint32, little-endian), a JSON header, bytes."""

import json
import os
import struct
from collections import deque

PREFIX = struct.Struct("<II")


class Failure(Exception):
    """Goes to the host as an error with this code."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


class Frames:
    """Reads and writes frames without ever blocking."""

    def __init__(self, source: int, target: int):
        self.source = source
        self.target = target
        self._in = bytearray()
        self._out: deque[memoryview] = deque()
        os.set_blocking(source, False)
        os.set_blocking(target, False)

    def read(self) -> list[tuple[dict, bytes]] | None:
        """The frames that have come in whole; None once the host has closed its end."""
        try:
            chunk = os.read(self.source, 1 << 20)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        self._in += chunk
        frames = []
        while len(self._in) >= PREFIX.size:
            header, payload = PREFIX.unpack_from(self._in)
            end = PREFIX.size + header + payload
            if len(self._in) < end:
                break
            middle = PREFIX.size + header
            frames.append((json.loads(self._in[PREFIX.size : middle]), bytes(self._in[middle:end])))
            del self._in[:end]
        return frames

    def send(self, header: dict, payload: bytes = b"") -> None:
        text = json.dumps(header).encode()
        self._out.append(memoryview(PREFIX.pack(len(text), len(payload)) + text))
        if payload:
            self._out.append(memoryview(payload))
        self.flush()

    def flush(self) -> None:
        """Writes what the host's pipe takes now."""
        while self._out:
            try:
                written = os.writev(self.target, list(self._out)[:16])
            except BlockingIOError:
                return
            while self._out and written >= len(self._out[0]):
                written -= len(self._out.popleft())
            if written:
                self._out[0] = self._out[0][written:]

    @property
    def waiting(self) -> bool:
        """Whether there is more to write."""
        return bool(self._out)
