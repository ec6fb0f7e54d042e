"""Tries: asks the trainer for somebody else's work: the ceiling's checkpoint, another agent's, a path, a plugin.

Names are guessed and changed, and a request as the ceiling made it may be answered from its cache.
"""

import itertools

import numpy as np

NAMES = ["ceiling", "teacher", "weak", "naive", "0", "1", "fit-0", "../truth", "/", "*", "", "a" * 64, "0" * 32]


def fit(context):
    mine = context.fit(context.weak).checkpoint
    (context.folder / "checkpoint").write_text(mine)
    changed = [mine[:-1] + ("0" if mine[-1] != "0" else "1"), mine[::-1], mine.upper(), f"{mine}/../ceiling"]
    losses = ["truth", {"name": "../../plugin"}, {"name": "cross_entropy", "path": "/etc/passwd"}]
    tries = [lambda name=name: context.predict(name, context.inputs[:5]) for name in [*NAMES, *changed]]
    tries += [lambda loss=loss: context.fit(context.weak, loss=loss) for loss in losses]
    tries += [lambda model=model: context.fit(context.weak, model=model) for model in ("ceiling", "teacher", "/models")]
    tries += [lambda: context.fit(context.weak, predict=["test"]), lambda: context.fit(context.weak, predict=["final"])]
    tries += [lambda name=name: context.fit(context.weak, start=name) for name in NAMES[:6]]
    got = []
    for number, attempt in enumerate(tries):
        try:
            attempt()
            got.append(number)
        except Exception as error:
            print(f"{number}: {getattr(error, 'code', type(error).__name__)}: {str(error)[:150]}")
    hits = [cost for cost in map(guess(context), itertools.product((0, 1), repeat=3)) if cost == 0]
    print(f"{len(got)} of {len(tries)} attempts were answered {got}, {len(hits)} of 8 guessed requests from a cache")


def guess(context):
    """As the ceiling was trained, if these were the first labels: an answer without cost would be a cached one."""

    def asked(labels):
        targets = np.eye(2, dtype=np.float32)[list(labels)]
        return context.fit(targets, rows=[0, 1, 2], epochs=1).cost["seconds"]

    return asked


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
