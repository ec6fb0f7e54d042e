"""A Python that is too old is told so by itself."""

from __future__ import annotations

import ast
import os
import sys

import pytest

from w2s_trainer import oldest
from w2s_trainer.frames import read_frame

from .client import PACKAGE


@pytest.mark.parametrize("name", ["__init__", "__main__", "stdio", "oldest"])
def test_what_runs_before_the_check_can_be_read_by_an_old_python(name: str) -> None:
    tree = ast.parse((PACKAGE / "w2s_trainer" / f"{name}.py").read_text(), feature_version=(3, 6))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert all(function.returns is None for function in functions)  # `tuple[int]` can be read, but not executed
    assert not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in ast.walk(tree))


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 99), (2, 7, 18)])
def test_an_old_python_is_refused(version: tuple[int, ...]) -> None:
    inner, outer = os.pipe()
    with pytest.raises(SystemExit) as caught:
        oldest.check(version, outer)
    os.close(outer)
    said = read_frame(inner)
    os.close(inner)
    assert caught.value.code == 1
    assert said is not None
    assert (said["id"], said["type"], said["body"]["code"]) == (0, "error", "missing_dependency")
    assert ".".join(map(str, version)) in said["body"]["message"]
    assert "npx weak-to-strong setup" in said["body"]["message"]


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1), sys.version_info])
def test_a_new_one_is_not(version: tuple[int, ...]) -> None:
    oldest.check(version, -1)
