# Auxiliary confidence loss: the student is also trained towards its own hardened predictions, so that it may disagree
# with its teacher where it is sure (Burns et al. 2023, section 4.3).
LOSS = {"name": "confidence", "alpha": 0.5, "ramp": 0.2, "harden": "auto"}


def fit(context):
    fitted = context.fit(context.weak, loss=LOSS)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
