"""What `python -m w2s_trainer serve` does."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import TrainerError
from . import options
from .options import Refused


def serve(arguments: argparse.Namespace, stdout: int) -> int:
    """Serves until it is interrupted. Writes one line to `stdout`: where it listens. Returns the exit code."""
    try:
        token = options.read_token(arguments.token_file)
        devices = options.devices(arguments.device)
        try:
            import uvicorn  # noqa: F401
        except ModuleNotFoundError:
            needed = Path(__file__).parents[2] / "requirements" / "serve.txt"
            raise Refused(
                f"The Python package uvicorn is not installed in {sys.executable}. Install it there with "
                f"`pip install -r {needed}`, or run `npx weak-to-strong setup --extras serve`."
            ) from None
        listening = _listen(arguments.host, arguments.port)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(arguments, token, devices, listening, stdout))
    except Refused as refused:
        sys.stderr.write(f"w2s_trainer serve: {refused}\n")
        return 2
    return 0


async def _serve(
    arguments: argparse.Namespace, token: str, devices: list[str], listening: socket.socket, stdout: int
) -> None:
    import uvicorn

    from .app import App
    from .calls import Calls
    from .device import Device

    calls = Calls([Device(name, *_worker(arguments, name)) for name in devices])
    config = uvicorn.Config(
        App(calls, token, arguments.max_mb << 20),
        log_level="warning",
        access_log=False,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        server_header=False,
        timeout_keep_alive=60,  # longer than clients keep an idle connection, so that they do not meet a closed one
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    try:
        await calls.start()
    except TrainerError as error:
        await calls.stop()
        raise Refused(str(error)) from None
    # uvicorn has handlers of its own while it serves, and raises again what had ended it; this is for before and after.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    host, port = listening.getsockname()[:2]
    where = f"[{host}]" if ":" in host else host
    os.write(stdout, f"w2s_trainer serve: listening on http://{where}:{port}, {', '.join(devices)}\n".encode())
    if not ipaddress.ip_address(host).is_loopback:
        sys.stderr.write(
            f"w2s_trainer serve: {host} can be reached from other machines, and what goes over the wire (token, texts, "
            "labels) is not encrypted. Put TLS in front, or listen on 127.0.0.1 and come through SSH: ssh -L. See "
            "docs/remote.md.\n"
        )
    try:
        await server.serve(sockets=[listening])
    finally:
        await calls.stop()


def _worker(arguments: argparse.Namespace, device: str) -> tuple[list[str], dict[str, str]]:
    """A worker's options and environment. Each sees its own GPU as the first, so that equal GPUs answer alike."""
    env: dict[str, str] = {}
    kind, _, number = device.partition(":")
    if kind == "cuda":
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        names = [name.strip() for name in visible.split(",") if name.strip()]
        env["CUDA_VISIBLE_DEVICES"] = names[int(number)] if int(number) < len(names) else number
        device = "cuda:0"
    return ["--home", str(arguments.home.absolute()), "--device", device, *_more(arguments)], env


def _more(arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.threads is not None:
        yield from ("--threads", str(arguments.threads))
    for plugin in arguments.plugin:
        yield from ("--plugin", str(plugin.absolute()))


def _listen(host: str, port: int) -> socket.socket:
    """Bound here, so that a port in use is a plain message and the port that 0 picks is known."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        raise Refused(
            f"It cannot listen on {host}, port {port}: {error.strerror or error}. Choose another --port (0 picks a "
            "free one) or --host."
        ) from None
    return listening
