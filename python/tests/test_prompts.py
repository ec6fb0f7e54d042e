from __future__ import annotations

from pathlib import Path

import pytest

from w2s_trainer.pretrained.prompts import Prompt


def test_each_kind_has_its_form() -> None:
    assert Prompt().render({"text": "plain"}) == "plain"
    assert (
        Prompt().render({"prompt": "p", "first": "a", "second": "b"}) == "Question: p\nAnswer A: a\nAnswer B: b\nLabel:"
    )
    assert Prompt().render({"question": "q", "choice": "c"}) == "Question: q\nAnswer: c\nLabel:"


@pytest.fixture
def tokenizer(tiny_llama: Path):  # one token a character
    import transformers

    return transformers.AutoTokenizer.from_pretrained(tiny_llama)


def shortened(tokenizer, fields: dict[str, str], limit: int) -> str:
    ids = Prompt().tokenize(tokenizer, [fields], limit)[0]
    assert len(ids) <= limit
    return "".join(tokenizer.convert_ids_to_tokens(ids))


def test_a_long_prompt_loses_its_middle_and_no_answer(tokenizer) -> None:
    prompt = "begin " + "x" * 500 + " end"
    text = shortened(tokenizer, {"prompt": prompt, "first": "first answer", "second": "second answer"}, 120)
    assert text.startswith("Question: begin ")
    assert " ... " in text
    assert text.endswith(" end\nAnswer A: first answer\nAnswer B: second answer\nLabel:")


def test_the_longer_answer_gives_first(tokenizer) -> None:
    fields = {"prompt": "p" * 50, "first": "a" * 300, "second": "short answer"}
    text = shortened(tokenizer, fields, 120)
    assert "\nAnswer B: short answer\nLabel:" in text
    assert "Answer A: aaa" in text


def test_two_long_answers_share_the_room(tokenizer) -> None:
    text = shortened(tokenizer, {"prompt": "p" * 50, "first": "a" * 300, "second": "b" * 300}, 120)
    assert abs(text.count("a") - text.count("b")) < 8
    assert text.count("b") > 20
    assert text.endswith("Label:")


def test_a_plain_text_loses_its_end(tokenizer) -> None:
    assert shortened(tokenizer, {"text": "abc" * 100}, 10) == "abcabcabca"


def test_an_empty_text_has_one_token(tokenizer) -> None:
    assert len(Prompt().tokenize(tokenizer, [{"text": ""}], 10)[0]) == 1
