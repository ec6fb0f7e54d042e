"""
The first process of a sandbox, for its whole life: `python -I -S -B w2s_sandbox`. It speaks frames (wire.py) with the
host over its standard input and output, and when that input ends, so does everything inside.
"""

import contextlib
import math
import os
import queue
import resource
import selectors
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from commands import Exec, Running, Spawned, end_strays, why_not_started
from disk import DiskWatch
from enter import close_inherited
from files import Files
from kernel import OPEN_FILES, OomScore, adopt_orphans, hide, limit_open_files
from processes import any_child, end_everything, reap
from wire import Failure, Frames

LEFT_OPEN = 100


class Helper:
    def __init__(self):
        self._frames = Frames(0, 1)
        self._selector = selectors.DefaultSelector()
        self._running: dict[int, Running] = {}
        self._left_open: deque[int] = deque()
        self._jobs: queue.SimpleQueue = queue.SimpleQueue()
        self._done: deque[Callable[[], None]] = deque()
        self._awake, self._wake = os.pipe()
        os.set_blocking(self._awake, False)
        os.set_blocking(self._wake, False)
        self._oom = OomScore()
        adopt_orphans()
        hide()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self.watch(self._frames.source, selectors.EVENT_READ, self._receive)
        self.watch(self._awake, selectors.EVENT_READ, self._woken)

    def run(self) -> None:
        while True:
            commands = [command for command in self._running.values() if isinstance(command, Exec)]
            next_deadline = min((command.deadline for command in commands), default=math.inf)
            wait = None if math.isinf(next_deadline) else max(next_deadline - time.monotonic(), 0)
            for key, _ in self._selector.select(wait):
                # An earlier callback of this round may have ended this one.
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            now = time.monotonic()
            for command in list(self._running.values()):
                if isinstance(command, Exec) and command.deadline <= now:
                    command.deadline = math.inf
                    command.time_out()

    # What commands and threads ask for.

    def watch(self, fd: int, events: int, callback: Callable[[], object]) -> None:
        self._selector.register(fd, events, callback)

    def unwatch(self, fd: int) -> None:
        self._selector.unregister(fd)

    def discard(self, fd: int) -> None:
        """Reads a pipe whose content nobody wants, so that whoever writes into it goes on."""
        self.watch(fd, selectors.EVENT_READ, lambda: self._discard(fd))
        self._left_open.append(fd)
        if len(self._left_open) > LEFT_OPEN:
            self._close_left_open(self._left_open[0])

    def finished(self, command: Running) -> None:
        self._running.pop(command.id, None)

    def end_strays(self) -> None:
        end_strays(list(self._running.values()))

    def answer(self, id: int, result: dict, payload: bytes = b"") -> None:
        self.tell({"id": id, "ok": result}, payload)

    def refuse(self, id: int, failure: Failure) -> None:
        self.tell({"id": id, "error": {"code": failure.code, "message": failure.message}})

    def tell(self, header: dict, payload: bytes = b"") -> None:
        self._frames.send(header, payload)
        if self._frames.waiting and self._frames.target not in self._selector.get_map():
            self.watch(self._frames.target, selectors.EVENT_WRITE, self._flush)

    def soon(self, callback: Callable[[], None]) -> None:
        """Calls back from the loop; for threads."""
        self._done.append(callback)
        with contextlib.suppress(BlockingIOError):  # the loop has enough to wake up for
            os.write(self._wake, b"\0")

    # What happens.

    def _flush(self) -> None:
        self._frames.flush()
        if not self._frames.waiting:
            self.unwatch(self._frames.target)

    def _woken(self) -> None:
        try:
            while os.read(self._awake, 4096):
                pass
        except BlockingIOError:
            pass
        reap()
        while self._done:
            self._done.popleft()()

    def _discard(self, fd: int) -> None:
        try:
            if os.read(fd, 1 << 16):
                return
        except BlockingIOError:
            return
        self._close_left_open(fd)

    def _close_left_open(self, fd: int) -> None:
        self._left_open.remove(fd)
        self.unwatch(fd)
        os.close(fd)

    def _receive(self) -> None:
        frames = self._frames.read()
        if frames is None:
            end_everything()
            while any_child():
                reap()
                time.sleep(0.001)
            os._exit(0)
        for header, payload in frames:
            try:
                self._perform(header, payload)
            except Failure as failure:
                self.refuse(header["id"], failure)

    def _perform(self, header: dict, payload: bytes) -> None:
        op, id = header["op"], header["id"]
        if op == "start":
            self._start(header)
        elif op == "ping":
            self.answer(id, {})
        elif op == "exec":
            self._exec(header, payload)
        elif op == "spawn":
            self._spawn(header)
        elif op in ("cancel", "stdin", "stdin-end", "credit", "drop", "kill"):
            self._steer(op, header, payload)
        else:
            self._jobs.put((header, payload))

    def _start(self, header: dict) -> None:
        set_limits(header)
        self._files = Files(header["work"])
        self._disk = DiskWatch(self._files.work, header["disk"], lambda: self.soon(self._disk_full))
        threading.Thread(target=self._work, daemon=True).start()
        threading.Thread(target=self._disk.run, daemon=True).start()
        self.answer(header["id"], {"python": ".".join(map(str, sys.version_info[:3]))})

    def _exec(self, header: dict, payload: bytes) -> None:
        id = header["id"]
        self._disk.look_again()
        if self._disk.far_too_full:
            self._not_started(id, 126, self._disk.far_too_full)
            return
        try:
            self._running[id] = Exec(self, self._oom, header, payload)
        except OSError as error:
            self.end_strays()
            self._not_started(id, *why_not_started(error.errno, False))

    def _not_started(self, id: int, code: int, message: str) -> None:
        text = f"{message}\n".encode()
        numbers = {"exitCode": code, "outputBytes": len(text), "head": len(text), "duration": 0}
        self.answer(id, {**numbers, "signal": None, "timedOut": False, "notices": [], "programs": {}}, text)

    def _spawn(self, header: dict) -> None:
        self._disk.look_again()
        if self._disk.far_too_full:
            raise Failure("storage", self._disk.far_too_full)
        try:
            self._running[header["id"]] = Spawned(self, self._oom, header)
        except OSError as error:
            self.end_strays()
            raise Failure("failed", why_not_started(error.errno, False)[1]) from error

    def _steer(self, op: str, header: dict, payload: bytes) -> None:
        command = self._running.get(header["of"])
        if op == "cancel":
            if command:
                command.end()
        elif not isinstance(command, Spawned):
            if op == "stdin":
                raise Failure("failed", "the program has ended")
        elif op == "stdin":
            command.write(header["id"], payload)
        elif op == "stdin-end":
            command.close_input()
        elif op == "kill":
            command.send_signal(getattr(signal, header["signal"]))
        elif op == "drop":
            command.drop(header["stream"])
        else:
            command.credit(header["stream"], header["bytes"])

    def _disk_full(self) -> None:
        for command in self._running.values():
            if isinstance(command, Exec):
                command.notices.append(f"{self._disk.state()}: every process was ended.")
        end_everything()

    def _work(self) -> None:
        """File operations, one after the other, in a thread of their own."""
        while True:
            header, payload = self._jobs.get()
            id = header["id"]
            self._disk.look_again()
            try:
                if header["op"] in ("write", "restore") and self._disk.far_too_full:
                    raise Failure("storage", self._disk.far_too_full)
                result, content = self._files.perform(header, payload)
                self.soon(lambda id=id, result=result, content=content: self.answer(id, result, content))
            except Failure as failure:
                self.soon(lambda id=id, failure=failure: self.refuse(id, failure))


def set_limits(header: dict) -> None:
    """For this process and all that it starts."""
    limit_open_files(OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, header["disk"])
    if header["memoryEach"] is not None:
        _limit(resource.RLIMIT_AS, header["memoryEach"])
    if header["processes"] is not None:
        _limit(resource.RLIMIT_NPROC, header["processes"])


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    close_inherited(3)
    Helper().run()
