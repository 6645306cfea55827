"""Every case of rewards/cases/text.jsonl: its status, and its score where it was worked out by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rewards import verify
from rewards.bench import Case, read_cases
from rewards.text.instructions import CHECKS

CASES = read_cases(Path(__file__).resolve().parents[3] / "rewards" / "cases" / "text.jsonl", None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case):
    verdict = verify(case.response, case.answer)
    assert verdict.status is case.status, f"{case.reason}: {verdict}"
    if case.score is not None:
        assert verdict.score == pytest.approx(case.score, abs=1e-9), f"{case.reason}: {verdict}"


def test_each_verifier_has_at_least_twenty_cases():
    counts = Counter(case.answer.verifier for case in CASES)
    assert len({case.id for case in CASES}) == len(CASES) >= 60
    assert set(counts) == {"exact", "f1", "format", "json_schema", "ifeval"}
    assert min(counts.values()) >= 20, counts


def test_each_instruction_is_followed_in_one_case_and_broken_in_another():
    seen = {
        (name, case.correct) for case in CASES if case.answer.verifier == "ifeval" for name in case.answer.params["instruction_id_list"]
    }
    assert {name for name, correct in seen if correct} == {name for name, correct in seen if not correct} == set(CHECKS)
    assert len(CHECKS) == 25
