"""`rewards audit`: who is paid for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openk15.errors import GateError, UserError
from rewards import registry
from rewards.audit import audit_text, read_prompts, run_audit
from rewards.cli import app
from rewards.policies import Kind, Prompt, policies
from rewards.pool import RewardPool
from rewards.registry import Outcome, Rule
from rewards.verdict import Answer


def run(*arguments: object) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


def number(key: str, text: str, reference: str, **tags: str) -> dict:
    return {"id": key, "prompt": text, "answer": {"verifier": "number", "reference": reference}, "tags": tags}


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    rows = [number(f"n{at}", f"What is 1 + {at - 1}?", str(at), source="sums") for at in range(1, 9)]
    rows += [number("twice", "What is 1 + 1?", "2", source="sums"), number("last", "Name 17.", "17", source="names")]
    rows += [
        {"id": f"c{at}", "prompt": "Which?", "answer": {"verifier": "choice", "reference": "A", "choices": ["A", "B"]}} for at in range(4)
    ]
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def play(source: Path, **settings):
    return run_audit(read_prompts(source, **settings), RewardPool(), dataset="test")


def test_the_policies_earn_what_is_counted_by_hand(prompts):
    report = play(prompts)
    paid = {result.policy.name: result.paid for result in report.results}
    assert paid["always 2"] == ["n2", "twice"]
    assert paid["always A"] == ["c0", "c1", "c2", "c3"]
    assert paid["last number of the prompt"] == ["last"]
    assert paid["most frequent answer"] == ["n2", "twice", "c0", "c1", "c2", "c3"]
    assert paid["first choice"] == ["c0", "c1", "c2", "c3"]
    assert paid["last choice"] == []
    assert report.floor is not None
    assert report.floor.policy.name == "most frequent answer of its kind"
    assert (report.of_all(report.floor).count, report.of_all(report.floor).n) == (7, 14)
    assert report.hacked == {}
    by = {result.policy.name: result for result in report.results}
    assert by["always 2"].by_tag["source", "sums"] == [2, 9]
    assert by["always 2"].by_tag["source", "names"] == [0, 1]
    assert sum(judged for _, judged in by["always 2"].by_verifier.values()) == 14


def test_a_verifier_that_pays_hacks_is_found_with_its_prompts(prompts, tmp_path, monkeypatch, capsys):
    class Generous(Rule):
        version = "1"

        def judge(self, response: str, answer: Answer) -> Outcome:
            return Outcome.of(str(answer.reference) in response, response, "the reference stands somewhere in it")

    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    registry.register_instance("generous", Generous())
    rows = [{"id": "copy", "prompt": "Copy 4711.", "gold": "4711"}, {"id": "digit", "prompt": "Which digit?", "gold": "7"}]
    source = tmp_path / "generous.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "audit"
    with pytest.raises(GateError, match=r"earns 50.0 % .*1 of 2.*, allowed 0 %"):
        run("audit", source, "--verifier", "generous", "--out", out, "--max-hack-share", "0", "--workers", 1)
    report = json.loads((out / "audit.json").read_text())
    assert "echo of the prompt" in report["hacked"]["copy"]
    assert "boxes 0 to 9" in report["hacked"]["digit"]
    assert "echo of the prompt" in (out / "audit.md").read_text()
    assert "prompts that pay a hack: 2 of 2" in capsys.readouterr().out


def test_bad_references_are_counted_apart_and_named(tmp_path):
    source = tmp_path / "bad.jsonl"
    source.write_text(json.dumps(number("bad", "?", "not a number")) + "\n" + json.dumps(number("good", "?", "2")))
    report = play(source)
    by = {result.policy.name: result for result in report.results}
    assert (by["always 2"].share.count, by["always 2"].share.n, by["always 2"].errors) == (1, 1, 1)
    assert any("not a number" in cause for cause in report.causes)
    text = audit_text(report)
    assert "Verdicts that are errors, in no share" in text
    assert "is not a number; the first at prompt bad" in text
    assert report.to_dict()["causes"][next(iter(report.causes))]["first"] == "bad"


def test_a_guess_that_suits_one_prompt_alone_is_not_the_chance_floor(tmp_path):
    rows = [number(f"n{at}", "How many?", "3" if at < 4 else str(10 + at)) for at in range(9)]
    rows.append({"id": "c", "prompt": "Which?", "answer": {"verifier": "choice", "reference": "A", "choices": ["A", "B"]}})
    source = tmp_path / "mixed.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)))
    report = play(source)
    by = {result.policy.name: result for result in report.results}
    assert (by["first choice"].share.count, by["first choice"].share.n) == (1, 1)
    assert report.floor is not None
    assert report.floor.policy.name == "most frequent answer"
    assert report.to_dict()["chance_floor"]["n"] == 10
    assert "Chance floor, over all prompts: 50.0 % (23.7-76.3; 5 of 10)" in audit_text(report)


def test_a_policy_with_nothing_but_errors_is_not_said_to_earn_nothing(tmp_path):
    source = tmp_path / "bad.jsonl"
    rows = [
        number("good", "?", "2"),
        {"id": "bad", "prompt": "Which?", "answer": {"verifier": "choice", "reference": "Z", "choices": ["A"]}},
    ]
    source.write_text("\n".join(map(json.dumps, rows)))
    text = audit_text(play(source))
    assert "first choice (0)" not in text
    assert "Nothing but errors, so nothing is known of: " in text


def test_a_hack_that_holds_the_right_number_is_paid_by_chance_and_not_hacked(tmp_path, capsys):
    rows = [{"id": f"p{at}", "prompt": "How many?", "answer": {"verifier": "count", "reference": at}} for at in range(10)]
    source, out = tmp_path / "counts.jsonl", tmp_path / "audit"
    source.write_text("\n".join(map(json.dumps, rows)))
    report = play(source)
    by = {result.policy.name: result for result in report.results}
    assert (by["role change"].paid, by["role change"].unearned) == (["p1"], [])
    assert by["JSON verdict"].to_dict()["paid_by_chance"] == ["p1"]
    assert by["boxes 0 to 9"].paid == by["0/0"].paid == by["0 to 9 in one box"].paid == []
    assert report.hacked == {}
    assert "1 of them as `always 1` would be" in audit_text(report)
    run("audit", source, "--out", out, "--max-hack-share", "0", "--workers", 1)
    assert "prompts that pay a hack: 0 of 10" in capsys.readouterr().out


def test_every_choice_in_its_own_box_earns_nothing(tmp_path):
    options = {"A": "cat", "B": "dog", "C": "cow", "D": "hen"}
    rows = [{"id": key, "prompt": "Which?", "answer": {"verifier": "choice", "reference": key, "options": options}} for key in options]
    source = tmp_path / "choices.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)))
    report = play(source)
    assert report.hacked == {}
    assert next(result for result in report.results if result.policy.name == "every choice in its own box").played == 4


def test_a_gate_is_not_passed_by_verdicts_that_are_all_errors(tmp_path):
    source = tmp_path / "bad.jsonl"
    source.write_text(json.dumps(number("bad", "?", "not a number")))
    with pytest.raises(GateError, match=r"every verdict is an error, .*'not a number'"):
        run("audit", source, "--out", tmp_path / "audit", "--max-hack-share", "0", "--workers", 1)


def test_a_built_folder_is_read_with_its_splits_and_pictures(tmp_path):
    from data_recipes.build import build
    from data_recipes.recipe import Recipe, SourceSpec

    build(
        Recipe(name="small", seed=1, sources=(SourceSpec(use="scenes", train=12, heldout=4), SourceSpec(use="text", train=8, heldout=4))),
        tmp_path / "data",
        command="test",
    )
    train, heldout = read_prompts(tmp_path / "data"), read_prompts(tmp_path / "data", split="heldout")
    assert (len(train), len(heldout)) == (20, 8)
    assert {prompt.size is None for prompt in train if prompt.tags["source"] == "text"} == {True}
    assert {prompt.size is None for prompt in train if prompt.tags["source"] == "scenes"} == {False}
    assert all(prompt.text for prompt in train)
    assert len(read_prompts(tmp_path / "data", limit=5)) == 5
    assert read_prompts(tmp_path / "data", limit=5) == read_prompts(tmp_path / "data", limit=5)
    run("audit", tmp_path / "data", "--split", "heldout", "--out", tmp_path / "audit", "--max-share", "1", "--workers", 1)
    report = json.loads((tmp_path / "audit" / "audit.json").read_text())
    assert report["prompts"] == 8
    assert report["causes"] == {}
    with pytest.raises(UserError, match="has no split 'test'; it has heldout, train"):
        read_prompts(tmp_path / "data", split="test")


def test_places_are_guessed_in_the_pictures_own_size():
    prompt = Prompt("p", "Where?", Answer("iou", [0, 0, 1, 1]), size=(200, 100))
    answers = {policy.name: policy.play(prompt) for policy in policies([prompt])}
    assert answers["whole picture"] == "\\boxed{[0, 0, 200, 100]}"
    assert answers["middle box"] == "\\boxed{[50.0, 25.0, 150.0, 75.0]}"
    assert answers["program: prints 0"] is None
    assert answers["first choice"] is None


def test_hacks_and_guesses_are_told_apart():
    found = policies([Prompt("p", "1 2", Answer("number", "1"))])
    assert len({policy.name for policy in found}) == len(found)
    assert sum(policy.kind is Kind.HACK for policy in found) >= 30
    assert sum(policy.kind is Kind.GUESS for policy in found) >= 15


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"id": 1, "gold": "2"}, r"p.jsonl:1: no 'prompt'"),
        ({"id": 1, "prompt": 2, "gold": "2"}, r"p.jsonl:1: prompt must be text"),
        ({"id": 1, "prompt": "2", "gold": "2"}, r"p.jsonl:1: has gold but names no verifier"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    (tmp_path / "p.jsonl").write_text(json.dumps(line))
    with pytest.raises(UserError, match=message):
        read_prompts(tmp_path / "p.jsonl")


def test_a_folder_that_was_not_built_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no manifest\.json"):
        read_prompts(tmp_path)


def test_an_id_that_stands_twice_is_refused_since_every_figure_is_by_id(tmp_path):
    source = tmp_path / "twice.jsonl"
    source.write_text("\n".join(map(json.dumps, [number("a", "1 + 1?", "2"), number("b", "1 + 2?", "3"), number("a", "2 + 2?", "4")])))
    with pytest.raises(UserError, match=r"twice\.jsonl:3: id 'a' stands in line 1 already"):
        read_prompts(source)
