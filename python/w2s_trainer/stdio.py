"""Keeps the protocol's two pipes for the protocol.

A library may print, and C code may write to file descriptor 1 without asking Python. So the pipes move to private
descriptors that no child process inherits, 0 becomes /dev/null, and 1 becomes stderr.
"""

import os
import sys


def take():  # no types: an old Python, which is refused after this, has to read it
    """Returns the private descriptors (in, out) of what were stdin and stdout."""
    protocol_in = os.dup(0)
    protocol_out = os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(protocol_in, os.O_BINARY)
        msvcrt.setmode(protocol_out, os.O_BINARY)
    return protocol_in, protocol_out
