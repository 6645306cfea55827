"""Hostile responses: a megabyte of one thing, cut and nested notation, lone surrogates. No verifier raises or pays."""

from __future__ import annotations

import json

import pytest

from rewards import Answer, Status, verify
from rewards.text.instructions import CHECKS

KWARGS = {
    "keywords": ["cat"],
    "relation": "at least",
    "keyword": "cat",
    "frequency": 2,
    "forbidden_words": ["war"],
    "letter": "b",
    "let_relation": "at least",
    "let_frequency": 2,
    "language": "de",
    "num_sentences": 3,
    "num_paragraphs": 2,
    "num_words": 3,
    "nth_paragraph": 2,
    "first_word": "x",
    "num_placeholders": 3,
    "postscript_marker": "P.S.",
    "num_bullets": 3,
    "num_highlights": 2,
    "section_spliter": "SECTION",
    "num_sections": 3,
    "prompt_to_repeat": "abc",
    "end_phrase": "abc",
    "capital_relation": "at least",
    "capital_frequency": 2,
}
ANSWERS = {
    "count": Answer("count", 3),
    "iou": Answer("iou", [0, 0, 10, 10]),
    "iou of several": Answer("iou", [[0, 0, 10, 10], [20, 0, 30, 10]]),
    "point": Answer("point", [[0, 0], [9, 0], [0, 9]]),
    "anls": Answer("anls", ["Paris"]),
    "relaxed": Answer("relaxed", "12"),
    "ocr": Answer("ocr", "x" * 30_000),
    "choice": Answer("choice", "B", {"options": {"A": "cat", "B": "dog"}}),
    "choice of words": Answer("choice", "red", {"choices": ["red", "blue"]}),
    "attribute": Answer("attribute", {"color": "red", "shape": "cube"}),
    "coordinates": Answer("coordinates", [3, 4]),
    "geometry": Answer("geometry", "12 cm"),
    "vqa": Answer("vqa", ["yes"] * 10),
    "exact": Answer("exact", "Paris"),
    "f1": Answer("f1", "Paris"),
    "format": Answer("format", None),
    "json_schema": Answer(
        "json_schema", {"type": "array", "uniqueItems": True, "items": {"type": "object", "patternProperties": {"^a+$": {"type": "null"}}}}
    ),
    "ifeval": Answer("ifeval", None, {"instruction_id_list": sorted(CHECKS), "kwargs": [KWARGS] * len(CHECKS), "mode": "loose"}),
}
UNITS = ["a", "\n", "9", "[", "(1,2", "<answer>", "\\text{", "$", '\\"', "A B ", "not 7 ", "1,", "P. ", "!", "\0", "\ud800", "<point x="]
RESPONSES = {
    **{f"a megabyte of {unit!a}": unit * (1_000_000 // len(unit)) for unit in UNITS},
    **{f"a box full of {unit!a}": "\\boxed{" + unit * (100_000 // len(unit)) + "}" for unit in ("1 ", "A ", "blue-", "[1,2,3,4],")},
    "20,000 boxes": json.dumps([[at, at, at + 5, at + 5] for at in range(20_000)]),
    "8,000 objects": json.dumps([{"aa": at} for at in range(8_000)]),
    "deep nesting": "[" * 50_000 + "]" * 50_000,
    "nesting within the limit": "[" * 30 + "]" * 30,
    "thoughts without end": "<think>" * 1000,
    "huge and tiny numbers": "[1e99, -1e99, 1e-99, 99999999999999999999]",
    "nothing": "",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ANSWERS)
def test_hostile_responses_are_judged(name):
    for what, response in RESPONSES.items():
        verdict = verify(response, ANSWERS[name])
        assert verdict.status in (Status.WRONG, Status.UNPARSED), f"{what}: {verdict.status} {verdict.reason}"
        json.dumps(verdict.to_dict(), ensure_ascii=False).encode()  # a log can hold it
