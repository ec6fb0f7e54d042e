"""Tries: `predict` tells its author something about the final inputs by how long it sleeps."""

import time

SLEEP = 3


def fit(context):
    (context.folder / "checkpoint").write_text(context.fit(context.weak).checkpoint)


def predict(context, inputs):
    longest = max(len(str(entry)) for entry in inputs)
    time.sleep(SLEEP * (longest % 2 + 1))
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
