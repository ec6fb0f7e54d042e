# Naive finetuning: the student learns the weak labels as they are (Burns et al. 2023, section 3).
def fit(context):
    fitted = context.fit(context.weak)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
