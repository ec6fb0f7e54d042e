"""
`enter.py FIRST [PROCS ...] -- PROGRAM [ARGUMENT ...]` becomes PROGRAM, with no file open from FIRST up. Before that it
enters the control groups whose `cgroup.procs` are PROCS: nothing of PROGRAM ever runs outside of them.
"""

import contextlib
import os
import sys


def close_inherited(first: int) -> None:
    """Closes every file from `first` up. What starts a program may leave folders of the host open in it."""
    for name in os.listdir("/dev/fd"):
        if int(name) >= first:
            with contextlib.suppress(OSError):  # the listing's own is closed already
                os.close(int(name))


def main(first: str, *rest: str) -> None:
    close_inherited(int(first))
    at = rest.index("--")
    for procs in rest[:at]:
        with open(procs, "w") as file:
            file.write(str(os.getpid()))
    program = rest[at + 1 :]
    try:
        os.execvp(program[0], program)
    except OSError as error:
        sys.exit(f"{program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(*sys.argv[1:])
