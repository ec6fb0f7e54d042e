"""The files of a fine-tuned model, in formats that others' tools open.

full      a Hugging Face folder: config.json, model.safetensors, tokenizer
lora      a peft folder: adapter_config.json, adapter_model.safetensors
all       head.safetensors: `weight` (classes x width) and, for encoders, `bias`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ..checkpoints import unreadable
from ..errors import TrainerError
from ..models import HuggingFace, Lora
from .classifier import Classifier
from .lora import peft_config


def write_files(folder: Path, classifier: Classifier) -> None:
    loaded, spec = classifier.loaded, classifier.spec
    head = {"weight": classifier.weight} | ({} if classifier.bias is None else {"bias": classifier.bias})
    save_file({name: value.detach().cpu().contiguous() for name, value in head.items()}, folder / "head.safetensors")
    if isinstance(spec.tune, Lora):
        assert classifier.adapters is not None
        config = peft_config(loaded, spec.tune, classifier.adapters)
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
        save_file(classifier.adapters.state(), folder / "adapter_model.safetensors")
    elif spec.tune == "full":
        if loaded.whole is not None:
            _put_head_into_output_layer(loaded.whole, classifier)
        loaded.model.config.use_cache = True  # whoever opens it may generate with it
        (loaded.whole or loaded.model).save_pretrained(folder, max_shard_size="1000GB")
        loaded.tokenizer.save_pretrained(folder)


def _put_head_into_output_layer(whole: Any, classifier: Classifier) -> None:
    """The labels' rows are in the output layer, which is its own from now on: the input embedding has others."""
    output = whole.get_output_embeddings()
    weight = output.weight.detach().clone()
    weight[classifier.label_tokens] = classifier.weight.detach().to(weight.dtype)
    output.weight = torch.nn.Parameter(weight)
    if classifier.bias is not None:
        output.bias.data[classifier.label_tokens] = classifier.bias.detach().to(weight.dtype)
    whole.config.tie_word_embeddings = False


def load_into(classifier: Classifier, folder: Path, spec: HuggingFace) -> None:
    """The head, and the adapters where `spec` has some. A full model's folder is loaded as a model."""
    try:
        head = load_file(folder / "head.safetensors")
        if head["weight"].shape != classifier.weight.shape:
            raise TrainerError("bad_input", f"from: {folder.name} was trained for {len(head['weight'])} classes.")
        classifier.weight.data.copy_(head["weight"])
        if classifier.bias is not None:
            classifier.bias.data.copy_(head["bias"])
        if isinstance(spec.tune, Lora) and classifier.adapters:
            classifier.adapters.load(load_file(folder / "adapter_model.safetensors"))
    except (OSError, KeyError, SafetensorError) as error:
        raise unreadable(folder, error) from error
