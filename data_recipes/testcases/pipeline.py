"""One problem from start to end: where it leaves the funnel and why, or the answer with its tests.

Nothing here raises for a problem's own faults: they are `Result`s. UserError and RunError are the machine's (a package or a
sandbox that is missing) and stop everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from data_recipes.testcases.consensus import Admission, CaseVote, Rule, admission, vote
from data_recipes.testcases.generate import Generated, generate
from data_recipes.testcases.mutation import Kill, judge, kills, survivors
from data_recipes.testcases.problems import CodeProblem, Submission
from data_recipes.testcases.runs import drawn, limits_of, outputs, runnable
from data_recipes.testcases.special_judge import Finding, special_judge
from openk15.errors import RunError
from openk15.seeds import derive_seed
from rewards.code.shared import current
from rewards.verdict import Answer, Status


class Stage(StrEnum):
    """Where a problem left, in the order of the funnel."""

    UNUSABLE = "unusable"  # cannot be read, or has too few submissions: not counted in the total
    SPECIAL_JUDGE = "special judge"
    GENERATOR = "generator"  # fewer inputs than valid cases are needed
    CONSENSUS = "consensus"  # fewer valid cases than are needed
    AGREEMENT = "agreement"  # too few submissions pass all valid cases
    MUTATION = "mutation"  # a wrong submission passes
    ADMITTED = "admitted"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one problem. Counts that a stage never reached are None."""

    slug: str
    stage: Stage
    reason: str = ""
    generated: int | None = None
    valid: int | None = None
    passing: int | None = None
    kills: tuple[Kill, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    answer: Answer | None = None
    accepted: Submission | None = None  # a Python submission that passes all tests

    @property
    def admitted(self) -> bool:
        return self.stage is Stage.ADMITTED

    def to_dict(self) -> dict[str, Any]:
        return {
            "problem": self.slug,
            "stage": str(self.stage),
            "reason": self.reason,
            "generated": self.generated,
            "valid": self.valid,
            "passing": self.passing,
            "wrong": [one.to_dict() for one in self.kills],
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class Settings:
    rule: Rule = field(default_factory=Rule)
    input_kb: int = 64  # size of an input at most
    seed: int = 0
    per_case: bool = False  # draw the submissions anew for each case (the paper's text) instead of once for the problem


def run_problem(problem: CodeProblem, scripts: Sequence[str], settings: Settings, no_script: str = "no generator") -> Result:
    """`scripts`: generators to try in this order, the first that makes enough inputs is taken; `no_script` says why there is none."""
    rule = settings.rule
    pool = runnable(problem.correct)
    if len(pool) < rule.submissions:
        return Result(problem.slug, Stage.UNUSABLE, f"{len(pool)} accepted submissions can run here, {rule.submissions} are needed")
    finding = judged_specially(problem)
    if finding.needed:
        reason = f"needs a special judge ({finding.rule}): {finding.text!r}"
        return Result(problem.slug, Stage.SPECIAL_JUDGE, reason, evidence={"special_judge": finding.to_measure()})
    if not scripts:
        return Result(problem.slug, Stage.GENERATOR, no_script, generated=0)
    made = _best(scripts, problem, settings)
    missing = {"missing_inputs": {str(number): reason for number, reason in made.failures.items()}} if made.failures else {}
    if len(made.inputs) < rule.valid:
        reason = f"{len(made.inputs)} of {rule.cases} inputs, {rule.valid} valid cases are needed: {made.reasons}"
        return Result(problem.slug, Stage.GENERATOR, reason, len(made.inputs), evidence=missing)
    return _judge(problem, made, settings, missing)


def judged_specially(problem: CodeProblem) -> Finding:
    """What meta.yaml says, and where it says nothing what the statement does."""
    if problem.meta.special_judge is not None:
        return Finding(problem.meta.special_judge, "meta.yaml", f"special_judge: {str(problem.meta.special_judge).lower()}")
    return special_judge(problem.statement)


def _best(scripts: Sequence[str], problem: CodeProblem, settings: Settings) -> Generated:
    best: Generated | None = None
    for script in scripts:
        made = generate(script, problem.slug, settings.rule.cases, current(), settings.input_kb, settings.seed)
        if best is None or len(made.inputs) > len(best.inputs):
            best = made
        if len(best.inputs) >= settings.rule.valid:
            break
    assert best is not None, "at least one script was tried"
    return best


def _judge(problem: CodeProblem, made: Generated, settings: Settings, evidence: Mapping[str, Any]) -> Result:
    rule, generated = settings.rule, len(made.inputs)
    chosen = drawn(problem, rule.submissions, settings.seed)
    inputs = list(made.inputs.values())
    asked = runnable(problem.correct) if settings.per_case else chosen
    printed = outputs(problem, asked, inputs, current())
    votes: list[CaseVote] = []
    for place, number in enumerate(made.inputs):
        voters = _voters(problem, number, settings) if settings.per_case else chosen
        votes.append(vote([printed[one.name][place] for one in voters], rule.agree))
    found = admission(votes, {one.name: printed[one.name] for one in chosen})
    evidence = {**evidence, **_evidence(votes, made, found)}
    if not found.enough_cases(rule):
        reason = (
            f"{found.valid} valid cases of {generated} inputs, {rule.valid} are needed: fewer than {rule.agree} outputs agree on the others"
        )
        return Result(problem.slug, Stage.CONSENSUS, reason, generated, found.valid, evidence=evidence)
    passing = len(found.passing)
    if not found.enough_passing(rule):
        failing = ", ".join(f"{name} fails {count}" for name, count in found.failing.items())
        reason = f"{passing} of {rule.submissions} submissions pass all {found.valid} cases, {rule.passing} are needed: {failing}"
        return Result(problem.slug, Stage.AGREEMENT, reason, generated, found.valid, passing, evidence=evidence)
    answer = _answer(problem, inputs, votes)
    wrong = runnable(problem.wrong)
    if absent := [one.name for one in problem.wrong if one not in wrong]:
        evidence["wrong_not_run"] = absent  # no toolchain for them here
    accepted = next((one for one in chosen if one.name in found.passing and one.language == "python"), None)
    verdicts = judge([*wrong, *((accepted,) if accepted else ())], answer)
    if accepted and verdicts[-1].status is Status.ERROR:
        raise RunError(f"problem {problem.slug}: {accepted.name} cannot be judged: {verdicts[-1].reason}")
    if accepted and verdicts[-1].status is not Status.CORRECT:
        reason = f"the code verifier does not accept {accepted.name}, which passes all cases: {verdicts[-1].reason}"
        return Result(problem.slug, Stage.AGREEMENT, reason, generated, found.valid, passing, evidence=evidence)
    caught = kills(problem.slug, wrong, verdicts[: len(wrong)], votes, outputs(problem, wrong, inputs, current()))
    if passed := survivors(caught):
        named = "; ".join(f"{one.name} ({one.bug})" for one in passed)
        reason = f"{len(passed)} of {len(caught)} wrong submissions pass all {found.valid} cases: {named}"
        return Result(problem.slug, Stage.MUTATION, reason, generated, found.valid, passing, caught, evidence)
    return Result(problem.slug, Stage.ADMITTED, "", generated, found.valid, passing, caught, evidence, answer, accepted)


def _voters(problem: CodeProblem, number: int, settings: Settings) -> tuple[Submission, ...]:
    return drawn(problem, settings.rule.submissions, derive_seed("case", number, settings.seed))


def _evidence(votes: Sequence[CaseVote], made: Generated, found: Admission) -> dict[str, Any]:
    invalid = {str(number): one.agreed for number, one in zip(made.inputs, votes, strict=True) if not one.valid}
    return {**({"invalid_cases": invalid} if invalid else {}), **({"failing": dict(found.failing)} if found.failing else {})}


def _answer(problem: CodeProblem, inputs: Sequence[bytes], votes: Sequence[CaseVote]) -> Answer:
    tests = [
        {"stdin": data.decode(), "stdout": one.expected.decode()}
        for data, one in zip(inputs, votes, strict=True)
        if one.expected is not None
    ]
    return Answer("code", None, {"language": "python", "tests": tests, "limits": limits_of(problem.meta)})
