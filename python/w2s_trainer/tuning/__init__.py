"""Fine-tuning of pretrained transformers as classifiers."""
