"""The peer of bench/finetune.ts: Hugging Face Trainer, with peft for LoRA. Prints one JSON line.

The usual recipe trains a causal language model on the label token with the whole vocabulary's logits at every position
and pads to the longest row of a batch. `--careful` is what an expert would make of it without leaving Trainer: padding at
the left and `logits_to_keep=1`, so that the vocabulary is met once a row. Both have the loss of the other side: the
cross-entropy over the labels' logits.
"""

import argparse
import json
import time

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainerCallback, TrainingArguments

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--data", required=True, help="JSON: texts, labels (in the order to train in), settings")
parser.add_argument("--tune", choices=["lora", "full"], required=True)
parser.add_argument("--careful", action="store_true")
parser.add_argument("--threads", type=int, required=True)
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

with open(arguments.data) as file:
    data = json.load(file)
settings = data["settings"]
tokenizer = AutoTokenizer.from_pretrained(arguments.model)
tokenizer.padding_side = "left" if arguments.careful else "right"
tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32)
model.config.use_cache = False
label_ids = [tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in settings["labels"]]
if arguments.tune == "lora":
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    lora = LoraConfig(task_type="CAUSAL_LM", r=32, lora_alpha=32, use_rslora=True, target_modules="all-linear")
    model = get_peft_model(model, lora)

rows = [
    {"input_ids": tokenizer(text + "\nLabel:")["input_ids"], "label": label}
    for text, label in zip(data["texts"], data["labels"], strict=True)
]


def collate(batch: list[dict]) -> dict:
    padded = tokenizer.pad([{"input_ids": row["input_ids"]} for row in batch], return_tensors="pt")
    return {**padded, "labels": torch.tensor([row["label"] for row in batch])}


class LabelTrainer(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, **_):
        labels = inputs.pop("labels")
        if arguments.careful:
            logits = model(**inputs, logits_to_keep=1).logits[:, -1]
        else:
            last = inputs["attention_mask"].sum(dim=1) - 1
            logits = model(**inputs).logits[torch.arange(len(labels)), last]
        return torch.nn.functional.cross_entropy(logits[:, label_ids].float(), labels)

    def _get_train_sampler(self, *_):
        return torch.utils.data.SequentialSampler(rows)


class Clock(TrainerCallback):
    losses: list[float] = []
    started = 0.0

    def on_train_begin(self, *_, **__):
        Clock.started = time.perf_counter()

    def on_log(self, args, state, control, logs=None, **_):
        if "loss" in logs:
            Clock.losses.append(logs["loss"])


trainer = LabelTrainer(
    model=model,
    args=TrainingArguments(
        output_dir="/tmp/never-written",
        use_cpu=True,
        num_train_epochs=1,
        per_device_train_batch_size=settings["batchSize"],
        learning_rate=settings["learningRate"],
        warmup_steps=settings["warmupSteps"],
        lr_scheduler_type="linear",
        weight_decay=0.0,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
    ),
    train_dataset=rows,
    data_collator=collate,
    callbacks=[Clock()],
)
trainer.train()
seconds = time.perf_counter() - Clock.started
tokens = sum(len(row["input_ids"]) for row in rows)
print(json.dumps({"seconds": seconds, "tokens": tokens, "losses": Clock.losses}))
