"""How often is a verifier wrong, and how long does it take? In: labelled cases. Out: `BenchResult`.

A case is a line of JSON in one of two forms:

    {"id", "category", "label", "reason", "response", "answer": {"verifier", "reference", ...} | "gold": reference}
    {"id", "gold", "answer": the response's text, "label": 0 | 1, "tier" or "category"}

`label` is what the verdict must be: `correct` (or 1, true) or one of `wrong`, `unparsed`, `timeout`, `not correct` (or
0, false); of these only "is it paid?" is judged, a status other than the named one is counted apart. A `score` in the
case is what a graded verifier must give, within 1e-6. A response may be given in parts, so that a long one stays
readable: a list of texts and of `{"repeat": [text, times]}`.

False negatives: cases labelled correct that are not judged so, errors of ours included. False positives: the others
that are judged correct. Both with Wilson's interval. An error on one of the others is no false positive, but it does not
show that the case is not paid: a gate on false positives counts it too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openk15.errors import UserError
from openk15.files import numbered_jsonl
from rewards.intervals import Share, percentile
from rewards.pool import RewardPool
from rewards.scoring import answer_of
from rewards.verdict import Answer, Status, Verdict

POSITIVE = ("correct", "1", "True")
NEGATIVE = ("wrong", "unparsed", "timeout", "not correct", "0", "False")
MAX_RESPONSE = 1 << 26  # characters of an expanded response
SAME_SCORE = 1e-6
FORM = '{"id", "category", "label", "reason", "response", "answer" | "gold"}'


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    category: str
    correct: bool  # what the verdict must be
    status: Status | None  # the very status, when the label names one
    score: float | None  # what a graded verifier must give
    reason: str  # why the label is right
    response: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Judged:
    case: Case
    verdict: Verdict
    stable: bool = True  # the same verdict in every repetition

    @property
    def false_negative(self) -> bool:
        return self.case.correct and self.verdict.status is not Status.CORRECT

    @property
    def false_positive(self) -> bool:
        return not self.case.correct and self.verdict.status is Status.CORRECT

    @property
    def off_score(self) -> bool:
        wanted, given = self.case.score, self.verdict.score
        return wanted is not None and (given is None or abs(given - wanted) > SAME_SCORE)

    @property
    def misjudged(self) -> bool:
        return self.false_negative or self.false_positive or self.off_score

    @property
    def other_status(self) -> bool:
        return not self.misjudged and self.case.status is not None and self.case.status is not self.verdict.status

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.case.id,
            "category": self.case.category,
            "label": "correct" if self.case.correct else str(self.case.status or "not correct"),
            **self.verdict.to_dict(),
            "misjudged": self.misjudged,
        }


def expand(response: Any) -> str:
    """A response's text from its compact form; TypeError or ValueError when it has none."""
    if isinstance(response, str):
        return response
    if isinstance(response, Mapping):
        response = [response]
    if not isinstance(response, list):
        raise TypeError(f"response must be text or a list of parts, got {type(response).__name__}")
    parts: list[str] = []
    length = 0
    for part in response:
        match part:
            case str():
                text, times = part, 1
            case {"repeat": [str(text), int(times)]} if times >= 0:
                pass
            case _:
                raise ValueError(f'part {part!r} of the response is neither text nor {{"repeat": [text, times]}}')
        length += len(text) * times
        if length > MAX_RESPONSE:
            raise ValueError(f"the response is longer than {MAX_RESPONSE} characters")
        parts.append(text * times)
    return "".join(parts)


def case_of(row: Mapping[str, Any], verifier: str | None, params: Mapping[str, Any]) -> Case:
    if isinstance(row.get("answer"), str) and "response" not in row:
        row = {"response": row["answer"], **{key: value for key, value in row.items() if key != "answer"}}
    label = str(row["label"])
    if label not in POSITIVE + NEGATIVE:
        raise ValueError(f"label {row['label']!r}; expected one of {', '.join(POSITIVE + NEGATIVE)}")
    score = row.get("score")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1):
        raise ValueError(f"score {score!r}; expected a number in [0, 1]")
    own = isinstance(row.get("answer"), Mapping)
    return Case(
        id=str(row["id"]),
        category=str(row.get("category") or row.get("tier") or "all"),
        correct=label in POSITIVE,
        status=Status(label) if label in list(Status) else None,
        score=None if score is None else float(score),
        reason=str(row.get("reason", "")),
        response=expand(row["response"]),
        answer=answer_of(row, None if own else verifier, params),
    )


def read_cases(path: Path, verifier: str | None, params: Mapping[str, Any] | None = None) -> list[Case]:
    """Cases of `verifier`, or of every verifier when it is None; UserError naming the line that is no case."""
    cases: list[Case] = []
    for number, row in numbered_jsonl(path):
        named = row["answer"].get("verifier") if isinstance(row.get("answer"), Mapping) else None
        if verifier is not None and named is not None and named != verifier:
            continue
        try:
            case = case_of(row, verifier, params or {})
        except KeyError as error:
            raise UserError(f"{path}:{number}: no {error.args[0]!r}; a case is {FORM}") from None
        except (TypeError, ValueError) as error:
            raise UserError(f"{path}:{number}: {error}; a case is {FORM}") from None
        cases.append(case)
    if not cases:
        raise UserError(f"{path}: holds no case for verifier {verifier!r}" if verifier else f"{path}: holds no case")
    return cases


@dataclass(frozen=True)
class Group:
    """The figures of one category, or of all."""

    name: str
    false_negatives: Share
    false_positives: Share
    not_shown: Share  # false positives, and negatives that are errors of ours
    statuses: Mapping[str, int]
    off_score: int
    other_status: int
    p50: float  # seconds inside the verifier
    p90: float
    p99: float
    longest: float

    @classmethod
    def of(cls, name: str, judged: Sequence[Judged]) -> Group:
        positive = [one for one in judged if one.case.correct]
        negative = [one for one in judged if not one.case.correct]
        seconds = [one.verdict.seconds for one in judged]
        counts = Counter(one.verdict.status for one in judged)
        return cls(
            name,
            Share(sum(one.false_negative for one in positive), len(positive)),
            Share(sum(one.false_positive for one in negative), len(negative)),
            Share(sum(one.false_positive or one.verdict.status is Status.ERROR for one in negative), len(negative)),
            {str(status): counts[status] for status in Status},
            sum(one.off_score for one in judged),
            sum(one.other_status for one in judged),
            percentile(seconds, 0.5),
            percentile(seconds, 0.9),
            percentile(seconds, 0.99),
            max(seconds, default=0.0),
        )

    @property
    def n(self) -> int:
        return self.false_negatives.n + self.false_positives.n

    def to_dict(self) -> dict[str, Any]:
        return {
            "cases": self.n,
            "false_negatives": self.false_negatives.to_dict(),
            "false_positives": self.false_positives.to_dict(),
            "statuses": dict(self.statuses),
            "off_score": self.off_score,
            "other_status": self.other_status,
            "seconds": {"p50": self.p50, "p90": self.p90, "p99": self.p99, "max": self.longest},
        }


@dataclass(frozen=True)
class BenchResult:
    verifiers: tuple[str, ...]  # name@version
    cases: str  # the file's name
    digest: str  # and its sha256
    judged: tuple[Judged, ...]
    workers: int
    repeats: int
    seconds: float  # wall time of all repetitions
    killed: int  # workers killed or lost

    @property
    def total(self) -> Group:
        return Group.of("all", self.judged)

    @property
    def groups(self) -> list[Group]:
        names = dict.fromkeys(one.case.category for one in self.judged)
        return [Group.of(name, [one for one in self.judged if one.case.category == name]) for name in names]

    @property
    def throughput(self) -> float:
        """Cases a second, by the clock on the wall, all workers together."""
        return len(self.judged) * self.repeats / self.seconds if self.seconds else 0.0

    @property
    def unstable(self) -> list[str]:
        return [one.case.id for one in self.judged if not one.stable]

    def worst(self, count: int) -> list[Judged]:
        """Misjudged cases: false positives first (they are paid), then false negatives, then other scores."""
        found = [one for one in self.judged if one.misjudged]
        return sorted(found, key=lambda one: (not one.false_positive, not one.false_negative))[:count]

    def to_dict(self) -> dict[str, Any]:
        return {
            "verifiers": list(self.verifiers),
            "cases": self.cases,
            "cases_sha256": self.digest,
            "workers": self.workers,
            "repeats": self.repeats,
            "seconds": self.seconds,
            "throughput": self.throughput,
            "killed": self.killed,
            "unstable": self.unstable,
            "total": self.total.to_dict(),
            "categories": {group.name: group.to_dict() for group in self.groups},
        }


def run_bench(
    cases: Sequence[Case],
    pool: RewardPool,
    *,
    name: str,
    digest: str,
    repeats: int = 1,
    advance: Callable[[int], None] = lambda done: None,
) -> BenchResult:
    """Judge all cases `repeats` times; the verdicts that count are those of the first time."""
    pool.start()
    killed = pool.restarts
    begun = time.monotonic()
    verdicts: list[Verdict] = []
    stable = [True] * len(cases)

    def items() -> Iterator[tuple[str, Answer]]:
        for _ in range(repeats):
            for case in cases:
                yield case.response, case.answer

    for done, verdict in enumerate(pool.stream(items()), 1):
        at = (done - 1) % len(cases)
        if done <= len(cases):
            verdicts.append(verdict)
        elif (verdict.status, verdict.score) != (verdicts[at].status, verdicts[at].score):
            stable[at] = False
        advance(done)
    seconds = time.monotonic() - begun
    judged = tuple(Judged(*one) for one in zip(cases, verdicts, stable, strict=True))
    versions = tuple(sorted({verdict.verifier for verdict in verdicts}))
    return BenchResult(versions, name, digest, judged, pool.workers, repeats, seconds, pool.restarts - killed)
