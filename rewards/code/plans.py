"""How a program is judged: from a response to an Outcome, as plans over the sandbox (see program.py).

    response ─▶ the program's text ─▶ compiled ─▶ tests in waves ─▶ Outcome
                (parsed in a sandbox        │
                 where there is a choice)   ├─ stdin test   one run; its output is compared here, or by a checker in a run of its own
                                            ├─ call test    one run; the value comes out as plain data and is compared here
                                            └─ assert test  rounds of two runs: the tests, which hold the right answers, and
                                                            the program, which is told only what to call (tester.py)

Invariants: a right answer never enters a process that holds the program; every test has processes of its own; what
comes out of a program is bytes or plain data; the first failing test (by its place) decides, whatever finished first.
"""

from __future__ import annotations

import functools
import hashlib
import json
import marshal
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from importlib.util import MAGIC_NUMBER
from typing import Any

from rewards.code import checker, direct, extract, languages
from rewards.code.child import encode
from rewards.code.compare import difference, same_output, same_value
from rewards.code.problem import AssertTest, CallTest, Problem, RunTest, Test
from rewards.code.program import Found, Plan, Program, build, ended, together
from rewards.registry import Outcome
from rewards.sandbox.job import Job, Limits, RunResult
from rewards.verdict import Status

MAX_ROUNDS = 200  # of one assert test: calls in a row, each of which the tests decide on by the result of the one before
SIFT = Limits(cpu_seconds=5.0, wall_seconds=20.0)
TESTER = Limits(cpu_seconds=10.0, wall_seconds=40.0, memory_mb=1024, output_kb=4096)
MAX_STRETCH = 10  # each round does the earlier calls again: all rounds together may take so many times the CPU limit
_FIRST_ROUNDS: OrderedDict[bytes, dict[str, Any]] = OrderedDict()  # what tests ask before they know anything
_FIRST_ROUNDS_KEPT, _FIRST_ROUND_SIZE = 1024, 64 * 1024
_SENT_FROM = "# --- from here on the text is sent ---"


def _text(name: str) -> str:
    return resources.files("rewards.code").joinpath(name).read_text("utf-8")


@functools.cache
def _calls_runner() -> bytes:
    return _packed(_text("child.py") + "\n\nmain()\n")


@functools.cache
def _tester_runner() -> bytes:
    return _packed(_text("child.py") + _text("tester.py").partition(_SENT_FROM)[2] + "\n\nmain()\n")


def _packed(source: str) -> bytes:
    """A runner as it is sent: byte code, which saves a short run half its time, and the text for a Python that cannot read it."""
    code, text = marshal.dumps(compile(source, "runner.py", "exec", dont_inherit=True)), source.encode()
    return b"%010d%010d" % (len(code), len(text)) + code + text


_START = f"""import marshal, sys, _frozen_importlib_external
data = sys.stdin.buffer.read()
code, text = 20 + int(data[:10]), 20 + int(data[:10]) + int(data[10:20])
if _frozen_importlib_external.MAGIC_NUMBER == {MAGIC_NUMBER!r}:
    runner = marshal.loads(data[20:code])
else:
    runner = compile(data[code:text], "runner.py", "exec", dont_inherit=True)
exec(runner, {{"__name__": "runner", "TASK": data[text:]}})
"""


def _run_runner(runner: bytes, task: dict[str, Any], limits: Limits, image: str = "host") -> Job:
    return Job(python=_START, stdin=runner + json.dumps(task).encode(), limits=limits, image=image)


def judge(response: str, problem: Problem) -> Plan[Outcome]:
    """The whole of it. Raises ValueError where the answer, not the response, is at fault."""
    source = yield from _choose(response, problem)
    if not isinstance(source, str):
        return source
    found = yield from _run_tests(source, problem)
    total = len(problem.tests)
    failed = next(((number, one) for number, one in enumerate(found, 1) if one.status is not Status.CORRECT), None)
    if error := next((one for one in found if one.status is Status.ERROR), None):
        first = failed[1] if failed else error
        if problem.partial or first is error:
            return Outcome(Status.ERROR, source, error.reason)
    if failed is None:
        return Outcome(Status.CORRECT, source, f"passes {total} of {total} tests" if total > 1 else "passes its test")
    number, one = failed
    reason = f"test {number} of {total}: {one.reason}"
    if not problem.partial:
        return Outcome(one.status, source, reason)
    passed = sum(one.status is Status.CORRECT for one in found)
    return Outcome(one.status, source, f"passes {passed} of {total} tests; {reason}", sum(one.points for one in found) / total)


def _choose(response: str, problem: Problem) -> Plan[str | Outcome]:
    """The program's text, or the outcome when there is none."""
    language = problem.language
    texts, origin = extract.candidates(response, languages.fence_tags(language))
    if not texts:
        return Outcome.unparsed(f"no {language} program after the thoughts")
    if language != "python":
        likely = [text for text in texts if extract.looks_like(text, language)]
        if origin is extract.Origin.RAW and not likely:
            return Outcome.unparsed(f"no fenced block, and the text is not a {language} program")
        return texts[0] if origin is extract.Origin.TAGGED or not likely else likely[0]
    if len(texts) == 1 and origin is extract.Origin.TAGGED:
        return texts[0]
    task = {"mode": "sift", "sources": texts, "prelude": problem.prelude}
    (result,) = yield [_run_runner(_calls_runner(), task, SIFT)]
    end = ended(result, SIFT)
    if end is not None and end.status is Status.ERROR:
        return Outcome(Status.ERROR, None, end.reason)
    facts = [row for row in _rows(result.stdout) if isinstance(row, dict)]
    if len(facts) < len(texts):
        return Outcome.unparsed("the text cannot be parsed within the limits")
    chosen = extract.choose(texts, facts, problem.name, origin)
    return chosen if chosen is not None else Outcome.unparsed("what stands after the thoughts is not a Python program")


def _run_tests(source: str, problem: Problem) -> Plan[list[Found]]:
    """What each test found, in order; without partial credit the tests after the first failing wave are left out."""
    whole = problem.prelude + source
    program: Program | Found | None = None
    if any(isinstance(test, RunTest) for test in problem.tests):
        program = yield from build(problem.language, whole, problem.image)
        if isinstance(program, Found):
            return [program] * len(problem.tests)
    found: list[Found] = []
    size = 2
    while len(found) < len(problem.tests):
        wave = problem.tests[len(found) : len(found) + size]
        found += yield from together([_run_test(test, whole, program, problem) for test in wave])
        if not problem.partial and any(one.status is not Status.CORRECT for one in found):
            break
        size = min(2 * size, 32)
    return found


def _run_test(test: Test, source: str, program: Program | None, problem: Problem) -> Plan[Found]:
    if isinstance(test, RunTest):
        assert program is not None, "a stdin test needs the program built"
        return (yield from _run_stdin(test, program, problem))
    if isinstance(test, CallTest):
        return (yield from _run_call(test, source, problem))
    if problem.language != "python":
        return (yield from _run_in_process(test, source, problem))
    return (yield from _run_assert(test, source, problem))


def _run_stdin(test: RunTest, program: Program, problem: Problem) -> Plan[Found]:
    job = program.job(test.stdin, problem.limits, problem.image)
    (result,) = yield [job]
    if (end := ended(result, job.limits)) is not None:
        return end
    if problem.checker is not None:
        return (yield from checker.check(problem.checker, test.stdin, result.stdout, test.stdout))
    assert test.stdout is not None, "read_problem wants stdout where there is no checker"
    if same_output(result.stdout, test.stdout, test.compare):
        return Found(Status.CORRECT)
    return Found(Status.WRONG, difference(result.stdout, test.stdout, test.compare))


def _run_in_process(test: AssertTest, source: str, problem: Problem) -> Plan[Found]:
    """Asserts of another language, for programs that nobody rewards: an exit code is all there is to go by."""
    program = yield from build(problem.language, f"{source}\n{problem.setup}\n{test.source}", problem.image)
    if isinstance(program, Found):
        return program
    job = program.job(b"", problem.limits, problem.image)
    (result,) = yield [job]
    return ended(result, job.limits) or Found(Status.CORRECT)


def _run_call(test: CallTest, source: str, problem: Problem) -> Plan[Found]:
    op = ["call", {"n": test.name}, None, [encode(arg) for arg in test.args], {key: encode(value) for key, value in test.kwargs.items()}]
    answers, end, _ = yield from _perform([op], source, problem)
    if end is not None:
        return end
    answer = answers[0]
    if answer[0] == "raise":
        return Found(Status.WRONG, _raised(answer))
    if same_value(answer[1], test.expected, test.compare):
        return Found(Status.CORRECT)
    return Found(Status.WRONG, f"{test.name} returned {_show(answer[1])}, which is not what is expected")


def _perform(ops: list[Any], source: str, problem: Problem) -> Plan[tuple[list[list[Any]], Found | None, float]]:
    """Have the program do operations: the answers, as many as it gave, why there are no more, and the CPU seconds it took."""
    try:
        job = _run_runner(_calls_runner(), {"mode": "calls", "source": source, "ops": ops}, problem.limits, problem.image)
    except RecursionError:
        raise ValueError("a test's arguments are nested too deeply") from None
    (result,) = yield [job]
    answers: list[list[Any]] = []
    for row in _rows(result.stdout):
        answer = _answer(row, len(answers))
        if answer is None:
            break
        if answer[0] == "load":
            return [], Found(Status.WRONG, f"the program does not load: {_raised(answer)}"), result.cpu_seconds
        answers.append(answer)
    if len(answers) >= len(ops):
        return answers[: len(ops)], None, result.cpu_seconds
    end = ended(result, job.limits) or Found(Status.WRONG, "the program ended before it gave a result")
    return answers, end, result.cpu_seconds


def _rows(output: bytes) -> list[Any]:
    """The JSON lines of a child up to the first that is none: a program may write there too, and gains nothing by it."""
    rows: list[Any] = []
    for line in output.split(b"\n"):
        if not line:
            continue
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError):
            break
    return rows


def _answer(row: Any, number: int) -> list[Any] | None:
    """["ok", value, changed arguments], ["raise" or "load", class names, message]; None when the row is neither."""
    if not isinstance(row, list):
        return None
    kinds: Any
    if len(row) == 3 and row[0] == "load":
        name, kinds, message = row
    elif len(row) == 4 and type(row[0]) is int and row[0] == number and row[1] == "ok" and isinstance(row[3], dict):
        return row[1:]
    elif len(row) == 4 and type(row[0]) is int and row[0] == number and row[1] == "raise":
        _, name, kinds, message = row
    else:
        return None
    named = isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds)
    return [name, kinds, message] if named and isinstance(message, str) else None


def _raised(answer: list[Any]) -> str:
    kind = answer[1][0] if answer[1] else "?"
    return "".join(char if char.isprintable() else " " for char in f"{kind}: {answer[2]}")[:160]


def _show(tag: Any) -> str:
    text = json.dumps(tag)
    return text if len(text) <= 60 else text[:60] + "..."


def _run_assert(test: AssertTest, source: str, problem: Problem) -> Plan[Found]:
    asked = {"source": test.source, "setup": problem.setup, "entry": problem.entry, "objects": problem.objects}
    key = hashlib.sha256(json.dumps(asked).encode()).digest()
    reply = _FIRST_ROUNDS.get(key)
    if pairs := direct.split(test.source, problem.setup, problem.entry):
        found, reply = yield from _run_direct(pairs, source, problem)
        if found is not None:
            return found
    if reply is None:
        (result,) = yield [_tester_job(asked, [], [], problem)]
        reply = _reply(result)
        if reply is None:
            end = ended(result, TESTER)
            if end is not None and end.status is Status.ERROR:
                return end
            raise ValueError(f"the tests cannot be run: {end.reason if end else 'they end before they say anything'}")
        if len(result.stdout) <= _FIRST_ROUND_SIZE:
            _FIRST_ROUNDS[key] = reply
        while len(_FIRST_ROUNDS) > _FIRST_ROUNDS_KEPT:
            _FIRST_ROUNDS.popitem(last=False)
    end: Found | None = None
    spent, most = 0.0, MAX_STRETCH * problem.limits.cpu_seconds
    for _ in range(MAX_ROUNDS):
        if reply["state"] == "broken":
            raise ValueError(reply["reason"])
        if reply["state"] == "pass":
            return Found(Status.CORRECT)
        if reply["state"] == "died" and end is not None:
            return end
        if reply["state"] != "more":
            return Found(Status.WRONG, reply["reason"])
        if spent > most:
            return Found(Status.TIMEOUT, f"more than {most:g} s of CPU time in all rounds of calls")
        ops = reply["ops"]
        answers, end, seconds = yield from _perform(ops, source, problem)
        if end is not None:
            if end.status is Status.ERROR or (not answers and end.reason.startswith("the program does not load")):
                return end
            answers.append(["died"])
        (result,) = yield [_tester_job(asked, ops, answers, problem)]
        spent += seconds + result.cpu_seconds
        reply = _reply(result)
        if reply is None:
            late = ended(result, TESTER)
            if late is not None and late.status is Status.ERROR:
                return late
            return Found(Status.WRONG, f"the checks fail on what the program returned: {late.reason if late else 'they end early'}")
    # Python would still be running: a loop of the tests that the program's results do not end.
    return Found(Status.TIMEOUT, f"the tests still ask for further calls after {MAX_ROUNDS} rounds")


def _run_direct(pairs: Sequence[tuple[str, str]], source: str, problem: Problem) -> Plan[tuple[Found | None, dict[str, Any] | None]]:
    """Judge plain asserts here; where only Python can tell, a first round to go on from."""
    ops = [json.loads(op) for op, _ in pairs]
    answers, end, _ = yield from _perform(ops, source, problem)
    for number, (answer, (_, wanted)) in enumerate(zip(answers, pairs, strict=False), 1):
        where = f"assertion {number} of {len(pairs)}: " if len(pairs) > 1 else ""
        if answer[0] == "raise":
            return Found(Status.WRONG, where + _raised(answer)), None
        right = direct.equal(answer[1], json.loads(wanted))
        if right is None:
            return None, {"state": "more", "ops": ops, "keep": 0}
        if not right:
            return Found(Status.WRONG, f"{where}the program returned {_show(answer[1])}, which is not what is expected"), None
    if end is not None:
        return replace(end, reason=f"assertion {len(answers) + 1} of {len(pairs)}: {end.reason}" if len(pairs) > 1 else end.reason), None
    return Found(Status.CORRECT), None


def _tester_job(asked: dict[str, Any], ops: list[Any], answers: list[Any], problem: Problem) -> Job:
    task = {**asked, "ops": ops, "answers": answers}
    limits = replace(TESTER, cpu_seconds=max(TESTER.cpu_seconds, problem.limits.cpu_seconds))
    return _run_runner(_tester_runner(), task, limits)


def _reply(result: RunResult) -> dict[str, Any] | None:
    rows = _rows(result.stdout)
    return rows[0] if result.clean and rows and isinstance(rows[0], dict) else None
