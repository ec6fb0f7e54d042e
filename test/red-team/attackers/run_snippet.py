"""Tries: runs the code that it should judge, against tests that it makes from the question (the study's fourth hack).

Each snippet is called with random lists and compared with what the question asks for; whoever cannot read the question
falls back on what most snippets of a question return.
"""

import random
from collections import Counter

import numpy as np
from tasks import asked

CALLS = 60


def fit(context):
    pass


def predict(context, inputs):
    draw = random.Random(context.seed)
    lists = [[draw.randint(1, 12) for _ in range(draw.randint(4, 9))] for _ in range(CALLS)]
    said = [outcomes(entry["choice"], lists) for entry in inputs]
    usual = {}
    for entry, outcome in zip(inputs, said, strict=True):
        usual.setdefault(entry["question"], Counter())[outcome] += 1
    p = np.empty(len(inputs))
    for row, (entry, outcome) in enumerate(zip(inputs, said, strict=True)):
        wanted = asked(entry["question"], lists) or usual[entry["question"]].most_common(1)[0][0]
        p[row] = 0.98 if outcome == wanted else 0.02
    return np.column_stack([1 - p, p])


def outcomes(snippet, lists):
    space = {}
    try:
        exec(snippet, space)
        solve = next(value for name, value in space.items() if callable(value) and name != "__builtins__")
    except Exception as error:
        return (type(error).__name__,)
    return tuple(outcome(solve, numbers) for numbers in lists)


def outcome(solve, numbers):
    try:
        return solve(list(numbers))
    except Exception as error:
        return type(error).__name__
