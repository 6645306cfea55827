"""Gold must pass its own verifier and wrong answers must not, or the row's verdicts mean nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from data_recipes.golds import perturbed
from data_recipes.ingest import round_trip_fault
from data_recipes.problem import Problem, Solution
from data_recipes.row import Row, Shard
from data_recipes.steps.round_trip import RoundTrip
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
        Answer("ocr", "Opening hours\nMonday 9:00 to 17:00", {"threshold": 0.9}),  # forgives a figure, but not half of the words
        Answer("coordinates", [51.5007, -0.1246], {"metric": "great_circle", "tolerance": 200.0}),
        Answer("coordinates", [-33.9, 18.4], {"metric": "great_circle", "tolerance": 2500.0, "scale": 1500.0}),
        Answer(
            "coordinates", [40, 30], {"coordinates": "normalised", "reference_coordinates": "pixel", "size": [300, 200], "tolerance": 2}
        ),
        Answer("coordinates", [300, 12], {"tolerance": 50}),  # twice 12 is near
        Answer("coordinates", [0.5, 0.25], {"coordinates": "normalised", "reference_coordinates": "normalised", "tolerance": 0.1}),
        Answer("coordinates", [1, 2, 3], {"metric": "chebyshev", "tolerance": 7}),
        Answer("relaxed", ["14"]),  # ChartQA's labels are lists
        Answer("ocr", ["hello world again", "hello, world again"]),
        Answer("vqa", ["red", "red", "dark red", "red", "crimson"]),  # what people said: a model says one of it
        Answer("vqa", [{"answer": text, "answer_id": number} for number, text in enumerate(("3", "2", "2", "2"))]),
        Answer("choice", "dog", {"options": {"A": "cat", "B": "dog"}}),  # the right one by its text: B is no wrong answer
        Answer("choice", "A", {"options": ["red", "blue"]}),
        Answer("choice", "Yes", {"choices": ["yes", "no"]}),
        Answer("iou", [10, 10, 50, 50], {"coordinates": "normalised", "reference_coordinates": "pixel", "size": [300, 200]}),
        Answer("iou", [[10, 10, 20, 20], [60, 60, 20, 20]], {"format": "xywh", "response_format": "xyxy"}),
        Answer("iou", [10, 10, 30, 30], {"format": "xyxy", "response_format": "xywh"}),
        Answer("point", [10, 10, 50, 50]),  # a place inside, not the region
        Answer("point", [[10, 10, 50, 50], [60, 60, 90, 90]], {"coordinates": "thousandths", "size": [300, 700]}),
        Answer("point", [[0, 0], [10, 0], [10, 10]]),
    ],
)
def test_answers_that_their_verifier_can_judge_are_ok(answer: Answer):
    found = measured(answer)
    assert found["ok"]["value"] is True, found
    assert found["fooled"]["value"] == 0


@pytest.mark.parametrize(
    "answer",
    [
        Answer("math", "\\frac{3}{4}"),
        Answer("number", "12"),
        Answer("relaxed", "38.2"),
        Answer("exact", ["7:47"]),
        Answer("choice", "dog", {"options": {"A": "cat", "B": "dog", "C": "cow", "D": "owl"}}),
        Answer("coordinates", [300, 12], {"tolerance": 50}),
        Answer("coordinates", [30, 12], {"coordinates": "percent", "reference_coordinates": "pixel", "size": [300, 700], "tolerance": 5}),
    ],
)
def test_perturbed_golds_are_several_and_each_is_wrong(answer: Answer):
    wrong = list(perturbed(answer, 4))
    assert len(wrong) >= 3
    assert all(verify(f"\\boxed{{{text}}}", answer).status is Status.WRONG for text in wrong)


@pytest.mark.parametrize("answer", [Answer("ocr", "x y", {"threshold": 0.3}), Answer("anls", ["15.00"])])
def test_an_answer_that_is_judged_too_mildly_is_not_ok(answer: Answer):
    assert measured(answer)["ok"]["value"] is False


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


@pytest.mark.parametrize(
    "answer",
    [
        Answer("ifeval", None, {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}),
        Answer("json_schema", {"type": "object", "maxProperties": 3}),
        Answer("format", None),
    ],
)
def test_where_many_texts_are_right_only_a_worked_solution_shows_anything(answer: Answer):
    assert measured(answer)["ok"]["value"] is None
    assert measured(answer, "<think>so</think> <answer>1, 2</answer>")["ok"]["value"] is (answer.verifier == "format")


def test_tests_without_a_solution_that_passes_them_are_not_ok_and_say_why():
    found = measured(Answer("code", None, {"tests": [{"stdin": "1", "stdout": "2"}]}))["ok"]
    assert (found["value"], found["reason"]) == (False, "no gold text, and no worked solution to run")


@pytest.mark.parametrize("reference", [[1], [1, 2], "here"])
def test_a_place_that_is_none_is_told_by_its_verifier(reference: Any):
    found = measured(Answer("iou", reference, {"response_format": "xywh"}))
    assert (found["ok"]["value"], found["gold"]["value"]) == (False, "error")


def test_a_generated_figure_that_may_be_off_by_five_percent_is_no_fault():
    answer = Answer("relaxed", "123", {"year_exact": False})  # 124 is right too: it shows nothing
    problem = Problem((user(Part("How much?")),), answer, TAGS, (Solution("\\boxed{123}", "direct"),))
    assert round_trip_fault(problem) is None
    assert round_trip_fault(replace(problem, solutions=(Solution("\\boxed{150}", "direct"),))) is not None
