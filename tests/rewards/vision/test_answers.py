"""Answers that cannot be judged are errors with their cause, never zeros; frames and formats agree with each other."""

from __future__ import annotations

import math
import random
import re

import pytest

from rewards import Answer, Status, verify

BOX = [0, 0, 10, 10]


@pytest.mark.parametrize(
    ("verifier", "reference", "params", "cause"),
    [
        ("count", "many", {}, "'many' is not a count"),
        ("count", 2.5, {}, "2.5 is not a count"),
        ("count", True, {}, "True is not a count"),
        ("count", 3, {"tolerance": 1}, "param 'tolerance' is not known here"),
        ("iou", [0, 0, 10], {}, "is not a list of 4 numbers"),
        ("iou", [10, 0, 0, 10], {}, "has no area"),
        ("iou", [0, 0, math.nan, 10], {}, "nan is not a finite number"),
        ("iou", [[0, 0, 1, 1]] * 301, {}, "301 boxes"),
        ("iou", BOX, {"treshold": 0.7}, "did you mean 'threshold'"),
        ("iou", BOX, {"threshold": 1.5}, "outside \\[0.0, 1.0\\]"),
        ("iou", BOX, {"threshold": "high"}, "'high' is not a finite number"),
        ("iou", BOX, {"format": "yxyx"}, "'yxyx' is none of xyxy, xywh"),
        ("iou", BOX, {"coordinates": "normalised"}, "param 'size'"),
        ("iou", BOX, {"size": [0, 5]}, "width and a height above 0"),
        ("point", [[0, 0], [1, 1]], {}, "polygon of 2 vertices"),
        ("point", [], {}, "0 boxes"),
        ("point", "here", {}, "is not a list of 4 numbers"),
        ("anls", [], {}, "0 strings"),
        ("anls", [""], {}, "'' is not a string with something in it"),
        ("anls", None, {}, "None is not a string"),
        ("ocr", "x" * 40_000, {}, "40000 characters"),
        ("ocr", "x", {"metric": "wer", "whitespace": "drop"}, "leaves no words"),
        ("relaxed", "5", {"year_exact": "no"}, "'no' is not true or false"),
        ("choice", "E", {"options": {"A": "cat", "B": "dog"}}, "'E' is none of the options"),
        ("choice", "A", {"options": {"A": "cat", "B": "the Cat"}}, "same text"),
        ("choice", "A", {"options": {"A": "cat", "a": "dog"}}, "not different"),
        ("choice", "A", {"options": "AB"}, "is not a mapping"),
        ("choice", "red", {"choices": ["red"], "options": ["red"]}, "both given"),
        ("choice", "green", {"choices": ["red"]}, "'green' is not among"),
        ("color", "crimson", {}, "'crimson' is not one of the colours"),
        ("attribute", "fast", {}, "'fast' is in none of the tables"),
        ("attribute", {"mood": "sad"}, {}, "must map kinds"),
        ("attribute", {"color": "cube"}, {}, "'cube' is not in the table 'color'"),
        ("attribute", "a", {"synonyms": {"a": ["b"], "b": []}}, "stands twice"),
        ("coordinates", [3], {}, "is not a point"),
        ("coordinates", [3, "x"], {}, "'x' is not a finite number"),
        ("coordinates", [3, 4], {"tolerance": -1}, "outside"),
        ("coordinates", [3, 4], {"metric": "great_circle"}, "param 'tolerance' is needed by the metric great_circle"),
        ("coordinates", [91, 4], {"metric": "great_circle", "tolerance": 5}, r"\[91, 4\] is not a latitude in ±90"),
        ("coordinates", [3, 4], {"metric": "great_circle", "tolerance": 5, "size": [9, 9]}, "param 'size' is for pictures"),
        ("coordinates", [3, 4], {"tolerance": 5, "scale": 9}, "param 'scale' belongs to the metric great_circle"),
        ("geometry", "12 apples", {}, "is not a quantity"),
        ("geometry", 12, {"unit": "kg"}, "'kg' is not a unit"),
        ("geometry", "12 cm", {"unit": "m"}, "has another unit"),
        ("geometry", 12, {"unit_required": True}, "the reference has no unit"),
        ("vqa", ["yes"], {}, "at least two people"),
    ],
)
@pytest.mark.parametrize("response", ["\\boxed{1}", ""])
def test_a_bad_answer_is_an_error_whatever_the_response(verifier, reference, params, cause, response):
    verdict = verify(response, Answer(verifier, reference, params))
    assert verdict.status is Status.ERROR
    assert verdict.score is None
    assert verdict.reason.startswith("ValueError: ")
    assert re.search(cause, verdict.reason), verdict.reason


def test_the_same_box_scores_the_same_in_every_frame_and_format():
    rng = random.Random(1)
    width, height = 640, 480
    extents = {"pixel": (width, height), "normalised": (1, 1), "percent": (100, 100), "thousandths": (1000, 1000)}
    for _ in range(100):
        x1, y1, x2, y2 = rng.randint(0, 300), rng.randint(0, 200), rng.randint(301, 640), rng.randint(201, 480)
        reference = [50, 60, 500, 400]
        scores = set()
        for frame, (across, down) in extents.items():
            sides = [x1 * across / width, y1 * down / height, x2 * across / width, y2 * down / height]
            sized = [sides[0], sides[1], sides[2] - sides[0], sides[3] - sides[1]]
            for form, values in (("xyxy", sides), ("xywh", sized)):
                params = {"coordinates": frame, "size": [width, height], "response_format": form}
                verdict = verify("[" + ", ".join(f"{value:.12f}" for value in values) + "]", Answer("iou", reference, params))
                scores.add(round(verdict.score or 0.0, 6))
        assert len(scores) == 1


def test_the_flat_record_of_the_public_contract_is_read():
    answer = Answer.from_dict({"verifier": "choice", "reference": "B", "options": {"A": "cat", "B": "dog"}})
    assert verify("(B) dog", answer).status is Status.CORRECT


def test_a_verdict_repeats_little_of_a_long_response_and_can_be_written():
    verdict = verify("\ud800" * 5000, Answer("anls", ["Paris"]))
    assert verdict.status is Status.WRONG
    assert len((verdict.extracted or "").encode()) < 1000
