"""Pretrained transformers: where their files are, how they are loaded, and their hidden states."""
