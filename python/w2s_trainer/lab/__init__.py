"""The lab, for programs in an agent's sandbox (docs/method-authors.md): `from w2s_trainer import lab`.

Needs numpy only, and that not before the first array.
"""

from .calls import (
    budget,
    call,
    evaluate,
    get_snapshot,
    keep_snapshot,
    list_snapshots,
    post,
    read_forum,
    reply,
    search_forum,
    standings,
    tools,
    vote,
)
from .data import Split, Testbed, load, testbeds
from .door import LabError
from .trainer import Fitted, embed, fit, predict, quote, score

__all__ = [
    "Fitted",
    "LabError",
    "Split",
    "Testbed",
    "budget",
    "call",
    "embed",
    "evaluate",
    "fit",
    "get_snapshot",
    "keep_snapshot",
    "list_snapshots",
    "load",
    "post",
    "predict",
    "quote",
    "read_forum",
    "reply",
    "score",
    "search_forum",
    "standings",
    "testbeds",
    "tools",
    "vote",
]
