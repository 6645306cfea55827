from __future__ import annotations

import pytest

from data_recipes.dedup.text import loose_key, mask, normalise, numbers, tokens


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("What is  $\\dfrac{1}{2}$ of\n6?", "what is \\(\\frac{1}{2}\\) of 6?"),
        ("Ｗｈａｔ is ２+2?", "What is 2+2?"),
        ("3 − 1 × 2", "3 - 1 * 2"),
        ("\\left( x \\right) \\le 3", "( x ) \\leq 3"),
        ("\\text{cm} to m", "cm to m"),
    ],
)
def test_two_writings_of_a_question_have_one_key(left: str, right: str) -> None:
    assert normalise(left) == normalise(right)


@pytest.mark.parametrize(
    ("left", "right"), [("x in (1,2]", "x in [1,2)"), ("n!", "n"), ("2+3", "2-3"), ("3 4", "34"), ("\\leftarrow", "arrow")]
)
def test_what_differs_in_meaning_has_another_key(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


def test_every_chinese_character_is_a_token() -> None:
    assert tokens("小明有12个苹果, apple pie") == ["小", "明", "有", "12", "个", "苹", "果", "apple", "pie"]


def test_ascii_and_general_tokens_agree() -> None:
    text = "Let f_1(x) = 3.5*x^2 - 7/y; isn't it 100%?"
    assert tokens(text) == [token for token in tokens(text + " é") if token != "é"]


def test_a_loose_key_ignores_punctuation() -> None:
    assert loose_key("Hello, world! (2+2)") == loose_key("hello world: 2 + 2")


def test_a_template_is_the_text_without_its_numbers() -> None:
    assert mask(tokens("Tom has 1,250 pens and 3.5 euros.")) == mask(tokens("Tom has 7 pens and 12 euros."))
    assert mask(tokens("Sort 3 5 7")) == mask(tokens("Sort 3 5 7 9"))
    assert mask(tokens("Tom has 7 pens")) != mask(tokens("Ann has 7 pens"))


def test_numbers_are_read_as_written() -> None:
    assert numbers("1,000 pens at 2.50. Total?") == ("1000", "2.50")
