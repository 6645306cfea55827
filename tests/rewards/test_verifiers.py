"""What counts as right, wrong, unparsed, and what is our own fault."""

from __future__ import annotations

import pytest

from openk15.errors import UserError
from rewards import Answer, Status, Verdict, names, verify
from rewards.extract import final_answer, joint
from rewards.pool import RewardPool
from rewards.registry import get


@pytest.mark.parametrize(
    ("response", "reference", "status"),
    [
        ("<think> 3 + 5 = 8 </think> \\boxed{8}", "8", Status.CORRECT),
        ("\\boxed{8}", "8", Status.CORRECT),
        ("\\boxed{8.0}", "8", Status.CORRECT),
        ("\\boxed{16/2}", "8", Status.CORRECT),
        ("\\boxed{ -8 }", "-8", Status.CORRECT),
        ("\\boxed{9}", "8", Status.WRONG),
        ("\\boxed{8.0000001}", "8", Status.WRONG),
        ("\\boxed{7} no, \\boxed{8}", "8", Status.CORRECT),
        ("<think> \\boxed{8} </think> \\boxed{7}", "8", Status.WRONG),
        ("<think> \\boxed{8}", "8", Status.UNPARSED),
        ("<think> 8 </think> 8", "8", Status.UNPARSED),
        ("\\boxed{8", "8", Status.UNPARSED),
        ("\\boxed{8m}", "8", Status.UNPARSED),
        ("\\boxed{8 or 9}", "8", Status.UNPARSED),
        ("\\boxed{9} or \\boxed{8}", "8", Status.UNPARSED),
        (" ".join(f"\\boxed{{{digit}}}" for digit in range(9)), "8", Status.UNPARSED),
        ("<think> a </think><think> \\boxed{8}", "8", Status.UNPARSED),
        ("\\boxed{1/0}", "8", Status.UNPARSED),
        ("\\boxed{٨}", "8", Status.UNPARSED),
        ("\\boxed{" + "9" * 5000 + "}", "8", Status.UNPARSED),
        ("", "8", Status.UNPARSED),
    ],
)
def test_number(response, reference, status):
    verdict = verify(response, Answer("number", reference))
    assert verdict.status is status, verdict
    assert verdict.score == (1.0 if status is Status.CORRECT else 0.0)
    assert verdict.verifier == "number@3"


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ("\\boxed{3, 8, 10}", Status.CORRECT),
        ("\\boxed{3 8 10}", Status.CORRECT),
        ("\\boxed{3,8,10}", Status.CORRECT),
        ("\\boxed{3}, \\boxed{8} and \\boxed{10}", Status.CORRECT),
        ("\\boxed{3} or \\boxed{8} or \\boxed{10}", Status.UNPARSED),
        ("\\boxed{8, 3, 10}", Status.WRONG),
        ("\\boxed{3, 8}", Status.WRONG),
        ("\\boxed{3, 8, 10, 10}", Status.WRONG),
        ("\\boxed{3, eight, 10}", Status.UNPARSED),
        ("\\boxed{}", Status.UNPARSED),
    ],
)
def test_number_list(response, status):
    assert verify(response, Answer("number_list", "3, 8, 10")).status is status


@pytest.mark.parametrize(("given", "status"), [("Red", Status.CORRECT), ("blue", Status.WRONG), ("red blue", Status.UNPARSED)])
def test_choice(given, status):
    answer = Answer("choice", "red", {"choices": ["red", "blue"]})
    assert verify(f"\\boxed{{{given}}}", answer).status is status


def test_nested_braces_stay_in_one_box():
    assert final_answer("\\boxed{\\frac{1}{2}}") == "\\frac{1}{2}"


@pytest.mark.parametrize(
    ("between", "mark"),
    [
        (" ", ", "),
        (", ", ", "),
        ("\n\n2. ", ", "),
        (" and ", ", "),
        (" or ", " or "),
        ("\\text{ or perhaps }", " or "),
        ("$ \\lor $", " or "),
        (" / ", ", "),
        ("<br>", ", "),
        (". The answer is ", ", "),
        (", y = ", ", "),
        (" if the shadow counts, or ", " or "),
        (" or it could well be ", " or "),
        (" apples and ", ", "),
        (" no, ", None),
        (" or rather ", None),
        (" and then ", None),
        (" + 3 = ", None),
        (". So the answer is ", None),
        (". I counted one twice, it is ", None),
        (" red or blue ones. Now all of them: ", None),
    ],
)
def test_two_boxes_are_one_answer_unless_words_say_that_the_later_replaces_the_earlier(between, mark):
    assert joint(between) == mark
    assert final_answer(f"\\boxed{{1}}{between}\\boxed{{2}}") == ("2" if mark is None else f"1{mark}2")


@pytest.mark.parametrize("verifier", sorted(set(names()) - {"format", "none", "code"}))
def test_thoughts_that_are_opened_again_leave_no_answer(verifier):
    references = {"choice": "B", "color": "red", "attribute": "red", "iou": [0, 0, 1, 1], "point": [0, 0, 1, 1], "coordinates": [0, 0]}
    references |= {"json_schema": {}, "vqa": ["3"] * 10, "ifeval": {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}}
    reference = references.get(verifier, "3")
    said = {"iou": "[0, 0, 1, 1]", "point": "(0, 0)", "coordinates": "(0, 0)", "json_schema": "3"}.get(verifier, str(reference))
    assert verify(f"<think>a</think> \\boxed{{{'3' if verifier in ('vqa', 'ifeval') else said}}}", Answer(verifier, reference)).score == 1.0
    again = verify(f"<think>a</think><think> \\boxed{{{said}}}", Answer(verifier, reference))
    assert (again.status, again.score) == (Status.UNPARSED, 0.0)


def test_a_fault_of_ours_is_an_error_without_a_score():
    verdict = verify("\\boxed{8}", Answer("number", "not a number"))
    assert verdict.status is Status.ERROR
    assert verdict.score is None
    assert "reference 'not a number' is not a number" in verdict.reason


def test_a_number_takes_no_parameter_and_says_so():
    verdict = verify("\\boxed{8}", Answer("number", "8", params={"tolerance": 0.1}))
    assert verdict.status is Status.ERROR
    assert "answer parameter 'tolerance': it takes none" in verdict.reason


def test_an_unknown_verifier_names_the_nearest():
    with pytest.raises(UserError, match="no verifier is called 'numbr'; did you mean 'number'"):
        verify("", Answer("numbr", "8"))


def test_an_error_with_a_score_cannot_be_made():
    with pytest.raises(ValueError, match="no score exactly when it is an error"):
        Verdict(Status.ERROR, 0.0, None, "", 0.0, "x@1")
    with pytest.raises(ValueError, match=r"score 1.5 is outside"):
        Verdict(Status.CORRECT, 1.5, None, "", 0.0, "x@1")


def test_verdicts_survive_a_round_trip():
    verdict = verify("\\boxed{9}", Answer("number", "8"))
    assert Verdict.from_dict(verdict.to_dict()) == verdict


def test_the_pool_keeps_order():
    answer = Answer("number", "8")
    verdicts = RewardPool().score([("\\boxed{8}", answer), ("", answer), ("\\boxed{7}", answer)])
    assert [verdict.status for verdict in verdicts] == [Status.CORRECT, Status.UNPARSED, Status.WRONG]


def test_every_registered_verifier_has_a_version():
    assert {"choice", "number", "number_list"} <= set(names())
    assert all(get(name).version for name in names())
