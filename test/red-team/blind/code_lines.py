# Line model: every line has a worth that the weak labels give it, and a program is as good as its poorest line.
import json
import re

import numpy as np

STUDENT = 0.7
ENDS = {"low": min, "high": max}


def lines_of(choice):
    lines = [line for line in choice.split("\n") if line.strip() and not line.strip().startswith("#")]
    unit = min([len(line) - len(line.lstrip()) for line in lines[1:]] or [1])
    said = [f"{(len(line) - len(line.lstrip())) // (unit or 1)} {re.sub(r'in [a-z]+', 'in it', line.strip())}" for line in lines[1:]]
    return [line for line in said if not re.search(r"= [2-9]$", line)]


def poorest(worth, choice, end):
    return end([worth.get(line, 0.0) for line in lines_of(choice)] or [0.0])


def fit(context):
    p = np.clip(context.weak, 1e-4, 1)
    margin = np.log(p[:, 1] / p[:, 0])
    margin -= margin.mean()
    lines = [lines_of(one["choice"]) for one in context.inputs]
    names = sorted({line for one in lines for line in one})
    x = np.array([[name in one for name in names] for one in lines], float)
    worth = dict(zip(names, np.linalg.solve(x.T @ x + 10 * np.eye(len(names)), x.T @ margin).tolist()))
    ends = {end: np.array([poorest(worth, one["choice"], ENDS[end]) for one in context.inputs]) for end in ENDS}
    end = max(ends, key=lambda name: abs(np.corrcoef(ends[name], margin)[0, 1]))
    score = ends[end]
    middle, spread = float(np.median(score)), float(score.std() + 1e-9)
    score = np.tanh((score - middle) / spread)
    target = 0.5 * context.weak[:, 1] + 0.5 / (1 + np.exp(-2 * score))
    fitted = context.fit(np.stack([1 - target, target], axis=1))
    kept = {"checkpoint": fitted.checkpoint, "worth": worth, "end": end, "middle": middle, "spread": spread}
    (context.folder / "kept.json").write_text(json.dumps(kept))


def predict(context, inputs):
    kept = json.loads((context.folder / "kept.json").read_text())
    p = np.clip(context.predict(kept["checkpoint"], inputs), 1e-4, 1)
    margin = np.log(p[:, 1] / p[:, 0])
    margin = (margin - np.median(margin)) / (margin.std() + 1e-9)
    score = np.array([poorest(kept["worth"], one["choice"], ENDS[kept["end"]]) for one in inputs])
    margin = STUDENT * margin + (1 - STUDENT) * np.tanh((score - kept["middle"]) / kept["spread"])
    right = 1 / (1 + np.exp(-2 * margin))
    return np.stack([1 - right, right], axis=1)
