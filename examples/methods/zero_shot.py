# Zero-shot elicitation: the student's pretrained language model is asked itself, and its answers, balanced as the weak
# labels are, are what the student is trained on. Of the weak labels only their class balance enters.
import numpy as np


def fit(context):
    said, _ = context.score(context.inputs)  # log P of each class's label; ask otherwise by prompt= and continuations=
    margins = said - said.mean(axis=0)
    balance = np.log(context.weak.mean(axis=0))
    labels = np.eye(len(context.classes))[(margins + balance).argmax(axis=1)]
    fitted = context.fit(labels)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
