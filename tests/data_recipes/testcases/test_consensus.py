"""Votes and gates on outputs alone, on both sides of every threshold of the paper."""

from __future__ import annotations

import pytest

from data_recipes.testcases.consensus import Admission, CaseVote, Rule, admission, failed_cases, normalised, vote

RULE = Rule()
WRONG = [b"other %d\n" % number for number in range(10)]


@pytest.mark.parametrize(("equal", "valid"), [(10, True), (7, True), (6, False), (1, False)])
def test_a_case_is_valid_from_seven_equal_outputs_on(equal: int, valid: bool) -> None:
    found = vote([b"4 2\n"] * equal + WRONG[: 10 - equal], RULE.agree)
    assert found.agreed == equal
    assert found.valid is valid
    assert found.expected == (b"4 2\n" if valid else None)


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([b"1\n2\n", b"1 \n2", b"1\r\n2\n\n", b"1\t\n2\n \n"], b"1\n2\n"),  # blanks at line ends, blank lines at the end
        ([b"1\n\n2\n"] * 4, b"1\n\n2\n"),  # blank lines inside count
        ([b" 1\n"] * 4, b" 1\n"),  # blanks at the start too
        ([b""] * 4, b""),
    ],
)
def test_outputs_match_without_what_cannot_be_seen_at_ends(outputs: list[bytes], expected: bytes) -> None:
    assert vote(outputs, 4).expected == expected


@pytest.mark.parametrize("other", [b"1\n\n2\n", b"1 2\n", b" 1\n2\n", b"1\n2\n0\n"])
def test_other_differences_count(other: bytes) -> None:
    assert not vote([b"1\n2\n"] * 3 + [other], 4).valid


def test_crashes_and_time_outs_match_nothing_not_even_each_other() -> None:
    assert not vote([None] * 10, RULE.agree).valid
    assert vote([None] * 3 + [b"x"] * 7, RULE.agree).valid
    assert not vote([None] * 4 + [b"x"] * 6, RULE.agree).valid


@pytest.mark.parametrize("output", [b"\xff\n", b"a\0b\n"])
def test_what_is_no_text_matches_nothing(output: bytes) -> None:
    assert normalised(output) is None
    assert vote([output] * 10, RULE.agree) == CaseVote(0, None)


@pytest.mark.parametrize(("valid", "enough"), [(40, True), (39, False), (50, True), (0, False)])
def test_a_problem_needs_forty_valid_cases(valid: int, enough: bool) -> None:
    votes = [CaseVote(10, b"1\n")] * valid + [CaseVote(6, None)] * (50 - valid)
    found = admission(votes, {"a": [b"1"] * 50})
    assert found.valid == valid
    assert found.enough_cases(RULE) is enough


@pytest.mark.parametrize(("passing", "enough"), [(10, True), (9, True), (8, False)])
def test_a_problem_needs_nine_submissions_that_pass_every_valid_case(passing: int, enough: bool) -> None:
    votes = [CaseVote(8, b"1\n")] * 45 + [CaseVote(6, None)] * 5
    outputs = {f"good{number}": [b"1\n"] * 45 + [b"anything"] * 5 for number in range(passing)}
    outputs |= {f"bad{number}": [b"1\n"] * 44 + [b"2\n"] + [b"1\n"] * 5 for number in range(10 - passing)}
    found = admission(votes, outputs)
    assert len(found.passing) == passing
    assert found.enough_passing(RULE) is enough
    assert found.failing == {f"bad{number}": 1 for number in range(10 - passing)}


def test_without_valid_cases_everybody_passes_and_the_case_gate_holds_the_problem_back() -> None:
    found = admission([CaseVote(3, None)] * 50, {"a": [b"1"] * 50})
    assert found == Admission(0, ("a",), {})
    assert not found.enough_cases(RULE)


def test_failed_cases_are_counted_on_valid_cases_only() -> None:
    votes = [CaseVote(9, b"1\n"), CaseVote(6, None), CaseVote(9, b"2\n"), CaseVote(9, b"3\n")]
    assert failed_cases(votes, [b"1", b"nonsense", None, b"4"]) == 2


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"agree": 11}, r"agree must be from 1 to submissions \(10\), got 11"),
        ({"passing": 0}, r"passing must be from 1 to submissions \(10\), got 0"),
        ({"cases": 30}, r"valid must be from 1 to cases \(30\), got 40"),
    ],
)
def test_numbers_that_cannot_hold_together_are_refused(numbers: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Rule(**numbers)
