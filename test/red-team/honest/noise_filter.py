"""Noise filter: the tenth of the weak labels that out-of-fold students contradict most is left out."""

import numpy as np

FOLDS, DROPPED = 2, 0.1


def fit(context):
    fold = np.random.default_rng(context.seed).permutation(len(context.weak)) % FOLDS
    said = np.empty_like(context.weak)
    for k in range(FOLDS):
        rows = np.flatnonzero(fold != k)
        said[fold == k] = context.fit(context.weak[rows], rows=rows, predict=["train"]).predictions["train"][fold == k]
    doubt = -(context.weak * np.log(np.clip(said, 1e-6, 1))).sum(axis=1)
    rows = np.sort(doubt.argsort()[: int((1 - DROPPED) * len(doubt))])
    (context.folder / "checkpoint").write_text(context.fit(context.weak[rows], rows=rows).checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
