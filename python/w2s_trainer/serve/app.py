"""The HTTP side, as a plain ASGI application: who may ask, what for, and frames out as they come."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .. import PROTOCOL
from ..errors import TrainerError
from ..source import source_hash
from .calls import Calls
from .job import Job
from .messages import Answer, Request, error, message
from .messages import request as parse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

FRAMES = b"application/x-w2s-frames"
_CALL = re.compile(r"/v1/calls/([A-Za-z0-9_-]{8,100})")
_SMALL = 1 << 16
"""Larger requests are read in a thread, so that the streams of others go on."""
_DRAINED = 4
"""So many times the limit of a body is read and thrown away, so that its sender comes to read the answer."""


class TooLarge(Exception):
    """A body above the limit."""


class Gone(Exception):
    """The client has left before its request was complete."""


class App:
    def __init__(self, calls: Calls, token: str, most_bytes: int) -> None:
        self._calls = calls
        self._token = token.encode()
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        with contextlib.suppress(Gone, OSError):  # an OSError of `send`: the client has left
            await self._respond(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._may_ask(scope):
            challenge = (b"www-authenticate", b"Bearer")
            await _whole(send, 401, b"unauthorized\n", b"text/plain", challenge)
            return
        call = _CALL.fullmatch(scope["path"])
        match scope["method"], scope["path"]:
            case "GET", "/v1/hello":
                await _frames(send, 200, self._hello())
            case "POST", _ if call:
                await self._ask(call[1], scope, receive, send)
            case "DELETE", _ if call:
                self._calls.abort(call[1])
                await _whole(send, 204, b"", FRAMES)
            case _:
                known = "GET /v1/hello, POST /v1/calls/ID, DELETE /v1/calls/ID (ID: 8 to 100 letters, digits, - or _)"
                await _frames(send, 404, error("bad_input", f"There is no such address here; known are: {known}."))

    def _may_ask(self, scope: Scope) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        return hmac.compare_digest(token.strip(), self._token) and scheme.lower() == b"bearer"

    def _hello(self) -> Answer:
        python = ".".join(map(str, sys.version_info[:3]))
        about = {"protocol": PROTOCOL, "pid": os.getpid(), "python": python, "worker": source_hash()}
        return message("hello", {**about, "mostBytes": self._most_bytes}, 0)

    async def _ask(self, call: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            data = await self._body(scope, receive)
            request, identity = await _read(data)
            job = self._calls.job(call, request, identity)
        except TooLarge as problem:
            await _frames(send, 413, error("bad_input", str(problem)))
            return
        except TrainerError as problem:
            status = 400 if problem.code == "bad_input" else 200
            await _frames(send, status, error(problem.code, str(problem)))
            return
        del data, request
        await _stream(job, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        data = bytearray()
        length = int(announced) if announced.isdigit() else 0
        found, more = 0, length <= _DRAINED * self._most_bytes
        while more and found <= _DRAINED * self._most_bytes:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise Gone
            part = event.get("body", b"")
            found += len(part)
            if max(found, length) <= self._most_bytes:
                data += part
            more = event.get("more_body", False)
        if max(found, length) > self._most_bytes:
            raise TooLarge(
                f"The request has {max(found, length)} bytes; this server takes {self._most_bytes} at most. Divide the "
                "dataset into several, shorten its texts, or start the server with a higher --max-mb."
            )
        return bytes(data)


async def _read(data: bytes) -> tuple[Request, str]:
    def read() -> tuple[Request, str]:
        request = parse(data)
        if request.op == "put":
            request.check_hash()
            return request, ""
        return request, request.identity

    return read() if len(data) <= _SMALL else await asyncio.to_thread(read)


async def _stream(job: Job, receive: Receive, send: Send) -> None:
    """Ends with the answer, or with the connection: the job goes on then, and the call can come back for its answer."""
    await _start(send, 200, FRAMES)

    async def write() -> None:
        async with contextlib.aclosing(job.listen()) as stream:
            async for data in stream:
                await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = {asyncio.create_task(write()), asyncio.create_task(left())}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _frames(send: Send, status: int, answer: Answer) -> None:
    await _whole(send, status, answer.data, FRAMES)


async def _whole(send: Send, status: int, body: bytes, content_type: bytes, *more: tuple[bytes, bytes]) -> None:
    await _start(send, status, content_type, (b"content-length", str(len(body)).encode()), *more)
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, status: int, content_type: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [
        (b"content-type", content_type),
        (b"cache-control", b"no-store"),
        (b"w2s-protocol", str(PROTOCOL).encode()),
        (b"x-accel-buffering", b"no"),  # asks proxies of nginx's kind to pass events on as they come
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
