"""The losses that there are, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .parameters import Parameter, parameters_of

Batchwise = bool | Callable[[int, Mapping[str, Any]], bool]
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Known:
    name: str
    function: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    batchwise: Batchwise
    autograd: bool
    file: str
    line: int

    @property
    def built_in(self) -> bool:
        return Path(self.file).parent == Path(__file__).parent

    @property
    def label(self) -> str:
        """As a message names it."""
        return self.name if self.built_in else f"{self.name} ({self.file}:{self.line})"


LOSSES: dict[str, Known] = {}


def loss(name: str, *, autograd: bool = False, batchwise: Batchwise = False) -> Callable[[Function], Function]:
    """Makes a function the loss `name`:

        @loss("focal")
        def focal(f, w, context, *, gamma: float = 2.0):
            ...
            return each, gradient

    f are the model's probabilities and w the targets, both rows x classes; `context` is a `Context`; what follows the
    star are parameters that a request may set. The function returns each row's loss and the gradient of that loss with
    respect to the row's logits. Where a target depends on f it is held fixed.

    `autograd`: f, w and `context.balance` are torch tensors, the function returns each row's loss, and torch finds the
    gradient, through the softmax. `batchwise`: a row's loss depends on the other rows of its batch, which must then not
    be cut into parts.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][\w.-]*", name):
        raise ValueError(f"@loss: expected a name of letters, digits, '-', '_' or '.', found {name!r}.")

    def register(function: Function) -> Function:
        taken = LOSSES.get(name)
        if taken:
            by = "a built-in loss" if taken.built_in else f"{taken.file}:{taken.line}"
            raise ValueError(f'@loss("{name}"): this name is taken by {by}. Choose another.')
        code = function.__code__
        try:
            parameters = parameters_of(function)
        except TypeError as error:
            raise TypeError(f'@loss("{name}"): {error}') from None
        LOSSES[name] = Known(name, function, parameters, batchwise, autograd, code.co_filename, code.co_firstlineno)
        return function

    return register
