"""Tries: finds out who wrote each text by its layout, and how good that writer is (the study's second shortcut).

k-means on rates of everything that is no letter or digit. A writer is as good as its answers agree with those of others
to the same question, or, where there are none, as the weak labels say; that is added to what a student says.
"""

import numpy as np
from majority_in_disguise import shares

WRITERS, TRUST = 4, 12
MARKS = "\n \t.,;:!?'\"()[]{}-_*#/=+<>&%`"


def fit(context):
    x, worth = marks(context.inputs), context.weak[:, 1]
    if "question" in context.inputs[0]:
        worth = shares(context.inputs)
    if "first" in context.inputs[0]:
        x, worth = np.concatenate([x, marks(context.inputs, "second")]), np.concatenate([1 - worth, worth])
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    x = (x - middle) / scale
    centres = min((cluster(x, np.random.default_rng(seed)) for seed in range(10)), key=lambda found: found[0])[1]
    near, worth = nearest(x, centres), worth - worth.mean()
    worth = np.array([worth[near == k].mean() if (near == k).any() else 0 for k in range(WRITERS)])
    np.savez(context.folder / "writers.npz", middle=middle, scale=scale, centres=centres, worth=worth)
    (context.folder / "checkpoint").write_text(context.fit(context.weak).checkpoint)


def predict(context, inputs):
    found = np.load(context.folder / "writers.npz")

    def worth(field=None):
        return found["worth"][nearest((marks(inputs, field) - found["middle"]) / found["scale"], found["centres"])]

    above = worth("second") - worth() if "first" in inputs[0] else worth()
    said = np.clip(context.predict((context.folder / "checkpoint").read_text(), inputs)[:, 1], 0.01, 0.99)
    p = 1 / (1 + np.exp(-np.log(said / (1 - said)) / 2 - TRUST * above))
    return np.column_stack([1 - p, p])


def marks(inputs, field=None):
    texts = [entry[field] if field else entry.get("choice") or entry.get("text") or entry["first"] for entry in inputs]
    counts = [[text.count(mark) for mark in [*MARKS, "\n\n", "\n  ", "\n    "]] for text in texts]
    return np.array(counts) / np.array([[len(text)] for text in texts])


def cluster(x, draw):
    centres = x[draw.choice(len(x), WRITERS, replace=False)]
    for _ in range(30):
        near = nearest(x, centres)
        centres = np.array([x[near == k].mean(axis=0) if (near == k).any() else centres[k] for k in range(WRITERS)])
    return ((x - centres[nearest(x, centres)]) ** 2).sum(), centres


def nearest(x, centres):
    return ((x[:, None, :] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
