"""Tiny random models in the Hugging Face format, so that tests of hidden states need no real one."""

from __future__ import annotations

from pathlib import Path

SPECIALS = ["<pad>", "<unk>", "<eos>", "[CLS]", "[SEP]"]


def write_tiny_model(folder: Path, kind: str) -> Path:
    import torch
    import transformers
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    letters = [chr(code) for code in range(32, 127)] + ["\n"]
    vocabulary = {token: number for number, token in enumerate([*SPECIALS, *letters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    if kind == "bert":
        ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
        tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "eos_token": "<eos>"}
    wrapped = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=256, **names)
    wrapped.save_pretrained(folder)

    torch.manual_seed(0)
    sizes = {"vocab_size": len(vocabulary), "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
    if kind == "gpt2":  # its linear layers are transposed, its embeddings tied
        config = transformers.GPT2Config(
            vocab_size=len(vocabulary),
            n_embd=32,
            n_head=4,
            n_layer=3,
            n_positions=512,
            eos_token_id=vocabulary["<eos>"],
        )
        model = transformers.GPT2LMHeadModel(config)
    elif kind == "llama":
        config = transformers.LlamaConfig(**sizes, num_hidden_layers=4, max_position_embeddings=512, pad_token_id=0)
        model = transformers.LlamaForCausalLM(config)
    else:
        config = transformers.BertConfig(**sizes, num_hidden_layers=3, max_position_embeddings=512, pad_token_id=0)
        model = transformers.BertModel(config)
    for parameter in model.parameters():  # the usual initialisation is so small that layers hardly differ
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return folder
