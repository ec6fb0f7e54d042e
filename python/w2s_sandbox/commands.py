"""Commands that run below the helper: `exec`, which is waited for, and `spawn`, whose streams go to the host."""

import contextlib
import errno
import os
import selectors
import signal
import time

from census import Census
from keeper import EXITED, FAILED, REPORT, STARTED, start_kept
from kernel import OomScore
from output import CHUNK, Kept, Output
from processes import descendants, end_tree
from wire import Failure

# What a pipe can hold; more than this after a command's end was written by something that it left running.
PIPE = 1 << 20
# As many as the host takes.
NOTICES = 20


class Running:
    """A command below its keeper. `started` is called once it runs, `ended` with its exit code and signal."""

    def __init__(self, loop, oom: OomScore, header: dict, streams: tuple[int, int, int]):
        self._loop = loop
        self.command = 0
        self.over = False
        self.keeper, self._reports = start_kept(header["argv"], header["env"], header["cwd"], streams, oom)
        loop.watch(self._reports, selectors.EVENT_READ, self._report)

    def started(self) -> None:
        pass

    def failed(self, code: int, message: str) -> None:
        raise NotImplementedError

    def ended(self, exit_code: int | None, name: str | None) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """Kills the command and all that it has started."""
        end_tree(self.keeper)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.keeper, signal.SIGKILL)

    def _report(self) -> None:
        report = os.read(self._reports, REPORT.size)
        lost = len(report) < REPORT.size
        kind, value, extra = (EXITED, -1, signal.SIGKILL) if lost else REPORT.unpack(report)
        if kind == STARTED:
            self.command = value
            self.started()
            return
        self.over = True
        self._loop.unwatch(self._reports)
        os.close(self._reports)
        if lost:
            # Killed, perhaps by its command, which is an orphan now as all that it has started.
            self._loop.end_strays()
        if kind == FAILED:
            self.failed(*why_not_started(value, bool(extra)))
        else:
            self.ended(None if extra else value, signal_name(extra) if extra else None)


class Exec(Running):
    def __init__(self, loop, oom: OomScore, header: dict, payload: bytes):
        self.id = header["id"]
        self._begun = time.monotonic()
        self.deadline = self._begun + header["timeout"]
        self._output = Kept(header["maxOutput"])
        self._watch = header["watch"]
        self._census: Census | None = None
        self._timed_out = False
        self.notices: list[str] = []
        self._reader, writer = os.pipe()
        source = _input(payload)
        try:
            super().__init__(loop, oom, header, (source, writer, writer))
        except OSError:
            os.close(self._reader)
            raise
        finally:
            os.close(source)
            os.close(writer)
        os.set_blocking(self._reader, False)
        loop.watch(self._reader, selectors.EVENT_READ, self._read)

    def started(self) -> None:
        if self._watch:
            with contextlib.suppress(OSError):  # it has ended already
                self._census = Census(self.keeper, self.command)

    def time_out(self) -> None:
        self._timed_out = True
        self.end()

    def failed(self, code: int, message: str) -> None:
        self._output.add(f"{message}\n".encode())
        self.ended(code, None)

    def ended(self, exit_code: int | None, name: str | None) -> None:
        for _ in range(PIPE // CHUNK):
            if self._reader < 0 or not self._read():
                break
        if self._reader >= 0:
            # Something in the background holds it: it may go on writing, to nobody.
            self._loop.unwatch(self._reader)
            self._loop.discard(self._reader)
        head, tail = self._output.parts()
        result = {
            "exitCode": exit_code,
            "signal": name,
            "outputBytes": self._output.total,
            "head": len(head),
            "timedOut": self._timed_out,
            "duration": time.monotonic() - self._begun,
            "notices": self.notices[:NOTICES],
            "programs": self._census.end() if self._census else {},
        }
        self._loop.finished(self)
        self._loop.answer(self.id, result, head + tail)

    def _read(self) -> bool:
        """Whether there was something."""
        try:
            data = os.read(self._reader, CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._loop.unwatch(self._reader)
            os.close(self._reader)
            self._reader = -1
        self._output.add(data)
        return bool(data)


class Spawned(Running):
    def __init__(self, loop, oom: OomScore, header: dict):
        self.id = header["id"]
        source, self._stdin = os.pipe()
        outputs = {"stdout": os.pipe(), "stderr": os.pipe()}
        inside = (source, outputs["stdout"][1], outputs["stderr"][1])
        try:
            super().__init__(loop, oom, header, inside)
        except OSError:
            for fd in (self._stdin, *(reader for reader, _ in outputs.values())):
                os.close(fd)
            raise
        finally:
            for fd in inside:
                os.close(fd)
        os.set_blocking(self._stdin, False)
        self._writing: tuple[int, memoryview] | None = None
        self._outputs = {
            name: Output(loop, self.id, name, reader, self._settle) for name, (reader, _) in outputs.items()
        }

    def started(self) -> None:
        self._loop.answer(self.id, {"pid": self.command})

    def failed(self, code: int, message: str) -> None:
        self._loop.refuse(self.id, Failure("not_found" if code == 127 else "failed", message))
        self.close_input()
        self._settle()

    def ended(self, exit_code: int | None, name: str | None) -> None:
        self._loop.tell({"stream": self.id, "exit": {"exitCode": exit_code, "signal": name}})
        self.close_input()
        self._settle()

    def write(self, id: int, payload: bytes) -> None:
        if self._writing:
            raise Failure("bad_input", "the last write has not ended")
        if self.over:
            raise Failure("failed", "the program has ended")
        if self._stdin < 0:
            raise Failure("failed", "the program's input is closed")
        self._writing = (id, memoryview(payload))
        self._loop.watch(self._stdin, selectors.EVENT_WRITE, self._flush)

    def close_input(self) -> None:
        if self._stdin >= 0:
            if self._writing:
                self._loop.unwatch(self._stdin)
                self._loop.refuse(self._writing[0], Failure("failed", "the program's input was closed"))
                self._writing = None
            os.close(self._stdin)
            self._stdin = -1

    def credit(self, name: str, count: int) -> None:
        self._outputs[name].credit(count)

    def drop(self, name: str) -> None:
        self._outputs[name].drop()

    def send_signal(self, number: int) -> None:
        if self.over:
            return  # its number may be another's by now
        if number == signal.SIGKILL:
            self.end()
        elif self.command:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.command, number)

    def _flush(self) -> None:
        id, rest = self._writing
        try:
            rest = rest[os.write(self._stdin, rest) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.close_input()
            return
        self._writing = (id, rest)
        if not rest:
            self._loop.unwatch(self._stdin)
            self._writing = None
            self._loop.answer(id, {})

    def _settle(self) -> None:
        """Output may still be under way when the command has ended, and wait for the host to make room."""
        if self.over and not any(output.open for output in self._outputs.values()):
            self._loop.finished(self)


def end_strays(running: list[Running]) -> None:
    """Ends what earlier commands have left running."""
    keepers = [command.keeper for command in running if not command.over]
    for _ in range(50):
        # In this order: what a command starts meanwhile is no stray.
        found = descendants(os.getpid())
        strays = found.difference(keepers, *map(descendants, keepers))
        if not strays:
            return
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def why_not_started(number: int, folder: bool) -> tuple[int, str]:
    """As a shell tells it: 127 for what is not there, 126 for what cannot be run."""
    if number in (errno.EAGAIN, errno.ENOMEM):
        return 126, "The command was not started: the sandbox is full (processes or memory). What was left was ended."
    what = "the folder to run it in" if folder else "the program"
    return 127 if number == errno.ENOENT else 126, f"The command was not started: {what}: {os.strerror(number)}."


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def _input(payload: bytes) -> int:
    if not payload:
        return os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    if hasattr(os, "memfd_create"):
        source = os.memfd_create("stdin")
    else:
        import tempfile

        with tempfile.TemporaryFile() as file:
            source = os.dup(file.fileno())
    rest = memoryview(payload)
    while rest:
        rest = rest[os.write(source, rest) :]
    os.lseek(source, 0, os.SEEK_SET)
    return source
