"""Counts the programs that a command has run, by looking at the processes below it again and again."""

import contextlib
import os
import threading
import time

from processes import descendants

# Seconds between two looks, and how many times longer than a look itself the pause is at least.
PAUSE = 0.005
IDLE = 20
# Different programs that are told apart, and processes that are remembered.
MOST = 100
MOST_PROCESSES = 100_000
OTHERS = "(others)"


class Census:
    """What lives for less than a pause can escape it: what is found is evidence, what is not found is no clearance."""

    def __init__(self, keeper: int, command: int):
        self._keeper = keeper
        self._command = command
        self._own = _program(command)
        # What each process has been, in order.
        self._seen: dict[int, list[str]] = {command: [self._own]}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> dict[str, int]:
        """How many processes there were of each program, by its file's name, besides the command's own process."""
        self._over.set()
        self._thread.join()
        counts: dict[str, int] = {}
        for pid, names in self._seen.items():
            # A process that becomes another program begins as a copy of the one that starts it.
            copy = names[0] == self._own and (len(names) > 1 or pid == self._command)
            for name in names[1:] if copy else names:
                key = name if name in counts or len(counts) < MOST else OTHERS
                counts[key] = counts.get(key, 0) + 1
        return counts

    def _run(self) -> None:
        took = 0.0
        while not self._over.wait(max(PAUSE, IDLE * took)):
            begun = time.monotonic()
            for pid in descendants(self._keeper):
                with contextlib.suppress(OSError):  # it has just ended
                    self._add(pid, _program(pid))
            took = time.monotonic() - begun

    def _add(self, pid: int, name: str) -> None:
        if pid not in self._seen and len(self._seen) < MOST_PROCESSES:
            self._seen[pid] = [name]
        elif name not in self._seen.get(pid, (name,)) and len(self._seen[pid]) < MOST:
            self._seen[pid].append(name)


def _program(pid: int) -> str:
    """The name of the file that runs, which a process cannot change as it can change how it calls itself."""
    try:
        path = os.readlink(f"/proc/{pid}/exe")
    except PermissionError:
        with open(f"/proc/{pid}/comm", errors="replace") as file:
            path = file.read().strip()
    return os.path.basename(path)[:100]
