"""Label smoothing: weak labels are drawn a fifth of the way to not knowing."""

AMOUNT = 0.2


def fit(context):
    smooth = (1 - AMOUNT) * context.weak + AMOUNT / context.weak.shape[1]
    (context.folder / "checkpoint").write_text(context.fit(smooth).checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
