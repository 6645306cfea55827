"""What an answer may say, and how its mistakes are named."""

from __future__ import annotations

import pytest

from rewards import Answer, Status, verify
from rewards.code.compare import Mode
from rewards.code.problem import LIMITS, AssertTest, CallTest, RunTest, read_problem

ONE = [{"stdin": "1", "stdout": "1"}]


def read(**params):
    return read_problem(Answer("code", None, params))


def test_the_public_row():
    row = {"verifier": "code", "language": "python", "tests": [{"stdin": "1 2\n", "stdout": "3\n"}]}
    problem = read_problem(Answer.from_dict(row))
    (test,) = problem.tests
    assert isinstance(test, RunTest)
    assert (test.stdin, test.stdout, test.compare.mode) == (b"1 2\n", b"3\n", Mode.LINES)


def test_tests_may_stand_in_the_reference():
    assert read_problem(Answer("code", ONE)) == read(tests=ONE)


def test_all_kinds_in_order():
    problem = read(
        tests=[*ONE, {"args": [1], "expected": 2}, {"assert": "assert f(1) == 2"}], entry_point="f", test_list=["x"], test_code="y"
    )
    assert [type(test) for test in problem.tests] == [RunTest, CallTest, AssertTest, AssertTest, AssertTest]
    assert problem.name == "f"


def test_compare_is_exact_for_values_and_lines_for_output_unless_said():
    tests = read(tests=[*ONE, {"call": "f", "expected": 1}, {"call": "f", "expected": 1, "compare": "float"}]).tests
    assert [test.compare.mode for test in tests] == [Mode.LINES, Mode.EXACT, Mode.FLOAT]


def test_more_cpu_time_means_more_wall_time():
    assert read(tests=ONE, limits={"cpu_seconds": 60}).limits.wall_seconds == 240
    assert read(tests=ONE, limits={"cpu_seconds": 60, "wall_seconds": 61}).limits.wall_seconds == 61
    assert read(tests=ONE).limits == LIMITS


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({}, "no tests"),
        ({"tests": []}, "no tests"),
        ({"test": ONE}, "did you mean 'tests'"),
        ({"tests": "x"}, "tests must be a list"),
        ({"tests": [5]}, r"tests\[0\] must be a mapping"),
        ({"tests": [{"input": "1", "output": "1"}]}, r"tests\[0\] is none of"),
        ({"tests": [{"stdin": "1"}]}, r"tests\[0\] has no stdout"),
        ({"tests": [{"stdin": "1", "stdout": 1}]}, r"tests\[0\].stdout must be text, got 1"),
        ({"tests": [{"stdin": "\ud800", "stdout": "1"}]}, "surrogate"),
        ({"tests": [{"stdin": "1", "stdout": "1", "expect": 1}]}, "unknown keys"),
        ({"tests": [{"expected": 1}]}, "names no function"),
        ({"tests": [{"call": "f", "args": 1, "expected": 1}]}, "args must be a list"),
        ({"tests": ONE, "language": "cobol"}, "language 'cobol'"),
        ({"tests": ONE, "compare": "near"}, "compare mode 'near'"),
        ({"tests": ONE, "partial": 1}, "partial must be true or false"),
        ({"tests": ONE, "limits": {"cpu": 1}}, "limits has no key 'cpu'"),
        ({"tests": ONE, "limits": {"cpu_seconds": 0}}, "must be a positive number"),
        ({"tests": ONE, "limits": {"memory_mb": 1.5}}, "whole number"),
        ({"tests": ONE, "checker": {"source": 1}}, "checker must be"),
        ({"test_list": ["assert f(1) == 1"], "checker": "x"}, "stdin tests only"),
        ({"test_list": [1]}, r"test_list\[0\]"),
        ({"tests": [{"call": "f", "expected": 1}], "language": "cpp"}, "call tests are for Python"),
        ({"test_code": "int main() {}", "language": "cpp"}, "in_process"),
    ],
)
def test_a_mistake_is_named_and_is_an_error(params, match):
    with pytest.raises(ValueError, match=match):
        read(**params)
    verdict = verify("```python\npass\n```", Answer("code", None, params))
    assert verdict.status is Status.ERROR
    assert verdict.score is None
