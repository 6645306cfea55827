"""Special judges: a program of the problem's author decides whether an output is right.

It runs in a sandbox run of its own, after the program under judgement has ended, with three files in its folder:
`input.txt`, `output.txt` (what the program printed) and `answer.txt` (the test's stdout, empty when it has none), and
their names as arguments, in this order. It says what it found in one of these ways:

    the last line of its stdout is JSON: {"accept": true|false} or {"score": 0..1}, with "reason" if it likes; exit code 0
    exit code 0 or 42    accepted             (testlib, problemtools)
    exit code 1, 2, 43   not accepted
    exit code 7          points: "points X" with X in 0..1 in what it prints (testlib)
    exit code 3          the checker itself failed: an error of ours

Anything else (a traceback, a signal, a limit) is looked into: where the checker accepts the right answer as an output,
it was the program's output that it could not read, which is wrong; where it does not, the checker is broken: an error.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import Any

from rewards.code.problem import Checker
from rewards.code.program import Found, Plan, Program, build, ended, excerpts, shell
from rewards.sandbox.job import Job, Limits, RunResult
from rewards.verdict import Status

CHECKER = Limits(cpu_seconds=10.0, wall_seconds=40.0, memory_mb=1024)
FILES = ("input.txt", "output.txt", "answer.txt")
_BUILT: OrderedDict[tuple[str, str], Program] = OrderedDict()
_KEPT = 64
# The checker's own text is a file: it may have a `from __future__` import, and its errors name its own lines.
_START = f"""import sys
sys.argv = ["checker.py", {", ".join(map(repr, FILES))}]
with open("checker.py", encoding="utf-8") as file:
    code = compile(file.read(), "checker.py", "exec", dont_inherit=True)
del file
exec(code)
"""


def check(checker: Checker, stdin: bytes, output: bytes, answer: bytes | None) -> Plan[Found]:
    """Raises ValueError when the checker cannot be compiled or does not accept the right answer itself."""
    key = (checker.language, checker.source)
    program = _BUILT.get(key)
    if program is None:
        if checker.language == "python":
            _parse(checker.source)
        built = yield from build(checker.language, checker.source)
        if isinstance(built, Found):
            if built.status is Status.ERROR:
                return built
            raise ValueError(f"the checker {built.reason}")
        program = _BUILT[key] = built
        while len(_BUILT) > _KEPT:
            _BUILT.popitem(last=False)
    (result,) = yield [_job(program, checker, stdin, output, answer)]
    found = _read(result)
    if found is not None:
        return found
    (again,) = yield [_job(program, checker, stdin, answer or b"", answer)]
    sound = _read(again)
    if sound is not None and sound.status is Status.ERROR:
        return sound
    if answer is not None and sound is not None and sound.status is Status.CORRECT:
        return Found(Status.WRONG, "the checker cannot read the output")
    end = ended(result, CHECKER)
    raise ValueError(f"the checker failed: {end.reason if end else 'it says nothing that can be read'}")


def _parse(source: str) -> None:
    """The checker is the author's, not the model's: compiling it here is safe."""
    try:
        compile(source, "checker.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"the checker is not Python: {error}") from None


def _job(program: Program, checker: Checker, stdin: bytes, output: bytes, answer: bytes | None) -> Job:
    files = dict(zip(FILES, (stdin, output, answer or b""), strict=True))
    if program.python is not None:
        return Job(python=_START, files={**files, "checker.py": checker.source.encode()}, limits=CHECKER)
    argv = shell(f"{program.chain.run} {' '.join(FILES)}")
    return Job(argv=argv, files={**program.files, **files}, limits=program.limits(CHECKER))


def _read(result: RunResult) -> Found | None:
    """None when the checker came to no decision."""
    end = ended(result, CHECKER)
    if end is not None and end.status is Status.ERROR:
        return end
    if result.exit_code is None:
        return None
    said = [row for row in excerpts(result.stdout, 400) if row]
    why = next((row[:80] for row in reversed([*said, *excerpts(result.stderr, 400)]) if row), "")
    if result.exit_code == 0 and said:
        told = _json(said[-1])
        if told is not None:
            return told
    if result.exit_code in (0, 42):
        return Found(Status.CORRECT)
    if result.exit_code == 1 and b"Traceback (most recent call last)" in result.stderr:
        return None
    if result.exit_code in (1, 2, 43):
        return Found(Status.WRONG, "the checker does not accept the output" + (f": {why}" if why else ""))
    if result.exit_code == 7:
        points = re.search(rb"points\s+([0-9]*\.?[0-9]+)", result.stdout + b"\n" + result.stderr)
        if points and 0 <= float(points.group(1)) <= 1:
            return _graded(float(points.group(1)), "")
    if result.exit_code == 3:
        raise ValueError(f"the checker reports its own failure: {why or 'exit code 3'}")
    return None


def _json(line: str) -> Found | None:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    why = f": {row['reason'][:80]}" if isinstance(row.get("reason"), str) else ""
    if isinstance(row.get("accept"), bool):
        return Found(Status.CORRECT) if row["accept"] else Found(Status.WRONG, f"the checker does not accept the output{why}")
    score = row.get("score")
    if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1:
        return _graded(float(score), why)
    raise ValueError(f"the checker's verdict {line[:80]!r} has neither accept (true or false) nor score (0 to 1)")


def _graded(score: float, why: str) -> Found:
    return Found(Status.CORRECT, "", 1.0) if score == 1.0 else Found(Status.WRONG, f"the checker gives {score:g}{why}", score)
