"""Wrong submissions against the tests that came out: none may pass (the paper does not ask this).

The judge is the `code` verifier itself with the problem's own answer, so what is checked is what will reward. How many of
the tests catch a submission is counted on its outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data_recipes.testcases.consensus import CaseVote, Output, failed_cases
from data_recipes.testcases.problems import Submission
from openk15.errors import RunError
from rewards.code import judge_many
from rewards.verdict import Answer, Status, Verdict


@dataclass(frozen=True, slots=True)
class Kill:
    """One wrong submission. `rate`: share of the tests that it fails; not `caught`: it passes them all."""

    name: str
    bug: str
    caught: bool
    rate: float
    reason: str  # the verdict's

    def to_dict(self) -> dict[str, Any]:
        return {"submission": self.name, "bug": self.bug, "caught": self.caught, "kill_rate": self.rate, "reason": self.reason}


def fenced(one: Submission) -> str:
    """The submission as a response: in a fence that nothing in it can close."""
    longest = run = 0
    for character in one.source:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{one.language}\n{one.source.rstrip()}\n{fence}\n"


def judge(submissions: Sequence[Submission], answer: Answer) -> list[Verdict]:
    """Verdicts of the `code` verifier, each in the submission's own language."""
    items = [(fenced(one), replace(answer, params={**answer.params, "language": one.language})) for one in submissions]
    return judge_many(items)


def kills(
    problem: str,
    wrong: Sequence[Submission],
    verdicts: Sequence[Verdict],
    votes: Sequence[CaseVote],
    outputs: Mapping[str, Sequence[Output]],
) -> tuple[Kill, ...]:
    """What became of each wrong submission; RunError for a verdict that is none. `outputs`: name -> output for each case voted on."""
    valid = sum(one.valid for one in votes)
    found: list[Kill] = []
    for one, verdict in zip(wrong, verdicts, strict=True):
        if verdict.status is Status.ERROR:
            raise RunError(f"problem {problem}: {one.name} cannot be judged: {verdict.reason}")
        caught = verdict.status is not Status.CORRECT
        rate = round(failed_cases(votes, outputs[one.name]) / valid, 6) if caught else 0.0
        found.append(Kill(one.name, one.bug, caught, rate, verdict.reason))
    return tuple(found)


def survivors(found: Sequence[Kill]) -> tuple[Kill, ...]:
    return tuple(one for one in found if not one.caught)
