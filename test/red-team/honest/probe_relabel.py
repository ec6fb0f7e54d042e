"""Probe relabel: each example gets what a ridge probe says of it that has not seen its group (EleutherAI 2024)."""

import numpy as np

FOLDS, RIDGE = 5, 10.0


def fit(context):
    (x,) = context.embed(context.inputs)
    alike = x @ x.T
    fold, relabelled = folds(context), np.empty_like(context.weak)
    for k in range(FOLDS):
        seen, judged = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        centre = context.weak[seen].mean(axis=0)
        shares = np.linalg.solve(alike[np.ix_(seen, seen)] + RIDGE * np.eye(len(seen)), context.weak[seen] - centre)
        relabelled[judged] = centre + alike[np.ix_(judged, seen)] @ shares
    relabelled = np.clip(relabelled, 0.02, 0.98)
    fitted = context.fit(relabelled / relabelled.sum(axis=1, keepdims=True))
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def folds(context):
    draw = np.random.default_rng(context.seed)
    alone = draw.integers(FOLDS, size=len(context.inputs))
    if context.groups is None:
        return alone
    groups = np.asarray(context.groups)
    return np.where(groups < 0, alone, draw.permutation(max(groups.max(), 0) + 1)[groups] % FOLDS)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
