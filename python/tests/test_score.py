"""Log-probabilities of continuations, against transformers alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .client import Client, WorkerFailure

ROWS = [
    {"question": "one and one?", "choice": "two"},
    {"question": "a longer question about nothing", "choice": "nothing at all"},
    {"question": "?", "choice": "!"},
]


def score(worker: Client, folder: Path, rows: list[dict[str, str]], **more: Any) -> dict[str, np.ndarray]:
    body = {"model": {"path": str(folder)}, "rows": {"dataset": worker.put(rows)}, "maxTokens": 128, **more}
    return worker.ask("score", body)


def reference(folder: Path, prompt: str, continuation: str) -> float:
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    lm = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    before = tokenizer(prompt)["input_ids"]
    after = tokenizer(continuation, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logs = torch.log_softmax(lm(torch.tensor([before + after])).logits[0].float(), dim=-1)
    return sum(float(logs[len(before) - 1 + i, token]) for i, token in enumerate(after))


@pytest.mark.parametrize("kind", ["tiny_llama", "tiny_gpt2"])
@pytest.mark.parametrize("continuations", [["A", "B"], [" {choice}", " no"]])
def test_scores_are_the_models(
    kind: str, continuations: list[str], shared: Client, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind)
    found = score(shared, folder, ROWS, prompt="Q: {question}\nA:", continuations=continuations)
    for row, fields in enumerate(ROWS):
        for column, form in enumerate(continuations):
            text = form.format(**fields)
            expected = reference(folder, f"Q: {fields['question']}\nA:", text)
            assert found["logProbabilities"][row, column] == pytest.approx(expected, abs=2e-3)
            assert found["tokens"][row, column] == len(text), "one token a character"


def test_a_kind_has_a_prompt_and_labels_of_its_own(shared: Client, tiny_llama: Path) -> None:
    found = score(shared, tiny_llama, ROWS[:1])["logProbabilities"]
    prompt = "Question: one and one?\nAnswer: two\nLabel:"
    assert found[0] == pytest.approx([reference(tiny_llama, prompt, text) for text in (" False", " True")], abs=2e-3)


def test_all_next_tokens_share_one_probability(shared: Client, tiny_llama: Path) -> None:
    letters = [chr(code) for code in range(33, 127) if chr(code) not in "{}"]
    found = score(shared, tiny_llama, [{"text": "abc"}], prompt="{text}", continuations=letters)["logProbabilities"]
    assert np.exp(found).sum() <= 1 + 1e-4


def test_a_long_prompt_loses_its_middle_and_the_continuation_nothing(shared: Client, tiny_llama: Path) -> None:
    row = {"question": "begin " + "x" * 400 + " end", "choice": "c"}
    found = score(shared, tiny_llama, [row], continuations=[" True"])
    assert found["tokens"][0, 0] == 5
    assert np.isfinite(found["logProbabilities"]).all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"continuations": ["{answer}"]}, r"continuations: '\{answer\}' has '\{answer\}'"),
        ({"continuations": []}, "continuations: expected a list with at least one string"),
        ({"continuations": ["x" * 100]}, "one has 100 tokens for the input .*one and one"),
        ({"continuations": ["{question}" * 3]}, "one has 93 tokens for the input .*a longer question"),
        ({"continuations": ["a"], "chat": True}, "no chat template"),
    ],
)
def test_what_cannot_be_asked(more: dict, message: str, shared: Client, tiny_llama: Path) -> None:
    with pytest.raises(WorkerFailure, match=message) as caught:
        score(shared, tiny_llama, ROWS, **more)
    assert caught.value.code == "bad_input"


def test_an_encoder_says_nothing(shared: Client, tiny_bert: Path) -> None:
    with pytest.raises(WorkerFailure, match="is an encoder; expected a causal language model"):
        score(shared, tiny_bert, ROWS)


def test_a_rows_score_does_not_depend_on_the_rows_beside_it(shared: Client, tiny_llama: Path) -> None:
    long = {"question": "begin " + "x" * 400 + " end", "choice": "c"}
    other = {"question": "?", "choice": "y" * 50}
    asked = {"continuations": [" {choice}"]}
    alone = score(shared, tiny_llama, [long], **asked)["logProbabilities"][0]
    beside = score(shared, tiny_llama, [long, other], **asked)["logProbabilities"][0]
    assert alone == pytest.approx(beside, abs=1e-4)


def test_no_rows_have_no_scores_for_each_continuation(shared: Client, tiny_llama: Path) -> None:
    rows = {"dataset": shared.put(ROWS), "indices": np.zeros(0, np.int32)}
    found = shared.ask("score", {"model": {"path": str(tiny_llama)}, "rows": rows, "maxTokens": 128})
    assert found["logProbabilities"].shape == found["tokens"].shape == (0, 2)
    states = {"model": {"path": str(tiny_llama)}, "pooling": "mean", "maxTokens": 64, "layers": [1, 2], "rows": rows}
    assert [matrix.shape for matrix in shared.ask("embed", states)["layers"]] == [(0, 32), (0, 32)]


def loaded(kind: str, folder: Path) -> Any:
    """A random model whose logits are more than a product, as the shelf loads it."""
    import torch
    import transformers

    from w2s_trainer.pretrained.load import Loaded

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    more = {
        "Granite": {"logits_scaling": 8.0},
        "Cohere": {"logit_scale": 0.25},
        "Gemma2": {"final_logit_softcapping": 5.0, "head_dim": 8},
        "Phi": {},
        "Llama": {},
    }[kind]
    sizes = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    ends = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 4}
    torch.manual_seed(0)
    whole = getattr(transformers, f"{kind}ForCausalLM")(
        getattr(transformers, f"{kind}Config")(**sizes, **heads, **ends, **more)
    ).eval()
    for parameter in whole.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return Loaded(kind, whole.base_model, whole.base_model.layers, tokenizer, whole)


@pytest.mark.parametrize("kind", ["Granite", "Cohere", "Gemma2", "Phi"])
def test_logits_are_the_models_own(kind: str, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from w2s_trainer.call import Call
    from w2s_trainer.models import Pretrained, Score
    from w2s_trainer.pretrained import score as module

    model = loaded(kind, tiny_llama)
    sizes: list[tuple[int, ...]] = []
    monkeypatch.setattr(module, "_LOGITS", 3 * len(model.tokenizer) + 1, raising=False)
    model.whole.get_output_embeddings().register_forward_hook(lambda *a: sizes.append(tuple(a[2].shape)))
    spec = Score(Pretrained(path="x"), "{question}", (" {choice}", " no"), False, 128)
    features = module.ScoreFeatures(spec, model, 4096)
    sizes.clear()
    call = Call(lambda event: None, lambda: False, "cpu")
    (found,) = features.compute(ROWS, [0], call, 0, len(ROWS))
    assert max(size[0] for size in sizes) == 3, "the output layer is taken in slices"
    for row, fields in enumerate(ROWS):
        for column, text in enumerate((f" {fields['choice']}", " no")):
            before, after = (model.tokenizer(part)["input_ids"] for part in (fields["question"], text))
            with torch.no_grad():
                logs = torch.log_softmax(model.whole(torch.tensor([before + after])).logits[0].float(), dim=-1)
            expected = sum(float(logs[len(before) - 1 + i, token]) for i, token in enumerate(after))
            assert found[row, column] == pytest.approx(expected, abs=2e-3)


def test_a_model_whose_logits_are_made_otherwise_is_refused(tiny_llama: Path) -> None:
    from w2s_trainer.errors import Unsupported
    from w2s_trainer.models import Pretrained, Score
    from w2s_trainer.pretrained.score import ScoreFeatures

    model = loaded("Llama", tiny_llama)
    model.whole.register_forward_hook(lambda module, inputs, output: setattr(output, "logits", 2 * output.logits))
    with pytest.raises(Unsupported, match="in a way that is not known here"):
        ScoreFeatures(Score(Pretrained(path="x"), "{question}", (" a",), False, 128), model, 4096)


def test_all_and_middle_layers(shared: Client, tiny_llama: Path) -> None:
    rows = {"dataset": shared.put([{"text": "abc"}, {"text": "longer text"}])}
    body = {"model": {"path": str(tiny_llama)}, "pooling": "mean", "maxTokens": 64, "rows": rows}
    every = shared.ask("embed", {**body, "layers": "all"})["layers"]
    middle = shared.ask("embed", {**body, "layers": "middle"})["layers"]
    assert len(every) == 5
    assert np.array_equal(middle[0], every[2])


def test_other_features_are_embedded_too(shared: Client) -> None:
    rows = {"dataset": shared.put([{"text": "a a b"}, {"text": "c"}])}
    features = {"type": "hashed-words", "buckets": 64, "ngrams": 1}
    found = shared.ask("embed", {"features": features, "rows": rows})["layers"]
    assert [matrix.shape for matrix in found] == [(2, 64)]
    assert np.allclose(np.linalg.norm(found[0], axis=1), 1)
