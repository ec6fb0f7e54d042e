"""Hidden states of tiny random models: what comes out, and that the same request gives the same bits."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import Client, WorkerFailure
from .conftest import StartWorker
from .requests_made import fit, hidden, linear, one_hot, sentences

TEXTS, LABELS = sentences(1200)


def embed(worker: Client, folder: Path, layers: list[int], pooling: str = "mean", **rows: Any) -> list[np.ndarray]:
    rows = {"dataset": worker.put(TEXTS), **rows}
    body = {"model": {"path": str(folder)}, "layers": layers, "pooling": pooling, "maxTokens": 64, "rows": rows}
    return worker.ask("embed", body)["layers"]


def reference(folder: Path, text: str, pooling: str) -> list[np.ndarray]:
    """The whole model's hidden states for one text, by transformers alone."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokens = tokenizer(text, truncation=True, max_length=64, return_tensors="pt")
    tokens.pop("token_type_ids", None)
    with torch.no_grad():
        states = model(**tokens, output_hidden_states=True).hidden_states
    return [(state[0, -1] if pooling == "last" else state[0].mean(dim=0)).numpy() for state in states]


@pytest.mark.parametrize("pooling", ["last", "mean"])
@pytest.mark.parametrize("kind", ["tiny_llama", "tiny_bert"])
def test_states_are_those_of_the_whole_model(
    kind: str, pooling: str, shared: Client, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind)
    depth = 4 if kind == "tiny_llama" else 3
    some = np.array([700, 5, 511, 512], np.int32)
    found = embed(shared, folder, list(range(depth + 1)), pooling, indices=some)
    for position, row in enumerate(some):
        expected = reference(folder, TEXTS[row]["text"], pooling)
        # transformers norms a Llama's last layer; here it is the block's output like every other.
        for layer in range(depth if kind == "tiny_llama" else depth + 1):
            assert np.allclose(found[layer][position], expected[layer], rtol=0.02, atol=0.02), (layer, row)


def test_the_pass_stops_at_the_deepest_layer_with_equal_bits(tiny_llama: Path) -> None:
    import torch
    import transformers

    from w2s_trainer.pretrained.forward import states
    from w2s_trainer.pretrained.load import Loaded

    model = transformers.AutoModel.from_pretrained(tiny_llama).eval()
    loaded = Loaded("tiny", model, model.layers, None)
    tokens = torch.arange(40).reshape(2, 20)
    mask = torch.ones_like(tokens)
    mask[1, 15:] = 0
    whole = model(input_ids=tokens, attention_mask=mask, output_hidden_states=True).hidden_states
    ran: list[int] = []
    for number, block in enumerate(model.layers):
        block.register_forward_hook(lambda *_, number=number: ran.append(number))
    found = states(loaded, tokens, mask, [0, 2], lambda: None)
    assert ran == [0, 1] or ran == [0]  # the hook that ends the pass may come before this one
    assert sorted(found) == [0, 2]
    assert all(torch.equal(found[layer], whole[layer]) for layer in found)
    last = states(loaded, tokens, mask, [4], lambda: None)[4]
    assert torch.equal(model.norm(last), whole[4])


def test_fresh_processes_and_other_orders_of_asking_give_the_same_bits(
    start: StartWorker, tiny_llama: Path, tmp_path: Path
) -> None:
    request = {"model": linear(hidden({"path": str(tiny_llama)}, 2)), "seed": 7}
    results = []
    for number in range(2):
        worker = start(home=tmp_path / f"home-{number}")
        if number == 1:  # this one was asked other things before
            embed(worker, tiny_llama, [3, 1], "last", indices=np.array([1100, 4], np.int32))
            embed(worker, tiny_llama, [2], "last", indices=np.array([3], np.int32))
        results.append(worker.ask("fit", fit(worker.put(TEXTS), one_hot(LABELS), **request)))
    first, second = results
    assert np.array_equal(first["predictions"]["all"], second["predictions"]["all"])
    assert first["history"] == second["history"]
    assert first["cost"]["tokens"] > 0
    warm = worker.ask("fit", fit(worker.put(TEXTS), one_hot(LABELS), **request))
    assert warm["cost"]["tokens"] == 0
    assert np.array_equal(first["predictions"]["all"], warm["predictions"]["all"])


def test_a_checkpoint_predicts_the_same_in_a_fresh_process(
    start: StartWorker, shared: Client, shared_home: Path, tiny_bert: Path
) -> None:
    request = fit(shared.put(TEXTS), one_hot(LABELS), model=linear(hidden({"path": str(tiny_bert)}, 1)))
    fitted = shared.ask("fit", request)
    expected = fitted["predictions"]["all"]
    second = start(home=shared_home)
    rows = {"dataset": second.put(TEXTS), "indices": np.array([9, 800, 9], np.int32)}
    found = second.ask("predict", {"checkpoint": fitted["checkpoint"], "rows": rows})
    assert np.array_equal(found["predictions"], expected[[9, 800, 9]])
    assert found["cost"]["tokens"] == 0  # the chunks on disk were enough


def test_a_corrupted_chunk_is_computed_again_and_said(
    start: StartWorker, shared: Client, shared_home: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    before = embed(shared, tiny_llama, [2])[0]
    features = shutil.copytree(shared_home / "cache" / "features", tmp_path / "home" / "cache" / "features")
    values = before[512:1024].tobytes()
    chunks = [path for path in features.rglob("0001") if path.read_bytes().endswith(values)]
    assert len(chunks) == 1
    data = bytearray(chunks[0].read_bytes())
    data[100] ^= 1
    chunks[0].write_bytes(data)
    worker = start()
    assert np.array_equal(embed(worker, tiny_llama, [2])[0], before)
    assert any("corrupted" in warning and str(chunks[0]) in warning for warning in worker.warnings())
    third = start()
    embed(third, tiny_llama, [2])
    assert third.warnings() == []


def test_a_kill_loses_at_most_one_chunk(start: StartWorker, shared: Client, tiny_llama: Path) -> None:
    whole = embed(shared, tiny_llama, [3])[0]
    worker = start()
    dataset = worker.put(TEXTS)
    rows = {"dataset": dataset}
    model = {"path": str(tiny_llama)}
    worker.send("embed", {"model": model, "layers": [3], "pooling": "mean", "maxTokens": 64, "rows": rows})
    while worker.wait_for("features")["step"] < 512:
        pass
    while worker.wait_for("features")["step"] <= 512:
        pass
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    again = start()
    assert np.array_equal(embed(again, tiny_llama, [3])[0], whole)
    assert min(event["step"] for event in again.events if event.get("stage") == "features") > 512
    assert again.warnings() == []


def test_a_full_disk_is_a_warning_for_features(start: StartWorker, tiny_llama: Path, tmp_path: Path) -> None:
    """A file where the cache's folder should be: nothing can be written there, for root neither."""
    (tmp_path / "home" / "cache").mkdir(parents=True)
    (tmp_path / "home" / "cache" / "features").write_text("in the way")
    worker = start()
    assert embed(worker, tiny_llama, [1])[0].shape == (1200, 32)
    assert len([warning for warning in worker.warnings() if "could not be kept" in warning]) == 1


def test_a_layer_that_does_not_exist(shared: Client, tiny_llama: Path) -> None:
    with pytest.raises(WorkerFailure, match=r"layer 5: .* has layers 0 to 4") as caught:
        embed(shared, tiny_llama, [5])
    assert caught.value.code == "bad_input"


def test_changed_weights_are_another_model(shared: Client, tiny_llama: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    copy = tmp_path / "copy"
    shutil.copytree(tiny_llama, copy)
    spec = linear(hidden({"path": str(copy)}, 1))
    before = shared.ask("fingerprint", {"model": spec})["fingerprint"], embed(shared, copy, [1])[0]
    tensors = load_file(copy / "model.safetensors")
    save_file({name: value + torch.ones_like(value) for name, value in tensors.items()}, copy / "model.safetensors")
    after = shared.ask("fingerprint", {"model": spec})["fingerprint"], embed(shared, copy, [1])[0]
    assert before[0] != after[0]
    assert not np.array_equal(before[1], after[1])


def test_extraction_is_cancelled_within_a_second(shared: Client, tiny_llama: Path) -> None:
    embed(shared, tiny_llama, [0], indices=np.array([0], np.int32))  # loads the model
    body = {"model": {"path": str(tiny_llama)}, "layers": [4], "pooling": "mean", "maxTokens": 64}
    number = shared.send("embed", {**body, "rows": {"dataset": shared.put(sentences(20_000, 1)[0])}})
    shared.wait_for("features")
    shared.send("cancel", {"id": number})
    with pytest.raises(WorkerFailure, match="cancelled"):
        shared.answer(number)
