"""The judge's own logic, over plain subprocesses: what decides, what is run, and what a program's process never holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rewards import Answer, Status, verify
from rewards.code import direct, judge_many, plans, use_sandbox
from rewards.sandbox.job import Ending, Job, RunResult

SUM = "print(sum(map(int, input().split())))"
SUM_TESTS = [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "2 2\n", "stdout": "4\n"}]
ADD = "def add(a, b):\n    return a + b"


class Scripted:
    """A sandbox whose every run ends as told."""

    name = "scripted"

    def __init__(self, **fields: object):
        given = {"ending": Ending.EXITED, "exit_code": 0, "signal": None, "stdout": b"", "stderr": b"", **fields}
        self.result = RunResult(**given, wall_seconds=0.0, cpu_seconds=0.0, memory_mb=0.0)

    def run(self, job: Job) -> RunResult:
        return self.result

    def run_many(self, jobs: Sequence[Job]) -> list[RunResult]:
        return [self.result for _ in jobs]

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("ending", "status", "match"),
    [
        ({"exit_code": 2, "stderr": b"Traceback\nValueError: no"}, Status.WRONG, "exit code 2: ValueError: no"),
        ({"ending": Ending.SIGNALED, "exit_code": None, "signal": 11}, Status.WRONG, "SIGSEGV"),
        ({"ending": Ending.WALL, "exit_code": None}, Status.TIMEOUT, "not done after 20 s"),
        ({"ending": Ending.CPU, "exit_code": None}, Status.TIMEOUT, "more than 5 s of CPU time"),
        ({"ending": Ending.MEMORY, "exit_code": None}, Status.WRONG, "more than 512 MiB of memory"),
        ({"ending": Ending.PROCESSES, "exit_code": None}, Status.WRONG, "more than 64 processes"),
        ({"ending": Ending.OUTPUT, "exit_code": None}, Status.WRONG, "more than 1024 KiB of output"),
        ({"ending": Ending.FILE, "exit_code": None}, Status.WRONG, "a file of more than 32 MiB"),
        ({"ending": Ending.DISK, "exit_code": None}, Status.WRONG, "more than 64 MiB of files"),
        ({"ending": Ending.FAULT, "exit_code": None, "detail": "no slot"}, Status.ERROR, "the sandbox failed: no slot"),
    ],
)
def test_every_ending_has_its_status_and_reason(judged, ending, status, match):
    with use_sandbox(Scripted(**ending)):
        verdicts = [judged(SUM, tests=SUM_TESTS), judged(ADD, tests=[{"call": "add", "args": [1, 2], "expected": 3}])]
    for verdict in verdicts:
        assert verdict.status is status
        assert match in verdict.reason
        assert (verdict.score is None) == (status is Status.ERROR)


def test_a_fault_is_an_error_for_assert_tests_too(judged):
    with use_sandbox(Scripted(ending=Ending.FAULT, exit_code=None, detail="gone")):
        assert judged(ADD, test_code="for i in range(3): assert add(i, 1) == i + 1").status is Status.ERROR


def test_the_first_failing_test_decides_and_later_waves_are_not_run(plain, judged):
    tests = [{"stdin": f"{number} 0", "stdout": str(number if number != 4 else 5)} for number in range(40)]
    verdict = judged(SUM, tests=tests)
    assert verdict.status is Status.WRONG
    assert verdict.reason.startswith("test 5 of 40: ")
    assert len(plain.jobs) == 2 + 4


def test_partial_credit_runs_all_tests(plain, judged):
    tests = [{"stdin": f"{number} 0", "stdout": str(number % 4)} for number in range(8)]
    verdict = judged(SUM, tests=tests, partial=True)
    assert (verdict.status, verdict.score) == (Status.WRONG, 0.5)
    assert verdict.reason.startswith("passes 4 of 8 tests; test 5 of 8: ")
    assert judged(SUM, tests=SUM_TESTS, partial=True).score == 1.0


def test_a_fault_spoils_partial_credit(judged):
    with use_sandbox(Scripted(ending=Ending.FAULT, exit_code=None)):
        assert judged(SUM, tests=SUM_TESTS, partial=True).score is None


SECRET = "s3cr3t-right-answer"
MARK = "mark-of-the-program"
NAME = f"def name(x):\n    # {MARK}\n    return x"


@pytest.mark.parametrize(
    ("program", "params"),
    [
        (f"print('{MARK}')", {"tests": [{"stdin": "", "stdout": SECRET}]}),
        (f"print('{MARK}')", {"tests": [{"stdin": "", "stdout": SECRET}], "checker": "import sys; sys.exit(0)"}),
        (NAME, {"tests": [{"call": "name", "args": [1], "expected": SECRET}]}),
        (NAME, {"test_list": [f"assert name(1) == '{SECRET}'"], "entry_point": "name"}),
        (NAME, {"test_list": [f"for i in range(2):\n    assert name(i) in (0, 1, '{SECRET}')"], "entry_point": "name"}),
        (NAME, {"test_code": f"def check(c):\n    assert c(1) != '{SECRET}'\n    assert c(2) == 2", "entry_point": "name"}),
        (NAME, {"test_code": "assert name(1) == right", "test_setup": f"right = '{SECRET}'", "entry_point": "name"}),
    ],
)
def test_no_process_holds_both_the_program_and_the_right_answer(plain, judged, program, params):
    assert judged(program, **params).status in (Status.CORRECT, Status.WRONG)
    seen = set()
    for job in plain.jobs:
        whole = b"\0".join([(job.python or "").encode(), job.stdin, *job.files.values(), *(part.encode() for part in job.argv)])
        has = (MARK.encode() in whole, SECRET.encode() in whole)
        seen.add(has)
    if "checker" in params:  # it is given what the program printed, which is data
        seen.discard((True, True))
        assert not any(b"print('" + MARK.encode() in data for job in plain.jobs for data in job.files.values())
    assert (True, True) not in seen
    assert (True, False) in seen


def test_the_reason_never_shows_the_whole_right_answer(plain, judged):
    for program, params in (
        ("print(1)", {"tests": [{"stdin": "", "stdout": SECRET}]}),
        (NAME, {"tests": [{"call": "name", "args": [1], "expected": SECRET}]}),
        (NAME, {"test_list": [f"assert name(1) == '{SECRET}'"]}),
        (NAME, {"test_list": [f"assert name(1) in ('{SECRET}',)"]}),
    ):
        verdict = judged(program, **params)
        assert verdict.status is Status.WRONG
        assert SECRET not in verdict.reason


ROUNDS = {
    "loop": "for i in range(30):\n    assert f(i) == i + 1",
    "chained": "assert f(f(f(1))) == 4",
    "branch": "x = f(1)\nif x == 2:\n    assert f(10) == 11\nelse:\n    assert f(20) == 0",
    "while": "n = 0\nwhile n < 12:\n    n = f(n)\nassert n == 12",
    "helper": "def twice(g, x):\n    return g(g(x))\nassert twice(f, 1) == 3",
    "comprehension": "assert [f(i) for i in range(5)] == [1, 2, 3, 4, 5]",
    "caught": "try:\n    f('a')\nexcept TypeError:\n    pass\nelse:\n    assert False",
    "swallowed": "try:\n    assert f(1) == 2\nexcept:\n    raise\nassert f(2) == 3",
    "math": "assert math.isclose(f(0.5), 1.5)",
    "random": "import random\nfor _ in range(20):\n    n = random.randint(0, 99)\n    assert f(n) == n + 1",
    "sets": "for word in {'aa', 'bb', 'cc', 'dd'}:\n    assert f(len(word)) == 3",
}


@pytest.mark.parametrize("tests", ROUNDS.values(), ids=ROUNDS)
def test_tests_of_any_form_are_judged_as_python_would(plain, judged, monkeypatch, tests):
    monkeypatch.setattr(plans, "MAX_ROUNDS", 15)
    assert judged("def f(x):\n    return x + 1", test_code=tests, entry_point="f").status is Status.CORRECT
    wrong = judged("def f(x):\n    return x", test_code=tests, entry_point="f")
    assert wrong.status is (Status.TIMEOUT if "while" in tests else Status.WRONG)  # it keeps the tests from ending


def test_plain_asserts_are_judged_the_same_by_the_tester(plain, judged, monkeypatch):
    values = [
        "1",
        "True",
        "1.0",
        "[1]",
        "(1,)",
        "{1}",
        "frozenset([1])",
        "'1'",
        "b'1'",
        "None",
        "{1: 2}",
        "2 ** 80",
        "1 + 0j",
        "float('inf')",
        "[]",
        "{}",
    ]
    literals = ["1", "True", "1.0", "[1]", "(1,)", "{1}", "'1'", "b'1'", "None", "{True: 2.0}", str(2**80), "0", "[]", "()", "{}"]
    program = "def f(k):\n    return [" + ", ".join(values) + "][k]"
    pairs = [(k, literal) for k in range(len(values)) for literal in literals]
    tests = [f"assert f({k}) == {literal}" for k, literal in pairs]
    wanted = [eval(f"({values[k]}) == ({literal})") for k, literal in pairs]

    def passed() -> list[bool]:
        problem = plans.Problem("python", tuple(plans.AssertTest(test) for test in tests), entry="f", partial=True)
        found = plans.together([plans._run_assert(test, program, problem) for test in problem.tests if isinstance(test, plans.AssertTest)])
        jobs = next(found)
        try:
            while True:
                jobs = found.send(InProcess().run_many(jobs))
        except StopIteration as stop:
            return [one.status is Status.CORRECT for one in stop.value]

    assert passed() == wanted
    monkeypatch.setattr(direct, "split", lambda *_: None)
    assert passed() == wanted


class InProcess:
    """Runs the two runners in this process: hundreds of runs in a test."""

    def run_many(self, jobs: Sequence[Job]) -> list[RunResult]:
        return [self.run(job) for job in jobs]

    def run(self, job: Job) -> RunResult:
        import json
        import marshal

        code, text = (int(job.stdin[:10]), int(job.stdin[10:20]))
        runner = marshal.loads(job.stdin[20 : 20 + code])
        task = json.loads(job.stdin[20 + code + text :])
        rows: list[object] = []
        names = {"__name__": "runner", "TASK": b""}
        # Everything but the last statement, which calls main: a TASK that is no JSON stops it there.
        with pytest.raises(ValueError, match="Expecting value"):
            exec(runner, names)
        if "mode" in task:
            names["perform_calls"](task, rows.append)  # type: ignore[operator]
        else:
            rows.append(names["run_tests"](task))  # type: ignore[operator]
        out = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        return RunResult(Ending.EXITED, 0, None, out, b"", 0.0, 0.0, 0.0)


def test_what_tests_ask_first_is_remembered(plain, judged):
    tests = {"test_code": "for i in (1, 2):\n    assert f(i) == i  # remembered", "entry_point": "f"}
    judged("def f(x):\n    return x", **tests)
    first = len(plain.jobs)
    judged("def f(x):\n    return -x", **tests)
    assert (first, len(plain.jobs) - first) == (3, 2)


@pytest.mark.parametrize(
    ("tests", "match"),
    [
        ("assert f(1) ==", "not Python"),
        ("x = 1", "ask nothing of the program"),
        ("import no_such_module_at_all", "ask nothing of the program"),
        ("assert f(lambda x: x) == 1", "not plain data"),
        ("while True:\n    f(1)", "more than 10000 operations"),
    ],
)
def test_tests_that_cannot_be_run_are_an_error(plain, judged, tests, match):
    verdict = judged("def f(x):\n    return x", test_code=tests, entry_point="f")
    assert verdict.status is Status.ERROR
    assert match in verdict.reason


def test_objects_of_the_programs_own(plain, judged):
    program = """
class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next

def reverse(node):
    back = None
    while node:
        node.next, back, node = back, node, node.next
    return back

def first(node):
    return node.value
"""
    build = "a = Node(1, Node(2))\n"
    assert judged(program, test_code=build + "assert first(a) == 1\na.value = 5\nassert first(a) == 5\nassert a.next.value == 2").score == 1
    returns = build + "b = reverse(a)\nassert b.value == 2\nassert b.next.value == 1\nassert b.next.next is None"
    assert judged(program, test_code=returns).score == 0  # a function that returns objects must be allowed to
    assert judged(program, test_code=returns, objects=True).score == 1


def test_an_entry_point_may_have_the_name_of_a_builtin(plain, judged):
    assert judged("def sum(a, b):\n    return a + b", test_list=["assert sum(10, 15) == 25"], entry_point="sum").score == 1
    assert judged("def check(n):\n    return n > 3", test_list=["assert check(5) == True"], entry_point="check").score == 1


def test_names_of_the_setup_are_the_tests_own(plain, judged):
    cheat = "def encode(s):\n    return s\n\ndef decode(s):\n    return s"
    tests = {
        "entry_point": "decode",
        "test_code": "assert decode(encode('abc')) == 'abc'",
        "test_setup": "def encode(s):\n    return s[::-1]",
    }
    assert judged(cheat, **tests).status is Status.WRONG
    assert judged("def decode(s):\n    return s[::-1]", **tests).status is Status.CORRECT


def test_a_program_that_dies_midway_fails_there(plain, judged):
    program = "import os\ndef f(x):\n    if x == 2:\n        os._exit(0)\n    return x"
    verdict = judged(program, entry_point="f", test_code="for i in range(4):\n    assert f(i) == i")
    assert verdict.status is Status.WRONG
    assert "ended before it gave a result" in verdict.reason
    early = judged(program, entry_point="f", test_code="for i in range(4):\n    assert f(i) == 1")
    assert "assertion fails" in early.reason


def test_many_are_judged_in_order(plain):
    def response(code: str) -> str:
        return f"```python\n{code}\n```"

    answer = Answer("code", None, {"tests": SUM_TESTS})
    items = [(response(SUM), answer), (response("print(3)"), answer), ("", answer), (response(SUM), Answer("code", None, {}))] * 3
    statuses = [verdict.status for verdict in judge_many(items)]
    assert statuses == [Status.CORRECT, Status.WRONG, Status.UNPARSED, Status.ERROR] * 3
    assert judge_many([]) == []


def test_same_input_same_verdict(plain):
    answer = Answer("code", None, {"entry_point": "f", "test_code": "for w in {'x', 'yy', 'zzz'}:\n    assert f(w) == len(w)"})
    response = "```python\ndef f(w):\n    return len(w) if w != 'yy' else 0\n```"
    verdicts = {(v.status, v.score, v.reason) for v in judge_many([(response, answer)] * 6)}
    assert len(verdicts) == 1


def test_a_sandbox_that_cannot_be_opened_is_an_error(monkeypatch):
    from rewards.code import shared

    def none_here():
        raise RuntimeError("no sandbox on this machine")

    monkeypatch.setattr(shared, "current", none_here)
    verdict = verify(f"```python\n{SUM}\n```", Answer("code", None, {"tests": SUM_TESTS}))
    assert (verdict.status, verdict.score) == (Status.ERROR, None)
    assert "no sandbox on this machine" in verdict.reason


def test_rounds_share_one_budget(plain, judged, monkeypatch):
    monkeypatch.setattr(plans, "MAX_STRETCH", 2)
    run = plain.run

    def slow(job: Job) -> RunResult:
        return replace(run(job), cpu_seconds=1.0)

    monkeypatch.setattr(plain, "run", slow)
    tests = {
        "entry_point": "f",
        "test_code": "for i in range(9):\n    if f(i) != i:\n        raise AssertionError",
        "limits": {"cpu_seconds": 2},
    }
    verdict = judged("def f(x):\n    return x", **tests)
    assert verdict.status is Status.TIMEOUT
    assert "more than 4 s of CPU time in all rounds" in verdict.reason
    assert len(plain.jobs) < 9
