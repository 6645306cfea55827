"""Error rates on pairs labelled by other projects, held to the bounds that the documentation claims."""

from __future__ import annotations

import json
from collections import Counter

from rewards import Answer, Status, verify


def test_error_rates_on_labelled_pairs(shared_data):
    path = shared_data / "verifier_math" / "labelled_pairs.jsonl"
    if not path.is_file():
        import pytest

        pytest.skip(f"{path} is not here")
    wrong: Counter[tuple[str, int]] = Counter()
    total: Counter[tuple[str, int]] = Counter()
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        verdict = verify(row["answer"], Answer("math", row["gold"]))
        assert verdict.status is not Status.ERROR, (row["id"], verdict)
        for tier in (row["tier"], "all"):
            total[tier, row["label"]] += 1
            wrong[tier, row["label"]] += (verdict.status is Status.CORRECT) != bool(row["label"])
    assert wrong["all", 1] / total["all", 1] <= 0.015
    assert wrong["all", 0] / total["all", 0] <= 0.005
    assert wrong["audit", 0] / total["audit", 0] <= 0.03
