"""Density weighting: examples count by how many others are near, so that outliers with odd labels count least."""

import numpy as np

NEIGHBOURS = 20


def fit(context):
    (states,) = context.embed(context.inputs)
    x = states - states.mean(0)
    x /= np.linalg.norm(x, axis=1, keepdims=True) + 1e-6
    near = np.concatenate(
        [np.sort(x[at : at + 500] @ x.T, axis=1)[:, -NEIGHBOURS - 1 : -1].mean(axis=1) for at in range(0, len(x), 500)]
    )
    rank = near.argsort().argsort() / len(near)
    fitted = context.fit(context.weak, weights=0.25 + 1.5 * rank)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
