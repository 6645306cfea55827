"""Rejection sampling and preference pairs: which samples are taken, and what becomes of them in a built dataset."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from data_recipes.build import build
from data_recipes.drawn import Drawn
from data_recipes.pairs import write_pairs
from data_recipes.recipe import Recipe
from data_recipes.steps.base import make_step
from data_recipes.store import load_problems
from openk15.config import parse_config
from openk15.errors import GateError, UserError
from rewards.verdict import Status

_SPEC = importlib.util.spec_from_file_location("drawing", Path(__file__).parent / "drawing.py")
assert _SPEC is not None
assert _SPEC.loader is not None
drawing = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(drawing)


def samples(*found: tuple[int, str]) -> list[Drawn]:
    """(tokens, verdict) -> samples; "cut" is right but cut."""
    return [
        Drawn(
            f"text {at}",
            tokens,
            verdict == "cut",
            Status.CORRECT if verdict == "cut" else Status(verdict),
            "it broke" if verdict == "error" else "",
        )
        for at, (tokens, verdict) in enumerate(found)
    ]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return drawing.folder_of_a_model(tmp_path / "model")


def step(name: str, model: Path, **options: Any) -> Any:
    return make_step(name, {"sampler": {"model": str(model)}, **options})


def test_the_papers_numbers_are_the_defaults(model):
    assert step("rejection", model).n == 8
    assert step("rejection", model).prefer == "shortest"
    assert step("preference", model).n == 8
    assert step("preference", model).factor == 1.5


def test_the_shortest_right_sample_becomes_the_solution(model):
    found = step("rejection", model).weigh(samples((9, "correct"), (2, "wrong"), (5, "correct"), (3, "cut"), (5, "correct")))
    assert found["accepted"]["value"] is True
    assert found["accepted"]["solution"] == {"text": "text 2", "style": "reasoned"}
    assert found["accepted"]["lengths"] == [9, 2, 5, 3, 5]
    assert found["accepted"]["truncated"] == [3]
    assert (found["right"]["value"], found["n"]["value"], found["shortest"]["value"]) == (3, 5, 5)


def test_the_first_right_sample_is_taken_when_asked_for(model):
    found = step("rejection", model, prefer="first").weigh(samples((9, "wrong"), (8, "correct"), (5, "correct")))
    assert found["accepted"]["sample"] == 1


def test_no_right_sample_gives_no_solution(model):
    found = step("rejection", model).weigh(samples((3, "wrong"), (3, "unparsed"), (2, "cut")))
    assert found["accepted"]["value"] is False
    assert "solution" not in found["accepted"]
    assert found["shortest"]["value"] is None


def test_a_fault_of_the_verifier_is_no_wrong_answer(model):
    found = step("rejection", model).weigh(samples((3, "error"), (3, "correct")))
    assert found["n"]["value"] == 1
    assert found["right"]["errors"] == 1
    assert found["accepted"]["error"] == "it broke"
    pairs = step("preference", model).weigh(samples((3, "correct"), (30, "error")))
    assert pairs["pairs"]["value"] == 0


def test_an_answer_without_its_reasoning_is_not_accepted(model):
    found = step("rejection", model, tokens_at_least=4).weigh(samples((3, "correct"), (6, "correct")))
    assert found["accepted"]["sample"] == 1
    assert found["shortest"]["value"] == 3


def test_a_sample_that_shows_too_few_processes_is_passed_over(model):
    plain = Drawn("So the result is 8.", 4, False, Status.CORRECT)
    rich = Drawn("Let me plan: add both. Wait, that is wrong. Let me check. Alternatively, count. 8.", 16, False, Status.CORRECT)
    found = step("rejection", model, prefer="first", processes_at_least=3).weigh([plain, rich])
    assert found["accepted"]["sample"] == 1
    assert found["processes"]["value"] >= 3
    assert found["reflection"]["value"] is True
    assert step("rejection", model, prefer="first").weigh([plain, rich])["accepted"]["sample"] == 0


def test_pairs_by_the_papers_rules_and_nothing_else(model):
    drawn = samples((100, "correct"), (140, "correct"), (151, "correct"), (90, "wrong"), (101, "wrong"), (150, "correct"), (500, "cut"))
    found = step("preference", model).weigh(drawn)["pairs"]
    assert found["value"] == 2
    assert [(pair["rejected"], pair["because"]) for pair in found["pairs"]] == [
        ("text 2", "right and longer"),
        ("text 4", "wrong and longer"),
    ]
    assert {pair["chosen"] for pair in found["pairs"]} == {"text 0"}


def test_a_cut_sample_is_rejected_only_when_asked_for(model):
    drawn = samples((100, "correct"), (500, "cut"))
    assert step("preference", model).weigh(drawn)["pairs"]["value"] == 0
    assert step("preference", model, truncated="reject").weigh(drawn)["pairs"]["pairs"][0]["because"] == "wrong and longer"


def test_pairs_are_capped_and_too_short_a_choice_makes_none(model):
    drawn = samples((4, "correct"), (10, "wrong"), (11, "wrong"))
    assert step("preference", model, pairs_at_most=1).weigh(drawn)["pairs"]["value"] == 1
    short = step("preference", model, tokens_at_least=5).weigh(drawn)
    assert short["pairs"]["value"] == 0
    assert short["below_floor"]["value"] is True


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "solve"}, "step rejection: prompt: 'solve' is none of plain, long_cot, and no template with {question} in it"),
        ({"prompt": "{question} {question}"}, "must hold {question} once"),
    ],
)
def test_a_prompt_that_is_none_is_refused(model, options, message):
    with pytest.raises(UserError) as caught:
        step("rejection", model, **options).check()
    assert message in str(caught.value)


def test_a_model_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(UserError, match=r"step rejection: sampler.model: .*nowhere: no such model folder"):
        step("rejection", tmp_path / "nowhere").check()


QUESTIONS = {"two": "What is 1 + 1?", "four": "What is 2 + 2?", "hard": "What is 17 * 23?"}


def say(asked: str, index: int) -> str:
    """Always right on "1 + 1", in shorter and longer ways; right from the third sample on "2 + 2"; never on the third."""
    if "1 + 1" in asked:
        return ["one and one " * 4 + "\\boxed{2}", "\\boxed{2} it is", "I add them and add them " * 3 + "\\boxed{3}", "\\boxed{2} …"][index]
    if "2 + 2" in asked:
        return f"\\boxed{{{4 if index >= 2 else 5}}} by counting"
    return "no idea"


@pytest.fixture
def recipe(tmp_path: Path, model: Path) -> Recipe:
    rows = [{"question": question, "answer": answer} for question, answer in zip(QUESTIONS.values(), ("2", "4", "391"), strict=True)]
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sampler = {"sampler": {"model": str(model)}, "n": 4}
    values: dict[str, Any] = {
        "name": "long2short",
        "sources": [
            {
                "use": "jsonl",
                "path": str(tmp_path / "asked.jsonl"),
                "fields": {"question": "question", "answer": "answer"},
                "licence": "CC0-1.0",
            }
        ],
        "steps": [{"rejection": sampler}, {"preference": sampler}],
        "select": [{"keep": "rejection.accepted", "equals": True, "missing": "drop"}],
    }
    return parse_config(Recipe, values)


def test_accepted_samples_are_the_solutions_of_the_built_rows(recipe, tmp_path, monkeypatch):
    asked = drawing.script(monkeypatch, say)
    build(recipe, tmp_path / "out")
    data = load_problems(tmp_path / "out", "train")
    found = {problem.messages[-1].text: problem.solutions for problem in data.problems}
    assert found.keys() == {QUESTIONS["two"], QUESTIONS["four"]}, "the prompt it was sampled with must not become part of the row"
    assert [solution.text for solution in found[QUESTIONS["two"]]] == ["\\boxed{2} it is"]
    assert all("boxed" in request.messages[-1].text for request in asked)
    assert {request.n for request in asked} == {4}


def test_verdicts_are_kept_and_a_second_build_asks_nothing(recipe, tmp_path, monkeypatch):
    drawing.script(monkeypatch, say)
    first = build(recipe, tmp_path / "out", cache=tmp_path / "cache")
    asked = drawing.script(monkeypatch, say)
    second = build(recipe, tmp_path / "again", cache=tmp_path / "cache")
    assert asked == []
    assert first["fingerprint"] == second["fingerprint"]


def test_pairs_are_written_in_the_form_of_preference_data(recipe, tmp_path, monkeypatch):
    drawing.script(monkeypatch, say)
    build(recipe, tmp_path / "out")
    assert write_pairs(tmp_path / "out", tmp_path / "pairs.jsonl") == 2
    rows = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert {row["chosen"][0]["content"] for row in rows} == {"\\boxed{2} it is"}
    assert sorted(row["rejected"][0]["content"].split()[0] for row in rows) == ["I", "one"]
    assert rows[0]["prompt"] == [{"role": "user", "content": QUESTIONS["two"]}]


def test_a_dataset_without_pairs_is_refused(recipe, tmp_path, monkeypatch):
    drawing.script(monkeypatch, say)
    build(recipe.model_copy(update={"steps": recipe.steps[:1]}), tmp_path / "out")
    with pytest.raises(UserError, match="no row has preference pairs; build it with a `preference` step"):
        write_pairs(tmp_path / "out", tmp_path / "pairs.jsonl")


def test_a_model_that_solves_nothing_stops_the_build(recipe, tmp_path, monkeypatch):
    drawing.script(monkeypatch, lambda asked, index: "no idea")
    with pytest.raises(GateError, match="no problem is left"):
        build(recipe, tmp_path / "out")
    assert not (tmp_path / "out").exists()
