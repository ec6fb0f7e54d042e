"""Hidden states of chosen layers: the forward pass stops at the deepest one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from .load import Loaded


class _Deep(Exception):
    """Raised by a hook where nothing deeper is needed. Nothing catches it but `states`."""


def states(
    loaded: Loaded, tokens: torch.Tensor, mask: torch.Tensor, layers: Sequence[int], check: Callable[[], None]
) -> Mapping[int, torch.Tensor]:
    """States by layer, each batch x length x width. 0 is what goes into the first block, k what comes out of block k.

    That is what transformers calls `hidden_states[k]`, except for the last layer of models that end in a norm:
    there transformers gives the normed state, and here it is the block's output like every other layer's. `check` is
    called before every block, so that what it raises ends the pass soon.
    """
    found: dict[int, torch.Tensor] = {}
    deepest = max(layers)

    def keep(layer: int, state: torch.Tensor) -> None:
        found[layer] = state
        if layer == deepest:
            raise _Deep

    def before_first(_: Any, args: tuple, kwargs: dict) -> None:
        keep(0, args[0] if args else kwargs["hidden_states"])

    def after(layer: int) -> Any:
        return lambda _module, _args, output: keep(layer, output[0] if isinstance(output, tuple) else output)

    hooks = [loaded.blocks[k - 1].register_forward_hook(after(k)) for k in sorted(set(layers)) if k > 0]
    hooks += [block.register_forward_pre_hook(lambda _module, _args: check()) for block in loaded.blocks[:deepest]]
    if 0 in layers:
        hooks.append(loaded.blocks[0].register_forward_pre_hook(before_first, with_kwargs=True))
    try:
        with torch.inference_mode():
            loaded.model(input_ids=tokens, attention_mask=mask)
    except _Deep:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return found


def pool(state: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """A float32 vector a row: the state of its last token, or the mean over its tokens. Padding is at the right."""
    if pooling == "last":
        last = mask.sum(dim=1) - 1
        return state[torch.arange(len(state), device=state.device), last].float()
    weights = mask.unsqueeze(-1).float()
    return (state.float() * weights).sum(dim=1) / weights.sum(dim=1)
