"""A loss's parameters: the keyword-only arguments of its function, checked by their annotations."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from .. import check
from ..errors import BadInput

FORM = "def f(f, w, context, *, parameter: float = 0.5, ...)"


@dataclass(frozen=True)
class Between:
    """Limits of a number, both allowed: `alpha: Annotated[float, Between(0, 1)] = 0.5`."""

    low: float
    high: float = math.inf


Share = Annotated[float, Between(0, 1)]


@dataclass(frozen=True)
class Parameter:
    default: Any
    check: Callable[[Any, str], Any]


def parameters_of(function: Callable[..., Any]) -> dict[str, Parameter]:
    """Throws a `TypeError` that says what is expected of a loss's function."""
    signature = inspect.signature(function).parameters.values()
    given = [each.name for each in signature if each.kind is each.POSITIONAL_OR_KEYWORD]
    rest = [each for each in signature if each.kind is not each.POSITIONAL_OR_KEYWORD]
    if len(given) != 3 or any(each.kind is not each.KEYWORD_ONLY or each.default is each.empty for each in rest):
        raise TypeError(
            f"expected {FORM}: three arguments, then a star, then parameters with defaults. "
            f"Found {function.__name__}{inspect.signature(function)}."
        )
    hints = get_type_hints(function, include_extras=True)
    found = {}
    for each in rest:
        parameter = Parameter(each.default, _check(hints.get(each.name, type(each.default)), each.name))
        try:
            parameter.check(each.default, each.name)
        except BadInput as error:
            raise TypeError(f"the default of {error}") from None
        found[each.name] = parameter
    return found


def _check(hint: Any, name: str) -> Callable[[Any, str], Any]:
    limits = Between(-math.inf)
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        limits = next((note for note in notes if isinstance(note, Between)), limits)
    if get_origin(hint) is Literal:
        return lambda value, where: check.choice(value, where, get_args(hint))
    checks: Mapping[Any, Callable[[Any, str], Any]] = {
        bool: check.boolean,
        str: check.string,
        int: lambda value, where: _number(value, where, limits, whole=True),
        float: lambda value, where: _number(value, where, limits, whole=False),
    }
    if hint not in checks:
        raise TypeError(f"{name}: expected the type float, int, bool, str or Literal[...], found {hint}.")
    return checks[hint]


def _number(value: Any, where: str, limits: Between, whole: bool) -> float | int:
    kind = "an integer" if whole else "a number"
    right = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if right and limits.low <= value <= limits.high and (not whole or float(value).is_integer()):
        return int(value) if whole else float(value)
    if math.isfinite(limits.low):
        kind += (
            f" from {limits.low:g} to {limits.high:g}" if math.isfinite(limits.high) else f" of at least {limits.low:g}"
        )
    raise BadInput(f"{where}: expected {kind}, found {check.show(value)}.")
