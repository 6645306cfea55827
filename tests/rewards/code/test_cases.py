"""The program cases of rewards/cases, each against the real sandbox: good, wrong and hostile ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from rewards import Answer, Status, verify

FILE = Path(__file__).resolve().parents[3] / "rewards" / "cases" / "programs.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_case(boxed, needs, row):
    needs(row["answer"]["language"])
    verdict = verify(row["response"], Answer.from_dict(row["answer"]))
    assert verdict.status == row["label"], f"{row['reason']}: {verdict}"
    assert verdict.score == float(row["label"] == Status.CORRECT)


def test_the_corpus_is_broad():
    assert len(ROWS) >= 60
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert set(row) == {"id", "category", "label", "reason", "response", "answer"}
    labels = Counter(row["label"] for row in ROWS)
    assert min(labels[label] for label in ("correct", "wrong", "timeout", "unparsed")) >= 5
