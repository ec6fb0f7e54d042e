"""What Python's library does not offer of Linux. Elsewhere (unisolated on macOS) these do nothing."""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36

# The helper holds a folder open for each level that it goes down; commands get what programs expect.
OPEN_FILES = 16_384
OPEN_FILES_OF_COMMANDS = 1_024

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _prctl(option: int, value: int) -> None:
    if _libc:
        _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def hide() -> None:
    """Processes of the same user can neither trace this one nor read its memory, environment and open files."""
    _prctl(PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Descendants whose parent has died become this process's children."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def limit_open_files(most: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (value, hard))


def die_with_parent() -> None:
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class OomScore:
    """How soon the kernel kills a process for want of memory: commands first, the helper last."""

    def __init__(self):
        try:
            # Opened before `hide`, which makes the file root's.
            self._file = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
            self._own = os.read(self._file, 16)
        except OSError:
            self._file = -1

    def __enter__(self) -> None:
        """What is forked now is killed first."""
        self._set(b"1000")

    def __exit__(self, *_: object) -> None:
        self._set(self._own if self._file >= 0 else b"")

    def _set(self, score: bytes) -> None:
        if self._file >= 0:
            os.pwrite(self._file, score, 0)
