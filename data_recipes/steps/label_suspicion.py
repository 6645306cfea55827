"""`label_suspicion`: the model's samples agree on an answer that is not the reference (research: pass rate 0 and a clear majority).

A row is suspect when no sample that counts is right and one other answer has at least `share` of those that were read. It is
measured on the samples of `difficulty`: with the same sampler, n, adaptive and prompt none is made anew. Two answers are one
when they are written alike, or when the row's verifier takes one for the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from data_recipes.asking import GradedStep, Judged, counted
from data_recipes.row import Row, ShardRef
from data_recipes.sampling import SampleStore, open_store
from data_recipes.steps.base import Context, Measure, Measures, Report, StepOutput
from rewards.intervals import Share
from rewards.registry import verify
from rewards.verdict import Answer, Status

SHOWN = 20  # suspects in the report


class LabelSuspicion(GradedStep):
    use: ClassVar[str] = "label_suspicion"
    measured: ClassVar[Mapping[str, str]] = {
        "suspect": "no sample is right, and enough of them agree on another answer",
        "other_answer": "the answer that most samples agree on, where none is right",
        "share": "its share of the answers that were read; null where a sample is right or none was read",
    }

    share: float = Field(default=0.6, gt=0.0, le=1.0, description="of the answers read, at least so many agree")
    answers: int = Field(default=5, ge=1, description="fewer answers than that show no agreement")
    skip: tuple[str, ...] = Field(default=("code",), description="verifiers whose answers cannot agree word by word")

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        store = open_store(context.cache.folder / "samples")
        tally: Counter[str] = Counter()
        suspects: list[list[Any]] = []

        def measures() -> Iterator[list[Measures]]:
            for ref in shards:
                names, found = self._measured(ref, context, store)
                for key, row in zip(names, found, strict=True):
                    _count(tally, suspects, key, row)
                yield found

        return StepOutput(measures(), lambda: report(tally, suspects))

    def _measured(self, ref: ShardRef, context: Context, store: SampleStore) -> tuple[list[str], list[Measures]]:
        shard, alive = ref.open(), context.alive(ref)
        wanted = [living and row.problem.answer.verifier not in self.skip for living, row in zip(alive, shard.rows, strict=True)]
        why = self.unasked(shard, wanted)
        rows = [row for row, reason in zip(shard.rows, why, strict=True) if reason is None]

        def make() -> list[Measures]:
            graded = self.graded(rows, shard.images, context, store)
            return [self.weigh(row, found) for row, found in zip(rows, graded, strict=True)]

        found = iter(context.cache.once(self.shard_key(shard, alive, context.seed), make))
        return [row.key for row in shard.rows], [{} if reason else next(found) for reason in why]

    def weigh(self, row: Row, judged: Sequence[Judged]) -> Measures:
        """Measures of one row; pure but for the verifier."""
        answer = row.problem.answer
        details = {**self.evidence(row, self.request(row, self.n)), "reference": str(answer.reference)[:200], "samples": len(judged)}
        if any(counted(judged)):
            nothing: Measure = {"value": None, "reason": "a sample is right"}
            return {"suspect": {"value": False, "reason": "a sample is right", **details}, "other_answer": nothing, "share": nothing}
        read = [one.extracted for one in judged if one.status is Status.WRONG and not one.sample.truncated and one.extracted]
        votes = agreeing(read, answer)
        other, most = votes[0] if votes else (None, 0)
        share = round(most / len(read), 6) if read else None
        enough = share is not None and len(read) >= self.answers and share >= self.share
        vote = {
            "votes": most,
            "read": len(read),
            "threshold": self.share,
            "answers": self.answers,
            "next": [list(found) for found in votes[1:4]],
        }
        return {
            "suspect": {"value": enough, "other": other, "share": share, **vote, **details},
            "other_answer": {"value": other, **vote},
            "share": {"value": share, **vote},
        }


def agreeing(texts: Sequence[str], answer: Answer) -> list[tuple[str, int]]:
    """(answer, how many gave it), most first; among equals the one that was given first."""
    counts = Counter(_plain(text) for text in texts)
    groups: list[tuple[str, int]] = []
    for text, count in sorted(counts.items(), key=lambda found: -found[1]):  # a stable sort: first come, first served
        at = next((at for at, (head, _) in enumerate(groups) if _same(text, head, answer)), None)
        if at is None:
            groups.append((text, count))
        else:
            groups[at] = (groups[at][0], groups[at][1] + count)
    return sorted(groups, key=lambda found: -found[1])


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(" .$").lstrip(" $")


def _same(one: str, other: str, answer: Answer) -> bool:
    """Whether the verifier would take `one` for right if `other` were the reference."""
    return verify(f"\\boxed{{{one}}}", Answer(answer.verifier, other, answer.params)).status is Status.CORRECT


def _count(tally: Counter[str], suspects: list[list[Any]], key: str, row: Measures) -> None:
    if not row:
        tally["not asked"] += 1
        return
    suspect = row["suspect"]
    tally["rows"] += 1
    if "reason" not in suspect:
        tally["none right"] += 1
    if suspect["value"]:
        tally["suspect"] += 1
        if len(suspects) < SHOWN:
            suspects.append([key, suspect["reference"], suspect["other"], f"{suspect['votes']} of {suspect['read']}"])


def report(tally: Mapping[str, int], suspects: Sequence[list[Any]]) -> Report:
    rows = tally.get("rows", 0)
    table = [
        ["rows with samples", rows],
        ["rows without", tally.get("not asked", 0)],
        ["no sample is right", str(Share(tally.get("none right", 0), rows))],
        ["suspect: they agree on another answer", str(Share(tally.get("suspect", 0), rows))],
    ]
    tables = [("Label suspicion", ["what", "count"], table)]
    if suspects:
        tables.append((f"Suspects (the first {SHOWN})", ["row", "reference", "samples say", "votes"], list(suspects)))
    return Report(tables)
