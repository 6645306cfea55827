"""The judge's verdict: what counts, what does not, and that no text at all makes trouble."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.models.judgement import Judgement, read_judgement

RIGHT, WRONG = '{"correct": true}', '{"correct": false}'


@pytest.mark.parametrize(
    ("text", "correct"),
    [
        (RIGHT, True),
        (f"18 equals 18. {RIGHT}", True),
        (f"They differ.\n{WRONG}\n", False),
        ('{ "correct" :\n true }', True),
        (f"```json\n{RIGHT}\n```", True),
        (f"```\n{WRONG}```  \n", False),
        (f"So {RIGHT} and again {RIGHT}", True),
        (f"<think> perhaps {WRONG} </think> equal, {RIGHT}", True),
        (f"\\boxed{{18}} equals {{18}} so {RIGHT}", True),
        (RIGHT + " \n" * 1000, True),
    ],
)
def test_a_verdict_at_the_end_counts(text, correct):
    assert read_judgement(text) == Judgement(correct)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "was cut"),
        ("", "no JSON verdict"),
        ("The response is correct.", "no JSON verdict"),
        ("true", "no JSON verdict"),
        ("correct: true", "no JSON verdict"),
        ("{}", "no JSON verdict"),
        ('{"correct": "true"}', "malformed"),
        ('{"correct": 1}', "malformed"),
        ('{"correct": 1.0}', "malformed"),
        ('{"correct": null}', "malformed"),
        ('{"correct": [true]}', "malformed"),
        ('{"correct": True}', "malformed"),
        ('{"correct": TRUE}', "malformed"),
        ("{'correct': true}", "malformed"),
        ('{"Correct": true}', "no JSON verdict"),
        ('{"correct" true}', "no JSON verdict"),
        ('{"correct": true', "malformed"),
        ('"correct": true}', "malformed"),
        ('{"correct": true, "sure": true}', "malformed"),
        ('{"reason": "equal", "correct": true}', "malformed"),
        ('{"correct": true, "correct": false}', "malformed"),
        ('{"correct": false, "correct": true}', "malformed"),
        (f"{RIGHT} as I said", "malformed"),
        (f"{RIGHT}.", "malformed"),
        (f"[{RIGHT}]", "malformed"),
        (f'"{RIGHT}"', "malformed"),
        (f'{{"verdict": {RIGHT}}}', "malformed"),
        (f'{{"verdict": {RIGHT}', "inside another object"),
        (f"[{RIGHT}", "inside another object"),
        (f"{WRONG} no, {RIGHT}", "contradicts"),
        (f"{RIGHT} no, {WRONG}", "contradicts"),
        (f"\"correct\": 'maybe' ... {RIGHT}", "contradicts"),
        (f"<think> {RIGHT}", "never end"),
        (f"<think> {RIGHT} </think>", "no JSON verdict"),
        ('｛"correct": true｝', "malformed"),
        ('{"correct":\u00a0true}', "malformed"),
        ('{"c\u200borrect": true}', "no JSON verdict"),
        ("\x00\ud800{", "no JSON verdict"),
    ],
)
def test_anything_else_is_malformed_and_says_why(text, fault):
    found = read_judgement(text)
    assert found.correct is None
    assert fault in found.fault


PIECES = ('{"correct": true}', '{"correct": false}', '{"correct":', '"correct"', "true", "false", "True", '"true"', '{"a":', '"x":')
MARKS = (
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "'",
    "\\",
    " ",
    "\n",
    "```",
    "<think>",
    "</think>",
    "\\boxed{7}",
    "the response",
    "1",
    "null",
    "\u2028",
)
FRAGMENTS = st.sampled_from(PIECES + MARKS)


@given(st.lists(FRAGMENTS, max_size=14).map("".join))
@settings(max_examples=1500, deadline=None)
def test_a_verdict_is_only_read_where_json_reads_it(text):
    """Whatever is accepted ends with an object that the json module reads as exactly that verdict."""
    found = read_judgement(text)
    if found.correct is None:
        assert found.fault
        return
    ending = text.rstrip(" \t\r\n").removesuffix("```").rstrip(" \t\r\n")
    value = json.loads(ending[ending.rindex("{") :])
    assert type(value["correct"]) is bool
    assert value == {"correct": found.correct}
    assert list(value) == ["correct"]


@given(st.text())
def test_no_text_raises_and_noise_has_no_verdict(text):
    found = read_judgement(text)
    assert found.correct is None or '"correct"' in text


@given(st.text(alphabet=st.characters(exclude_characters='"<{}[]')), st.booleans(), st.sampled_from(["", " ", "\n"]))
def test_reasoning_before_a_verdict_does_not_matter(reasoning, correct, end):
    assert read_judgement(reasoning + json.dumps({"correct": correct}) + end) == Judgement(correct)


def test_long_hostile_text_takes_linear_time():
    for unit in ('{"correct": ', '"correct": true ', "{ ", '" : ', "``` ", "<think>", '{"correct":\n'):
        assert read_judgement(unit * 200_000).correct is None
