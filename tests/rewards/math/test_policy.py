"""The policy of docs/math_verifier.md: one test a rule, with the parameters that change it."""

from __future__ import annotations

import threading

import pytest

from rewards import Answer, Status, verify
from rewards.math import verifier as module


def status(response: str, reference: object, **params: object) -> Status:
    verdict = verify(response, Answer("math", reference, params))
    assert verdict.verifier == "math@1"
    assert (verdict.score == 1.0) == (verdict.status is Status.CORRECT)
    return verdict.status


def boxed(text: str) -> str:
    return f"\\boxed{{{text}}}"


def test_what_stands_after_the_thoughts_counts():
    assert status("<think>\\boxed{7}</think> \\boxed{8}", "8") is Status.CORRECT
    assert status("<think>\\boxed{8}</think> \\boxed{7}", "8") is Status.WRONG
    assert status("<think>\\boxed{8}", "8") is Status.UNPARSED


def test_a_later_box_corrects_an_earlier_one():
    assert status("\\boxed{7}. Wait, I made a mistake. \\boxed{8}", "8") is Status.CORRECT
    assert status("\\boxed{8}. Wait, I made a mistake. \\boxed{7}", "8") is Status.WRONG


def test_several_candidates_where_the_reference_has_one_are_wrong():
    for response in ("\\boxed{7} or \\boxed{8}", boxed("7, 8"), boxed(r"7 \text{ or } 8"), boxed(r"\{7, 8\}")):
        assert status(response, "8") is Status.WRONG


def test_boxes_that_together_form_the_solution_set_are_right():
    assert status("\\boxed{7} and \\boxed{8}", "7, 8") is Status.CORRECT
    assert status("(a) \\boxed{7}. (b) \\boxed{8}.", "7, 8") is Status.CORRECT
    assert status("(a) \\boxed{7}. (b) \\boxed{8}. (c) \\boxed{9}.", "7, 8") is Status.WRONG


def test_a_decimal_is_exact_where_it_can_be():
    assert status(boxed("0.125"), "1/8") is Status.CORRECT
    assert status(boxed("0.12500001"), "1/8") is Status.WRONG
    assert status(boxed("0.1000004"), "0.1") is Status.WRONG


def test_six_correct_decimals_stand_for_what_no_decimal_equals_unless_forbidden():
    assert status(boxed("0.333333"), "1/3") is Status.CORRECT
    assert status(boxed("0.33333"), "1/3") is Status.WRONG
    assert status(boxed("0.333334"), "1/3") is Status.WRONG
    assert status(boxed("0.333333"), "1/3", decimals="exact") is Status.WRONG
    assert status(boxed("1/3"), "1/3", decimals="exact") is Status.CORRECT
    assert status(boxed("0.000000"), r"\frac{1}{3}\cdot 10^{-9}") is Status.WRONG, "no digit of it is known"


def test_a_tolerance_holds_only_where_the_answer_gives_one():
    assert status(boxed("9.81"), "9.8") is Status.WRONG
    assert status(boxed("9.81"), "9.8", tolerance=0.01) is Status.CORRECT
    assert status(boxed("9.82"), "9.8", tolerance=0.01) is Status.WRONG
    assert status(boxed("1010"), "1000", tolerance={"relative": 0.01}) is Status.CORRECT
    assert status(boxed("3.14"), r"\pi", tolerance=0.01) is Status.CORRECT


def test_a_unit_is_allowed_where_the_reference_has_none_and_must_fit_where_it_has_one():
    assert status(boxed(r"5\text{ m}"), "5") is Status.CORRECT
    assert status(boxed(r"500\text{ cm}"), r"5\text{ m}") is Status.CORRECT
    assert status(boxed(r"5\text{ s}"), r"5\text{ m}") is Status.WRONG
    assert status(boxed("5"), r"5\text{ m}") is Status.CORRECT
    assert status(boxed("5"), r"5\text{ m}", unit="required") is Status.WRONG


def test_letters_are_no_units():
    assert status(boxed("5s"), "5m") is Status.WRONG
    assert status(boxed("3t"), "3") is Status.WRONG
    assert status(boxed("3"), "3t") is Status.WRONG


def test_a_named_value_is_the_value():
    assert status(boxed("a = 3"), "3") is Status.CORRECT
    assert status(boxed("3"), "a = 3") is Status.CORRECT
    assert status(boxed("b = 3"), "a = 3") is Status.WRONG


def test_a_missing_constant_of_integration_is_wrong():
    assert status(boxed("x^2"), "x^2 + C") is Status.WRONG
    assert status(boxed("C + x^2"), "x^2 + C") is Status.CORRECT


def test_a_degree_sign_is_pi_over_180():
    assert status(boxed(r"\pi/2"), r"90^\circ") is Status.CORRECT
    assert status(boxed("90°"), r"\frac{\pi}{2}") is Status.CORRECT
    assert status(boxed("90"), r"\frac{\pi}{2}") is Status.WRONG


def test_the_whole_answer_must_be_consumed():
    for response in ("8)", "8 +", "8 foo", r"8 \cdot", "(8", "8="):
        assert status(boxed(response), "8") in (Status.WRONG, Status.UNPARSED)


@pytest.mark.parametrize("reference", ["", "  ", None, True, {"a": 1}])
def test_a_reference_that_is_none_is_our_error(reference):
    verdict = verify("\\boxed{1}", Answer("math", reference))
    assert verdict.status is Status.ERROR
    assert verdict.score is None
    assert "reference" in verdict.reason


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"tolerence": 1}, "tolerence"),
        ({"decimals": "six"}, "decimals='six'"),
        ({"tolerance": -1}, "tolerance=-1"),
        ({"unit": 1}, "unit=1"),
    ],
)
def test_a_wrong_parameter_is_our_error_and_named(params, named):
    verdict = verify("\\boxed{1}", Answer("math", "1", params))
    assert verdict.status is Status.ERROR
    assert named in verdict.reason


def test_a_reference_may_be_a_number_or_a_list():
    assert status(boxed("3"), 3) is Status.CORRECT
    assert status(boxed("0.5"), 0.5) is Status.CORRECT
    assert status(boxed("5, 3"), [3, 5]) is Status.CORRECT
    assert status(boxed("3"), [3, 5]) is Status.WRONG


def test_verdicts_do_not_depend_on_the_thread_or_on_who_else_asks():
    items = [
        (boxed(r"\sqrt{72}"), r"6\sqrt{2}", Status.CORRECT),
        (boxed("2^{999}"), "2^{1000}", Status.WRONG),
        (boxed(r"\ln 9"), r"2\ln 3", Status.CORRECT),
    ]
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(30):
            wrong.extend((item, found) for *item, expected in items if (found := status(*item)) is not expected)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_worker_that_dies_once_is_asked_again_and_twice_is_an_error(monkeypatch):
    from concurrent.futures import Future

    from rewards.workers import WorkerDied

    class Dying:
        def __init__(self, deaths: int):
            self.deaths = deaths

        def submit(self, item: object, deadline: float) -> Future:
            future: Future = Future()
            if self.deaths:
                self.deaths -= 1
                future.set_exception(WorkerDied("killed"))
            else:
                future.set_result(module.work(item))
            return future

    costly = boxed(r"\sum_{k=1}^{9} k")
    for deaths, expected in ((1, Status.CORRECT), (2, Status.ERROR)):
        module.settled.cache_clear()
        pool = Dying(deaths)
        monkeypatch.setattr(module, "worker_pool", lambda pool=pool: pool)
        verdict = verify(costly, Answer("math", "45"))
        assert verdict.status is expected
        if expected is Status.ERROR:
            assert verdict.score is None
            assert "killed" in verdict.reason
