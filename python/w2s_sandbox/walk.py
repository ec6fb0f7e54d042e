"""Ways to folders and files on which no link is followed."""

import contextlib
import errno
import os
import stat

from wire import Failure

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe does not make the helper wait for a writer, a terminal does not become its own.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Walk:
    """Opens a folder by its parts, follows no link; as a context it gives the folder, or folder and last name."""

    def __init__(self, root: int | None, parts: list[str], make: bool, name: str | None = None):
        self._root = root
        self._parts = parts
        self._make = make
        self._name = name

    def __enter__(self):
        folder = os.open("/", FOLDER) if self._root is None else os.open(".", FOLDER, dir_fd=self._root)
        try:
            for part in self._parts:
                folder = self._step(folder, part)
        except BaseException:
            os.close(folder)
            raise
        self._fd = folder
        return folder if self._name is None else (folder, self._name)

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def _step(self, folder: int, part: str) -> int:
        if self._make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=folder)
        try:
            inner = os.open(part, FOLDER, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise Failure("bad_input", f"{printable(part)!r} is no folder (links are not followed).") from error
            raise
        os.close(folder)
        return inner


def read_regular(folder: int, name: str, most: int) -> bytes:
    if not name:
        raise Failure("bad_input", "it is a folder.")
    kind = kind_of(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    if kind != "file":
        raise Failure("bad_input", f"it is no regular file but a {kind}.")
    fd = os.open(name, READ, dir_fd=folder)
    with os.fdopen(fd, "rb", buffering=0) as file:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise Failure("bad_input", "it is no regular file.")
        if about.st_size > most:
            raise Failure("bad_input", f"it has {about.st_size} bytes; at most {most} are read.")
        content = bytearray()
        while chunk := file.read(min(1 << 20, most + 1 - len(content))):
            content += chunk
    if len(content) > most:
        raise Failure("bad_input", f"it has more than {most} bytes.")
    return bytes(content)


def kind_of(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"


def printable(name: str) -> str:
    """A name that is no UTF-8 comes with `?` for what is none."""
    return name.encode("utf-8", "replace").decode()
