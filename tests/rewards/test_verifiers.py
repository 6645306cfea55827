"""What counts as right, wrong, unparsed, and what is our own fault."""

from __future__ import annotations

import pytest

from openk15.errors import UserError
from rewards import Answer, Status, Verdict, names, verify
from rewards.extract import final_answer
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
    assert verdict.verifier == "number@1"


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ("\\boxed{3, 8, 10}", Status.CORRECT),
        ("\\boxed{3 8 10}", Status.CORRECT),
        ("\\boxed{3,8,10}", Status.CORRECT),
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


def test_a_fault_of_ours_is_an_error_without_a_score():
    verdict = verify("\\boxed{8}", Answer("number", "not a number"))
    assert verdict.status is Status.ERROR
    assert verdict.score is None
    assert "reference 'not a number' is not a number" in verdict.reason


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
