# Confident labels only: the student learns from the examples of which the teacher is sure
# (Anthropic Fellows, April 2026).
import numpy as np

THRESHOLD = 0.75


def fit(context):
    rows = np.flatnonzero(context.weak.max(axis=1) > THRESHOLD)
    fitted = context.fit(context.weak[rows], rows=rows)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
