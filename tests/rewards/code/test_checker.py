"""Special judges: what they may say, and whose fault it is when they say nothing."""

from __future__ import annotations

import pytest

from rewards import Status

TESTS = [{"stdin": "91\n", "stdout": "13"}]
DIVISOR = """
n = int(open("input.txt").read())
d = int(open("output.txt").read())
"""


@pytest.mark.parametrize(
    ("says", "status", "score"),
    [
        ("import sys; sys.exit(0)", Status.CORRECT, 1.0),
        ("import sys; sys.exit(42)", Status.CORRECT, 1.0),
        ("import sys; sys.exit(1)", Status.WRONG, 0.0),
        ("import sys; sys.exit(2)", Status.WRONG, 0.0),
        ("import sys; sys.exit(43)", Status.WRONG, 0.0),
        ("import sys; sys.exit(3)", Status.ERROR, None),
        ("import sys; print('points 0.25'); sys.exit(7)", Status.WRONG, 0.25),
        ("print('{\"accept\": true}')", Status.CORRECT, 1.0),
        ('print(\'{"accept": false, "reason": "off by one"}\')', Status.WRONG, 0.0),
        ("print('{\"score\": 0.5}')", Status.WRONG, 0.5),
        ("print('{\"score\": 1}')", Status.CORRECT, 1.0),
        ("print('{\"score\": 2}')", Status.ERROR, None),
        ("print('{\"accept\": 1}')", Status.ERROR, None),
        ("assert False", Status.ERROR, None),
        ("import os; os.abort()", Status.ERROR, None),
        ("def", Status.ERROR, None),
        (
            "from __future__ import annotations\nimport sys\nassert sys.argv[1:] == ['input.txt', 'output.txt', 'answer.txt']",
            Status.CORRECT,
            1.0,
        ),
    ],
)
def test_what_a_checker_may_say(plain, judged, says, status, score):
    verdict = judged("print(7)", tests=TESTS, checker=says, partial=True)
    assert (verdict.status, verdict.score) == (status, score), verdict


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("print(7)", Status.CORRECT),
        ("print(13)", Status.CORRECT),
        ("print(5)", Status.WRONG),
        ("print('seven')", Status.WRONG),
        ("print(0)", Status.WRONG),
    ],
)
def test_output_that_a_checker_cannot_read_is_wrong(plain, judged, program, status):
    verdict = judged(program, tests=TESTS, checker=DIVISOR + "assert n % d == 0")
    assert verdict.status is status, verdict


def test_no_points_without_partial_credit(plain, judged):
    assert judged("print(7)", tests=TESTS, checker="print('{\"score\": 0.5}')").score == 0


def test_a_checker_needs_no_right_answer(plain, judged):
    assert judged("print(7)", tests=[{"stdin": "91\n"}], checker=DIVISOR + "assert n % d == 0").score == 1


def test_a_checker_in_another_language_is_compiled_once(plain, judged, needs):
    needs("cpp")
    source = "#include <fstream>\nint main(int, char **v) {\n"
    source += "std::ifstream o(v[2]), a(v[3]); int x, y; o >> x; a >> y; return x == y ? 0 : 1; } // once"
    checker = {"language": "cpp", "source": source}
    assert judged("print(13)", tests=TESTS * 3, checker=checker).status is Status.CORRECT
    assert judged("print(14)", tests=TESTS, checker=checker).status is Status.WRONG
    compiles = [job for job in plain.jobs if job.collect]
    assert len(compiles) in (1, 2)  # two tests of the first wave may both find it missing
