from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from .client import PACKAGE, Client, WorkerFailure
from .conftest import StartWorker
from .requests_made import fit, linear, one_hot, sentences

NOISE = """
import os, threading, time
print("printed while Python starts", flush=True)
def shout():
    while True:
        print("a line from a thread", flush=True)
        os.write(1, b"bytes on descriptor 1")
        os.system("echo a child process prints")
        time.sleep(0.01)
def later():
    time.sleep(0.3)
    shout()
threading.Thread(target=later, daemon=True).start()
"""


def long_fit(client: Client, rows: int = 2000) -> int:
    texts, labels = sentences(rows)
    return client.send("fit", fit(client.put(texts), one_hot(labels), model=linear(epochs=100_000)))


def test_hello_names_the_worker(worker: Client) -> None:
    assert worker.hello["type"] == "hello"
    assert worker.hello["body"]["protocol"] == 1
    assert worker.hello["body"]["pid"] == worker.process.pid


def test_capabilities(worker: Client) -> None:
    found = worker.ask("capabilities", {})
    assert found["tasks"] == ["classify"]
    assert set(found["losses"]) >= {"cross_entropy", "confidence", "reverse_kl"}
    assert found["devices"][0].startswith("cpu (")


def test_words_need_neither_torch_nor_transformers(start: StartWorker, tmp_path: Path) -> None:
    for name in ("torch", "transformers", "tokenizers"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('imported')")
    client = start(path=tmp_path)
    texts, labels = sentences(100)
    began = time.perf_counter()
    client.ask("fit", fit(client.put(texts), one_hot(labels)))
    assert time.perf_counter() - began < 10  # under half a second on an idle machine


def test_stray_prints_do_not_reach_the_protocol(start: StartWorker, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOISE)
    client = start(path=tmp_path)
    time.sleep(0.5)
    texts, labels = sentences(300)
    dataset = client.put(texts)
    for _ in range(5):
        client.ask("fit", fit(dataset, one_hot(labels)))
    for said in (b"a line from a thread", b"bytes on descriptor 1", b"a child process prints"):
        assert said in client.stderr


def test_cancel_ends_a_running_fit_within_a_second(worker: Client) -> None:
    number = long_fit(worker)
    worker.wait_for("train")
    began = time.perf_counter()
    worker.send("cancel", {"id": number})
    with pytest.raises(WorkerFailure) as caught:
        worker.answer(number)
    assert caught.value.code == "cancelled"
    assert time.perf_counter() - began < 1
    assert worker.ask("capabilities", {})["parallel"] == 1


def test_cancel_ends_a_waiting_request_before_it_starts(worker: Client) -> None:
    running = long_fit(worker)
    waiting = worker.send("capabilities", {})
    worker.send("cancel", {"id": waiting})
    worker.send("cancel", {"id": 999})  # unknown: no answer, no harm
    worker.send("cancel", {"id": running})
    for number in (running, waiting):
        with pytest.raises(WorkerFailure, match="cancelled"):
            worker.answer(number)


def test_a_request_with_the_id_of_the_one_before_can_be_cancelled(start: StartWorker, tmp_path: Path) -> None:
    """As over HTTP, where every request has the same id."""
    (tmp_path / "sitecustomize.py").write_text(
        "import time\nfrom w2s_trainer.worker import Worker\nsend = Worker._send\n"
        "def slow(self, message):\n"
        "    send(self, message)\n"
        "    if message['type'] == 'result': time.sleep(0.5)\n"
        "Worker._send = slow\n"
    )
    client = start(path=tmp_path)
    texts, labels = sentences(50)
    request = fit(client.put(texts), one_hot(labels), model=linear(epochs=100_000))
    client._number = 0
    assert client.send("fit", request) == 1
    client.send("cancel", {"id": 1})
    with pytest.raises(WorkerFailure, match="cancelled"):
        client.answer(1)


def test_the_worker_ends_at_once_when_its_input_ends(worker: Client) -> None:
    long_fit(worker)
    worker.wait_for("train")
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert worker.process.wait(2) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux's")
def test_the_worker_dies_with_a_killed_parent_even_if_its_input_stays_open(tmp_path: Path) -> None:
    inner, outer = os.pipe()  # this test holds the writing end, so that no end of input tells
    code = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-m', 'w2s_trainer', 'worker', '--home', sys.argv[1]],"
        " stdin=0, stdout=subprocess.PIPE)\n"
        "p.stdout.read(16)\nprint(p.pid, flush=True)\ntime.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    command = [sys.executable, "-c", code, str(tmp_path)]
    parent = subprocess.Popen(command, stdin=inner, stdout=subprocess.PIPE, env=environment)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        for _ in range(200):
            if not _alive(child):
                return
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        pytest.fail("the worker outlived its parent")
    finally:
        os.close(inner)
        os.close(outer)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_interrupt_from_the_terminal_is_the_parents_business(worker: Client) -> None:
    worker.process.send_signal(signal.SIGINT)
    assert worker.ask("capabilities", {})["predict"] is True


def test_progress_is_sent_at_most_about_ten_times_a_second(worker: Client) -> None:
    texts, labels = sentences(1000)
    began = time.perf_counter()
    worker.ask("fit", fit(worker.put(texts), one_hot(labels), model=linear(epochs=60)))
    seconds = time.perf_counter() - began
    steps = [event for event in worker.events if event["stage"] == "train"]
    assert 1 <= len(steps) <= 10 * seconds + 3
    assert steps[-1]["step"] == steps[-1]["of"]
    assert np.isfinite(steps[-1]["loss"])


def test_an_unexpected_failure_is_an_error_and_the_worker_lives_on(start: StartWorker, tmp_path: Path) -> None:
    broken = "import w2s_trainer.linear as l\ndef train(*a, **k): raise MemoryError('no more')\nl.train = train\n"
    # Patches the worker as soon as numpy is there; production code has no hook for this.
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.path.insert(0, {str(PACKAGE)!r})\n{broken}")
    client = start(path=tmp_path)
    texts, labels = sentences(20)
    with pytest.raises(WorkerFailure, match="out of memory") as caught:
        client.ask("fit", fit(client.put(texts), one_hot(labels)))
    assert caught.value.code == "failed"
    assert "train" in caught.value.body["traceback"]
    assert client.ask("capabilities", {})["embed"] is True
