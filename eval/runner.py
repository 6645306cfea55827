"""Problems -> judged responses -> numbers.  No files, no command line: the training loop calls this too.

`evaluate` asks an engine for k responses to each problem and judges them; `summarise` turns the records into
an `EvalSummary`. Each sample's seed comes from (run seed, problem id, sample index), so a response depends
neither on the order of problems, nor on how many there are, nor on how many samples each gets.

An accuracy is the mean over problems of the problem's mean score. Responses whose verdict is `error` are left
out of it (a problem with nothing else is left out whole), counted and shown.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_recipes.problem import Problem
from eval.samples import SampleRecord
from eval.stats import Estimate, mean_amount, mean_score
from multimodal.images import blank_like
from multimodal.segment import StopReason
from openk15.errors import GuardError, RunError, UserError
from openk15.seeds import derive_seed
from rewards import Answer, Status, Verdict, verify

if TYPE_CHECKING:
    from multimodal.engines.base import Engine
    from multimodal.processing import ProcessedPrompt, PromptProcessor

IN_FLIGHT = 512  # samples handed to the engine at once; prompts are processed as room opens, so memory is bounded
TAGS = ("category", "domain", "template", "source", "modality", "grade")
NO_TAG = "(none)"


async def evaluate(
    engine: Engine,
    processor: PromptProcessor,
    problems: Sequence[Problem],
    images: Mapping[str, bytes],
    *,
    samples: int,
    max_tokens: int,
    seed: int,
    version: int | None = None,
    blank: bool = False,
    in_flight: int = IN_FLIGHT,
    on_sample: Callable[[SampleRecord], None] | None = None,
    judge: Callable[[str, Answer], Verdict] | None = None,
) -> list[SampleRecord]:
    """k = `samples` judged responses to each problem, ordered by problem (as given) and sample index.

    `blank` replaces every picture by a grey one of its size. `version`: every segment must come from this
    weight version (GuardError otherwise). `on_sample` is called as each record is made. `judge` takes the
    place of `rewards.verify`. The first failure cancels what is in flight and is raised as it is.
    """
    if samples < 1 or max_tokens < 1 or in_flight < 1:
        raise UserError(f"samples={samples}, max_tokens={max_tokens}, in_flight={in_flight}: each must be at least 1")
    ids = [problem.id for problem in problems]
    if len(set(ids)) != len(ids):
        twice = next(key for key, count in Counter(ids).items() if count > 1)
        raise UserError(f"problem {twice} is in the list {ids.count(twice)} times; a problem may count only once")
    records: dict[tuple[int, int], SampleRecord] = {}
    room = asyncio.Semaphore(in_flight)

    async def one(at: int, sample: int, prompt: ProcessedPrompt) -> None:
        try:
            sample_seed = derive_seed("eval", seed, ids[at], sample)
            segment = await engine.extend(prompt, (), max_tokens, sample_seed)
            if version is not None and segment.version != version:
                raise GuardError(f"evaluation of weight version {version}: the engine answered with version {segment.version}")
            response = processor.decode(segment.token_ids)
            if segment.stop is StopReason.ABORT:
                verdict = Verdict(Status.ERROR, None, None, "generation was aborted before the response ended", 0.0, "none")
            else:
                verdict = (judge or verify)(response, problems[at].answer)
            record = SampleRecord(ids[at], sample, response, len(segment), segment.stop, verdict, sample_seed)
            records[at, sample] = record
            if on_sample is not None:
                on_sample(record)
        finally:
            room.release()

    try:
        async with asyncio.TaskGroup() as group:
            for at, problem in enumerate(problems):
                shown = {name: blank_like(images[name]) for name in problem.images if name in images} if blank else images
                prompt = processor.prompt(problem.messages, shown)
                for sample in range(samples):
                    await room.acquire()
                    group.create_task(one(at, sample, prompt))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [records[key] for key in sorted(records)]


@dataclass(frozen=True, slots=True)
class TagRow:
    """The problems that carry one value of one tag."""

    tag: str
    value: str
    accuracy: Estimate | None  # None: every verdict was an error
    tokens: Estimate
    truncation_rate: float
    errors: int  # verdicts left out

    def to_dict(self) -> dict[str, Any]:
        score = self.accuracy.to_dict() if self.accuracy else {"accuracy": None, "low": None, "high": None, "n": 0}
        return {
            "tag": self.tag,
            "value": self.value,
            **score,
            "tokens": self.tokens.value,
            "tokens_low": self.tokens.low,
            "tokens_high": self.tokens.high,
            "truncation_rate": self.truncation_rate,
            "errors": self.errors,
        }


@dataclass(frozen=True, slots=True)
class EvalSummary:
    """What a set of records says. Means are over problems; `tokens_right` over problems with a right answer."""

    accuracy: Estimate
    problems: int  # problems sampled; accuracy.n of them have a verdict
    samples_per_problem: int
    tokens: Estimate
    truncation: Estimate
    verdicts: Mapping[str, int]
    stops: Mapping[str, int]
    by_tag: tuple[TagRow, ...]
    image_accuracy: Estimate | None  # over problems with a picture; None when there is none
    tokens_right: Estimate | None  # None: no right (or no wrong) answer
    tokens_wrong: Estimate | None

    @property
    def error_rate(self) -> float:
        """Share of verdicts that are errors."""
        return self.verdicts.get(str(Status.ERROR), 0) / sum(self.verdicts.values())

    def to_dict(self) -> dict[str, Any]:
        """Flat and JSON-able: the numbers part of results.json, and a row of a run's evaluations."""
        return {
            **self.accuracy.to_dict(),
            "interval": self.accuracy.method,
            "problems": self.problems,
            "samples_per_problem": self.samples_per_problem,
            "tokens": self.tokens.value,
            "tokens_low": self.tokens.low,
            "tokens_high": self.tokens.high,
            "truncation_rate": self.truncation.value,
            "truncation_low": self.truncation.low,
            "truncation_high": self.truncation.high,
            "by_tag": [row.to_dict() for row in self.by_tag],
            "verdicts": dict(self.verdicts),
            "stops": dict(self.stops),
            "image_accuracy": self.image_accuracy.to_dict() if self.image_accuracy else None,
            "tokens_right": _amount(self.tokens_right),
            "tokens_wrong": _amount(self.tokens_wrong),
        }


def _amount(estimate: Estimate | None) -> dict[str, Any] | None:
    return {"tokens": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n} if estimate else None


def scores_by_problem(records: Sequence[SampleRecord]) -> dict[str, float]:
    """Mean score of each problem over its judged samples; problems with only errors are absent."""
    scores: dict[str, list[float]] = {}
    for record in records:
        if record.score is not None:
            scores.setdefault(record.problem_id, []).append(record.score)
    return {key: sum(values) / len(values) for key, values in scores.items()}


def summarise(records: Sequence[SampleRecord], problems: Sequence[Problem]) -> EvalSummary:
    """Numbers of `records`, which must hold the same number of samples for each of `problems` and no other.

    Raises RunError when not one verdict could be reached: there is no accuracy to tell.
    """
    by_problem: dict[str, list[SampleRecord]] = {problem.id: [] for problem in problems}
    for record in records:
        if record.problem_id not in by_problem:
            raise ValueError(f"record of problem {record.problem_id}, which is not among the {len(problems)} problems")
        by_problem[record.problem_id].append(record)
    counts = {len(found) for found in by_problem.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(f"each problem needs the same number of samples, at least one; found {sorted(counts) or 'no problems'}")
    scores = scores_by_problem(records)
    if not scores:
        raise RunError(f"all {len(records)} verdicts are errors, so there is no accuracy; the first: {records[0].verdict.reason}")
    order = list(by_problem)
    pictures = [scores[problem.id] for problem in problems if problem.images and problem.id in scores]
    return EvalSummary(
        accuracy=mean_score([scores[key] for key in order if key in scores]),
        problems=len(order),
        samples_per_problem=counts.pop(),
        tokens=mean_amount([_mean_tokens(found) for found in by_problem.values()]),
        truncation=mean_score([_share_cut(found) for found in by_problem.values()]),
        verdicts=_count([record.verdict.status for record in records], Status),
        stops=_count([record.stop for record in records], StopReason),
        by_tag=_by_tag(problems, by_problem, scores),
        image_accuracy=mean_score(pictures) if pictures else None,
        tokens_right=_tokens_of(by_problem, right=True),
        tokens_wrong=_tokens_of(by_problem, right=False),
    )


def _mean_tokens(records: Sequence[SampleRecord]) -> float:
    return sum(record.tokens for record in records) / len(records)


def _share_cut(records: Sequence[SampleRecord]) -> float:
    return sum(record.truncated for record in records) / len(records)


def _count(values: Sequence[str], kinds: type[Status] | type[StopReason]) -> dict[str, int]:
    """Every kind is named, also those that never came: a zero is news too."""
    found = Counter(values)
    return {str(kind): found[kind] for kind in kinds}


def _tokens_of(by_problem: Mapping[str, Sequence[SampleRecord]], *, right: bool) -> Estimate | None:
    chosen = [
        [record for record in found if record.score is not None and (record.verdict.status is Status.CORRECT) == right]
        for found in by_problem.values()
    ]
    means = [_mean_tokens(found) for found in chosen if found]
    return mean_amount(means) if means else None


def _by_tag(
    problems: Sequence[Problem], by_problem: Mapping[str, Sequence[SampleRecord]], scores: Mapping[str, float]
) -> tuple[TagRow, ...]:
    rows: list[TagRow] = []
    for tag in TAGS:
        members: dict[str, list[str]] = {}
        for problem in problems:
            members.setdefault(str(problem.tags.get(tag, NO_TAG)), []).append(problem.id)
        if set(members) == {NO_TAG}:
            continue
        for value in sorted(members, key=_tag_order):
            found = [by_problem[key] for key in members[value]]
            judged = [scores[key] for key in members[value] if key in scores]
            rows.append(
                TagRow(
                    tag,
                    value,
                    mean_score(judged) if judged else None,
                    mean_amount([_mean_tokens(samples) for samples in found]),
                    sum(_share_cut(samples) for samples in found) / len(found),
                    sum(record.score is None for samples in found for record in samples),
                )
            )
    return tuple(rows)


def _tag_order(value: str) -> tuple[int, float, str]:
    """Numbers as numbers (grade 2 before 10), then words."""
    return (0, float(value), "") if value.isdecimal() else (1, 0.0, value)
