"""
Files, by paths from the host. A path is walked part by part from an open folder, and no link is ever followed: what a
path means cannot be changed while it is resolved.
"""

import contextlib
import errno
import itertools
import json
import os
import posixpath
import stat

from walk import FOLDER, Walk, kind_of, printable, read_regular
from wire import Failure

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
LISTED = 10_000
VISITED = 500_000
SKIPPED = 1_000
DEEPEST = 200
# What a path of a snapshot may have, in UTF-16 units, and what all of them may, as JSON.
LONGEST = 1_000
HEADER = 24 << 20
# Folders deeper than this are moved up before they are removed.
SHALLOW = 50

CODES = {
    errno.ENOENT: "not_found",
    **dict.fromkeys((errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL), "bad_input"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG), "storage"),
}


class Files:
    def __init__(self, work: str):
        self.work = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._operations = {
            "read": self._read,
            "write": self._write,
            "list": self._list,
            "remove": self._remove,
            "restore": self._restore,
            "snapshot": self._snapshot,
        }
        self._fresh = itertools.count()

    def perform(self, header: dict, payload: bytes) -> tuple[dict, bytes]:
        try:
            return self._operations[header["op"]](header, payload)
        except OSError as error:
            code = CODES.get(error.errno or 0, "failed")
            raise Failure(code, f"{os.strerror(error.errno or 0)}.") from error

    def _read(self, header: dict, _: bytes) -> tuple[dict, bytes]:
        with self._parent(header["path"]) as (folder, name):
            return {}, read_regular(folder, name, header["maxBytes"])

    def _write(self, header: dict, payload: bytes) -> tuple[dict, bytes]:
        with self._parent(header["path"], make=True) as (folder, name):
            if not name:
                raise Failure("bad_input", "it is a folder.")
            self._put(folder, name, payload, None)
        return {}, b""

    def _list(self, header: dict, _: bytes) -> tuple[dict, bytes]:
        with self._folder(header["path"]) as folder:
            entries = []
            with os.scandir(folder) as found:
                for entry in itertools.islice(found, LISTED):
                    try:
                        about = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    kind = kind_of(about.st_mode)
                    size = about.st_size if kind == "file" else 0
                    entries.append({"name": printable(entry.name), "type": kind, "bytes": size})
        return {"entries": sorted(entries, key=lambda entry: entry["name"])}, b""

    def _remove(self, header: dict, _: bytes) -> tuple[dict, bytes]:
        try:
            with self._parent(header["path"]) as (folder, name):
                if not name:
                    raise Failure("bad_input", "the work folder itself is not removed.")
                self._remove_all(folder, name)
        except FileNotFoundError:
            pass
        return {}, b""

    def _restore(self, header: dict, payload: bytes) -> tuple[dict, bytes]:
        files = header["files"]
        with self._folder(header["path"], make=True) as folder:
            if header["exact"]:
                kept = {file["path"] for file in files}
                above = {path[:at] for path in kept for at, letter in enumerate(path) if letter == "/"}
                self._remove_others(folder, "", kept, above)
            at = 0
            for file in files:
                content = payload[at : at + file["bytes"]]
                at += file["bytes"]
                *folders, name = file["path"].split("/")
                with Walk(folder, folders, make=True) as inner:
                    self._put(inner, name, content, 0o755 if file["executable"] else 0o644)
        return {}, b""

    def _snapshot(self, header: dict, _: bytes) -> tuple[dict, bytes]:
        taken = _Taken(header["files"], header["bytes"], set(header["exclude"]))
        with self._folder(header["path"]) as folder:
            taken.add_folder(folder, "", 0)
        return {"files": taken.files, "skipped": taken.skipped}, b"".join(taken.contents)

    def _put(self, folder: int, name: str, content: bytes, mode: int | None) -> None:
        """Whole or not at all: beside it, and then in its place."""
        if mode is None:
            try:
                about = os.stat(name, dir_fd=folder, follow_symlinks=False)
                mode = stat.S_IMODE(about.st_mode) & 0o777 if stat.S_ISREG(about.st_mode) else 0o644
            except FileNotFoundError:
                mode = 0o644
        beside = f".w2s-{os.getpid()}-{next(self._fresh)}.new"
        try:
            fd = os.open(beside, NEW, 0o600, dir_fd=folder)
            with os.fdopen(fd, "wb", buffering=0) as file:
                rest = memoryview(content)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fchmod(fd, mode)
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=folder)
            raise

    def _remove_all(self, folder: int, name: str) -> None:
        """A file, or a folder of any depth."""
        todo = [name]
        while todo:
            self._remove_shallow(folder, todo[-1], folder, todo, 0)

    def _remove_shallow(self, folder: int, name: str, top: int, todo: list[str], depth: int) -> None:
        """Removes what is not too deep; what is, it moves up to `top` and adds to `todo`."""
        if depth == 0:
            todo.pop()
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=folder)
            return
        if depth == SHALLOW:
            fresh = f".w2s-{os.getpid()}-{next(self._fresh)}.old"
            os.rename(name, fresh, src_dir_fd=folder, dst_dir_fd=top)
            todo.append(fresh)
            return
        inner = os.open(name, FOLDER, dir_fd=folder)
        try:
            for entry in os.listdir(inner):
                self._remove_shallow(inner, entry, top, todo, depth + 1)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=folder)

    def _remove_others(self, folder: int, prefix: str, kept: set[str], above: set[str]) -> None:
        for name in os.listdir(folder):
            path = f"{prefix}{name}"
            is_folder = stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
            if is_folder and path in above:
                with Walk(folder, [name], make=False) as inner:
                    self._remove_others(inner, f"{path}/", kept, above)
            elif is_folder or path not in kept:
                self._remove_all(folder, name)

    def _parent(self, path: str, make: bool = False) -> "Walk":
        root, parts = self._parts(path)
        return Walk(root, parts[:-1], make, parts[-1] if parts else "")

    def _folder(self, path: str, make: bool = False) -> "Walk":
        root, parts = self._parts(path)
        return Walk(root, parts, make)

    def _parts(self, path: str) -> tuple[int | None, list[str]]:
        """An open folder (None: the root) and the way from there. As no link is followed, `..` is a matter of words."""
        whole = posixpath.normpath(posixpath.join("/work", path))
        if "\0" in whole:
            raise Failure("bad_input", "a path holds no NUL.")
        parts = [part for part in whole.split("/") if part]
        return (self.work, parts[1:]) if parts[:1] == ["work"] else (None, parts)


class _Taken:
    """The regular files below a folder."""

    def __init__(self, most_files: int, most_bytes: int, exclude: set[str]):
        self._most_files = most_files
        self._most_bytes = most_bytes
        self._exclude = exclude
        self._visited = 0
        self._bytes = 0
        self._header = 0
        self.files: list[dict] = []
        self.contents: list[bytes] = []
        self.skipped: list[str] = []

    def add_folder(self, folder: int, prefix: str, depth: int) -> None:
        if depth > DEEPEST:
            raise Failure("bad_input", f"folders are nested deeper than {DEEPEST}.")
        with os.scandir(folder) as entries:
            for entry in entries:
                self._visited += 1
                if self._visited > VISITED:
                    raise Failure("bad_input", f"there are more than {VISITED} files and folders.")
                path = f"{prefix}{entry.name}"
                if path not in self._exclude:
                    self._add(folder, entry.name, path, depth)

    def _add(self, folder: int, name: str, path: str, depth: int) -> None:
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                with Walk(folder, [name], make=False) as inner:
                    self.add_folder(inner, f"{path}/", depth + 1)
            elif stat.S_ISREG(mode) and _can_be_named(path):
                self._add_file(folder, name, path, mode)
            else:
                self._skip(path)
        except FileNotFoundError:
            pass  # gone since it was listed
        except PermissionError:
            self._skip(path)

    def _skip(self, path: str) -> None:
        if len(self.skipped) < SKIPPED:
            self.skipped.append(printable(path[:LONGEST]))

    def _add_file(self, folder: int, name: str, path: str, mode: int) -> None:
        if len(self.files) >= self._most_files:
            raise Failure("bad_input", f"there are more than {self._most_files} files.")
        try:
            content = read_regular(folder, name, self._most_bytes - self._bytes)
        except Failure as failure:
            if failure.code != "bad_input":
                raise
            raise Failure("bad_input", f"{path}: beyond the {self._most_bytes} bytes of a snapshot.") from failure
        self._bytes += len(content)
        self._header += len(json.dumps(path))
        if self._header > HEADER:
            raise Failure("bad_input", f"{path[:100]}: the names of its files take more than {HEADER} bytes.")
        self.files.append({"path": path, "executable": bool(mode & 0o100), "bytes": len(content)})
        self.contents.append(content)


def _can_be_named(path: str) -> bool:
    return printable(path) == path and "\\" not in path and len(path.encode("utf-16-le")) <= 2 * LONGEST
