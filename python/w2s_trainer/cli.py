"""The command line."""

import argparse
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

from .serve import options


def main(protocol_in: int, protocol_out: int) -> None:
    parser = argparse.ArgumentParser(prog="w2s_trainer", description="The Python worker of weak-to-strong.")
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="answer requests on stdin until it ends (docs/protocol.md)")
    worker.add_argument("--home", required=True, type=Path, help="folder for checkpoints and caches")
    worker.add_argument("--device", default="cpu", type=_device, help="cpu (default), cuda, cuda:N or mps")
    worker.add_argument("--threads", default=None, type=_threads, help="threads of torch; default: one a usable core")
    worker.add_argument(
        "--plugin",
        default=[],
        action="append",
        type=Path,
        help="Python file with losses of your own (docs/own-loss.md); again for each further one",
    )
    serving = commands.add_parser("serve", help="answer the same requests over HTTP (docs/remote.md)")
    options.add(serving, _device, _threads)
    arguments = parser.parse_args()
    if arguments.command == "serve":
        from .serve.command import serve

        sys.exit(serve(arguments, protocol_out))
    # numpy's products are small: one thread is as fast, and makes them the same on machines with more cores.
    # These must be set before numpy is imported. Torch has its own setting.
    for name in ("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS"):
        os.environ[name] = "1"
    # Torch's threads sleep while they wait: spinning ones take a shared machine's cores from each other.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # What CUDA's matrix products need to give the same bits each time.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    _die_with_parent()

    from .worker import Worker

    threads = arguments.threads or usable_cores()
    home = arguments.home.absolute()
    Worker(protocol_in, protocol_out, home, arguments.device, threads, arguments.plugin).run()


def usable_cores() -> int:
    """Cores that this process may run on, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _device(text: str) -> str:
    if text == "cuda":
        return "cuda:0"
    if re.fullmatch(r"cpu|mps|cuda:\d+", text):
        return text
    raise argparse.ArgumentTypeError(f"expected cpu, cuda, cuda:N or mps, found {text!r}")


def _threads(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 1024:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected an integer from 1 to 1024, found {text!r}")


def _die_with_parent() -> None:
    """Linux: have the kernel kill this process with its parent, should something else keep stdin open."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    pr_set_pdeathsig = 1
    with contextlib.suppress(OSError, AttributeError):  # without it the end of stdin still tells
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
