"""kNN smoothing: the student learns the mean weak label of the examples that are nearest in its own features."""

import numpy as np

NEIGHBOURS, OWN = 15, 0.5


def fit(context):
    (states,) = context.embed(context.inputs)
    x = states - states.mean(0)
    x /= np.linalg.norm(x, axis=1, keepdims=True) + 1e-6
    smooth = np.empty_like(context.weak)
    for start in range(0, len(x), 500):
        near = x[start : start + 500] @ x.T
        near[np.arange(len(near)), np.arange(start, start + len(near))] = -np.inf
        best = np.argpartition(near, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
        smooth[start : start + 500] = context.weak[best].mean(axis=1)
    fitted = context.fit(OWN * context.weak + (1 - OWN) * smooth)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
