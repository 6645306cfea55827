"""The policy of docs/math_verifier.md: one test a rule, with the parameters that change it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from rewards import Answer, Status, verify
from rewards.math import verifier as module


def status(response: str, reference: object, **params: object) -> Status:
    verdict = verify(response, Answer("math", reference, params))
    assert verdict.verifier == "math@4"
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


def test_what_is_stated_beside_a_supposition_counts():
    assert status("The answer is 5. Let me know if the answer is unclear.", "5") is Status.CORRECT
    assert status("Suppose the answer is $n$. Then $n + 2 = 7$, so $n = 5$.", "5") is Status.CORRECT
    assert status("Is it \\boxed{5}? Yes.", "5") is Status.CORRECT
    assert status("Is it \\boxed{5}?", "5") is Status.UNPARSED
    assert status("Suppose the answer is 5.", "5") is Status.UNPARSED
    assert status("The answer is 4, if the answer is not 5.", "5") is Status.WRONG


def test_an_answer_tag_counts_where_there_is_no_box():
    assert status("<answer>\\frac{3}{4}</answer>", "3/4") is Status.CORRECT
    assert status("<answer>The answer is $3/4$.</answer>", "3/4") is Status.CORRECT
    assert status("<answer>3/4</answer> \\boxed{4}", "3/4") is Status.WRONG
    assert status("<answer>5</answer><answer>6</answer>", "5") is Status.WRONG
    assert status("3/4 <answer></answer>", "3/4") is Status.UNPARSED


def test_one_equation_in_several_unknowns_states_its_left_side():
    assert status(boxed("m + n = 25"), "25") is Status.CORRECT
    assert status(boxed("5x = 25"), "25") is Status.WRONG
    assert status(boxed("25"), "m + n = 25") is Status.WRONG


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


@pytest.mark.parametrize("word", ["million", "thousand", "hundred", "tenths", "dozen", "million dollars"])
def test_a_word_of_magnitude_is_a_factor_and_no_unit(word):
    for response in (boxed(f"5 {word}"), boxed(rf"5\text{{ {word}}}"), f"The answer is 5 {word}", f"There are 5 {word} of them"):
        assert status(response, "5") is Status.WRONG


@pytest.mark.parametrize(
    ("response", "reference"),
    [("5 million", "5000000"), ("2 dozen", "24"), (r"5\text{ hundred}", "500"), (r"5\text{ tenths}", "1/2"), ("2.5 million", "2500000")],
)
def test_a_magnitude_multiplies(response, reference):
    assert status(boxed(response), reference) is Status.CORRECT
    assert status(boxed(reference), response) is Status.CORRECT


@pytest.mark.parametrize("words", ["negative", "is wrong", "at most", "not", "i", "x", "(base 8)", "or more", "squared", "six", "than two"])
def test_what_is_no_noun_is_no_unit(words):
    assert status(boxed(rf"5\text{{ {words}}}"), "5") in (Status.WRONG, Status.UNPARSED)


@pytest.mark.parametrize("words", ["apples", "distinct integers", "wrong answers", "ways to win", "pages per day", "L", "years old"])
def test_what_is_counted_is_a_unit(words):
    assert status(boxed(rf"5\text{{ {words}}}"), "5") is Status.CORRECT


@pytest.mark.parametrize(("one", "other"), [("mW", "MW"), ("mm", "Mm"), ("mPa", "MPa"), ("mHz", "MHz")])
def test_the_case_of_a_units_symbol_counts(one, other):
    assert status(boxed(rf"5\text{{ {one}}}"), rf"5\text{{ {one}}}") is Status.CORRECT
    assert status(boxed(rf"5\text{{ {one}}}"), rf"5\text{{ {other}}}") is Status.WRONG
    assert status(boxed(rf"5\text{{ {other}}}"), rf"5\text{{ {one}}}") is Status.WRONG


@pytest.mark.parametrize(
    ("response", "reference"), [(".5", "5"), ("3²", "32"), ("10⁶", "106"), ("x₁", "x1"), ("2x", "2X"), ("k", "K"), ("ab", "AB")]
)
def test_text_that_only_looks_like_the_reference_is_judged_as_what_it_says(response, reference):
    assert status(response, reference) is Status.WRONG
    assert status(boxed(response), reference) is Status.WRONG


@pytest.mark.parametrize(("response", "reference"), [("friday.", "Friday"), ("The Cat", "the cat"), ("a", "A"), ("no", "No")])
def test_the_case_of_words_and_options_does_not_count(response, reference):
    assert status(response, reference) is Status.CORRECT


@pytest.mark.parametrize(
    "response",
    [
        "The answer is definitely not 5", "It cannot be 5", "never 5", "anything but 5", "The answer is not \\boxed{5}",
        "\\boxed{5} is wrong", "\\boxed{5}. That is not the answer.", "I do not think the answer is 5.", "The answer isn't $5$",
    ],
)  # fmt: skip
def test_a_denied_answer_is_none(response):
    assert status(response, "5") is Status.UNPARSED


@pytest.mark.parametrize(
    "response", ["The answer is not 4 but 5", "We cannot do better, so \\boxed{5}.", "The point \\boxed{5} is not on it."]
)
def test_the_denial_of_something_else_is_no_denial(response):
    assert status(response, "5") is Status.CORRECT


@pytest.mark.parametrize(
    "response", ["greater than 5", "less than 5", "at least 5", "between 4 and 5", "5 or more", "The answer is over $5$"]
)
def test_a_bound_is_no_answer(response):
    assert status(response, "5") in (Status.WRONG, Status.UNPARSED)


def test_a_box_may_stand_in_a_sentence_that_calls_it_the_least_value():
    assert status("So n is at least \\boxed{5}.", "5") is Status.CORRECT


@pytest.mark.parametrize("response", ["negative 5", "The answer is minus 5.", "The answer is negative $5$.", r"\boxed{\text{negative }5}"])
def test_a_sign_in_words_is_a_sign(response):
    assert status(response, "-5") is Status.CORRECT
    assert status(response, "5") is Status.WRONG


@pytest.mark.parametrize(
    "response", ["The answer is 5. Actually, it is 6.", "\\boxed{5}. Wait, the answer is 6.", "The answer is 5? No, 6."]
)
def test_a_later_correction_counts(response):
    assert status(response, "6") is Status.CORRECT
    assert status(response, "5") is Status.WRONG


@pytest.mark.parametrize("response", ["\\boxed{5}. Wait, 2 + 3 = 5. Yes.", "\\boxed{5}. Actually, it is a nice result."])
def test_a_second_thought_without_another_answer_corrects_nothing(response):
    assert status(response, "5") is Status.CORRECT


def test_thoughts_that_open_again_hold_no_answer():
    assert status("<think>a</think><think> \\boxed{5}", "5") is Status.UNPARSED


@pytest.mark.parametrize(
    ("reference", "wrong", "right"),
    [
        ("x>1 and x<3", "x>1 or x<3", "1<x<3"),
        ("(1,3)", "x>1 or x<3", "x>1 and x<3"),
        ("x<1 or x>3", "x<1 and x>3", r"(-\infty,1)\cup(3,\infty)"),
        (r"(-\infty,1)\cup(3,\infty)", r"x<1 \wedge x>3", r"x<1 \vee x>3"),
        (r"x \ne 1, x \ne 2", r"x \ne 3, x \ne 4", r"x \ne 1 and x \ne 2"),
        ("x>0 and y>0", "x>0", "y>0 and x>0"),
    ],
)
def test_and_is_an_intersection_and_or_a_union(reference, wrong, right):
    assert status(boxed(wrong), reference) is Status.WRONG
    assert status(boxed(right), reference) is Status.CORRECT


@pytest.mark.parametrize("text", ["1+1=3", "x=4=3", "x=2+2=3", "1=3"])
def test_a_chain_that_contradicts_itself_states_no_value(text):
    assert status(boxed(text), "3") is Status.WRONG


@pytest.mark.parametrize("text", ["x=1+2=3", r"\frac{9}{3}=3", r"\int_0^3 dx = 3", "f(2)=4-1=3"])
def test_the_end_of_a_consistent_chain_is_the_value(text):
    assert status(boxed(text), "3") is Status.CORRECT


@pytest.mark.parametrize(
    "text", ["5 (mod 7)", "mod(5)", "binomial(5)", "mod(5,2,3)", "mod 7", "max(i,2)", "5 mod 0", r"\log_1 5", r"\sqrt[0]{5}", r"\gcd(i,2)"]
)
@pytest.mark.parametrize("reference", ["9", "x", r"\{1,2\}", "x>1"])
def test_no_response_makes_its_own_verdict_an_error(text, reference):
    for response in (boxed(text), f"Answer: {text}"):
        assert status(response, reference) in (Status.WRONG, Status.UNPARSED)


def test_a_fault_while_the_answer_is_evaluated_is_no_error(monkeypatch):
    def fails(*_: object) -> bool:
        raise IndexError("a fault")

    monkeypatch.setattr(module, "equal", fails)
    module.settled.cache_clear()
    assert status(boxed("5+12"), "18") is Status.UNPARSED
    module.settled.cache_clear()


def test_a_modulus_in_brackets_is_a_congruence():
    assert status(boxed("x \\equiv 5 (mod 7)"), r"x \equiv 5 \pmod 7") is Status.CORRECT
    assert status(boxed("x \\equiv 5 (mod 8)"), r"x \equiv 5 \pmod 7") is Status.WRONG


def test_a_literal_fraction_is_a_coefficient_and_a_bracket_is_a_divisor():
    assert status(boxed("1/2x"), "x/2") is Status.CORRECT
    assert status(boxed("1/2x"), r"\frac{1}{2x}") is Status.WRONG
    assert status(boxed("1/(2x)"), r"\frac{1}{2x}") is Status.CORRECT
    assert status(boxed("1/(2x)"), "x/2") is Status.WRONG


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

        def submit(self, item: Any, deadline: float) -> Future:
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
