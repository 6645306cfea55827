"""Two result folders -> what changed, paired by problem.

Two runs on the same problems share each problem's difficulty, so their difference is known far better than
either accuracy: the interval is over per-problem differences. Runs that did not answer the same questions
(other data, split, blanked pictures, or other problems) are refused unless forced; forced, the problems that
both have are compared and the report says how many were left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.runner import scores_by_problem
from eval.samples import SAMPLES_FILE, SampleRecord, read_samples
from eval.stats import Estimate, Paired, mean_amount, mean_score, paired
from openk15.errors import UserError
from openk15.files import read_json

RESULTS_FILE, TABLE_FILE = "results.json", "table.txt"
MUST_MATCH = {"fingerprint": "the data", "split": "the split", "blank_images": "blanked pictures"}
SHOULD_MATCH = ("max_tokens", "temperature", "samples_per_problem", "engine", "verifiers")
REQUIRED = ("accuracy", "low", "high", "n", "samples_per_problem", "tokens", "truncation_rate", "checkpoint", *MUST_MATCH)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished benchmark run as its folder tells it."""

    folder: Path
    results: Mapping[str, Any]
    samples: tuple[SampleRecord, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """A problem that was right in one run and wrong in the other, with each run's first response."""

    problem_id: str
    score_a: float
    score_b: float
    extracted_a: str | None
    extracted_b: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A over the problems both have a verdict for."""

    a: Estimate
    b: Estimate
    paired: Paired
    tokens: Estimate  # B minus A, mean over problems
    right_to_wrong: tuple[Flip, ...]
    wrong_to_right: tuple[Flip, ...]
    only_a: int  # problems left out: no verdict in B
    only_b: int
    notes: tuple[str, ...]  # settings that differ but do not forbid the comparison, or were forced

    def to_dict(self) -> dict[str, Any]:
        change = self.paired.difference
        return {
            "a": self.a.to_dict(),
            "b": self.b.to_dict(),
            "difference": {"value": change.value, "low": change.low, "high": change.high, "n": change.n, "method": change.method},
            "p": self.paired.p,
            "p_exact": self.paired.p_exact,
            "better": self.paired.better,
            "worse": self.paired.worse,
            "tokens_difference": {"value": self.tokens.value, "low": self.tokens.low, "high": self.tokens.high, "n": self.tokens.n},
            "right_to_wrong": [asdict(flip) for flip in self.right_to_wrong],
            "wrong_to_right": [asdict(flip) for flip in self.wrong_to_right],
            "only_a": self.only_a,
            "only_b": self.only_b,
            "notes": list(self.notes),
        }


def read_results(folder: Path) -> dict[str, Any]:
    """results.json of `folder`; UserError when there is none or it is not a benchmark's."""
    path = folder / RESULTS_FILE
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected one written by `benchmark run`")
    if not path.is_file():
        raise UserError(f"{folder}: no {RESULTS_FILE}; expected a folder written by `benchmark run`")
    results = read_json(path)
    missing = [key for key in REQUIRED if not isinstance(results, dict) or key not in results]
    if missing:
        raise UserError(f"{path}: no key {missing[0]!r}; expected a file written by `benchmark run`")
    return results


def load_result(folder: Path) -> Result:
    return Result(folder, read_results(folder), tuple(read_samples(folder / SAMPLES_FILE)))


def compare(a: Result, b: Result, *, force: bool = False, seed: int = 0) -> Comparison:
    """Pair `a` and `b` by problem. UserError when they answer different questions and `force` is not set."""
    notes: list[str] = []
    for key, what in MUST_MATCH.items():
        left, right = a.results[key], b.results[key]
        if left != right:
            _refuse(force, notes, f"{what} differ: {key} is {left!r} in {a.folder} and {right!r} in {b.folder}")
    asked_a, asked_b = ({sample.problem_id for sample in run.samples} for run in (a, b))
    if asked_a != asked_b:
        counts = (
            f"{len(asked_a & asked_b)} in both, {len(asked_a - asked_b)} only in {a.folder}, {len(asked_b - asked_a)} only in {b.folder}"
        )
        _refuse(force, notes, f"the problems differ: {counts}")
    for key in SHOULD_MATCH:
        left, right = a.results.get(key), b.results.get(key)
        if left != right:
            notes.append(f"{key} differs: {left} in A, {right} in B")
    scores_a, scores_b = scores_by_problem(a.samples), scores_by_problem(b.samples)
    common = [key for key in scores_a if key in scores_b]
    if not common:
        raise UserError(f"{a.folder} and {b.folder} have no judged problem in common, so there is nothing to pair")
    only_a, only_b = len(scores_a) - len(common), len(scores_b) - len(common)
    if asked_a == asked_b and only_a + only_b:
        notes.append(f"{only_a + only_b} problems are left out: in one run every verdict was an error")
    result = paired([scores_a[key] for key in common], [scores_b[key] for key in common], seed=seed)
    tokens_a, tokens_b = _tokens(a), _tokens(b)
    first_a, first_b = _first(a), _first(b)

    def flips(indices: tuple[int, ...]) -> tuple[Flip, ...]:
        return tuple(Flip(key, scores_a[key], scores_b[key], first_a[key], first_b[key]) for key in (common[at] for at in indices))

    return Comparison(
        mean_score([scores_a[key] for key in common]),
        mean_score([scores_b[key] for key in common]),
        result,
        mean_amount([tokens_b[key] - tokens_a[key] for key in common]),
        flips(result.right_to_wrong),
        flips(result.wrong_to_right),
        only_a,
        only_b,
        tuple(notes),
    )


def _refuse(force: bool, notes: list[str], what: str) -> None:
    if not force:
        raise UserError(f"these runs cannot be paired, {what}; --force compares what they share")
    notes.append(f"forced: {what}")


def _tokens(run: Result) -> dict[str, float]:
    counts: dict[str, list[int]] = {}
    for sample in run.samples:
        counts.setdefault(sample.problem_id, []).append(sample.tokens)
    return {key: sum(values) / len(values) for key, values in counts.items()}


def _first(run: Result) -> dict[str, str | None]:
    """The answer read from each problem's first sample."""
    return {sample.problem_id: sample.verdict.extracted for sample in reversed(run.samples)}
