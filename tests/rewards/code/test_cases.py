"""The program cases of rewards/cases, each against the real sandbox: good, wrong and hostile ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from rewards import Answer, Status
from rewards.code import judge_many

FILE = Path(__file__).resolve().parents[3] / "rewards" / "cases" / "programs.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("language", sorted({row["answer"]["language"] for row in ROWS}))
def test_every_case_is_judged_as_it_says(boxed, needs, language):
    needs(language)
    rows = [row for row in ROWS if row["answer"]["language"] == language]
    verdicts = judge_many([(row["response"], Answer.from_dict(row["answer"])) for row in rows])
    wrong = [
        f"{row['id']} ({row['reason']}): expected {row['label']}, got {verdict}"
        for row, verdict in zip(rows, verdicts, strict=True)
        if (verdict.status, verdict.score) != (row["label"], float(row["label"] == Status.CORRECT))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_corpus_is_broad():
    assert len(ROWS) >= 60
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert set(row) == {"id", "category", "label", "reason", "response", "answer"}
    labels = Counter(row["label"] for row in ROWS)
    assert min(labels[label] for label in ("correct", "wrong", "timeout", "unparsed")) >= 5
