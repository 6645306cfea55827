"""Every case of the math corpus, and the corpus itself."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from rewards import Answer, Status, verify

CASES = [json.loads(line) for line in (Path(__file__).parents[3] / "rewards/cases/math.jsonl").read_text("utf-8").splitlines()]
NOT_PAID = {Status.WRONG, Status.UNPARSED}


def test_the_corpus_is_large_and_says_why():
    assert len(CASES) >= 600
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert all(case["reason"].strip() for case in CASES)
    labels = Counter(case["label"] for case in CASES)
    assert labels["correct"] > 250
    assert labels["wrong"] > 250


@pytest.mark.parametrize("category", sorted({case["category"] for case in CASES}))
def test_cases(category):
    wrong = []
    for case in CASES:
        if case["category"] == category:
            verdict = verify(case["response"], Answer("math", case["gold"]))
            expected = {Status.CORRECT} if case["label"] == "correct" else NOT_PAID
            if verdict.status not in expected:
                wrong.append((case["id"], case["label"], case["gold"], case["response"], verdict))
    assert not wrong
