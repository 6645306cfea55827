"""What submissions print: every submission on every input, inside the sandbox.

Python submissions run a batch at a time. What ends well there counts; a case that did not (a crash, a limit) is run once
more by itself, exactly as the `code` verifier runs programs, and that run counts. Other languages run one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data_recipes.testcases.batch import Case, CaseLimits, batch_job, read_batch
from data_recipes.testcases.consensus import Output
from data_recipes.testcases.problems import CodeProblem, Meta, Submission
from openk15.errors import RunError
from openk15.seeds import derive_seed
from rewards.code import languages
from rewards.code.problem import LIMITS
from rewards.code.program import Found, build, ended
from rewards.code.verifier import drive
from rewards.sandbox.job import Job, Limits, Sandbox
from rewards.verdict import Status

CLOSE = 0.7  # share of the CPU limit above which a batch's word is not taken


def limits_of(meta: Meta) -> dict[str, float]:
    """As an Answer of the `code` verifier names them."""
    return {"cpu_seconds": meta.cpu_seconds, "memory_mb": meta.memory_mb}


def _alone(meta: Meta) -> Limits:
    wall = max(LIMITS.wall_seconds, 4 * meta.cpu_seconds)
    return Limits(wall_seconds=wall, cpu_seconds=meta.cpu_seconds, memory_mb=meta.memory_mb)


def runnable(submissions: Sequence[Submission]) -> tuple[Submission, ...]:
    """Those whose language has a toolchain on this machine."""
    return tuple(one for one in submissions if languages.find(one.language).present)


def drawn(problem: CodeProblem, count: int, seed: int = 0) -> tuple[Submission, ...]:
    """`count` accepted submissions, drawn once for the whole problem (section 4.1), in order of their names."""
    pool = runnable(problem.correct)
    shuffled = sorted(pool, key=lambda one: derive_seed("submission", problem.slug, one.name, seed))
    return tuple(sorted(shuffled[:count], key=lambda one: one.name))


def outputs(
    problem: CodeProblem, submissions: Sequence[Submission], inputs: Sequence[bytes], sandbox: Sandbox
) -> Mapping[str, list[Output]]:
    """Name -> output for each input, None where it crashed or passed a limit. RunError when the sandbox fails."""
    found: dict[str, list[Output]] = {one.name: [None] * len(inputs) for one in submissions}
    open_cases: dict[str, list[int]] = {one.name: list(range(len(inputs))) for one in submissions}
    batched = [one for one in submissions if one.language == "python"]
    cases = [Case(number, stdin=data) for number, data in enumerate(inputs)]
    jobs = [_batch(problem.meta, one, cases) for one in batched]
    for one, job, result in zip(batched, jobs, sandbox.run_many(jobs) if jobs else [], strict=True):
        rows = read_batch(result, job, cases, f"problem {problem.slug}: {one.name}")
        for number, ran in rows.items():
            if ran.output is not None and ran.cpu_seconds <= CLOSE * problem.meta.cpu_seconds:
                found[one.name][number] = ran.output
        open_cases[one.name] = [number for number in open_cases[one.name] if found[one.name][number] is None]
    for one in submissions:
        for number, output in _one_by_one(problem, one, inputs, open_cases[one.name], sandbox):
            found[one.name][number] = output
    return found


def _batch(meta: Meta, one: Submission, cases: Sequence[Case]) -> Job:
    limits = CaseLimits(
        cpu_seconds=meta.cpu_seconds,
        wall_seconds=_alone(meta).wall_seconds,
        memory_mb=meta.memory_mb,
        output_kb=_alone(meta).output_kb,
        all_cpu_seconds=min(60.0, meta.cpu_seconds * len(cases)) + 2.0,
    )
    return batch_job(one.source, cases, limits)


def _one_by_one(
    problem: CodeProblem, one: Submission, inputs: Sequence[bytes], numbers: Sequence[int], sandbox: Sandbox
) -> list[tuple[int, Output]]:
    if not numbers:
        return []
    program = drive(build(one.language, one.source), sandbox)
    if isinstance(program, Found):
        if program.status is Status.ERROR:
            raise RunError(f"problem {problem.slug}: {one.name}: {program.reason}")
        return [(number, None) for number in numbers]
    jobs = [program.job(inputs[number], _alone(problem.meta), "host") for number in numbers]
    printed: list[tuple[int, Output]] = []
    for number, job, result in zip(numbers, jobs, sandbox.run_many(jobs), strict=True):
        end = ended(result, job.limits)
        if end is not None and end.status is Status.ERROR:
            raise RunError(f"problem {problem.slug}: {one.name}, input {number + 1} of {len(inputs)}: {end.reason}")
        printed.append((number, None if end is not None else result.stdout))
    return printed
