"""The server as its clients see it: a real process, real sockets."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2s_trainer.serve.canonical import _canonical, content_hash

from .client import LENGTHS, PACKAGE, _lift, _place, frame
from .requests_made import fit, linear, one_hot, sentences

pytest.importorskip("uvicorn", reason="uvicorn is not installed")

Response = http.client.HTTPResponse
TOKEN = "a-secret-of-more-than-16-letters"
TEXTS, LABELS = sentences(200)


def name_of(inputs: list[dict[str, str]]) -> str:
    """The hash of texts, as clients make it."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


NAME = name_of(TEXTS)


class Server:
    """A server of its own, which has said where it listens."""

    def __init__(self, folder: Path, *options: str, env: dict[str, str] | None = None) -> None:
        token = folder / "token"
        if not token.exists():
            token.touch(0o600)
            token.write_text(TOKEN + "\n")
        home = ("--home", str(folder / "home"))
        self.process = launch("--port", "0", "--token-file", str(token), *home, *options, env=env)
        self.log: list[str] = []
        self._written = threading.Condition()
        threading.Thread(target=self._drain, daemon=True).start()
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().decode()
        found = re.search(r"http://(\S+):(\d+)", self.said)
        assert found, self.log
        self.host, self.port = found[1], int(found[2])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def wait_for(self, words: str, count: int = 1) -> list[str]:
        """The lines of the log with these words, as soon as there are so many."""

        def lines() -> list[str]:
            return [line for line in self.log if re.search(words, line)]

        with self._written:
            assert self._written.wait_for(lambda: len(lines()) >= count, 30), self.log
            return lines()

    def _drain(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._written:
                self.log.append(line.decode().rstrip())
                self._written.notify_all()

    def send(self, method: str, path: str, body: bytes | None = None, token: str | None = TOKEN) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"authorization": f"Bearer {token}"} if token is not None else {}
        connection.request(method, path, body, headers)
        return connection.getresponse()

    def call(self, op: str, body: dict[str, Any], call: str | None = None, number: Any = 1) -> Response:
        arrays: list[np.ndarray] = []
        data = frame({"id": number, "op": op, "body": _lift(body, arrays)}, arrays)
        return self.send("POST", f"/v1/calls/{call or uuid.uuid4()}", data)

    def ask(self, op: str, body: dict[str, Any], call: str | None = None) -> dict[str, Any]:
        return list(messages(self.call(op, body, call)))[-1]

    def put(self, inputs: list[dict[str, str]] = TEXTS) -> str:
        name = name_of(inputs)
        assert self.ask("put", {"hash": name, "inputs": inputs})["type"] == "result"
        return name


def launch(*options: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), **(env or {})}
    command = [sys.executable, "-m", "w2s_trainer", "serve", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def messages(response: Response) -> Iterator[dict[str, Any]]:
    assert response.headers["content-type"] == "application/x-w2s-frames", (response.status, response.read())
    while start := response.read(16):
        header_length, blob_length = LENGTHS.unpack(start[4:])
        header = json.loads(response.read(header_length))
        data, arrays, at = response.read(blob_length), [], 0
        for entry in header.pop("blobs"):
            length = 4 * int(np.prod(entry["shape"]))
            arrays.append(np.frombuffer(data[at : at + length], entry["dtype"]).reshape(entry["shape"]))
            at += length
        yield {**header, "body": _place(header["body"], arrays)}


def until_training(stream: Iterator[dict[str, Any]]) -> None:
    for message in stream:
        assert message["type"] in ("alive", "event"), message
        if message["body"].get("stage") == "train":
            return
    pytest.fail("it ended before it trained")


def long_fit(seed: int = 0, epochs: int = 100_000) -> dict[str, Any]:
    return fit(NAME, one_hot(LABELS), model=linear(epochs=epochs), seed=seed)


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(*options: str, **more: Any) -> Server:
            server = Server(tmp_path, *options, **more)
            stack.callback(server.stop)
            return server

        yield begin


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    shared = Server(tmp_path_factory.mktemp("shared"))
    yield shared
    shared.stop()


def test_it_says_where_it_listens_and_who_it_is(server: Server) -> None:
    assert server.said == f"w2s_trainer serve: listening on http://127.0.0.1:{server.port}, cpu\n"
    (hello,) = messages(server.send("GET", "/v1/hello"))
    assert hello["type"] == "hello"
    assert hello["body"]["protocol"] == 1
    assert hello["body"]["pid"] == server.process.pid


def test_without_the_token_nothing_is_said(server: Server) -> None:
    for token in (None, "", "wrong", TOKEN[:-1], TOKEN + "x"):
        for method, path in (("GET", "/v1/hello"), ("POST", "/v1/calls/some-call"), ("GET", "/")):
            response = server.send(method, path, token=token)
            assert (response.status, response.read()) == (401, b"unauthorized\n")


def test_capabilities_name_the_server_s_devices(start: Start) -> None:
    body = start("--device", "cpu", "--threads", "1").ask("capabilities", {})["body"]
    assert body["devices"] == ["cpu (1 threads)"]
    assert body["parallel"] == 1
    assert "cross_entropy" in body["losses"]


def test_a_fit_streams_progress_and_then_its_result(server: Server) -> None:
    server.put()
    stream = messages(server.call("fit", long_fit(seed=1, epochs=2000)))
    until_training(stream)
    *events, result = stream
    assert any(event["body"].get("stage") == "train" for event in events)
    assert result["type"] == "result", result
    assert result["body"]["predictions"]["all"].shape == (200, 2)
    assert result["body"]["fingerprint"].startswith("w2s_trainer ")


def test_equal_requests_train_once_whatever_the_order_of_their_fields(server: Server) -> None:
    server.put()
    request = long_fit(seed=2, epochs=1000)
    stream = messages(server.call("fit", request))
    until_training(stream)
    joined = messages(server.call("fit", dict(reversed(request.items()))))
    (*_, first), (*_, second) = stream, joined
    third = server.ask("fit", request)
    for answer in (second, third):
        assert np.array_equal(answer["body"]["predictions"]["all"], first["body"]["predictions"]["all"])
    assert "cached" not in first["body"]["cost"]
    assert third["body"]["cost"] == {**first["body"]["cost"], "cached": True}
    name = server.wait_for("fit .*: joined")[-1].split()[3]
    assert len(server.wait_for(f"fit {name} starts")) == 1


def test_a_fit_that_brings_inputs_along_is_not_kept_for_others(server: Server) -> None:
    theirs = {"dataset": NAME, "inputs": TEXTS}
    request = fit(server.put(), one_hot(LABELS), predict={"theirs": theirs}, seed=90)
    answers = [server.ask("fit", request)["body"] for _ in range(2)]
    assert not any(answer["cost"].get("cached") for answer in answers)
    usual = server.ask("fit", {**request, "predict": {"theirs": {"dataset": NAME}}})["body"]
    for answer in answers:
        assert np.array_equal(answer["predictions"]["theirs"], usual["predictions"]["theirs"])


def test_the_same_key_with_another_body_is_another_fit(server: Server) -> None:
    server.put()
    one, other = (server.ask("fit", long_fit(seed, epochs=5))["body"] for seed in (3, 4))
    assert not np.array_equal(one["predictions"]["all"], other["predictions"]["all"])


def test_a_call_that_comes_back_gets_its_own_answer(server: Server) -> None:
    server.put()
    call = str(uuid.uuid4())
    response = server.call("fit", long_fit(seed=5, epochs=1000), call)
    until_training(messages(response))
    response.close()  # the connection is cut; the fit goes on
    answer = server.ask("fit", long_fit(seed=5, epochs=1000), call)
    again = server.ask("fit", long_fit(seed=5, epochs=1000), call)
    assert answer["type"] == "result"
    assert "cached" not in again["body"]["cost"]
    refused = server.ask("fit", long_fit(seed=6), call)
    assert (refused["body"]["code"], "for another request" in refused["body"]["message"]) == ("bad_input", True)


def test_an_abort_stops_the_fit_and_only_where_nobody_else_wants_it(server: Server) -> None:
    server.put()
    calls = [str(uuid.uuid4()) for _ in range(2)]
    streams = [messages(server.call("fit", long_fit(seed=7), call)) for call in calls]
    for stream in streams:
        until_training(stream)
    assert server.send("DELETE", f"/v1/calls/{calls[0]}").status == 204
    until_training(streams[1])  # it goes on
    assert server.send("DELETE", f"/v1/calls/{calls[1]}").status == 204
    server.wait_for("fit .*: cancelled after")
    assert server.ask("fingerprint", {"model": linear()})["type"] == "result"


def test_an_abort_that_overtakes_its_call_holds(server: Server) -> None:
    server.put()
    call = str(uuid.uuid4())
    server.send("DELETE", f"/v1/calls/{call}")
    assert server.ask("fit", long_fit(seed=8), call)["body"]["code"] == "cancelled"


def test_a_waiting_call_can_be_aborted(start: Start, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import w2s_trainer.serve.job as j; j.KEEP_ALIVE_SECONDS = 0.5\n")
    server = start(env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(PACKAGE)])})
    server.put()
    running, waiting = str(uuid.uuid4()), str(uuid.uuid4())
    stream = messages(server.call("fit", long_fit(seed=9), running))
    until_training(stream)
    other = messages(server.call("fit", long_fit(seed=10), waiting))
    for _ in range(2):  # at once, and after a while without anything else
        assert next(other)["type"] == "alive"
    server.send("DELETE", f"/v1/calls/{waiting}")
    assert list(other)[-1]["body"]["code"] == "cancelled"
    until_training(stream)
    server.send("DELETE", f"/v1/calls/{running}")
    assert list(stream)[-1]["body"]["code"] == "cancelled"


def test_a_dead_worker_is_an_error_and_the_next_request_works(start: Start) -> None:
    server = start()
    server.put()
    stream = messages(server.call("fit", long_fit()))
    until_training(stream)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    error = list(stream)[-1]["body"]
    assert error["code"] == "worker_died"
    assert "killed by signal 9" in error["message"]
    assert server.ask("fit", long_fit(epochs=5))["type"] == "result"


def test_a_worker_that_died_while_idle_is_replaced(start: Start) -> None:
    server = start()
    server.put()
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    while Path(f"/proc/{children[0]}").exists():  # until the server has taken note
        os.sched_yield()
    assert server.ask("fit", long_fit(epochs=5))["type"] == "result"


def test_what_nobody_waits_for_does_not_begin(start: Start, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import w2s_trainer.serve.job as j; j.ABANDONED_SECONDS = 0\n")
    server = start(env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(PACKAGE)])})
    server.put()
    running, abandoned = str(uuid.uuid4()), str(uuid.uuid4())
    stream = messages(server.call("fit", long_fit(seed=1), running))
    until_training(stream)
    left = server.call("fit", long_fit(seed=2, epochs=5), abandoned)
    assert next(messages(left))["type"] == "alive"
    left.close()
    server.send("DELETE", f"/v1/calls/{running}")
    server.wait_for("left out: it had not begun")
    assert server.ask("fit", long_fit(seed=2, epochs=5), abandoned)["type"] == "result"


def test_a_stopped_worker_is_replaced_after_an_abort(start: Start) -> None:
    server = start()
    server.put()
    call = str(uuid.uuid4())
    stream = messages(server.call("fit", long_fit(), call))
    until_training(stream)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGSTOP)
    server.send("DELETE", f"/v1/calls/{call}")
    assert server.ask("fit", long_fit(epochs=5))["type"] == "result"


def test_datasets_are_asked_for_and_put_again(server: Server) -> None:
    request = fit("never-put", one_hot(LABELS))
    error = server.ask("fit", request)["body"]
    assert (error["code"], error["message"]) == ("dataset_missing", "never-put")


def test_a_worker_that_forgot_a_dataset_is_sent_it_again(start: Start, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import w2s_trainer.operations as o; o._DATASET_BYTES = 1\n")
    server = start(env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(PACKAGE)])})
    server.put()
    name = server.put([*TEXTS, {"text": "one more"}])
    assert server.ask("fit", long_fit(epochs=1))["type"] == "result"
    more = server.ask("fit", fit(name, one_hot(np.append(LABELS, 0))))
    assert more["type"] == "result", more
    assert server.ask("fit", long_fit(epochs=2))["type"] == "result"
    both = server.ask("fit", {**long_fit(epochs=1), "predict": {"a": {"dataset": name}}})
    assert (both["body"]["code"], "more memory" in both["body"]["message"]) == ("failed", True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "no frame of the protocol"),
        (frame({"id": 1, "op": "fit", "body": {}})[:-1], "its start announces"),
        (frame({"id": 1, "op": "fit", "body": {"x": {"$blob": 3}}}), "the frame has 0 blobs"),
        (frame({"id": 1.0, "op": "fit", "body": {}}), "every request has the id 1"),
        (frame({"id": 7, "op": "fit", "body": {}}), "every request has the id 1"),
        (frame({"id": 1, "op": 3, "body": {}}), "op: string"),
        (frame({"id": 1, "op": "cancel", "body": {"id": 1}}), "DELETE /v1/calls/ID"),
        (b"W2S1" + (200_000).to_bytes(4, "little") + bytes(8) + b"[" * 200_000, "no frame of the protocol"),
    ],
)
def test_what_would_break_a_worker_does_not_reach_it(server: Server, data: bytes, words: str) -> None:
    response = server.send("POST", "/v1/calls/some-call", data)
    (error,) = messages(response)
    assert (response.status, error["body"]["code"]) == (400, "bad_input")
    assert words in error["body"]["message"]
    assert server.ask("fingerprint", {"model": linear()})["type"] == "result"


def test_a_worker_s_own_refusals_come_through(server: Server) -> None:
    server.put()
    for change, code in (({"loss": {"name": "/tmp/mine.py"}}, "unsupported"), ({"seed": -1}, "bad_input")):
        assert server.ask("fit", {**long_fit(), **change})["body"]["code"] == code
    assert "inputs[0]" in server.ask("fit", fit(server.put([{"txt": "a"}]), one_hot(LABELS)))["body"]["message"]


def test_a_dataset_under_a_name_that_is_not_its_own_is_refused(server: Server) -> None:
    texts = [{"text": "never put before"}]
    for body in (
        {"hash": name_of(texts), "inputs": TEXTS},
        {"hash": "texts", "inputs": TEXTS},
        {"hash": 3, "inputs": TEXTS},
        {"hash": NAME, "inputs": {"a": np.zeros(2, np.float32)}},
        {"hash": NAME, "inputs": [{"text": "\ud800"}]},
        {"inputs": TEXTS},
    ):
        answer = server.ask("put", body)
        assert (answer["type"], answer["body"]["code"]) == ("error", "bad_input"), body
    assert server.ask("fit", fit(name_of(texts), one_hot(LABELS)))["body"]["code"] == "dataset_missing"
    server.put(texts)


def test_waiting_requests_have_bounded_memory(start: Start, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import w2s_trainer.serve.calls as c; c.WAITING_BYTES = 30_000\n")
    server = start(env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(PACKAGE)])})
    server.put()
    large = [{"text": "x" * 100_000}]
    assert server.ask("fit", fit(server.put(large), one_hot(LABELS)))["body"]["code"] == "bad_input", "alone it fits"
    running = str(uuid.uuid4())
    stream = messages(server.call("fit", long_fit(seed=1), running))
    until_training(stream)
    refused = server.ask("fit", fit(name_of(large), one_hot(LABELS)))["body"]
    assert (refused["code"], "would hold" in refused["message"]) == ("busy", True)
    waiting = messages(server.call("fit", long_fit(seed=2, epochs=5)))
    assert next(waiting)["type"] == "alive", "a small one with the same dataset fits"
    server.send("DELETE", f"/v1/calls/{running}")
    assert list(waiting)[-1]["type"] == "result"


# In canonical JSON a number is as JavaScript's JSON.stringify writes it.
NUMBERS = [0.0, -0.0, 1.0, 5, 0.5, 0.1 + 0.2, 1e-6, 1.5e-5, 1e-7, -1.25e-9, 1e16, 2**70, 123456789012345680000, 1e21]
BY_NODE = (
    "[0,0,1,5,0.5,0.30000000000000004,0.000001,0.000015,1e-7,-1.25e-9,10000000000000000,1.1805916207174113e+21,"
    "123456789012345680000,1e+21]"
)


def test_canonical_json_is_that_of_the_clients() -> None:
    assert _canonical(NUMBERS) == BY_NODE
    assert _canonical([0.0, 10.0, 0.05, 1, 5.101]) == "[0,10,0.05,1,5.101]"
    for number, text in zip(NUMBERS, BY_NODE[1:-1].split(","), strict=True):
        assert _canonical([number]) == f"[{text}]"
    by_utf16 = '{"a":{},"b":[true,null],"😀":2,"\ufb33":1}'
    assert _canonical({"b": [True, None], "\ufb33": 1, "😀": 2, "a": {}}) == by_utf16
    image = {"image": [[0, 1, 0.5, 1 / 3], [1e-7, 0.000015, 0.1 + 0.2, 5e-324]]}
    mixed = [image, {"text": 'é😀\u2028\u001f"\\/', "a": -0.0}]
    by_node = "dfc6d8146dfec74fe50c7cbd3f9fc5f20e06971f0b86385ac5b164f560c15c4d"  # contentHash of src/data/canonical.ts
    assert content_hash(mixed) == by_node


def test_a_body_above_the_limit_is_refused(start: Start) -> None:
    server = start("--max-mb", "1")
    for size in ((1 << 20) + 1, 3 << 20, 20 << 20):
        try:
            response = server.send("POST", "/v1/calls/some-call", bytes(size))
        except ConnectionError:
            assert size > 4 << 20, "up to four times the limit the sender is heard to the end"
            continue
        (error,) = messages(response)
        assert (response.status, error["body"]["code"]) == (413, "bad_input")
        assert f"has {size} bytes; this server takes 1048576 at most" in error["body"]["message"]
    assert server.put()


def test_an_address_that_is_not_there(server: Server) -> None:
    calls = ("/v1/calls/x", "/v1/calls/..%2f..%2fetc", "/v2/calls/some-call")
    for method, path in (("GET", "/"), ("PUT", "/v1/calls/some-call"), *(("POST", call) for call in calls)):
        assert server.send(method, path).status == 404


def test_a_loss_of_the_owner_s_can_be_named(start: Start, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom w2s_trainer.losses import loss\n"
        '@loss("mine")\n'
        "def mine(f, w, context):\n"
        "    return -(w * np.log(np.maximum(f, 1e-12))).sum(axis=1), f - w\n"
    )
    plain, own = start(), start("--plugin", str(tmp_path / "mine.py"))
    for server in (plain, own):
        server.put()
    request = {**long_fit(epochs=5), "loss": {"name": "mine"}}
    assert plain.ask("fit", request)["body"]["code"] == "unsupported"
    assert "mine" in own.ask("capabilities", {})["body"]["losses"]
    assert own.ask("fit", request)["type"] == "result"


@pytest.mark.parametrize(
    ("token", "mode", "words"),
    [
        (None, 0o600, "cannot be read"),
        ("", 0o600, "found an empty file"),
        ("\n", 0o600, "found an empty file"),
        ("short", 0o600, "at least 16 characters .* found one of 5"),
        (TOKEN, 0o644, "every user of this machine .* chmod 600"),
        ("two words of some length", 0o600, "expected one word"),
    ],
)
def test_a_token_file_that_protects_nothing_is_refused(
    tmp_path: Path, token: str | None, mode: int, words: str
) -> None:
    path = tmp_path / "token"
    if token is not None:
        path.write_text(token)
        path.chmod(mode)
    process = launch("--port", "0", "--token-file", str(path))
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, b"")
    assert re.search(words, err.decode())
    assert token is None or len(token) < 6 or token not in err.decode()


def test_what_keeps_it_from_starting_is_said(start: Start, tmp_path: Path) -> None:
    server = start()
    (tmp_path / "broken.py").write_text("1 / 0\n")
    token = ("--token-file", str(tmp_path / "token"))
    for options, words in (
        (("--port", str(server.port)), "cannot listen on 127.0.0.1"),
        (("--port", "0", "--device", "cpu", "--device", "cuda:0"), "expected devices of one kind"),
        (("--port", "0", "--plugin", str(tmp_path / "broken.py")), r"broken\.py:1: ZeroDivisionError"),
        (("--port", "70000"), "expected a port from 0 to 65535"),
    ):
        process = launch(*options, *token)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 2
        assert re.search(words, err.decode()), err


def test_an_address_that_others_can_reach_is_said_to_be_unencrypted(start: Start) -> None:
    server = start("--host", "0.0.0.0")
    (line,) = server.wait_for("is not encrypted")
    assert "Put TLS in front" in line


def test_workers_end_with_the_server(start: Start) -> None:
    server = start()
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) == 0
    assert not Path(f"/proc/{children[0]}").exists()


def test_a_client_that_sends_half_a_request_and_leaves_does_no_harm(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(
            f"POST /v1/calls/half-a-call HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Content-Length: 1000\r\n\r\nW2S1".encode()
        )
    assert server.put()
    assert not [line for line in server.log if "Traceback" in line]
