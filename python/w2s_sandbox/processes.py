"""Which processes descend from which, and how to end all of them."""

import contextlib
import os
import signal
import subprocess
import time

ROUNDS = 200


def descendants(root: int) -> set[int]:
    """Living processes below `root`; those that only wait to be reaped do not count."""
    parents = _parents()
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    stack = [root]
    while stack:
        for pid in children.get(stack.pop(), ()):
            if pid not in found:
                found.add(pid)
                stack.append(pid)
    return found


def end_tree(root: int) -> None:
    """
    Kills what descends from `root`, and not `root` itself. What is stopped forks no more: everything is stopped first,
    until a look finds nothing new, and then killed. What outruns that takes all other processes of the sandbox with it.
    """
    for _ in range(ROUNDS):
        stopped: set[int] = set()
        while new := descendants(root) - stopped:
            _signal(new, signal.SIGSTOP)
            stopped |= new
            if len(stopped) > 100_000:
                break
        if not stopped:
            return
        _signal(stopped, signal.SIGKILL)
        time.sleep(0.001)  # a killed process takes a moment to go
    end_everything()


def end_everything() -> None:
    """Kills every process but this one: all of the sandbox's where this is its first, else all of its descendants."""
    if os.getpid() == 1:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    else:
        for _ in range(ROUNDS):
            if not (found := descendants(os.getpid())):
                return
            _signal(found, signal.SIGKILL)
            reap()
            time.sleep(0.001)


def reap() -> list[tuple[int, int]]:
    """Collects children that have ended, with their wait statuses."""
    ended = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, status))


def any_child() -> bool:
    """Whether anything runs below this process, orphans that it has adopted included."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _signal(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _parents() -> dict[int, int]:
    parents = {}
    try:
        names = os.listdir("/proc")
    except FileNotFoundError:
        return _parents_by_ps()
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                # The command's name is in parentheses and may hold any character, parentheses too.
                state, parent = file.read().rpartition(b")")[2].split(None, 2)[:2]
        except (OSError, ValueError):
            continue
        if state not in (b"Z", b"X"):
            parents[int(name)] = int(parent)
    return parents


def _parents_by_ps() -> dict[int, int]:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=False).stdout
    rows = (line.split() for line in listing.splitlines())
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}
