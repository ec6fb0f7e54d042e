"""A forward pass without padding: the rows of a batch stand behind one another in one long row, and only attention,
which must keep them apart, sees them as a padded batch.

On two cores this takes .6 of the padded pass's time: no layer computes for padding, and products of many tokens at once
use the processor better than those of few. Works for models whose attention transformers lets be replaced, and is tried
on each model before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import torch
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from ..pretrained.load import Loaded

_NAME = "weak_to_strong_packed"
_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 3e-2}


class Layout:
    """Where the tokens of each row are."""

    def __init__(self, rows: Sequence[Sequence[int]], device: torch.device) -> None:
        lengths = torch.tensor([len(row) for row in rows])
        longest = int(lengths.max())
        ends = lengths.cumsum(0)
        self.rows = len(rows)
        self.longest = longest
        places = torch.arange(longest)
        inside = places < lengths[:, None]
        padded = torch.where(inside, (ends - lengths)[:, None] + places, 0)
        self.ids = torch.tensor([[token for row in rows for token in row]], device=device)
        self.positions = torch.cat([torch.arange(len(row)) for row in rows])[None].to(device)
        self.last = (ends - 1).to(device)
        self.lengths = lengths.to(device)
        self.row_of = torch.repeat_interleave(torch.arange(len(rows)), lengths).to(device)
        self.to_padded = padded.flatten().to(device)
        self.to_packed = inside.flatten().nonzero().flatten().to(device)
        # A row of equal length needs no mask, and a causal row none either: what it must not see comes after it.
        self.mask = None if bool(inside.all()) else inside[:, None, None, :].to(device)


_layout: list[Layout] = []


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    is_causal: bool | None = None,
    **more: object,
) -> tuple[torch.Tensor, None]:
    """1 x heads x tokens x width in, 1 x tokens x heads x width out."""
    at = _layout[-1]
    causal = is_causal if is_causal is not None else getattr(module, "is_causal", True)

    def padded(x: torch.Tensor) -> torch.Tensor:
        return x[0].index_select(1, at.to_padded).unflatten(1, (at.rows, at.longest)).transpose(0, 1)

    out = torch.nn.functional.scaled_dot_product_attention(
        padded(query),
        padded(key),
        padded(value),
        attn_mask=None if causal else at.mask,
        is_causal=causal and at.longest > 1,
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return out.transpose(1, 2).flatten(0, 1).index_select(0, at.to_packed)[None], None


ALL_ATTENTION_FUNCTIONS.register(_NAME, _attention)


@contextmanager
def _replaced(loaded: Loaded, layout: Layout) -> Iterator[None]:
    config = loaded.model.config.get_text_config()
    before = config._attn_implementation
    config._attn_implementation = _NAME
    _layout.append(layout)
    try:
        yield
    finally:
        _layout.pop()
        config._attn_implementation = before


def last_states(loaded: Loaded, layout: Layout) -> torch.Tensor:
    """Tokens x width."""
    with _replaced(loaded, layout):
        return loaded.model(input_ids=layout.ids, position_ids=layout.positions).last_hidden_state[0]


_known: WeakKeyDictionary[torch.nn.Module, bool] = WeakKeyDictionary()


def works(loaded: Loaded) -> bool:
    """Whether a packed pass gives what single rows give: tried once a model, on rows of fixed tokens."""
    if loaded.model not in _known:
        _known[loaded.model] = _agrees(loaded)
    return _known[loaded.model]


def _agrees(loaded: Loaded) -> bool:
    size = loaded.model.config.get_text_config().vocab_size
    rows = [[(7 * i + 13 * length) % size for i in range(length)] for length in (3, 11, 1, 24)]
    try:
        with torch.no_grad():
            packed = last_states(loaded, Layout(rows, loaded.device)).float()
            single = [loaded.model(input_ids=torch.tensor([row], device=loaded.device)) for row in rows]
    except (TypeError, ValueError, RuntimeError, IndexError, AttributeError):
        return False
    expected = torch.cat([found.last_hidden_state[0] for found in single]).float()
    scale = expected.abs().max()
    return bool((packed - expected).abs().max() <= _TOLERANCE.get(loaded.model.dtype, 1e-4) * scale)
