"""The agent's tools, for its programs. Each answers in words, or with what those say where they are JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .data import name_of
from .door import LabError, get, post_json

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def tools() -> list[dict[str, Any]]:
    """What can be called: `name`, `description` and `inputSchema` of each."""
    return get("/tools")["tools"]


def call(tool: str, **fields: Any) -> Any:
    """Calls any tool by its name. What it refuses is a `LabError`."""
    answer = post_json(f"/tools/{tool}", {key: value for key, value in fields.items() if value is not None})
    if answer["isError"]:
        raise LabError("failed", answer["content"])
    return _value(answer["content"])


def evaluate(
    predictions: Mapping[int, ArrayLike], *, method: str, testbed: str | None = None, snapshot: str | None = None
) -> Any:
    """Has predictions scored on the development split: for each seed class probabilities, examples x classes.

    It uses up one evaluation. `method` is what you call it; `snapshot` the hash of its code."""
    import numpy as np

    listed = [
        {"seed": int(seed), "probabilities": np.round(np.asarray(array, dtype=np.float64), 7).tolist()}
        for seed, array in predictions.items()
    ]
    return call("evaluate", testbed=name_of(testbed), method=method, predictions=listed, snapshot=snapshot)


def standings() -> Any:
    """The best evaluation of each agent and baseline."""
    return call("standings")


def budget() -> Any:
    """What is left of time, money, evaluations and the trainer."""
    return call("budget")


def post(
    kind: str,
    title: str,
    body: str,
    *,
    tags: Sequence[str] | None = None,
    snapshot: str | None = None,
    scores: Sequence[str] | None = None,
) -> Any:
    """Posts to the forum: a `finding`, `hypothesis`, `insight` or `error`. `scores`: ids of evaluations it rests on."""
    return call("post", kind=kind, title=title, body=body, tags=tags, snapshot=snapshot, scores=scores)


def reply(to: str, body: str, *, snapshot: str | None = None, scores: Sequence[str] | None = None) -> Any:
    """Answers a post."""
    return call("reply", to=to, body=body, snapshot=snapshot, scores=scores)


def vote(post: str, value: int) -> Any:
    """1 if a post helped, -1 if it misleads, 0 to take the vote back."""
    return call("vote", post=post, value=value)


def search_forum(text: str, *, limit: int | None = None) -> Any:
    """Posts with these words, best first."""
    return call("search_forum", text=text, limit=limit)


def read_forum(post: str | None = None, *, limit: int | None = None, after: int | None = None) -> Any:
    """A post with a page of its replies (those after a cursor), or the newest threads."""
    return call("read_forum", post=post, limit=limit, after=after)


def keep_snapshot(title: str, *, folder: str | Path | None = None) -> Any:
    """Keeps a folder's files in the code store, for all agents."""
    return call("keep_snapshot", title=title, folder=None if folder is None else str(Path(folder).resolve()))


def get_snapshot(hash: str, folder: str | Path) -> Any:
    """Writes a snapshot's files into a folder."""
    return call("get_snapshot", hash=hash, folder=str(Path(folder).resolve()))


def list_snapshots(*, author: str | None = None, limit: int | None = None) -> Any:
    """The code store, newest first."""
    return call("list_snapshots", author=author, limit=limit)


def _value(content: str) -> Any:
    """Answers that begin as JSON objects or lists are that; what follows is a notice of the lab's."""
    if not content.startswith(("{", "[")):
        return content
    try:
        value, end = json.JSONDecoder().raw_decode(content)
    except ValueError:
        return content
    if notice := content[end:].strip():
        warnings.warn(notice, stacklevel=3)
    return value
