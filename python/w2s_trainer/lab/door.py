"""The sandbox's one way out: HTTP over a Unix socket, JSON for tools and frames for the trainer."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import socket
import tempfile
import time
from typing import Any

from ..frames import Blob, FrameWriter, parse_frame

_FRAMES = "application/x-w2s-frames"
_PATIENCE = 60.0
"""Seconds for which a door that is busy is asked again."""


class LabError(Exception):
    """What the lab refuses or fails at, in its own words.

    `code`: `bad_input`, `not_found`, `unsupported`, `exhausted` (a budget is spent), `busy`, `failed`, `worker_died`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Door(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("lab")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def get(path: str) -> Any:
    return json.loads(_exchange("GET", path, None, "application/json"))


def post_json(path: str, body: dict[str, Any]) -> Any:
    try:
        data = json.dumps(body, allow_nan=False).encode()
    except ValueError:
        raise LabError("bad_input", "Expected finite numbers, found NaN or an infinity.") from None
    return json.loads(_exchange("POST", path, data, "application/json"))


def post_frame(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Arrays may stand anywhere in `body`, and stand as arrays in the answer."""
    with tempfile.TemporaryFile() as file:
        FrameWriter(file.fileno()).write({"body": body})
        file.seek(0)
        data = file.read()
    return _arrays(parse_frame(_exchange("POST", path, data, _FRAMES))["body"])


def _exchange(method: str, path: str, body: bytes | None, kind: str) -> bytes:
    given_up = time.monotonic() + _PATIENCE
    pause = 0.05
    while True:
        status, answer = _once(method, path, body, kind)
        if status == 200:
            return answer
        error = _error(status, answer)
        if error.code != "busy" or time.monotonic() > given_up:
            raise error
        time.sleep(pause * (0.5 + random.random()))
        pause = min(2.0, 2 * pause)


def _once(method: str, path: str, body: bytes | None, kind: str) -> tuple[int, bytes]:
    door = os.environ.get("W2S_DOOR", "/run/w2s/door.sock")
    headers = {"Authorization": f"Bearer {os.environ.get('W2S_TOKEN', '')}", "Content-Type": kind}
    connection = _Door(door)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise LabError(
                "worker_died",
                f"There is no way to the lab: {door}: {error.strerror}. Does this run in a lab's sandbox?",
            ) from None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused early: the answer says why
            connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise LabError(
            "worker_died",
            f"The connection to the lab was cut ({error or type(error).__name__}). "
            "What was asked may have been done in part: look before you ask again.",
        ) from None
    finally:
        connection.close()


def _error(status: int, answer: bytes) -> LabError:
    try:
        error = json.loads(answer)["error"]
        return LabError(error["code"], error["message"])
    except (ValueError, KeyError, TypeError):
        return LabError("failed", f"The lab answered with status {status}.")


def _arrays(value: Any) -> Any:
    if isinstance(value, Blob):
        return value.array().copy()
    if isinstance(value, dict):
        return {key: _arrays(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_arrays(entry) for entry in value]
    return value
