"""Calls functions as a generated testbed's tests do: JSON from stdin, what every call gave as JSON to stdout."""

import json
import sys


def outcomes(snippet: str, calls: list[list[int]]) -> list[int | str]:
    namespace: dict = {}
    exec(snippet, namespace)
    return [outcome(namespace["solve"], numbers) for numbers in calls]


def outcome(solve, numbers: list[int]) -> int | str:
    try:
        return solve(numbers)
    except Exception as error:
        return type(error).__name__


json.dump([outcomes(trial["snippet"], trial["calls"]) for trial in json.load(sys.stdin)], sys.stdout)
