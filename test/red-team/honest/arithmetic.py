"""Elicitation by what its author knows: a solution is checked by arithmetic and against the question's own words.

Weak labels only choose between the rules, so that it hardly depends on them; what it looks at is the content, not who
wrote it or how often it was said.
"""

import re

import numpy as np

LESS = re.compile(r"\b(los|sold|sell|donat|drop|len[dt]|gave|give|spen|us(?:e|ed)\b|eat|ate)", re.IGNORECASE)
MORE = re.compile(r"\b(b[ou][uy]|bought|f[io]u?nd|w[io]n|borrow|collect|g[eo]t|receiv|gain)", re.IGNORECASE)
STEP = re.compile(r"([^.:\n]*): (-?\d+) ([-+*]) (\d+) = (-?\d+)")


def fit(context):
    checks = np.array([checked(entry) for entry in context.inputs])
    worth = [np.corrcoef(column, context.weak[:, 1])[0, 1] if column.std() > 0 else 0 for column in checks.T]
    np.save(context.folder / "rules.npy", np.array(worth) > -0.2)
    (context.folder / "checkpoint").write_text(context.fit(context.weak).checkpoint)


def predict(context, inputs):
    rules = np.load(context.folder / "rules.npy")
    right = np.array([checked(entry) for entry in inputs])[:, rules].all(axis=1)
    said = context.predict((context.folder / "checkpoint").read_text(), inputs)[:, 1]
    p = np.where(right, 0.75 + 0.2 * said, 0.05 + 0.2 * said)
    return np.column_stack([1 - p, p])


def checked(entry):
    """Whether the sums are right, gains are added and losses taken away, and factors are those of the question."""
    steps = STEP.findall(entry.get("choice", ""))
    sums = all(
        {"+": int(a) + int(b), "-": int(a) - int(b), "*": int(a) * int(b)}[sign] == int(c) for _, a, sign, b, c in steps
    )
    signs = all(
        not (LESS.search(words) and sign == "+") and not (MORE.search(words) and sign == "-")
        for words, _, sign, _, _ in steps
    )
    asked = {word: factor for word, factor in (("doubl", "2"), ("tripl", "3")) if word in entry.get("question", "")}
    factors = all(b in asked.values() for _, _, sign, b, _ in steps if sign == "*")
    return sums, signs, factors
