"""`code`: is this program right?  (K48: 1 exactly when all tests pass in the sandbox; K121: same input, same verdict.)

In: a response with a program in it and an Answer whose parameters problem.py documents. Out: a verdict. What runs, runs
in the process's sandbox (shared.py), or in the one given with `use_sandbox`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rewards.code import languages, plans, shared
from rewards.code.problem import read_problem
from rewards.code.program import Found, Plan, build, ended
from rewards.registry import Outcome, Rule, register, verify
from rewards.sandbox.job import Job, Limits, Sandbox
from rewards.verdict import Answer, Verdict

_T = TypeVar("_T")


@register("code")
class CodeVerifier(Rule):
    """Runs the program of a response against tests; the right answers stay outside its process."""

    version = "2"
    isolated = True  # what may hang runs in the sandbox: rewards.pool calls this from threads

    def judge(self, response: str, answer: Answer) -> Outcome:
        problem = read_problem(answer)
        return drive(plans.judge(response, problem), shared.current())


def drive(plan: Plan[_T], sandbox: Sandbox) -> _T:
    """Run a plan to its end."""
    try:
        jobs = next(plan)
        while True:
            results = [sandbox.run(jobs[0])] if len(jobs) == 1 else sandbox.run_many(jobs)
            jobs = plan.send(results)
    except StopIteration as stop:
        return stop.value


def judge_many(items: Sequence[tuple[str, Answer]], workers: int | None = None) -> list[Verdict]:
    """Verdicts in the order of `items`, judged side by side: while one waits for its runs others use the cores.

    `workers` submissions are in hand at a time (twice the cores unless given).
    """
    count = workers or 2 * (os.cpu_count() or 1)
    if len(items) < 2 or count < 2:
        return [verify(response, answer) for response, answer in items]
    with ThreadPoolExecutor(min(count, len(items)), "judge") as pool:
        return list(pool.map(lambda item: verify(*item), items))


def check_toolchain(language: str, sandbox: Sandbox | None = None) -> str:
    """Compile and run a one-line program of `language` in the sandbox: "" when it works, else why not."""
    return drive(_try(language), sandbox or shared.current())


def _try(language: str) -> Plan[str]:
    found = languages.find(language)
    if found.toolchain is None:
        return f"not installed: {', '.join(found.missing)}"
    program = yield from build(language, found.toolchain.hello)
    if isinstance(program, Found):
        return program.reason
    job: Job = program.job(b"hello\n", Limits(), "host")
    (result,) = yield [job]
    if (end := ended(result, job.limits)) is not None:
        return end.reason
    return "" if result.stdout.strip() == b"hello" else f"printed {result.stdout[:40]!r} for 'hello'"
