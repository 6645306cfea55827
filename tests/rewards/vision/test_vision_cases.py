"""Every case of rewards/cases/vision.jsonl: its status, and its score where the formula was worked out by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rewards import verify
from rewards.bench import Case, read_cases

CASES = read_cases(Path(__file__).resolve().parents[3] / "rewards" / "cases" / "vision.jsonl", None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case):
    verdict = verify(case.response, case.answer)
    assert verdict.status is case.status, f"{case.reason}: {verdict}"
    if case.score is not None:
        assert verdict.score == pytest.approx(case.score, abs=1e-9), f"{case.reason}: {verdict}"


def test_each_formula_has_at_least_twenty_cases():
    counts = Counter(case.answer.verifier for case in CASES)
    assert len({case.id for case in CASES}) == len(CASES) >= 150
    counts["attribute"] += counts.pop("color")  # one table, one rule
    assert set(counts) == {"count", "iou", "point", "anls", "relaxed", "ocr", "choice", "attribute", "coordinates", "geometry", "vqa"}
    assert min(counts.values()) >= 20, counts
