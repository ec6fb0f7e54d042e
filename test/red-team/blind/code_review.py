# Review features: how tidy a program is, as a reviewer would say, calibrated against the teacher where it stands.
import re

import numpy as np

POOL, BINS = 0.3, 4


def tidy(choice):
    code = [line.strip() for line in choice.split("\n") if line.strip() and not line.strip().startswith("#")]
    text = "\n".join(code)
    name = re.search(r"return (\w+)", text)[1]
    limit = re.search(r"if x (\S+) (\w+)", text)
    cut = re.search(r"in \w+\[(.*)\]", text)[1]
    last = [line for line in choice.split("\n") if "return" in line][0]
    loop = [line for line in choice.split("\n") if line.strip().startswith("for ")][0]
    begin = {"p": "1"}.get(name[0], "0")
    step = {"c": "+ 1", "t": "+ x"}.get(name[0], "* x")
    wholes = [
        ("=" in limit[1]) == limit[2].endswith("imum"),
        (" - 1" in cut) == (cut.strip(": -1") in ("start", "end")),
        f"{name} = {begin}" in code,
        f"{name} = {name} {step}" in code,
        len(last) - len(last.lstrip()) == len(loop) - len(loop.lstrip()),
    ]
    return 1.0 if all(wholes) else -1.0


def main_direction(inputs):
    words = [set(re.findall(r"\w+", one["question"] + " " + one["choice"])) for one in inputs]
    known = {w: k for k, w in enumerate(sorted(set().union(*words)))}
    x = np.zeros((len(words), len(known)))
    for row, one in enumerate(words):
        x[row, [known[w] for w in one]] = 1
    x -= x.mean(axis=0)
    return x @ np.linalg.svd(x.T @ x)[0][:, 0]


def safe(choice):
    try:
        return tidy(choice)
    except Exception:
        return 0.0


def fit(context):
    p = np.clip(context.weak, 1e-4, 1)
    margin = np.log(p[:, 1] / p[:, 0])
    margin -= margin.mean()
    score = np.array([safe(one["choice"]) for one in context.inputs])
    place = main_direction(context.inputs)
    cut = np.searchsorted(np.quantile(place, np.arange(1, BINS) / BINS), place)
    trust = np.zeros(len(margin))
    for k in range(BINS):
        at = cut == k
        a, b = score[at] - score[at].mean(), margin[at]
        t = (a @ b) / (np.sqrt((a @ a) * (b @ b) / at.sum()) + 1e-9)
        trust[at] = np.sign(t) * np.clip((abs(t) - 1.5) / 1.5, 0, 1)
    target = (1 - POOL) * context.weak[:, 1] + POOL / (1 + np.exp(-2.5 * trust * score))
    fitted = context.fit(np.stack([1 - target, target], axis=1))
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
