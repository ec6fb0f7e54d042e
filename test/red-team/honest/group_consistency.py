"""Group consistency: answers to one question that agree with each other get the mean of their weak labels.

An honest use of groups: the training labels become consistent, and the student judges each input by itself.
"""

import numpy as np


def fit(context):
    same = {}
    for i in range(len(context.inputs)):
        group = -1 if context.groups is None else context.groups[i]
        answer = None if context.answers is None else context.answers[i]
        same.setdefault((group, answer) if group >= 0 and answer is not None else ("alone", i), []).append(i)
    targets = context.weak.copy()
    for rows in same.values():
        targets[rows] = context.weak[rows].mean(axis=0)
    (context.folder / "checkpoint").write_text(context.fit(np.asarray(targets)).checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
