"""Every case of rewards/cases/text.jsonl and vision.jsonl: its status, and its score where the formula was worked out by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rewards import verify
from rewards.bench import Case, read_cases
from rewards.text.instructions import CHECKS

VERIFIERS = {
    "text": {"exact", "f1", "format", "json_schema", "ifeval"},
    "vision": {"count", "iou", "point", "anls", "relaxed", "ocr", "choice", "attribute", "coordinates", "geometry", "vqa"},
}
FEWEST = {"text": 60, "vision": 150}


def cases(name: str) -> list[Case]:
    return read_cases(Path(__file__).resolve().parents[2] / "rewards" / "cases" / f"{name}.jsonl", None)


@pytest.mark.parametrize("name", VERIFIERS)
def test_every_case_is_judged_as_it_says(name):
    wrong = []
    for case in cases(name):
        verdict = verify(case.response, case.answer)
        score = verdict.score if case.score is None else pytest.approx(case.score, abs=1e-9)
        if (verdict.status, verdict.score) != (case.status, score):
            wrong.append(f"{case.id} ({case.reason}): expected {case.status} {case.score}, got {verdict}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", VERIFIERS)
def test_each_verifier_has_at_least_twenty_cases(name):
    counts = Counter(case.answer.verifier for case in cases(name))
    assert len({case.id for case in cases(name)}) == counts.total() >= FEWEST[name]
    counts["attribute"] += counts.pop("color", 0)  # one table, one rule
    assert set(+counts) == VERIFIERS[name]
    assert min((+counts).values()) >= 20, counts


def test_each_instruction_is_followed_in_one_case_and_broken_in_another():
    seen = {
        (name, case.correct)
        for case in cases("text")
        if case.answer.verifier == "ifeval"
        for name in case.answer.params["instruction_id_list"]
    }
    assert {name for name, correct in seen if correct} == {name for name, correct in seen if not correct} == set(CHECKS)
    assert len(CHECKS) == 25
