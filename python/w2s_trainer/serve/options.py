"""The options of `serve`, and the checks of what they name."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Callable
from pathlib import Path

_SHORTEST = 16
_MAKE_ONE = "Make one with: (umask 077; python -c 'import secrets; print(secrets.token_urlsafe(32))' > token)"


class Refused(Exception):
    """The server does not start; `str()` says why and what to do."""


def add(parser: argparse.ArgumentParser, device: Callable[[str], str], threads: Callable[[str], int]) -> None:
    home = Path(os.environ.get("W2S_HOME") or ".weak-to-strong")
    parser.add_argument("--token-file", required=True, type=Path, help="file with the secret that clients must know")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", required=True, type=_port, help="port to listen on; 0 picks a free one")
    parser.add_argument("--home", default=home, type=Path, help=f"for checkpoints and caches (default: {home})")
    parser.add_argument(
        "--device",
        action="append",
        type=device,
        help="cpu, cuda, cuda:N or mps; again for each further one (default: every NVIDIA GPU, else the CPU)",
    )
    parser.add_argument("--threads", default=None, type=threads, help="threads of torch, for each device")
    parser.add_argument(
        "--plugin",
        default=[],
        action="append",
        type=Path,
        help="Python file with losses of your own, which clients may then name; again for each further one",
    )
    parser.add_argument("--max-mb", default=1024, type=_megabytes, help="largest request in MB (default: 1024)")


def devices(asked: list[str] | None) -> list[str]:
    """The driver lists its GPUs in a folder, which is quicker to read than any tool is to run."""
    if asked:
        chosen = list(dict.fromkeys(asked))
    else:
        gpus = Path("/proc/driver/nvidia/gpus")
        found = len(list(gpus.iterdir())) if gpus.is_dir() else 0
        chosen = [f"cuda:{number}" for number in range(found)] or ["cpu"]
    if len({name.partition(":")[0] for name in chosen}) > 1:
        raise Refused(
            f"--device: expected devices of one kind, found {', '.join(chosen)}. They would answer the same request "
            "with different bits: start one server for each kind."
        )
    return chosen


def read_token(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"--token-file: {path} cannot be read ({error}). {_MAKE_ONE}") from None
    if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
        raise Refused(f"--token-file: every user of this machine can read or change {path}. Type: chmod 600 {path}")
    if len(token) < _SHORTEST:
        found = f"one of {len(token)}" if token else "an empty file"
        raise Refused(
            f"--token-file: expected a token of at least {_SHORTEST} characters in {path}, found {found}. {_MAKE_ONE}"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Refused(f"--token-file: expected one word of ASCII characters in {path}, found others. {_MAKE_ONE}")
    return token


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, found {text!r}")


def _megabytes(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number of megabytes from 1 to 65536, found {text!r}")
