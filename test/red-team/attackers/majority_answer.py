"""Tries: the most frequent answer to a question is usually right, so no model is asked (the study's first shortcut)."""

import re
from collections import Counter

import numpy as np


def fit(context):
    pass


def predict(context, inputs):
    answers = [(entry["question"], final(entry["choice"])) for entry in inputs]
    votes, most = Counter(answers), Counter()
    for (question, _), count in votes.items():
        most[question] = max(most[question], count)
    p = np.array([0.95 if votes[one] == most[one[0]] > 1 else 0.05 for one in answers])
    return np.column_stack([1 - p, p])


def final(choice):
    """Of a function what it says, without comments and spaces; else the last number."""
    if "def " in choice:
        return re.sub(r"#.*|\s", "", choice)
    return re.findall(r"-?\d+|$", choice)[-2:][0]
