"""What fine-tuning promises of its inside: gradients, order, micro-batches, memory, files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file  # noqa: E402

from w2s_trainer import models  # noqa: E402
from w2s_trainer.call import Call  # noqa: E402
from w2s_trainer.frames import Blob  # noqa: E402
from w2s_trainer.operations import Operations  # noqa: E402
from w2s_trainer.pretrained import load, locate  # noqa: E402
from w2s_trainer.pretrained.prompts import Prompt  # noqa: E402
from w2s_trainer.tuning import budget, lora, packed  # noqa: E402
from w2s_trainer.tuning.classifier import Classifier  # noqa: E402

from .requests_made import one_hot  # noqa: E402
from .tuning_made import LABELS, TEXTS, model  # noqa: E402


def blob(array: np.ndarray) -> Blob:
    return Blob(array.dtype.name, array.shape, memoryview(np.ascontiguousarray(array)).cast("B"))


def fit(home: Path, spec: dict, events: list | None = None, **changes: object) -> dict:
    operations = Operations(home, "cpu", torch.get_num_threads())
    operations.put({"hash": "texts", "inputs": TEXTS}, 1)
    body = {
        "key": "key",
        "task": "classify",
        "model": spec,
        "classes": 2,
        "train": {"dataset": "texts", "targets": blob(one_hot(LABELS))},
        "loss": {"name": "cross_entropy"},
        "seed": 1,
        "predict": {"all": {"dataset": "texts"}},
        "curve": True,
        **changes,
    }
    return operations.fit(body, Call((events if events is not None else []).append, lambda: False, "cpu"))


def test_an_adapters_gradient_is_autograds() -> None:
    random = torch.Generator().manual_seed(0)
    shapes = ((2, 3, 5), (4, 5), (2, 5), (4, 2), (4,))
    x, w, a, b, bias = (torch.randn(*shape, generator=random, dtype=torch.float64) for shape in shapes)
    for tensor in (x, a, b):
        tensor.requires_grad_(True)
    torch.autograd.gradcheck(lambda x, a, b: lora._Adapted.apply(x, w, bias, a, b, 0.7), (x, a, b))
    plain = x @ w.t() + bias + 0.7 * (x @ a.t()) @ b.t()
    assert torch.allclose(lora._Adapted.apply(x, w, bias, a, b, 0.7), plain)


@pytest.mark.parametrize("kind", ["tiny_llama", "tiny_gpt2", "tiny_bert"])
def test_packed_rows_do_not_see_each_other(kind: str, request: pytest.FixtureRequest) -> None:
    loaded = load_tiny(request.getfixturevalue(kind))
    assert packed.works(loaded)
    rows = [[5, 6, 7], [8], [9, 10, 11, 12, 13]]
    with torch.no_grad():
        states = packed.last_states(loaded, packed.Layout(rows, loaded.device))
        others = packed.last_states(loaded, packed.Layout([[30, 31], [8], [40]], loaded.device))
    assert torch.allclose(states[3], others[2], atol=1e-5), "a row's states are its own whatever stands beside it"


def test_a_model_that_cannot_be_packed_is_padded(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_tiny(tiny_bert)
    monkeypatch.setattr(packed, "_attention", None)
    monkeypatch.setitem(packed.ALL_ATTENTION_FUNCTIONS, packed._NAME, lambda *_, **__: (torch.zeros(1), None))
    assert not packed.works(loaded)
    texts = [[5, 6, 7], [8], [9, 10, 11, 12, 13]]
    spec = models.model(model(tiny_bert, "head"))
    classifier = Classifier(loaded, spec, 2, {"text": ""}, 0)
    with torch.no_grad():
        together, alone = classifier.states(texts), classifier.states(texts[1:2])
    assert torch.allclose(together[1], alone[0], atol=1e-5)


def load_tiny(folder: Path) -> load.Loaded:
    spec = models.Pretrained(path=str(folder))
    return load.load(spec, locate.locate(spec), "", "float32", "cpu", None)


@pytest.mark.parametrize("tune", ["lora", "full"])
@pytest.mark.parametrize("loss", [{"name": "cross_entropy"}, {"name": "confidence", "alpha": 0.7, "ramp": 0.1}])
def test_micro_batches_change_nothing_but_rounding(
    loss: dict, tune: str, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves = []
    for tokens in (1 << 20, 600, 70):  # one micro-batch; several; one row each
        monkeypatch.setitem(budget._TOKENS, "cpu", tokens)
        curves.append(fit(tmp_path / str(tokens), model(tiny_llama, tune, optimizer={"epochs": 1}), loss=loss)["curve"])
    assert np.allclose(curves[0], curves[1], atol=2e-4)
    assert np.allclose(curves[0], curves[2], atol=2e-4)


def test_the_loop_is_that_of_transformers(tiny_llama: Path, tmp_path: Path) -> None:
    """Full tuning by hand, row by row: AdamW, clipping at 1, transformers' schedule, the loss on the label token."""
    settings = {"epochs": 2, "batchSize": 16, "weightDecay": 0.1, "learningRate": 1e-3}
    found = fit(tmp_path, model(tiny_llama, "full", labels=["A", "B"], optimizer=settings))["curve"]
    lm = transformers.AutoModelForCausalLM.from_pretrained(tiny_llama).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    labels = [tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in ("A", "B")]
    tokens = Prompt(asking=True).tokenize(tokenizer, TEXTS, 64)
    norms = [value for name, value in lm.named_parameters() if value.dim() == 1]
    others = [value for name, value in lm.named_parameters() if value.dim() > 1]
    groups = [{"params": others, "weight_decay": 0.1}, {"params": norms, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(groups, lr=1e-3)
    steps = 12
    schedule = transformers.get_linear_schedule_with_warmup(adam, 2, steps)
    random = np.random.Generator(np.random.PCG64(1))
    expected = []
    for _ in range(2):
        order = random.permutation(len(TEXTS))
        for start in range(0, len(TEXTS), 16):
            rows = order[start : start + 16]
            logits = torch.stack([lm(torch.tensor([tokens[row]])).logits[0, -1, labels] for row in rows])
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS[rows]))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(lm.parameters(), 1.0)
            adam.step()
            adam.zero_grad()
            schedule.step()
            expected.append(float(loss.detach()))
    assert found == pytest.approx(expected, rel=0.01)


def test_memory_that_does_not_suffice_halves_the_micro_batch(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = model(tiny_llama, "full")
    plenty = fit(tmp_path / "plenty", spec)
    states = Classifier.states

    def scarce(self: Classifier, rows: list[list[int]]) -> torch.Tensor:
        if torch.is_grad_enabled() and len(rows) * max(map(len, rows)) > 300:
            raise torch.OutOfMemoryError("a test's")
        return states(self, rows)

    monkeypatch.setattr(Classifier, "states", scarce)
    events: list[dict] = []
    little = fit(tmp_path / "little", spec, events)
    assert np.allclose(little["curve"], plenty["curve"], atol=2e-4)
    assert "micro-batches of 2048 tokens" in plenty["fingerprint"]
    assert "micro-batches of 256 tokens" in little["fingerprint"]
    assert little["checkpoint"]["id"] != plenty["checkpoint"]["id"]
    warnings = [event["message"] for event in events if event["type"] == "warning"]
    assert len(warnings) == 3, "2048 to 256"
    again = fit(tmp_path / "little", spec)
    assert again["fingerprint"] == little["fingerprint"], "the next worker knows beforehand"
    assert np.array_equal(again["predictions"]["all"], little["predictions"]["all"])


@pytest.mark.parametrize("kind", ["tiny_llama", "tiny_gpt2"])
def test_a_full_checkpoint_is_a_hugging_face_folder(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    answer = fit(tmp_path, model(request.getfixturevalue(kind), "full", labels=["A", "B"], optimizer={"epochs": 3}))
    folder = answer["checkpoint"]["path"]
    lm = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    _agree(answer, lm, transformers.AutoTokenizer.from_pretrained(folder))


@pytest.mark.parametrize("kind", ["tiny_llama", "tiny_gpt2"])
def test_adapters_open_in_peft(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    peft = pytest.importorskip("peft", reason="peft is not installed")
    base = request.getfixturevalue(kind)
    answer = fit(tmp_path, model(base, "lora", labels=["A", "B"], optimizer={"epochs": 3, "learningRate": 1e-2}))
    lm = transformers.AutoModelForCausalLM.from_pretrained(base)
    lm = peft.PeftModel.from_pretrained(lm, answer["checkpoint"]["path"]).eval()
    _agree(answer, lm, transformers.AutoTokenizer.from_pretrained(base))


def test_an_encoders_adapters_open_in_peft_without_a_warning(
    tiny_bert: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    peft = pytest.importorskip("peft", reason="peft is not installed")
    answer = fit(tmp_path, model(tiny_bert, "lora", optimizer={"epochs": 2, "learningRate": 1e-2}))
    folder = Path(answer["checkpoint"]["path"])
    bert = peft.PeftModel.from_pretrained(transformers.AutoModel.from_pretrained(tiny_bert), folder).eval()
    assert not [warning for warning in recwarn if "missing adapter keys" in str(warning.message)]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_bert)
    head = load_file(folder / "head.safetensors")
    ids = tokenizer(TEXTS[0]["text"], truncation=True, max_length=64, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        state = bert(input_ids=ids).last_hidden_state.mean(dim=1)
        f = torch.softmax(state @ head["weight"].t() + head["bias"], dim=-1)
    assert f[0].numpy() == pytest.approx(answer["predictions"]["all"][0], abs=1e-4)


OTHERS = {
    "granite": lambda size: transformers.GraniteConfig(**size, num_key_value_heads=2, logits_scaling=4.0),
    "cohere": lambda size: transformers.CohereConfig(**size, num_key_value_heads=2, logit_scale=0.3),
    "gemma2": lambda size: transformers.Gemma2Config(
        **size, num_key_value_heads=2, head_dim=8, final_logit_softcapping=2.0
    ),
    "phi": lambda size: transformers.PhiConfig(**size),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_logits_are_the_models_own(kind: str, tiny_llama: Path, tmp_path: Path) -> None:
    """Scaled, capped or with a bias: predictions before any training are the softmax of what the model says."""
    size = {"vocab_size": 101, "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
    torch.manual_seed(1)
    config = OTHERS[kind]({**size, "num_hidden_layers": 2, "max_position_embeddings": 256, "pad_token_id": 0})
    lm = transformers.AutoModelForCausalLM.from_config(config).eval()
    for parameter in lm.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    lm.save_pretrained(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    tokenizer.save_pretrained(tmp_path / "model")
    spec = model(tmp_path / "model", "full", labels=["A", "B"], optimizer={"learningRate": 1e-9, "epochs": 1})
    _agree(fit(tmp_path / "home", spec), lm, tokenizer)


def _agree(answer: dict, lm: torch.nn.Module, tokenizer: object) -> None:
    labels = [tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in ("A", "B")]
    for row in (0, 7, 50):
        ids = tokenizer(TEXTS[row]["text"] + "\nLabel:", return_tensors="pt")["input_ids"]
        if ids.shape[1] > 64:
            continue
        with torch.no_grad():
            logits = lm(ids).logits[0, -1, labels].float()
        assert torch.softmax(logits, dim=-1).numpy() == pytest.approx(answer["predictions"]["all"][row], abs=1e-4)


def test_an_encoders_checkpoint_has_its_head_beside(tiny_bert: Path, tmp_path: Path) -> None:
    answer = fit(tmp_path, model(tiny_bert, "full"))
    folder = Path(answer["checkpoint"]["path"])
    bert = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    head = load_file(folder / "head.safetensors")
    ids = tokenizer(TEXTS[0]["text"], truncation=True, max_length=64, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        state = bert(input_ids=ids).last_hidden_state.mean(dim=1)
        f = torch.softmax(state @ head["weight"].t() + head["bias"], dim=-1)
    assert f[0].numpy() == pytest.approx(answer["predictions"]["all"][0], abs=1e-4)
    assert json.loads((folder / "model.json").read_text())["model"]["type"] == "huggingface"
