"""One worker process on one device, as the server sees it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import TrainerError
from ..frames import MAGIC
from .messages import LENGTHS, Answer, ask

HELLO_SECONDS = 120.0
PATIENCE_SECONDS = 3.0
"""A worker that has not stopped this long after it was asked to is killed."""
_CHUNK = 1 << 20
_LAST_WORDS = 20


class Died(TrainerError):
    """The worker is gone; the next request starts another."""

    def __init__(self, message: str) -> None:
        super().__init__("worker_died", message)


class Device:
    """Started by the first request, and again by the first one after its death. Answers one request at a time."""

    def __init__(self, name: str, options: Sequence[str], env: Mapping[str, str]) -> None:
        self.name = name
        self._command = [sys.executable, "-u", "-m", "w2s_trainer", "worker", *options]
        places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]
        self._env = {**os.environ, **env, "PYTHONPATH": os.pathsep.join(place for place in places if place)}
        self._process: Process | None = None
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._listening: asyncio.Task[None] | None = None
        self._kill: asyncio.TimerHandle | None = None
        self.datasets: set[str] = set()
        """Hashes of what this process has been sent."""

    async def ask(self, data: bytes, emit: Callable[[Answer], None] = lambda _: None) -> Answer:
        """Sends a frame and waits for the result or the error; raises `Died`."""
        process = await self._start()
        assert process.stdin is not None
        try:
            with contextlib.suppress(ConnectionError):  # the end of what it says tells more
                process.stdin.write(data)
                await process.stdin.drain()
            while (answer := await self._read(process)).type == "event":
                emit(answer)
        except (asyncio.IncompleteReadError, ValueError, KeyError, ConnectionError) as error:
            raise await self._end(process, error) from None
        finally:
            if self._kill is not None:
                self._kill.cancel()
                self._kill = None
        if answer.header["id"] == 0:  # it cannot work, and goes
            await self._end(process, None)
            raise TrainerError(str(answer.body["code"]), str(answer.body["message"]))
        return answer

    def cancel(self, number: int) -> None:
        """Asks the worker to give up what it is doing, and kills it where it does not."""
        process = self._process
        if process is None or process.stdin is None or self._kill is not None:
            return
        process.stdin.write(ask("cancel", {"id": number}))
        self._kill = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, _kill, process)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await process.wait()
        except TimeoutError:
            _kill(process)
            await process.wait()

    async def _start(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        self.datasets = set()
        self._words.clear()
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self._env, limit=_CHUNK
        )
        self._process = process
        self._listening = asyncio.create_task(self._listen(process))
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                answer = await self._hello(process)
        except TimeoutError:
            raise await self._end(process, f"it said nothing for {HELLO_SECONDS:.0f} seconds") from None
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, KeyError) as error:
            raise await self._end(process, error) from None
        except asyncio.CancelledError:  # the server ends meanwhile
            _kill(process)
            raise
        if answer.type == "error":
            await self._end(process, None)
            raise TrainerError(str(answer.body["code"]), str(answer.body["message"]))
        return process

    async def _hello(self, process: Process) -> Answer:
        """Before the worker's own code takes standard output away, a `sitecustomize` may have printed to it."""
        assert process.stdout is not None
        while True:
            await process.stdout.readuntil(MAGIC)
            lengths = await process.stdout.readexactly(LENGTHS.size)
            header, blobs = LENGTHS.unpack(lengths)
            if header < 4096 and blobs == 0:
                return _answer(MAGIC + lengths + await process.stdout.readexactly(header), header)

    async def _read(self, process: Process) -> Answer:
        assert process.stdout is not None
        start = await process.stdout.readexactly(len(MAGIC) + LENGTHS.size)
        if start[:4] != MAGIC:
            raise ValueError(f"it sent {start[:4]!r} where a frame had to begin")
        header, blobs = LENGTHS.unpack(start[4:])
        return _answer(start + await process.stdout.readexactly(header + blobs), header)

    async def _listen(self, process: Process) -> None:
        assert process.stderr is not None
        with contextlib.suppress(ConnectionError):
            while chunk := await process.stderr.read(_CHUNK):
                self._words.extend(line for line in chunk.decode(errors="replace").splitlines() if line.strip())

    async def _end(self, process: Process, why: object) -> Died:
        """What is said of a worker that is of no more use."""
        if self._process is process:
            self._process = None
            self.datasets = set()
        if not isinstance(why, asyncio.IncompleteReadError):
            _kill(process)  # it talks nonsense, or cannot work
        elif process.returncode is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await process.wait()
            _kill(process)
        code = await process.wait()
        if self._listening is not None:  # a process that it started may hold its pipes open for ever
            await asyncio.wait([self._listening], timeout=0.5)
        gone = isinstance(why, asyncio.IncompleteReadError)
        words = "Its last words:\n  " + "\n  ".join(self._words) + "\n" if self._words else "It left no message. "
        how = f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
        if why is not None and not gone:
            how = f"had to be ended ({why})"
        hint = "If nobody killed it, the machine ran out of memory. " if gone and code == -9 else ""
        return Died(f"The server's worker on {self.name} {how}. {words}{hint}The next call starts a new one.")


def _answer(data: bytes, header_length: int) -> Answer:
    start = len(MAGIC) + LENGTHS.size
    header = json.loads(data[start : start + header_length])
    return Answer({**header, "id": header["id"], "type": header["type"], "body": header["body"]}, data)


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
