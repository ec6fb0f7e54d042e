"""What a causal language model makes of its last states: logits over the vocabulary."""

from __future__ import annotations

from weakref import WeakSet

import torch

from ..errors import Unsupported
from .load import Loaded

_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 5e-2}


def transformed(loaded: Loaded, logits: torch.Tensor) -> torch.Tensor:
    """Products of states and the output layer (its bias added) as the model's logits, in float32."""
    config = loaded.model.config.get_text_config()
    logits = logits.float()
    if (scale := getattr(config, "logits_scaling", None)) is not None:  # Granite
        logits = logits / scale
    if (scale := getattr(config, "logit_scale", None)) is not None:  # Cohere
        logits = logits * scale
    if (cap := getattr(config, "final_logit_softcapping", None)) is not None:  # Gemma 2
        logits = cap * torch.tanh(logits / cap)
    return logits


_checked: WeakSet[torch.nn.Module] = WeakSet()


def check(loaded: Loaded) -> None:
    """Raises where the logits of some tokens are not the model's own: a model that does something else with them."""
    if loaded.whole in _checked:
        return
    size = loaded.model.config.get_text_config().vocab_size
    ids = torch.tensor([[(7 * i + 3) % size for i in range(6)]], device=loaded.device)
    with torch.no_grad():
        own = loaded.whole(input_ids=ids).logits.float()
        states = loaded.model(input_ids=ids).last_hidden_state
        ours = transformed(loaded, loaded.whole.get_output_embeddings()(states))
    if (own - ours).abs().max() > _TOLERANCE.get(loaded.model.dtype, 1e-3) * own.abs().max():
        raise Unsupported(
            f"model: {loaded.name} ({type(loaded.whole).__name__}) makes its logits in a way that is not known here. "
            "Use it through hiddenStates, or a trainer of your own (defineTrainer)."
        )
    _checked.add(loaded.whole)
