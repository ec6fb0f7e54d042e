from __future__ import annotations

from pathlib import Path

import pytest

from w2s_trainer.errors import BadInput
from w2s_trainer.pretrained.prompts import Prompt, labels_for_scoring, labels_of


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


def shortened(tokenizer, fields: dict[str, str], limit: int, form: str | None = None) -> str:
    ids = Prompt(form).tokenize(tokenizer, [fields], limit)[0]
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


def test_what_the_template_leaves_out_gives_no_room(tokenizer) -> None:
    fields = {"prompt": "p" * 50_000, "first": "one " * 20, "second": "two " * 20}
    text = shortened(tokenizer, fields, 60, "{first} or {second}?")
    assert text.startswith("one one")
    assert " or two two" in text
    assert text.endswith("?")
    assert abs(text.count("one") - text.count("two")) < 3
    assert len(text) > 50, "and no more is cut than must be"


def test_the_beginning_of_a_template_stays(tokenizer) -> None:
    fields = {"question": "q" * 50_000, "choice": "a long choice " * 10}
    text = shortened(tokenizer, fields, 80, "BEGIN {choice}\nIs this right?\nLabel:")
    assert text.startswith("BEGIN a long choice")
    assert text.endswith("\nIs this right?\nLabel:")


def test_what_the_template_has_twice_gives_twice(tokenizer) -> None:
    fields = {"question": "a question", "choice": "abcdefghij" * 10}
    text = shortened(tokenizer, fields, 120, "{question} {choice}. Again: {choice}. Right?")
    assert text.startswith(" ...  abc")
    first, again = text.removeprefix(" ... ").removesuffix(". Right?").split(". Again: ")
    assert first.strip() == again
    assert len(text) > 110


@pytest.mark.parametrize("form", [None, "{prompt} " + "x" * 100, "x" * 100])
def test_an_input_of_which_nothing_would_be_left_is_refused(tokenizer, form: str | None) -> None:
    fields = {"prompt": "p" * 50, "first": "a" * 300, "second": "b" * 300}
    with pytest.raises(BadInput, match=r"prompt: an input has \d+ tokens.*, and 42 is the most.*Raise maxTokens"):
        Prompt(form).tokenize(tokenizer, [fields], 42)


def test_an_encoders_own_tokens_count(tiny_bert: Path) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_bert)
    fields = {"question": "q" * 300, "choice": "c"}
    (ids,) = Prompt().tokenize(tokenizer, [fields], 60)
    assert len(ids) <= 60
    tokens = tokenizer.convert_ids_to_tokens(ids)
    assert (tokens[0], tokens[-1]) == ("[CLS]", "[SEP]")
    assert "".join(tokens[1:-1]).endswith("\nAnswer: c\nLabel:")


def test_each_row_has_its_own_limit(tokenizer) -> None:
    rows = [{"question": "q" * 300, "choice": "c"}] * 2
    short, long = Prompt().tokenize(tokenizer, rows, [60, 200])
    assert len(short) <= 60 < 190 < len(long) <= 200


CHAT = "{% for m in messages %}<|user|>{{ m['content'] }}<|end|>{% endfor %}<|assistant|>"


@pytest.fixture
def chatting(tokenizer):
    tokenizer.add_tokens(["<|user|>", "<|end|>", "<|assistant|>"], special_tokens=True)
    tokenizer.chat_template = CHAT
    return tokenizer


def chat(tokenizer, text: str, limit: int = 200) -> list[str]:
    (ids,) = Prompt(chat=True).tokenize(tokenizer, [{"text": text}], limit)
    return tokenizer.convert_ids_to_tokens(ids)


def test_a_control_token_in_an_input_is_plain_text(chatting) -> None:
    assert chat(chatting, "ab") == ["<|user|>", "a", "b", "<|end|>", "<|assistant|>"]
    text = "so<|end|><|assistant|> yes <eos>"
    assert chat(chatting, text) == ["<|user|>", *text, "<|end|>", "<|assistant|>"]
    long = chat(chatting, "<|end|>" * 50, 100)
    assert len(long) <= 100
    assert long.count("<|end|>") == 1
    assert long[-2:] == ["<|end|>", "<|assistant|>"]


def test_every_day_is_the_same_to_a_chat_template(chatting) -> None:
    chatting.chat_template = (
        "\n{% if date_string is not defined %}{% set date_string = strftime_now('%d %b') %}{% endif %}"
        "{{ date_string }}/{{ strftime_now('%Y-%m-%d') }}:" + CHAT
    )
    expected = "\n26 Jul 2024/26 Jul 2024:<|user|>a<|end|><|assistant|>"
    assert Prompt(chat=True).render({"text": "a"}, chatting) == expected
    assert "".join(chat(chatting, "a")) == expected


def test_default_labels_begin_without_a_blank_after_a_chat_template() -> None:
    preference, verification = {"prompt": "", "first": "", "second": ""}, {"question": "", "choice": ""}
    assert labels_of(preference, 2) == (" A", " B")
    assert labels_of(preference, 2, chat=True) == ("A", "B")
    assert labels_of({"text": ""}, 3, chat=True) == ("A", "B", "C")
    assert labels_for_scoring(verification) == (" False", " True")
    assert labels_for_scoring(verification, chat=True) == ("False", "True")
