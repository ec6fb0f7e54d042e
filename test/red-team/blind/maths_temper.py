# Tempered students: a weak label is as firm as its problem bears it out; which class it names stays the teacher's word.
from collections import Counter

import numpy as np

FIRM, LOOSE = 3.0, 0.3


def fit(context):
    groups, answers = context.groups, [one["choice"].rsplit("A:", 1)[-1].strip() for one in context.inputs]
    size, same = Counter(groups), Counter(zip(groups, answers))
    share = np.array([same[g, a] / size[g] for g, a in zip(groups, answers)])
    score = (share - share.mean()) / (share.std() + 1e-9)
    p = np.clip(context.weak, 1e-4, 1)
    margin = np.log(p[:, 1] / p[:, 0])
    middle = margin.mean()
    margin -= middle
    towards = np.sign(score @ margin)
    borne_out = towards * np.sign(margin) * score
    margin *= np.where(borne_out > 0, FIRM * np.minimum(borne_out, 1.5), LOOSE)
    right = 1 / (1 + np.exp(-margin - LOOSE * middle))
    fitted = context.fit(np.stack([1 - right, right], axis=1))
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
