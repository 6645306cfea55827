"""Inputs from a generator script, made inside the sandbox and nowhere else (K43).

In: the script, the problem's name, how many cases. Out: `Generated`: inputs, none twice, and why the others are missing.
A case's `random` is seeded from (problem, case number), so the same script gives the same inputs; what differs between
two runs all the same is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_recipes.testcases.batch import Case, CaseLimits, Ran, batch_job, read_batch, summary
from openk15.seeds import derive_seed
from rewards.sandbox.job import Sandbox

MOST_SCRIPT = 256 * 1024  # characters


@dataclass(frozen=True, slots=True)
class Generated:
    """`inputs`: case number (from 1) -> input, in order. `failures`: case number -> why there is none."""

    inputs: Mapping[int, bytes]
    failures: Mapping[int, str]

    @property
    def reasons(self) -> str:
        return summary(self.failures)


def generate(script: str, problem: str, cases: int, sandbox: Sandbox, input_kb: int = 64, seed: int = 0) -> Generated:
    """Raises UserError when the script needs a package that is not installed, RunError when the sandbox fails."""
    if len(script) > MOST_SCRIPT:
        return Generated({}, dict.fromkeys(range(1, cases + 1), f"the script has more than {MOST_SCRIPT} characters"))
    limits = CaseLimits(space_mb=384, memory_mb=640, output_kb=input_kb)
    asked = [
        Case(number, arguments=(str(number), str(cases)), seed=derive_seed("test case", problem, number, seed))
        for number in range(1, cases + 1)
    ]
    job = batch_job(script, asked, limits, name="generator.py", files=True)
    first, second = (read_batch(result, job, asked, f"problem {problem}: generator") for result in sandbox.run_many([job, job]))
    return select([first[case.number] for case in asked], [second[case.number] for case in asked])


def select(first: Sequence[Ran], second: Sequence[Ran]) -> Generated:
    """Outputs of two runs of the same script -> the inputs to keep: the same both times, text, none of them twice."""
    inputs: dict[int, bytes] = {}
    failures: dict[int, str] = {}
    numbers: dict[bytes, int] = {}
    for number, (made, again) in enumerate(zip(first, second, strict=True), 1):
        data = made.output
        if data is None:
            failures[number] = made.reason
        elif again.output != data:
            failures[number] = "not repeatable: a second run with the same seed made another input"
        elif (flaw := _flaw(data)) is not None:
            failures[number] = flaw
        elif data in numbers:
            failures[number] = f"the same input as case {numbers[data]}"
        else:
            inputs[number], numbers[data] = data, number
    return Generated(inputs, failures)


def _flaw(data: bytes) -> str | None:
    if not data.strip():
        return "no input: nothing was printed and no .in file written"
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return f"the input is not UTF-8 (byte {error.start})"
    return "the input holds a NUL byte" if "\0" in text else None
