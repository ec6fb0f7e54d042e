"""Watches how much the work folder holds."""

import contextlib
import errno
import math
import os
import stat
import time
import traceback
from collections.abc import Callable

from kernel import OPEN_FILES
from processes import any_child, descendants

# A look costs time in a large tree: a twentieth of it is spent looking, unless the pause would be long.
SHARE = 20
INTERVAL = 0.25
LONGEST = 1.0
# A name takes room too, also that of an empty file: names count as much as a block.
LEAST = 4096
# Beyond the limit by this or by as much again, commands are not even started.
SLACK = 8 << 30
DEEPEST = OPEN_FILES - 1000
# Gone since it was listed, or another's.
NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EPERM)
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class DiskWatch:
    """Calls `ended` when more than `most` bytes are in use, and more than at the last look."""

    def __init__(self, work: int, most: int, ended: Callable[[], None]):
        self._work = work
        self._device = os.fstat(work).st_dev
        self._most = most
        self._ended = ended
        self._used = 0.0
        self._again = True

    def look_again(self) -> None:
        """Something may change now, however soon it is over."""
        self._again = True

    @property
    def far_too_full(self) -> str | None:
        """Why no command is started and no file is written, as long as this holds."""
        if self._used <= self._most + max(self._most, SLACK):
            return None
        return f"{self.state()}: nothing is started or written until files have been removed from outside."

    def state(self) -> str:
        held = "folders that are too deep or closed" if math.isinf(self._used) else f"{self._used:.0f} bytes"
        return f"The work folder held {held}, and {self._most} bytes are allowed"

    def run(self) -> None:
        """Never returns. Without its watch the helper ends, and with it the sandbox."""
        try:
            self._watch()
        finally:
            traceback.print_exc()
            os._exit(1)

    def _watch(self) -> None:
        took = 0.0
        while True:
            time.sleep(min(max(INTERVAL, SHARE * took), LONGEST))
            living = any_child()
            if not living and not self._again:
                continue
            self._again = living  # once more when the last has ended
            begun = time.monotonic()
            used = disk_use(self._work) + unlinked(self._device)
            took = time.monotonic() - begun
            grown = used > self._used or math.isinf(used)
            self._used = used
            if living and used > self._most and grown:
                self._ended()


def unlinked(device: int) -> int:
    """Bytes of files without a name that processes below this one hold open, as far as they let it be seen."""
    sizes: dict[int, int] = {}
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as files:
            for file in files:
                with contextlib.suppress(OSError):
                    about = file.stat()
                    if about.st_nlink == 0 and about.st_dev == device and stat.S_ISREG(about.st_mode):
                        sizes[about.st_ino] = about.st_blocks * 512
    return sum(sizes.values())


def disk_use(folder: int) -> float:
    """Bytes on disk below an open folder, at least LEAST for each name; infinite where it cannot be told."""
    levels: list[tuple[int, list[str]]] = []
    try:
        _allow(folder)
        fd = _open(folder, ".")
        used, inside = _one_folder(fd)
        levels.append((fd, inside))
        while levels:
            fd, inside = levels[-1]
            if not inside:
                os.close(levels.pop()[0])
                continue
            if len(levels) == DEEPEST:
                return math.inf
            try:
                below = _open(fd, inside.pop())
            except OSError as error:
                if error.errno in NOT_THERE:
                    continue
                raise
            more, names = _one_folder(below)
            used += more
            levels.append((below, names))
    except OSError:
        return math.inf
    finally:
        for fd, _ in levels:
            os.close(fd)
    return used


def _open(above: int, name: str) -> int:
    """Opens a folder, and opens it up where it has been shut: something may write below it all the same."""
    try:
        fd = os.open(name, FOLDER, dir_fd=above)
    except PermissionError:
        _open_up(above, name)
        fd = os.open(name, FOLDER, dir_fd=above)
    _allow(fd)
    return fd


def _open_up(above: int, name: str) -> None:
    """For its owner, and through no link."""
    if not hasattr(os, "O_PATH"):
        os.chmod(name, stat.S_IRWXU, dir_fd=above, follow_symlinks=False)
        return
    fd = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    try:
        os.chmod(f"/proc/self/fd/{fd}", stat.S_IRWXU)
    finally:
        os.close(fd)


def _allow(fd: int) -> None:
    wanted = stat.S_IRUSR | stat.S_IXUSR
    mode = stat.S_IMODE(os.fstat(fd).st_mode)
    if mode & wanted != wanted:
        with contextlib.suppress(PermissionError):  # it is another's
            os.fchmod(fd, mode | wanted)


def _one_folder(fd: int) -> tuple[int, list[str]]:
    """What its entries take, and the names of the folders among them."""
    used = 0
    folders = []
    with os.scandir(fd) as entries:
        for entry in entries:
            try:
                about = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            used += max(about.st_blocks * 512, LEAST)
            if stat.S_ISDIR(about.st_mode):
                folders.append(entry.name)
    return used, folders
