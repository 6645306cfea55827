"""The instruction checks on the published set, their loose readings, and what they do without a language detector."""

from __future__ import annotations

import json
import re
import sys

import pytest

from rewards import Answer, Status, verify
from rewards.text.instructions import CHECKS, sentences, variants


def test_every_row_of_the_published_set_can_be_judged(shared_data):
    path = shared_data / "ifeval" / "test.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    seen = set()
    for row in rows:
        answer = Answer("ifeval", None, {"instruction_id_list": row["instruction_id_list"], "kwargs": row["kwargs"]})
        verdict = verify("Two words. P.S. [a]", answer)
        assert verdict.status in (Status.CORRECT, Status.WRONG), verdict
        share = (verdict.score or 0.0) * len(row["kwargs"])
        assert share == pytest.approx(round(share))
        seen.update(row["instruction_id_list"])
    assert len(rows) > 500
    assert seen == set(CHECKS)


def test_a_prompt_repeated_word_for_word_follows_the_published_instruction(shared_data):
    path = shared_data / "ifeval" / "test.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    tried = 0
    for row in rows:
        for name, kwargs in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            if name == "combination:repeat_prompt":
                answer = Answer("ifeval", None, {"instruction_id_list": [name], "kwargs": [kwargs]})
                assert verify(kwargs["prompt_to_repeat"] + "\n\nAnd so on.", answer).status is Status.CORRECT
                assert verify("And so on.\n\n" + kwargs["prompt_to_repeat"], answer).status is Status.WRONG
                tried += 1
    assert tried > 10


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("...", 0),
        ("One", 1),
        ("One.", 1),
        ("One. Two", 2),
        ("What?! No.", 2),
        ('"Go." He went.', 2),
        ("It costs $3.50 now.", 1),
        ("Dr. Smith met Mr. Jones. They spoke.", 2),
        ("At 5 p.m. we left. Then it rained.", 2),
        ("J. R. Smith wrote it.", 1),
        ("Use e.g. apples. Or pears!", 2),
        ("a. b. c.", 1),
        ("First.\n\nSecond.\nThird", 3),
        ("Wait... What?", 2),
    ],
)
def test_sentences(text, count):
    assert sentences(text) == count


def test_the_loose_readings_are_the_eight_of_the_paper():
    text = "*a*\nb\nc"
    assert set(variants(text)) == {"*a*\nb\nc", "a\nb\nc", "*a*\nb", "a\nb", "b\nc", "b"}
    assert len(variants(text)) == 8


def test_loose_never_judges_harder_than_strict():
    texts = ["*a, b*", "one\ntwo", '"x"', "", "A\n\nB", "* x\n* y"]
    kwargs = {"num_bullets": 2, "num_words": 2, "relation": "at least"}
    for name in ("punctuation:no_comma", "startend:quotation", "detectable_format:number_bullet_lists", "length_constraints:number_words"):
        for text in texts:
            spec = {"instruction_id_list": [name], "kwargs": [kwargs]}
            strict, loose = (verify(text, Answer("ifeval", None, {**spec, "mode": mode})) for mode in ("strict", "loose"))
            assert (strict.score or 0.0) <= (loose.score or 0.0)


def test_without_a_language_detector_the_verdict_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "langdetect", None)
    answer = Answer("ifeval", None, {"instruction_id_list": ["language:response_language"], "kwargs": [{"language": "en"}]})
    verdict = verify("Hello there.", answer)
    assert verdict.status is Status.ERROR
    assert "need the package langdetect" in verdict.reason


def test_language_detection_gives_the_same_answer_each_time():
    answer = Answer("ifeval", None, {"instruction_id_list": ["language:response_language"], "kwargs": [{"language": "fr"}]})
    assert len({verify("le chat noir", answer).status for _ in range(20)}) == 1


@pytest.mark.parametrize(
    ("name", "kwargs", "cause"),
    [
        ("punctuation:no_dots", {}, "'punctuation:no_dots' is not one of the 25"),
        ("keywords:existence", {}, "kwargs\\['keywords'\\]: None is not list"),
        ("keywords:frequency", {"keyword": "a", "frequency": 1, "relation": "more than"}, "neither 'at least' nor 'less than'"),
        ("keywords:letter_frequency", {"letter": "ab", "let_frequency": 1, "let_relation": "at least"}, "'ab' is not one character"),
        ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 1, "nth_paragraph": 0, "first_word": "a"}, "less than 1"),
    ],
)
def test_instructions_that_cannot_be_checked_are_errors(name, kwargs, cause):
    verdict = verify("a", Answer("ifeval", None, {"instruction_id_list": [name], "kwargs": [kwargs]}))
    assert verdict.status is Status.ERROR
    assert re.search(cause, verdict.reason), verdict.reason


def test_the_lists_may_be_the_reference_and_must_fit_each_other():
    spec = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    assert verify("a", Answer("ifeval", spec)).status is Status.CORRECT
    assert verify("a", Answer("ifeval", {**spec, "kwargs": [{}, {}]})).status is Status.ERROR
    # Some copies of the set give every key, null where it does not apply.
    assert verify("a", Answer("ifeval", {**spec, "kwargs": [{"num_words": None}]})).status is Status.CORRECT
