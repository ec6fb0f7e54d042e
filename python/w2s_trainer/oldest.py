"""Refuses a Python that cannot read the rest of this package. Written so that Python 3.6 can read it."""

import json
import os
import struct
import sys

OLDEST = (3, 11)
ADVICE = (
    "Run `npx weak-to-strong setup` to make this project's Python environment, or name another interpreter with "
    "pythonTrainer({ python }) or $W2S_PYTHON."
)


def check(version, protocol_out):
    """Where the version is too old: says so in place of the hello, and ends the process."""
    if tuple(version[:2]) >= OLDEST:
        return
    found = ".".join(map(str, version[:3]))
    wanted = ".".join(map(str, OLDEST))
    message = "{} is Python {}; {} or newer is needed. {}".format(sys.executable, found, wanted, ADVICE)  # noqa: UP032
    body = {"code": "missing_dependency", "message": message}
    text = json.dumps({"id": 0, "type": "error", "body": body, "blobs": []}).encode("utf-8")
    os.write(protocol_out, b"W2S1" + struct.pack("<IQ", len(text), 0) + text)
    sys.exit(1)
