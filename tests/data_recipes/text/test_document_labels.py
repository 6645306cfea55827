"""OCR quality, educational value and type of documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_recipes.steps.base import make_step
from data_recipes.text import documents
from openk15.errors import UserError

TEXTBOOK = """Chapter 3. Fractions

A fraction is called proper when its numerator is smaller than its denominator. For example, 3/4 is a proper fraction, because 3 is
smaller than 4. Therefore every proper fraction is less than one. It follows that 5/4 is not proper.

3.1 Adding fractions
We say that two fractions have a common denominator when their denominators are equal. In this section you will learn to add them."""
EXERCISES = """Exercises
1. Find the sum of 3/4 and 1/4.
2. Compute 5/6 - 1/3. Which is larger?
3. Solve x + 1/2 = 3/4 for x.
4. Determine whether 7/8 is a proper fraction.
Answers: 1, 1/2, 1/4, yes"""
PAPER = """Abstract
In this paper we study the sampling of prompts [3, 7]. Smith et al. show that few are needed.
Introduction
In this work the results of [12] are extended.
Results
References
[1] doi:10.1000/1"""
STORY = """Once upon a time a girl was walking home. "Where are you going?" he asked. She turned and looked at him. She smiled.
"Home," she said. He walked on, and she had nothing more to say. He was tired."""
TEXTS = {
    "theory": TEXTBOOK,
    "exercises": EXERCISES,
    "paper": PAPER,
    "narrative": STORY,
    "code": "import os\n\ndef f(x):\n    return x;\n}\n" * 3,
    "conversation": "Q: How do I add?\nA: You count on.\nQ: And then?\nA: Then you are done. Hope this helps",
    "other": "The sea is blue.",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_types_are_told_by_their_marks(kind: str):
    found, scores = documents.document_type(TEXTS[kind])
    assert found == kind, scores


def test_chinese_documents_have_types_too():
    assert documents.document_type("第三章 分数\n定义：分子小于分母的分数叫做真分数。定理：真分数小于一。")[0] == "theory"
    assert documents.document_type("练习题\n1. 求三与四的和？\n2. 五减二是多少？\n答案：七，三")[0] == "exercises"


@pytest.mark.parametrize(
    "text",
    ["the the the the the the cat", "lorem ipsum dolor " * 6, "第一行\n第一行\n第一行\n第一行\n第一行\n", "x = = = = a b a b a b a b a b"],
)
def test_loops_of_a_recogniser_are_found(text: str):
    assert documents.repeated_patterns(text)


@pytest.mark.parametrize(
    "text",
    [
        TEXTBOOK,
        EXERCISES,
        "Contents ........................ 12",
        "----------------------------\nTitle",
        "1000000 people had had enough",
        "ha ha ha, he said",
        "哈哈哈，他说",
    ],
)
def test_rules_leaders_and_style_are_no_loops(text: str):
    assert documents.repeated_patterns(text) == ()


DAMAGED = {
    "repeated": TEXTBOOK[:200] + " is called proper" * 20,
    "garbage_words": "Tbe fr@ct10n |s c&lled pr0per# wh3n¬ its n~mer^tor xkcdq zzrtpq isLesThanIt 8a!b1 c#3d$ " * 3,
    "single_letters": "T h e f r a c t i o n i s c a l l e d p r o p e r when it is",
    "broken_characters": "The frac\ufffdtion is\ufffd called\ufffd pro\ufffdper\ufffd",
}


@pytest.mark.parametrize("part", DAMAGED)
def test_damage_lowers_the_quality_and_the_part_says_which(part: str):
    quality, parts = documents.ocr_quality(DAMAGED[part])
    assert quality is not None
    assert quality < 0.7
    assert max(parts, key=lambda name: documents.WEIGHTS[name] * parts[name]) == part, parts


def test_clean_texts_have_a_high_quality_formulas_and_chinese_included():
    formulas = "Let $x_1^{2k} \\cdot \\frac{a|b}{c~d}$ be given. Then $\\sum_{i=1}^{n} |x_i| \\le 7^{x}$ holds for all n."
    for text in (TEXTBOOK, EXERCISES, PAPER, STORY, formulas, "河流从高处流向低处，沿途带走泥沙。水流变慢的时候，泥沙就沉积下来。"):
        quality, parts = documents.ocr_quality(text)
        assert quality is not None
        assert quality >= 0.85, (text, parts)


def test_teaching_raises_the_educational_value_and_selling_lowers_it():
    taught, marks = documents.educational_value(TEXTBOOK)
    told, _ = documents.educational_value(STORY * 2)
    sold, _ = documents.educational_value(
        "Buy this chapter now at a discount price. Click to shop the sale: add to cart, subscribe, and get a deal on every price. " * 2
    )
    assert taught is not None
    assert told is not None
    assert sold is not None
    assert taught > 0.5 > told >= sold
    assert marks["definition"] >= 2
    assert documents.educational_value("Too short.")[0] is None


def test_the_gate_sets_the_rate_to_zero_and_the_type_and_value_move_it(measure):
    rates = {"type_rates": {"theory": 2.0, "narrative": 0.5}}
    theory = measure("document_labels", TEXTBOOK, options=rates)
    story = measure("document_labels", STORY, options=rates)
    assert theory["type"]["value"] == "theory"
    assert theory["rate"]["value"] > 2.0 > 0.5 > story["rate"]["value"] > 0
    spoilt = measure("document_labels", DAMAGED["repeated"], options=rates)
    assert spoilt["rate"] == {"value": 0.0, "because": "under the OCR gate"}
    assert spoilt["ocr_quality"]["threshold"] == 0.7
    assert spoilt["repeated"]["value"] > 0.3
    start, end = spoilt["repeated"]["found"][0]["span"]
    assert DAMAGED["repeated"][start:end].count("is called proper") >= 4


def test_a_text_without_content_is_null_and_not_a_zero_quality(measure):
    found = measure("document_labels", " ")
    assert found["ocr_quality"]["value"] is None
    assert found["educational"]["value"] is None


def test_wrong_parameters_are_named(tmp_path: Path):
    with pytest.raises(UserError, match="no document type is called 'theorie'; known: exercises, theory"):
        make_step("document_labels", {"type_rates": {"theorie": 1}})
    with pytest.raises(UserError, match=r"rate -1\.0 of theory is negative"):
        make_step("document_labels", {"type_rates": {"theory": -1}})
    with pytest.raises(UserError, match="nowhere: no such model file"):
        make_step("document_labels", {"educational_model": str(tmp_path / "nowhere")}).check()
