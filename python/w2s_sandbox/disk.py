"""Watches how much the work folder holds."""

import math
import os
import stat
import time
from collections.abc import Callable

from kernel import OPEN_FILES
from processes import any_child

# A look costs time in a large tree: at most a twentieth of it is spent looking.
SHARE = 20
INTERVAL = 0.25
DEEPEST = OPEN_FILES - 1000
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class DiskWatch:
    """Calls `full` with the bytes in use when they are more than `most` and have grown since the last look."""

    def __init__(self, work: int, most: int, full: Callable[[float], None]):
        self._work = work
        self._most = most
        self._full = full

    def run(self) -> None:
        last = 0.0
        took = 0.0
        while True:
            time.sleep(max(INTERVAL, SHARE * took))
            if not any_child():
                continue
            begun = time.monotonic()
            used = disk_use(self._work)
            took = time.monotonic() - begun
            if used > self._most and used > last:
                self._full(used)
            last = used


def disk_use(folder: int) -> float:
    """Bytes on disk below an open folder, a file with several names once for each; infinite where it is too deep."""
    fd = os.open(".", FOLDER, dir_fd=folder)
    used, inside = _one_folder(fd)
    levels = [(fd, inside)]
    try:
        while levels:
            fd, inside = levels[-1]
            if not inside:
                os.close(levels.pop()[0])
                continue
            if len(levels) == DEEPEST:
                return math.inf
            try:
                below = os.open(inside.pop(), FOLDER, dir_fd=fd)
            except OSError:
                continue
            more, names = _one_folder(below)
            used += more
            levels.append((below, names))
    finally:
        for fd, _ in levels:
            os.close(fd)
    return used


def _one_folder(fd: int) -> tuple[int, list[str]]:
    """What its entries take, and the names of the folders among them."""
    used = 0
    folders = []
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                try:
                    about = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                used += about.st_blocks * 512
                if stat.S_ISDIR(about.st_mode):
                    folders.append(entry.name)
    except OSError:
        pass
    return used, folders
