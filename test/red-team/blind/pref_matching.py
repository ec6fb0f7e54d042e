# One answer each: of what is said about things, the student learns a reading in which no two things share an answer.
import re
from collections import Counter, defaultdict

import numpy as np

POOL = 0.6
FORMS = {
    "capital": r"For (\w+), (\w+) is",
    "young": r"The (\w+)'s (\w+) is its",
    "opposite": r"Against (\w+) stands (\w+)\.",
    "symbol": r"write (\w+) (\w+) in formulas",
    "work": r"A (\w+) (\w+)s use daily",
    "measure": r"A (\w+) measures (\w+)\.",
}


def claim(text):
    for form, pattern in FORMS.items():
        found = re.search(pattern, text)
        if found:
            return form, found[1], found[2]
    return None


def match(votes):
    """The best reading of one form: things to answers, no answer twice, by exchange from many starts."""
    things, answers = sorted({t for t, _ in votes}), sorted({a for _, a in votes})
    table = np.array([[votes.get((t, a), -1e3) for a in answers] for t in things])
    n, m = table.shape
    best = {0: (0.0, ())}
    for row in range(n):  # exact: over sets of answers that are taken
        following = {}
        for taken, (worth, way) in best.items():
            for k in range(m):
                if not taken >> k & 1:
                    new = (worth + table[row, k], (*way, k))
                    if taken | 1 << k not in following or following[taken | 1 << k][0] < new[0]:
                        following[taken | 1 << k] = new
        best = following or best
    worth, way = max(best.values())
    return worth, {t: answers[k] for t, k in zip(things, way)}


def fit(context):
    p = np.clip(context.weak, 1e-4, 1)
    margin = np.log(p[:, 0] / p[:, 1])
    margin -= margin.mean()
    votes = defaultdict(Counter)
    rows = []
    for one, m in zip(context.inputs, margin):
        asked = re.search(r"(\w+)( called| measure|)\?", one["prompt"])[1]
        pair = [claim(one["first"]), claim(one["second"])]
        rows.append((asked, pair))
        for said, sign in zip(pair, (1, -1)):
            if said and said[1] == asked:
                votes[said[0]][said[1:]] += sign * m
    readings = []
    for way in (1, -1):
        matched = {form: match({key: way * v for key, v in found.items()}) for form, found in votes.items()}
        readings.append((sum(worth for worth, _ in matched.values()), way, {form: one for form, (_, one) in matched.items()}))
    reading = max(readings, key=lambda one: one[0])[2]
    fits = lambda asked, said: bool(said) and said[1] == asked and reading[said[0]].get(asked) == said[2]
    score = np.array([float(fits(asked, a)) - float(fits(asked, b)) for asked, (a, b) in rows])
    sure = np.clip((score @ margin) / (np.sqrt((score @ score) * (margin @ margin) / len(margin)) + 1e-9) / 6, -1, 1)
    target = (1 - POOL) * context.weak[:, 0] + POOL / (1 + np.exp(-2.5 * sure * score))
    fitted = context.fit(np.stack([target, 1 - target], axis=1))
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
