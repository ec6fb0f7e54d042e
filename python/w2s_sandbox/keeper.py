"""Starts a command below a keeper: a small process that adopts the command's orphans, so that they can be found."""

import errno
import os
import signal
import struct
import sys

from kernel import OPEN_FILES, OPEN_FILES_OF_COMMANDS, OomScore, adopt_orphans, die_with_parent, limit_open_files

# What a keeper tells: its command's process, or why there is none; then how it ended.
REPORT = struct.Struct("<cii")
STARTED, FAILED, EXITED = b"s", b"f", b"e"
# The command leads a process group of its own; where the system can do it, in a session of its own.
SESSION = {"setsid": True} if sys.platform == "linux" else {"setpgroup": 0}


def start_kept(
    argv: list[str], env: dict[str, str], cwd: str, streams: tuple[int, int, int], oom: OomScore
) -> tuple[int, int]:
    """The keeper's process, and a pipe with its reports. `streams` become the command's 0, 1 and 2."""
    reader, writer = os.pipe()
    try:
        with oom:
            keeper = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        raise
    if keeper == 0:
        try:
            _keep(argv, env, cwd, streams, writer)
        finally:
            os._exit(0)
    os.close(writer)
    return keeper, reader


def _keep(argv: list[str], env: dict[str, str], cwd: str, streams: tuple[int, int, int], writer: int) -> None:
    signal.set_wakeup_fd(-1)
    die_with_parent()
    adopt_orphans()
    os.setsid()
    limit_open_files(OPEN_FILES_OF_COMMANDS)
    try:
        os.chdir(cwd)
        command = os.posix_spawn(
            _program(argv[0], env.get("PATH", "")),
            argv,
            env,
            file_actions=[(os.POSIX_SPAWN_DUP2, stream, number) for number, stream in enumerate(streams)],
            **SESSION,
            setsigmask=(),
            setsigdef=(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT),
        )
    except OSError as error:
        os.write(writer, REPORT.pack(FAILED, error.errno or 0, error.filename == cwd))
        return
    os.write(writer, REPORT.pack(STARTED, command, 0))
    # The helper's own pipes must not stay open in here.
    os.closerange(0, writer)
    os.closerange(writer + 1, OPEN_FILES)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == command:
            break
    code = os.waitstatus_to_exitcode(status)
    os.write(writer, REPORT.pack(EXITED, max(code, -1), max(-code, 0)))


def _program(name: str, path: str) -> str:
    if "/" in name:
        return name
    for folder in path.split(":"):
        candidate = f"{folder or '.'}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
    raise OSError(errno.ENOENT, "no such program", name)
