"""The asking side of the protocol, for tests: starts a real worker and talks to it over pipes."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = Path(__file__).parent.parent
LENGTHS = struct.Struct("<IQ")


class WorkerFailure(Exception):
    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body["message"])
        self.code = body["code"]
        self.body = body


def frame(header: dict[str, Any], arrays: list[np.ndarray] | None = None) -> bytes:
    arrays = arrays or []
    described = [{"dtype": array.dtype.name, "shape": list(array.shape)} for array in arrays]
    text = json.dumps({**header, "blobs": described}).encode()
    lengths = LENGTHS.pack(len(text), sum(array.nbytes for array in arrays))
    return b"W2S1" + lengths + text + b"".join(array.tobytes() for array in arrays)


class Client:
    """A worker of its own. `env` is added to its environment, `path` comes first in its PYTHONPATH."""

    def __init__(self, home: Path, *options: str, env: dict[str, str] | None = None, path: Path | None = None) -> None:
        places = [str(place) for place in (path, PACKAGE) if place]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "HF_HUB_OFFLINE": "1", **(env or {})}
        command = [sys.executable, "-m", "w2s_trainer", "worker", "--home", str(home), *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        self.stderr = b""
        self.started = False
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()
        self._number = 0
        self.events: list[dict[str, Any]] = []
        self.hello = self.read()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Ends the worker by the end of its input; from then on `stderr` is all that it has said."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self._reader.join()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        start = self.process.stdout.read(4)
        while not self.started and start and start[-4:] != b"W2S1":
            start = start[-3:] + self.process.stdout.read(1)  # what Python printed while it started
        self.started = True
        start += self.process.stdout.read(12)
        assert start[:4] == b"W2S1", f"found {start!r} instead of a frame; stderr: {self.stderr.decode()}"
        header_length, blob_length = LENGTHS.unpack(start[4:])
        header = json.loads(self.process.stdout.read(header_length))
        data = self.process.stdout.read(blob_length)
        arrays, at = [], 0
        for entry in header.pop("blobs"):
            length = 4 * int(np.prod(entry["shape"]))
            arrays.append(np.frombuffer(data[at : at + length], entry["dtype"]).reshape(entry["shape"]))
            at += length
        header["body"] = _place(header["body"], arrays)
        return header

    def send(self, op: str, body: dict[str, Any]) -> int:
        self._number += 1
        arrays: list[np.ndarray] = []
        self.write(frame({"id": self._number, "op": op, "body": _lift(body, arrays)}, arrays))
        return self._number

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def answer(self, number: int) -> Any:
        while True:
            message = self.read()
            assert message["id"] == number
            if message["type"] == "event":
                self.events.append(message["body"])
            elif message["type"] == "error":
                raise WorkerFailure(message["body"])
            else:
                return message["body"]

    def wait_for(self, kind: str) -> dict[str, Any]:
        """The next event of a kind."""
        while True:
            message = self.read()
            assert message["type"] == "event", message
            self.events.append(message["body"])
            if message["body"].get("stage", message["body"]["type"]) == kind:
                return message["body"]

    def ask(self, op: str, body: dict[str, Any]) -> Any:
        return self.answer(self.send(op, body))

    def put(self, inputs: list[dict[str, Any]]) -> str:
        name = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
        self.ask("put", {"hash": name, "inputs": inputs})
        return name

    def warnings(self) -> list[str]:
        return [event["message"] for event in self.events if event["type"] == "warning"]

    def _drain(self) -> None:
        assert self.process.stderr is not None
        while data := os.read(self.process.stderr.fileno(), 65536):
            self.stderr += data


def _lift(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"$blob": len(arrays) - 1}
    if isinstance(value, dict):
        return {key: _lift(entry, arrays) for key, entry in value.items()}
    return value


def _place(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        return arrays[value["$blob"]] if "$blob" in value else {key: _place(v, arrays) for key, v in value.items()}
    return [_place(entry, arrays) for entry in value] if isinstance(value, list) else value
