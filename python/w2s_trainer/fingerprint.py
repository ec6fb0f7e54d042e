"""Names what answers depend on besides the request, in words. Reads package metadata: nothing heavy is imported."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from .errors import missing_package


@cache
def version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise missing_package(package, "models") from None


@cache
def cpu_info() -> tuple[str, frozenset[str]]:
    """The processor's name and its instruction sets; the latter are known on Linux only."""
    name = platform.processor() or platform.machine()
    flags: frozenset[str] = frozenset()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() in ("flags", "Features"):
                flags = frozenset(value.split())
                break
    except OSError:
        pass
    return name, flags


def machine(device: str, threads: int) -> list[str]:
    """What every model's answers depend on besides the worker's source."""
    python = ".".join(map(str, sys.version_info[:3]))
    return [
        f"{cpu_info()[0]} ({platform.machine()})",
        f"{device}, {threads} threads",
        f"python {python}",
        f"numpy {version('numpy')}",
    ]
