"""Notes what a method's Python opens outside of what it was handed: files, folders, addresses.

A hook inside the process that it watches is a tripwire: code that knows it steps over it (ctypes, another process, this
list), and what a library opens in C never touches it. What the process does stays as it is.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

MOST, LONGEST = 50, 200
"""Notes, and characters of each."""

_MACHINE = ("/dev", "/etc", "/proc", "/sys")
"""Of the sandbox and the process itself; a link that leads out of there is followed first."""

_CODE = (".py", ".pyc", ".so", ".pth", ".cpp", ".h", ".ld", ".jinja", ".css")
_ABOUT = (".dist-info/", "/_vendor/", "/zoneinfo/", "/fonts/", "/stylelib/", "/templates/", "/VERSION", "/matplotlibrc")
"""What numpy, scipy, scikit-learn, pandas, matplotlib, torch and transformers open of themselves and of the system."""

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def watch(path: str, handed: Iterable[str | os.PathLike[str]]) -> None:
    """From now on appends each new note to the file `path`, which is there, as a line of JSON: "reads /usr/words".

    `handed`: folders that may be read, besides temporary ones. Forks are watched too, programs that are started not."""
    handed = [os.path.realpath(folder) for folder in handed]
    free = [os.path.realpath(folder) for folder in (tempfile.gettempdir(), *_MACHINE)]
    packages = [os.path.realpath(folder) for folder in sys.path]
    door = os.environ.get("W2S_DOOR", "/run/w2s/door.sock")
    noted: set[str] = set()

    def expected(verb: str, real: str) -> bool:
        if _within(handed, real) or real in packages or any(part in f"{real}/" for part in _ABOUT):
            return True
        installed = _within(packages, real)
        if not installed and _within(free, real):  # packages may lie below a temporary folder
            return True
        return installed if verb == "lists" else real.endswith(_CODE)

    def own_socket(path: str) -> bool:
        return path.startswith("\0") or path == door or _within([*handed, *free], os.path.realpath(path))

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
            verb, what = seen(*arguments)
            if what is None or isinstance(what, int):  # of a descriptor the opening was seen
                return
            note = note_of(verb, what)
            if note is None:
                return
            note = note.encode("utf-8", "backslashreplace").decode()[:LONGEST]
            if note not in noted:
                _append(path, note)
                noted.add(note)
        except Exception:
            return  # whatever is wrong with what was asked, or with the list: the call goes on as if nobody looked

    sys.addaudithook(hook)


_EVENTS: dict[str, Callable[..., tuple[str, Any]]] = {
    "open": lambda path, _, flags: ("reads", None if flags & os.O_ACCMODE == os.O_WRONLY else path),
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


def _database(name: str) -> str | None:
    return None if name in ("", ":memory:") else name.removeprefix("file:").partition("?")[0]


def _within(folders: list[str], real: str) -> bool:
    return any(real == folder or real.startswith(f"{folder}/") for folder in folders)


def _append(path: str, note: str) -> None:
    """Opens it anew: a descriptor that is kept may have been closed, and its number be of another file."""
    file = os.open(path, _APPEND)
    try:
        os.write(file, f"{json.dumps(note)}\n".encode())
    finally:
        os.close(file)
