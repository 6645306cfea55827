"""`rewards score` and its errors, as a person meets them."""

from __future__ import annotations

import json

import pytest

from openk15.errors import UserError
from rewards.cli import app


def run(*arguments: str) -> None:
    app(list(arguments), standalone_mode=False)


def test_score_writes_a_verdict_a_row_and_a_summary(tmp_path, capsys):
    rows = [
        {"id": "a", "response": "\\boxed{8}", "answer": {"verifier": "number", "reference": "8"}},
        {"id": "b", "response": "\\boxed{9}", "answer": {"verifier": "number", "reference": "8"}},
        {"id": "c", "response": "\\boxed{9}", "answer": {"verifier": "number", "reference": "eight"}},
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run("score", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"))
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in found] == ["a", "b", "c"]
    assert [row["verdict"]["score"] for row in found] == [1.0, 0.0, None]
    assert "3 rows: correct 1, wrong 1, unparsed 0, timeout 0, error 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 1', r"in.jsonl:1: not a JSON object"),
        ('{"id": 1, "response": "x"}', r"in.jsonl:1: KeyError: 'answer'; a row is"),
        (
            '{"id": 1, "response": 3, "answer": {"verifier": "number", "reference": "8"}}',
            r"in.jsonl:1: TypeError: response must be text, got int",
        ),
        ('{"id": 1, "response": "", "answer": {"verifier": "nmber", "reference": "8"}}', r"did you mean 'number'"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(tmp_path, line, message):
    (tmp_path / "in.jsonl").write_text(line + "\n")
    with pytest.raises(UserError, match=message):
        run("score", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"))
    assert not (tmp_path / "out.jsonl").exists()
