"""The tripwire of the clean room: what is noted, what is not, and that a call goes on as if nobody looked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from .client import PACKAGE

PACKAGES = sysconfig.get_paths()["purelib"]


def noted(folder: Path, code: str) -> tuple[list[str], str]:
    """Runs code under the tripwire in a folder that it was handed; its notes, and what it wrote."""
    (folder / "list").touch()
    own = folder / "own"
    own.mkdir()
    begin = f"""
import os, tempfile
tempfile.tempdir = {str(own)!r}
os.chdir({str(own)!r})
from w2s_trainer.lab.tripwire import watch
watch({str(folder / "list")!r}, [{str(own)!r}])
"""
    env = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    done = subprocess.run([sys.executable, "-c", begin + code], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (folder / "list").read_text("ascii").splitlines()], done.stdout


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("open('../other')", "reads {folder}/other"),
        ("os.open(b'../other', os.O_RDWR)", "reads {folder}/other"),
        ("os.symlink('..', 'up'); os.listdir('up')", "lists {folder}"),
        ("next(os.walk('/usr'))", "lists /usr"),
        (f"open({PACKAGES!r} + '/table.csv')", f"reads {PACKAGES}/table.csv"),
        (f"os.open({PACKAGES!r}, os.O_RDONLY)", f"reads {PACKAGES}"),
        *(
            (f"open({path!r})", f"reads {path}")
            for path in ("/usr/x.h", "/srv/a.py", "/srv/fonts/a", "/usr/templates/a")
        ),
        ("import sqlite3; sqlite3.connect('file:/usr/table?mode=ro', uri=True)", "reads /usr/table"),
        ("import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))", "sends to 127.0.0.1:9"),
        ("import socket; socket.socket().connect(('127.0.0.1', 9))", "connects to 127.0.0.1:9"),
        ("import socket; socket.getaddrinfo('a.invalid', 80)", "looks up a.invalid"),
    ],
)
def test_what_is_opened_elsewhere_is_noted_once(tmp_path: Path, code: str, note: str) -> None:
    attempt = f"""
for _ in range(2):
    try:
        exec({code!r})
    except Exception:
        pass
"""
    assert noted(tmp_path, attempt)[0] == [note.format(folder=tmp_path.resolve())]


@pytest.mark.parametrize(
    "code",
    [
        "open('mine', 'w').close(); open('mine').close(); os.listdir(); os.scandir('.').close()",
        "open('/usr/nothing', 'w')",
        f"open({PACKAGES!r} + '/more.py'); os.listdir({PACKAGES!r})",
        "import numpy.testing, importlib.metadata as about; about.version('numpy'); list(about.entry_points())",
        "import sqlite3; sqlite3.connect(':memory:').close(); sqlite3.connect('mine').close()",
        "open(0, closefd=False); os.listdir(os.open('.', os.O_RDONLY)); open('/proc/self/status').close()",
        "import socket; socket.socket(socket.AF_UNIX).connect('mine')",
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0abstract')",
    ],
)
def test_what_is_its_own_or_code_is_not(tmp_path: Path, code: str) -> None:
    assert noted(tmp_path, f"try:\n    {code}\nexcept OSError:\n    pass") == ([], "")


def test_what_is_below_an_open_folder_is_looked_for_there(tmp_path: Path) -> None:
    code = """
open('../other', 'w').close(); os.makedirs('a/b'); os.mkdir('a/sub'); open('a/own', 'w').close()
folder = os.open('.', os.O_RDONLY)
os.chdir('a/b')
os.close(os.open('../other', os.O_RDONLY, dir_fd=folder))
os.close(os.open('a/own', os.O_RDONLY, dir_fd=folder)); os.listdir(os.open('a/sub', os.O_RDONLY, dir_fd=folder))
import shutil; os.chdir('../..'); shutil.rmtree('a')
"""
    assert noted(tmp_path, code) == ([f"reads {tmp_path.resolve()}/other"], "")


def test_a_note_is_one_printable_line(tmp_path: Path) -> None:
    code = r"""
try:
    open("/usr/\n\x1b[2J\u202eé𝒳\u200b")
except OSError:
    pass
"""
    assert noted(tmp_path, code)[0] == [r"reads /usr/\n\x1b[2J\u202eé𝒳\u200b"]


def test_errors_are_those_of_the_call_and_the_list_is_bounded(tmp_path: Path) -> None:
    code = r"""
for path in ["a\0b", "/usr/\udc80", 3.5, "/usr/" + "x" * 1000, *(f"/usr/{n}" for n in range(10_000))]:
    try:
        open(path)
    except Exception as error:
        if not str(path).startswith("/usr/") or "x" in path:
            print(type(error).__name__, end=" ")
"""
    notes, out = noted(tmp_path, code)
    assert out == "ValueError TypeError OSError "
    assert len(notes) == len(set(notes)) == 50
    assert notes[:3] == ["reads /usr/\\udc80", f"reads /usr/{'x' * 189}", "reads /usr/0"]


def test_a_list_that_is_gone_or_a_pipe_stops_nothing(tmp_path: Path) -> None:
    code = "os.remove('../list'); os.mkfifo('../list'); print(len(os.listdir('/usr')) > 0); os.remove('../list')"
    assert noted(tmp_path, code + "; open('../list', 'w').close()")[1] == "True\n"
