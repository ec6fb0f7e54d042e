"""The loop of the worker: one thread reads, the main thread executes one request after the other."""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import PROTOCOL
from .call import Call
from .errors import Cancelled, TrainerError
from .frames import BrokenFrame, FrameWriter, read_frame
from .oldest import ADVICE
from .source import source_hash

_NEEDED = ("numpy", "safetensors")


class Worker:
    """Answers the frames that come on one descriptor with frames on another."""

    def __init__(
        self,
        protocol_in: int,
        protocol_out: int,
        home: Path,
        device: str,
        threads: int,
        plugins: Sequence[Path] = (),
    ) -> None:
        self._in = protocol_in
        self._writer = FrameWriter(protocol_out)
        self._home = home
        self._device = device
        self._threads = threads
        self._plugins = plugins
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting: set[int] = set()
        self._cancelled: set[int] = set()

    def run(self) -> None:
        hello = {
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "python": ".".join(map(str, sys.version_info[:3])),
            "worker": source_hash(),
        }
        self._send({"id": 0, "type": "hello", "body": hello})
        threading.Thread(target=self._read, name="w2s-reader", daemon=True).start()
        try:
            from .losses import load_plugins  # numpy is imported here, after the hello
            from .operations import Operations

            load_plugins(self._plugins)
        except ModuleNotFoundError as error:
            if error.name not in _NEEDED:
                raise
            message = f"The Python package {error.name} is not installed in {sys.executable}. {ADVICE}"
            self._send({"id": 0, "type": "error", "body": {"code": "missing_dependency", "message": message}})
            sys.exit(1)
        except TrainerError as error:
            self._send({"id": 0, "type": "error", "body": {"code": error.code, "message": str(error)}})
            sys.exit(1)

        operations = Operations(self._home, self._device, self._threads)
        while True:
            request = self._requests.get()
            self._answer(operations, request)
            del request  # its arrays may be large, and the next request may be long in coming

    def _read(self) -> None:
        try:
            while (frame := read_frame(self._in)) is not None:
                self._accept(frame)
        except EOFError:
            pass
        except (BrokenFrame, OSError) as error:
            _last_words(f"w2s_trainer: the request stream is broken: {error}")
            os._exit(2)
        except BaseException:
            _last_words(traceback.format_exc())
            os._exit(3)
        os._exit(0)  # the parent is gone: nobody waits for what is still running

    def _accept(self, frame: dict[str, Any]) -> None:
        number, op, body = frame.get("id"), frame.get("op"), frame.get("body")
        if not isinstance(number, int) or not isinstance(op, str) or not isinstance(body, Mapping):
            raise BrokenFrame(f"expected {{id: integer, op: string, body: object}}, found id {number!r}, op {op!r}")
        if op == "cancel":
            with self._lock:
                if body.get("id") in self._waiting:
                    self._cancelled.add(body["id"])
            return
        with self._lock:
            self._waiting.add(number)
        self._requests.put(frame)

    def _answer(self, operations: Any, request: dict[str, Any]) -> None:
        number: int = request["id"]
        call = Call(
            lambda event: self._send({"id": number, "type": "event", "body": event}),
            lambda: number in self._cancelled,
            self._device,
        )
        try:
            call.check()
            result = operations.run(request["op"], request["body"], request["bytes"], call)
            call.check()
            self._end(number, "result", result)
        except TrainerError as error:
            self._end(number, "error", {"code": error.code, "message": str(error)})
        except (Exception, SystemExit) as error:
            if number in self._cancelled:
                body = {"code": "cancelled", "message": str(Cancelled())}
            else:
                body = _failure(request["op"], error)
            self._end(number, "error", body)

    def _end(self, number: int, kind: str, body: Mapping[str, Any]) -> None:
        """Forgets the request before its answer goes out: over HTTP the next one, which comes at once, has the same id,
        and its cancellation must not be forgotten with this one."""
        with self._lock:
            self._waiting.discard(number)
            self._cancelled.discard(number)
        self._send({"id": number, "type": kind, "body": body})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._writer.write(message)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)


def _failure(op: str, error: BaseException) -> dict[str, str]:
    if isinstance(error, MemoryError):
        message = f"{op}: out of memory. Use a smaller model, fewer features or a shorter maxTokens. {error}".strip()
    else:
        message = f"{op} failed: {type(error).__name__}: {error}"
    frames = "".join(traceback.format_tb(error.__traceback__)[-4:])
    return {"code": "failed", "message": message, "traceback": frames}


def _last_words(text: str) -> None:
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()
