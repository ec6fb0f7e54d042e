"""Frames of the protocol: magic, two lengths, a JSON header, raw blobs (docs/protocol.md)."""

from __future__ import annotations

import json
import os
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

MAGIC = b"W2S1"
_LENGTHS = struct.Struct("<IQ")
_BYTES = {"float32": 4, "int32": 4}
_MOST_BLOB_BYTES = 1 << 36


class BrokenFrame(Exception):
    """What arrived is not a frame, so that nothing after it can be read either."""


@dataclass(frozen=True)
class Blob:
    """An array that came with a frame, not yet turned into one, so that reading needs no numpy."""

    dtype: str
    shape: tuple[int, ...]
    data: memoryview

    def array(self) -> np.ndarray:
        import numpy as np

        return np.frombuffer(self.data, dtype=np.dtype(self.dtype).newbyteorder("<")).reshape(self.shape)


def read_frame(fd: int) -> dict[str, Any] | None:
    """The next frame's header with its blobs in place, or None where the stream ends between frames."""
    start = _read(fd, 4 + _LENGTHS.size, may_end=True)
    if start is None:
        return None
    if bytes(start[:4]) != MAGIC:
        raise BrokenFrame(f"expected a frame that starts with {MAGIC!r}, found {bytes(start[:4])!r}")
    header_length, blob_length = _LENGTHS.unpack(start[4:])
    if blob_length > _MOST_BLOB_BYTES:
        raise BrokenFrame(f"expected at most {_MOST_BLOB_BYTES} bytes of blobs, found {blob_length}")
    header = _read(fd, header_length)
    return _decode(header, _read(fd, blob_length))


def parse_frame(data: bytes | bytearray) -> dict[str, Any]:
    """As `read_frame`, of bytes that must be exactly one frame."""
    start = 4 + _LENGTHS.size
    if data[:4] != MAGIC or len(data) < start:
        raise BrokenFrame(f"expected a frame that starts with {MAGIC!r}, found {bytes(data[:4])!r}")
    header_length, blob_length = _LENGTHS.unpack(data[4:start])
    if len(data) != start + header_length + blob_length:
        raise BrokenFrame(f"its start announces {start + header_length + blob_length} bytes, found {len(data)}")
    view = memoryview(data)[start:]
    return _decode(view[:header_length], view[header_length:])


def _decode(text: bytearray | memoryview, data: bytearray | memoryview) -> dict[str, Any]:
    try:
        header = json.loads(bytes(text))
    except ValueError as error:
        raise BrokenFrame(f"expected a JSON header, found something else: {error}") from None
    if not isinstance(header, dict):
        raise BrokenFrame(f"expected a JSON object as header, found {type(header).__name__}")
    blobs = _split(header.pop("blobs", []), memoryview(data))
    header["body"] = _place(header.get("body", {}), blobs)
    header["bytes"] = len(text) + len(data)
    return header


class FrameWriter:
    """Writes frames to a descriptor; any thread may call it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def write(self, header: dict[str, Any]) -> None:
        """Arrays anywhere in `header["body"]` are sent as blobs."""
        blobs: list[np.ndarray] = []
        body = _lift(header.get("body", {}), blobs)
        full = {**header, "body": body, "blobs": [{"dtype": b.dtype.name, "shape": list(b.shape)} for b in blobs]}
        text = json.dumps(full, allow_nan=False, ensure_ascii=False).encode()
        start = MAGIC + _LENGTHS.pack(len(text), sum(blob.nbytes for blob in blobs))
        with self._lock:
            self._send(start + text)
            for blob in blobs:
                self._send(blob.data.cast("B") if blob.size else b"")

    def _send(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while len(view) > 0:
            view = view[os.write(self._fd, view[: 1 << 20]) :]


def _read(fd: int, length: int, may_end: bool = False) -> bytearray | None:
    data = bytearray(length)
    view = memoryview(data)
    done = 0
    while done < length:
        count = os.readv(fd, [view[done : done + (1 << 20)]]) if hasattr(os, "readv") else _copy(fd, view, done)
        if count == 0:
            if may_end and done == 0:
                return None
            raise EOFError
        done += count
    return data


def _copy(fd: int, view: memoryview, done: int) -> int:
    part = os.read(fd, min(len(view) - done, 1 << 20))
    view[done : done + len(part)] = part
    return len(part)


def _split(described: Any, data: memoryview) -> list[Blob]:
    blobs: list[Blob] = []
    start = 0
    try:
        for entry in described:
            shape = tuple(int(side) for side in entry["shape"])
            length = _BYTES[entry["dtype"]]
            for side in shape:
                length *= side
            blobs.append(Blob(entry["dtype"], shape, data[start : start + length]))
            start += length
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise BrokenFrame(f"blobs: expected a list of {{dtype: float32 | int32, shape}}, found {error!r}") from None
    if start != len(data) or any(side < 0 for blob in blobs for side in blob.shape):
        raise BrokenFrame(f"blobs: their shapes need {start} bytes, but {len(data)} follow the header")
    return blobs


def _place(value: Any, blobs: list[Blob]) -> Any:
    """Puts blobs where the body refers to them. Iterates over lists only where they can hold a reference."""
    if isinstance(value, dict):
        if value.keys() == {"$blob"}:
            number = value["$blob"]
            if not isinstance(number, int) or not 0 <= number < len(blobs):
                raise BrokenFrame(f"$blob {number!r}: the frame has {len(blobs)} blobs")
            return blobs[number]
        return {key: _place(entry, blobs) for key, entry in value.items()}
    if isinstance(value, list) and blobs:
        return [_place(entry, blobs) for entry in value]
    return value


def _lift(value: Any, blobs: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        return {key: _lift(entry, blobs) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_lift(entry, blobs) for entry in value]
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        import numpy as np

        dtype = np.int32 if value.dtype.kind in "iu" else np.float32
        blobs.append(np.ascontiguousarray(value, dtype=np.dtype(dtype).newbyteorder("<")))
        return {"$blob": len(blobs) - 1}
    return value
