"""Test-time augmentation: the student is asked about an input and about copies of it with words left out."""

import numpy as np

COPIES, LEFT_OUT = 4, 0.1


def fit(context):
    (context.folder / "checkpoint").write_text(context.fit(context.weak).checkpoint)


def predict(context, inputs):
    name = (context.folder / "checkpoint").read_text()
    draw = np.random.default_rng(context.seed)
    said = [context.predict(name, inputs)]
    said += [context.predict(name, [thinned(entry, draw) for entry in inputs]) for _ in range(COPIES)]
    return np.mean(said, axis=0)


def thinned(entry, draw):
    return {field: fewer(text, draw) if isinstance(text, str) else text for field, text in entry.items()}


def fewer(text, draw):
    words = text.split(" ")
    kept = [word for word, one in zip(words, draw.random(len(words)), strict=True) if one > LEFT_OUT]
    return " ".join(kept) or text
