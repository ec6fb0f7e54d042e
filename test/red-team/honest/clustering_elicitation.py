"""Elicitation without a language model: the student's own features are cut where they fall into two camps most clearly.

Weak labels are used for nothing but which camp is which, so this honest method hardly depends on its supervision.
"""

import numpy as np

COMPONENTS, ROUNDS = 8, 10


def fit(context):
    (x,) = context.embed(context.inputs)
    middle = x.mean(axis=0)
    x = x - middle
    axes = np.random.default_rng(context.seed).normal(size=(x.shape[1], COMPONENTS))
    for _ in range(ROUNDS):  # leading principal components by subspace iteration
        axes, _ = np.linalg.qr(x.T @ (x @ axes))
    said = x @ axes
    said /= said.std(axis=0)
    camps = np.argmin((said**4).mean(axis=0))  # of lowest kurtosis
    sign = np.sign(said[:, camps] @ (context.weak[:, 1] - context.weak[:, 1].mean())) or 1.0
    np.savez(context.folder / "axis.npz", middle=middle, axis=sign * axes[:, camps] / (x @ axes[:, camps]).std())


def predict(context, inputs):
    found = np.load(context.folder / "axis.npz")
    (x,) = context.embed(inputs)
    p = 1 / (1 + np.exp(-2 * ((x - found["middle"]) @ found["axis"])))
    return np.column_stack([1 - p, p])
