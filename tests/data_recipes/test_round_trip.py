"""Gold must pass its own verifier and wrong answers must not, or the row's verdicts mean nothing."""

from __future__ import annotations

from typing import Any

import pytest

from data_recipes.problem import Problem, Solution
from data_recipes.row import Row, Shard
from data_recipes.steps.round_trip import RoundTrip, perturbed
from multimodal.messages import Part, user
from rewards import Answer, Status, Verdict, verify

TAGS = {"modality": "text", "source": "test", "grade": "1"}


def measured(answer: Answer, *solutions: str) -> dict[str, dict[str, Any]]:
    problem = Problem((user(Part("How much?")),), answer, TAGS, tuple(Solution(text, "reasoned") for text in solutions))
    return RoundTrip().measure(Shard((Row("test/train/0", "train", problem),), {}))[0]


@pytest.mark.parametrize(
    "answer",
    [
        Answer("math", "\\frac{3}{4}"),
        Answer("number", "12"),
        Answer("exact", ["7:47", "07:47"]),  # a list of strings any of which is right
        Answer("exact", ["VILLA", "'VILLA'"], {"case": "keep"}),
        Answer("relaxed", "38.2"),  # forgives 5 %: a wrong answer must lie well outside
        Answer("choice", "B", {"options": {"A": "cat", "B": "dog"}}),
    ],
)
def test_answers_that_their_verifier_can_judge_are_ok(answer: Answer):
    found = measured(answer)
    assert found["ok"]["value"] is True, found
    assert found["fooled"]["value"] == 0


@pytest.mark.parametrize(
    "answer", [Answer("math", "\\frac{3}{4}"), Answer("number", "12"), Answer("relaxed", "38.2"), Answer("exact", ["7:47"])]
)
def test_perturbed_golds_are_several_and_each_is_wrong(answer: Answer):
    wrong = list(perturbed(answer, 4))
    assert len(wrong) >= 3
    assert all(verify(f"\\boxed{{{text}}}", answer).status is Status.WRONG for text in wrong)


def test_a_verifier_that_accepts_wrong_answers_is_named_with_one_of_them(monkeypatch: pytest.MonkeyPatch):
    def content(response: str, answer: Answer) -> Verdict:
        return Verdict(Status.CORRECT, 1.0, response, "all is well", 0.0, "content@1")

    monkeypatch.setattr("data_recipes.steps.round_trip.verify", content)
    found = measured(Answer("number", "12"))
    assert found["ok"]["value"] is False
    assert (found["fooled"]["value"], found["fooled"]["of"]) == (4, 4)
    assert found["ok"]["reason"] == "'13' is judged correct"


def test_a_worked_solution_that_misses_the_answer_is_told():
    assert measured(Answer("number", "12"), "so \\boxed{12}")["ok"]["value"] is True
    assert measured(Answer("number", "12"), "so \\boxed{13}")["ok"]["value"] is False


def test_rows_without_an_answer_are_not_measured():
    assert measured(Answer("none", None)) == {}
