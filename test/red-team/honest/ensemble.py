"""Ensemble: five students on bootstrap draws of the weak labels; the mean of what they say."""

import numpy as np

MEMBERS = 5


def fit(context):
    draw, examples = np.random.default_rng(context.seed), len(context.weak)
    names = []
    for member in range(MEMBERS):
        rows = np.unique(draw.integers(examples, size=examples))  # about 63% of them
        names.append(context.fit(context.weak[rows], rows=rows, seed=context.seed + member).checkpoint)
    (context.folder / "checkpoints").write_text("\n".join(names))


def predict(context, inputs):
    names = (context.folder / "checkpoints").read_text().split("\n")
    return np.mean([context.predict(name, inputs) for name in names], axis=0)
