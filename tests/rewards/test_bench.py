"""`rewards bench`: what counts as misjudged, the card, the gates; and our hostile answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from openk15.errors import GateError, UserError
from rewards.bench import Group, expand, read_cases, run_bench
from rewards.card import PICTURED, milliseconds, pictured
from rewards.cli import app
from rewards.pool import RewardPool
from rewards.verdict import Status

HOSTILE = Path(__file__).resolve().parents[2] / "rewards" / "cases" / "hostile.jsonl"


def run(*arguments: object) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


def case(key: str, content: str, label: object, category: str = "plain", **more: object) -> dict:
    answer = {"verifier": "number", "reference": "8"}
    return {
        "id": key,
        "category": category,
        "label": label,
        "reason": "counted by hand",
        "response": f"\\boxed{{{content}}}",
        "answer": answer,
        **more,
    }


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Labels that the verifier meets, and four that it does not."""
    rows = [
        case("right", "8", "correct"),
        case("right too", "16/2", 1),
        case("wrong", "9", "wrong"),
        case("unread", "eight", "unparsed", "words"),
        case("fn", "8.0000001", "correct", "decimals"),
        case("fp", "8.0", "not correct", "decimals"),
        case("other status", "x", "wrong", "words"),
        case("bad reference", "8", "correct", "references", answer={"verifier": "number", "reference": "?"}),
        case("score", "8", "correct", "scores", score=0.5),
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_the_figures_are_those_counted_by_hand(cases):
    read = read_cases(cases, "number")
    with RewardPool(workers=1) as pool:
        result = run_bench(read, pool, name="cases.jsonl", digest="0" * 64, repeats=3)
    total = result.total
    assert (total.false_negatives.count, total.false_negatives.n) == (2, 5)  # `fn`, and the error of `bad reference`
    assert (total.false_positives.count, total.false_positives.n) == (1, 4)
    assert (total.statuses["error"], total.off_score, total.other_status) == (1, 1, 1)
    assert [group.name for group in result.groups] == ["plain", "words", "decimals", "references", "scores"]
    assert [one.case.id for one in result.worst(10)] == ["fp", "fn", "bad reference", "score"]
    assert result.unstable == []
    assert result.seconds > 0
    assert sum(total.statuses.values()) == 9


def test_a_verdict_that_changes_between_repetitions_is_named(cases, monkeypatch):
    read = read_cases(cases, "number")[:2]
    pool = RewardPool()
    stream = pool.stream

    def flaky(items):
        for at, verdict in enumerate(stream(items)):
            yield type(verdict)(Status.WRONG, 0.0, None, "", 0.0, verdict.verifier) if at == 3 else verdict

    monkeypatch.setattr(pool, "stream", flaky)
    assert run_bench(read, pool, name="", digest="", repeats=2).unstable == ["right too"]


def test_the_command_writes_a_card_whose_figures_are_in_its_files(cases, tmp_path, capsys):
    out = tmp_path / "card"
    run("bench", "number", "--cases", cases, "--out", out, "--worst", 4, "--workers", 1)
    said = capsys.readouterr().out
    assert "false negatives 40.0 % (11.8-76.9; 2 of 5); false positives 25.0 % (4.6-69.9; 1 of 4)" in said
    assert "fp (decimals): correct, must be not correct" in said
    assert {path.name for path in out.iterdir()} == {"card.md", "card.png", "results.json", "verdicts.jsonl"}
    results = json.loads((out / "results.json").read_text())
    rows = [json.loads(line) for line in (out / "verdicts.jsonl").read_text().splitlines()]
    assert results["total"]["statuses"] == {str(s): Counter(row["status"] for row in rows)[s] for s in Status}
    assert results["total"]["cases"] == len(rows) == 9
    assert sum(row["misjudged"] for row in rows) == 4
    card = (out / "card.md").read_text()
    assert "| decimals | 2 |" in card
    assert "counted by hand" in card
    assert (out / "card.png").read_bytes().startswith(b"\x89PNG")
    run("bench", "number", "--cases", cases, "--out", out, "--workers", 1)
    assert (out / "card.md").is_file()


def test_a_category_with_a_mistake_is_in_the_picture_however_small(tmp_path):
    rows = [case(f"{at}-{copy}", "8", "correct", category=f"c{at}") for at in range(PICTURED + 5) for copy in range(2)]
    rows.append(case("misjudged", "9", "correct", category="small"))
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    result = run_bench(read_cases(path, "number"), RewardPool(), name="", digest="")
    shown = pictured(result.groups)
    assert (shown[0].name, len(shown)) == ("small", PICTURED)
    assert pictured(result.groups[:1]) == []


def test_milliseconds_are_plain_numbers():
    assert [milliseconds(seconds) for seconds in (0.000477, 0.0243, 8.31, 0.9996)] == ["0.477", "24.3", "8,310", "1,000"]


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (("--max-fn", "0.3"), r"false negatives 40.0 % .* allowed 30 %"),
        (("--max-fp", "0"), r"false positives 25.0 % .* allowed 0 %"),
        (("--max-fn", "0.5", "--max-fp", "0.5"), None),
    ],
)
def test_gates_refuse_after_the_card_is_written(cases, tmp_path, gate, message):
    arguments = ("bench", "number", "--cases", cases, "--out", tmp_path / "card", "--workers", 1, *gate)
    if message is None:
        run(*arguments)
    else:
        with pytest.raises(GateError, match=message):
            run(*arguments)
    assert (tmp_path / "card" / "card.md").is_file()


def test_errors_on_negatives_do_not_pass_the_gate_on_false_positives(tmp_path):
    """A verifier that fails on everything has shown of no case that it does not pay it."""
    path = tmp_path / "negatives.jsonl"
    path.write_text(json.dumps(case("bad", "8", "wrong", answer={"verifier": "number", "reference": "?"})))
    arguments = ("bench", "number", "--cases", path, "--out", tmp_path / "card", "--workers", 1)
    run(*arguments, "--max-fn", "0")
    with pytest.raises(GateError, match=r"with negatives that are errors: 100.0 % .*allowed 0 %: .*reference '\?' is not a number"):
        run(*arguments, "--max-fp", "0")


def test_rows_of_labelled_pairs_are_read(tmp_path):
    rows = [
        {"id": 3, "gold": "8", "answer": "\\boxed{8}", "label": 1, "tier": "test", "source": "x"},
        {"id": 4, "gold": "8", "answer": "9", "label": 0, "tier": "issue"},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    first, second = read_cases(path, "number")
    assert (first.category, first.correct, first.response, first.answer.reference) == ("test", True, "\\boxed{8}", "8")
    assert (second.category, second.correct) == ("issue", False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "good"}, r"cases.jsonl:1: label 'good'; expected one of correct, 1"),
        ({"response": 3}, r"cases.jsonl:1: response must be text or a list of parts"),
        ({"response": ["a", 3]}, r"cases.jsonl:1: part 3 of the response is neither text"),
        ({"response": [{"repeat": ["a", -1]}]}, r"cases.jsonl:1: part .* is neither text"),
        ({"response": [{"repeat": ["a", 10**9]}]}, r"cases.jsonl:1: the response is longer than"),
        ({"score": 2}, r"cases.jsonl:1: score 2; expected a number in \[0, 1\]"),
        ({"answer": {"verifier": "nmber"}}, r"cases.jsonl:1: no verifier is called 'nmber'"),
    ],
)
def test_a_line_that_is_no_case_is_named(tmp_path, change, message):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(case("a", "8", "correct") | change))
    with pytest.raises(UserError, match=message):
        read_cases(path, None)


def test_a_file_without_cases_of_the_verifier_is_refused(cases):
    with pytest.raises(UserError, match="holds no case for verifier 'choice'"):
        read_cases(cases, "choice")


def test_a_card_does_not_take_the_place_of_other_files(cases, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_text("")
    with pytest.raises(UserError, match=r"holds other things than card\.md"):
        run("bench", "number", "--cases", cases, "--out", tmp_path / "out")


def test_compact_responses_are_written_out():
    assert expand("as it is") == "as it is"
    assert expand(["\\boxed{", {"repeat": ["9", 5]}, "}"]) == "\\boxed{99999}"
    assert expand({"repeat": ["ab", 2]}) == "abab"
    assert expand([]) == ""


# -- the hostile answers -------------------------------------------------------------------------------------------


def hostile() -> list[dict]:
    return [json.loads(line) for line in HOSTILE.read_text("utf-8").splitlines()]


def test_hostile_answers_say_what_they_are():
    rows = hostile()
    assert len(rows) >= 60
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["label"] for row in rows} == {"not correct"}
    assert all(len(row["reason"]) > 5 for row in rows)
    assert len({row["category"] for row in rows}) >= 10


def test_no_hostile_answer_is_paid_and_none_is_an_error():
    with RewardPool(workers=2) as pool:
        result = run_bench(read_cases(HOSTILE, None), pool, name=HOSTILE.name, digest="")
    wrong = {one.case.id: str(one.verdict) for one in result.judged if one.misjudged or one.verdict.status is Status.ERROR}
    assert wrong == {}
    assert Group.of("all", result.judged).statuses["error"] == 0
