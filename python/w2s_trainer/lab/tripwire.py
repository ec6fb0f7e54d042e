"""Notes what a method's Python opens outside of what it was handed: files, folders, addresses.

A hook inside the process that it watches is a tripwire: code that knows it steps over it (ctypes, another process, this
list), and what a library opens in C never touches it. What the process does stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

MOST, LONGEST = 50, 200
"""Notes, and characters of each."""

_MACHINE = ("/dev", "/proc", "/sys")
"""Of the sandbox and the process itself; a link that leads out of there is followed first."""

_SYSTEM = (
    "/etc",
    "/run/w2s/helper/etc",
    "/usr/lib/os-release",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/X11R6/lib/X11/fonts",
    "/usr/X11/lib/X11/fonts",
    "/usr/lib/openoffice/share/fonts",
)
"""What Python and libraries read of the system, and where a sandbox's links in `/etc` lead to."""

_CODE = (".py", ".pyc", ".so")
_RESOURCES = (
    "matplotlib/mpl-data/fonts/",
    "matplotlib/mpl-data/matplotlibrc",
    "matplotlib/mpl-data/stylelib/",
    "pandas/io/formats/templates/",
    "setuptools/_vendor/jaraco/text/",
    "sklearn/utils/_repr_html/",
    "torch/_inductor/",
    "tzdata/zoneinfo/",
    "tzdata/zones",
)
"""What libraries read of themselves besides code and `.dist-info`, below a folder of `sys.path`."""

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def watch(path: str, handed: Iterable[str | os.PathLike[str]]) -> None:
    """From now on appends each new note to the file `path`, which is there, as a line of JSON: "reads /usr/words".

    `handed`: folders that may be read, besides temporary ones. Forks are watched too, programs that are started not."""
    handed = [os.path.realpath(folder) for folder in handed]
    temporary = os.path.realpath(tempfile.gettempdir())
    packages = [os.path.realpath(folder) for folder in sys.path]
    shared = [temporary, *_SYSTEM]
    mounted = [point for point in _mounts() if point != temporary and _within(shared, point)]
    door = os.environ.get("W2S_DOOR", "/run/w2s/door.sock")
    noted: set[str] = set()

    def expected(verb: str, real: str) -> bool:
        if _within(handed, real):
            return True
        below = [real[len(folder) + 1 :] for folder in packages if _within([folder], real)]
        if below:  # packages may lie below a temporary folder
            return verb == "lists" or any(_is_its_own(path) if path else not os.path.isdir(real) for path in below)
        return of_the_system(real)

    def of_the_system(real: str) -> bool:
        return _within(_MACHINE, real) or (_within(shared, real) and not _within(mounted, real))

    def own_socket(path: str) -> bool:
        real = os.path.realpath(path)
        return path.startswith("\0") or path == door or _within(handed, real) or of_the_system(real)

    def note_of(verb: str, what: Any) -> str | None:
        if isinstance(what, tuple):
            return f"{verb} {':'.join(map(str, what[:2]))}"
        text = os.fsdecode(what)
        if verb in ("reads", "lists"):
            text = os.path.realpath(text)
            if expected(verb, text):
                return None
        elif verb == "connects to" and own_socket(text):
            return None
        return f"{verb} {text}"

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        seen = _EVENTS.get(event)
        if seen is None or len(noted) >= MOST:
            return
        try:
            verb, *whats = seen(*arguments)
            for what in whats:
                if what is None or isinstance(what, int):  # of a descriptor the opening was seen
                    continue
                note = _printable(note_of(verb, what) or "")
                if note and note not in noted:
                    _append(path, note)
                    noted.add(note)
        except Exception:
            return  # whatever is wrong with what was asked, or with the list: the call goes on as if nobody looked

    sys.addaudithook(hook)


_EVENTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "open": lambda path, mode, flags: ("reads", *_opened(path, mode, flags)),
    "os.listdir": lambda path: ("lists", "." if path is None else path),
    "os.scandir": lambda path: ("lists", "." if path is None else path),
    "sqlite3.connect": lambda database: ("reads", _database(os.fsdecode(database))),
    "socket.connect": lambda _, address: ("connects to", address),
    "socket.sendto": lambda _, address: ("sends to", address),
    "socket.sendmsg": lambda _, address: ("sends to", address),
    "socket.getaddrinfo": lambda host, *_: ("looks up", host),
    "socket.gethostbyname": lambda host: ("looks up", host),
    "socket.gethostbyaddr": lambda host: ("looks up", host),
    "urllib.Request": lambda url, *_: ("asks for", url),
}


def _opened(path: Any, mode: str | None, flags: int) -> list[Any]:
    """The event of `os.open`, the one without a mode, keeps `dir_fd` to itself: a relative path may be below any folder
    that is open."""
    if flags & os.O_ACCMODE == os.O_WRONLY:
        return []
    if mode is not None or os.path.isabs(path):
        return [path]
    open_folders = (f"/proc/self/fd/{number}/" for number in os.listdir("/proc/self/fd"))
    return [path, *filter(os.path.exists, (folder + os.fsdecode(path) for folder in open_folders))]


def _mounts() -> list[str]:
    """Where something is mounted: what an operator gives to a sandbox below a folder that is the sandbox's own."""
    with open("/proc/self/mountinfo", "rb") as file:
        points = [line.split()[4] for line in file]
    return [os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), point)) for point in points]


def _is_its_own(path: str) -> bool:
    """Of a path below a folder of packages."""
    return path.endswith(_CODE) or path.startswith(_RESOURCES) or os.path.dirname(path).endswith(".dist-info")


def _printable(note: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in note[:LONGEST])[:LONGEST]


def _database(name: str) -> str | None:
    return None if name in ("", ":memory:") else name.removeprefix("file:").partition("?")[0]


def _within(folders: Iterable[str], real: str) -> bool:
    return any(real == folder or real.startswith(f"{folder}/") for folder in folders)


def _append(path: str, note: str) -> None:
    """Opens it anew: a descriptor that is kept may have been closed, and its number be of another file."""
    file = os.open(path, _APPEND)
    try:
        os.write(file, f"{json.dumps(note)}\n".encode())
    finally:
        os.close(file)
