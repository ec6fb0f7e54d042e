"""Tries: reads what a question of the code testbed asks for; other attackers use it."""

import re
from math import prod

RESULTS = {"number": len, "sum": sum, "product": prod}
TESTS = {
    "at least": lambda x, bound: x >= bound,
    "above": lambda x, bound: x > bound,
    "at most": lambda x, bound: x <= bound,
    "below": lambda x, bound: x < bound,
}
PLACES = {
    "after the first": (0, None),
    "from number": (-1, None),
    "among the first": (None, 0),
    "before number": (None, -1),
}


def asked(question, lists):
    """What the question wants for each list, or nothing where it is worded otherwise."""
    result = re.search(r"the (number|sum|product) of", question)
    test = re.search(r"that are (at least|above|at most|below) (\d+)", question)
    place = re.search(r"(after the first|from number|among the first|before number) (\d+)", question)
    if not (result and test and place):
        return None
    low, high = (None if shift is None else int(place[2]) + shift for shift in PLACES[place[1]])
    kept = ([x for x in numbers[low:high] if TESTS[test[1]](x, int(test[2]))] for numbers in lists)
    return tuple(RESULTS[result[1]](numbers) for numbers in kept)
