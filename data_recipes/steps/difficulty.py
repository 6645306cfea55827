"""`difficulty`: how often a model answers a row rightly, by the row's own verifier (section 2.1; K5, K6).

    n = 10 samples at temperature 1.0 ─▶ k right of those that count ─▶ rate = k / count, with its exact 95 % interval

Samples that were cut for want of room, and those that the verifier failed on, are counted apart: they are neither right nor
wrong. Rows at 0 or count of count get `adaptive` further samples: 0 of 10 may still be a rate of 0.31, 0 of 32 one of 0.11.
Verdicts are taken from stored texts, so another version of a verifier makes no sample anew; only a row that it moves to 0 or
count of count, and that was not there before, has its further samples still to be made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from data_recipes.asking import GradedStep, Judged, counted
from data_recipes.row import ShardRef
from data_recipes.sampling import SampleStore, open_store
from data_recipes.steps.base import Context, Measures, Report, StepOutput
from rewards.intervals import Mean, Share
from rewards.verdict import Status

LEVEL = 0.95


class Difficulty(GradedStep):
    """See the module. `rate` is what rules should read: `correct` is of 10 for some rows and of 32 for others."""

    use: ClassVar[str] = "difficulty"
    measured: ClassVar[Mapping[str, str]] = {
        "correct": "k: right samples; null where no sample counts",
        "samples": "n: samples that count, right or wrong; cut ones and errors of the verifier do not",
        "rate": "correct / samples, the pass rate; lower is harder; null where no sample counts",
        "low": "lower end of the rate's 95 % interval (Clopper-Pearson)",
        "high": "its upper end",
        "truncated": "samples cut at max_tokens or max_model_len: neither right nor wrong",
        "errors": "samples that the verifier failed on: neither right nor wrong",
        "unparsed": "samples without a readable answer; wrong, and counted in samples",
    }

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        store, tally = open_store(context.cache.folder / "samples"), Tally(self.n)

        def measures() -> Iterator[list[Measures]]:
            for shard in shards:
                found = self._measured(shard, context, store)
                for measures, why in found:
                    tally.add(measures, why)
                yield [measures for measures, _ in found]

        return StepOutput(measures(), tally.report)

    def _measured(self, ref: ShardRef, context: Context, store: SampleStore) -> list[tuple[Measures, str | None]]:
        shard, alive = ref.open(), context.alive(ref)
        why = self.unasked(shard, alive)
        rows = [row for row, reason in zip(shard.rows, why, strict=True) if reason is None]

        def make() -> list[Measures]:
            graded = self.graded(rows, shard.images, context, store)
            return [weigh(found, self.n, self.evidence(row, self.request(row, self.n))) for row, found in zip(rows, graded, strict=True)]

        found = iter(context.cache.once(self.shard_key(shard, alive, context.seed), make))
        return [({}, reason) if reason else (next(found), None) for reason in why]


def weigh(judged: Sequence[Judged], n: int, evidence: Mapping[str, str]) -> Measures:
    """Measures of one row; pure. `first` is the number of right ones among the first n, as the paper counts."""
    right = counted(judged)
    k, count = sum(right), len(right)
    low, high = clopper_pearson(k, count)
    cut = sum(one.sample.truncated for one in judged)
    whole = [one for one in judged if not one.sample.truncated]
    errors = [one.reason for one in whole if one.status is Status.ERROR]
    details = {**evidence, "n": count, "drawn": len(judged), "truncated": cut, "errors": len(errors)}
    return {
        "correct": {"value": k if count else None, **details, "first": sum(counted(judged[:n]))},
        "samples": {"value": count, "drawn": len(judged), "tokens": sum(one.sample.tokens for one in judged)},
        "rate": {"value": round(k / count, 6) if count else None, "correct": k, **details, "low": low, "high": high},
        "low": {"value": low},
        "high": {"value": high},
        "truncated": {"value": cut, "drawn": len(judged)},
        "errors": {"value": len(errors), "drawn": len(judged), **({"first": errors[0][:200]} if errors else {})},
        "unparsed": {"value": sum(one.status is Status.UNPARSED for one in whole), "drawn": len(judged)},
    }


def clopper_pearson(hits: int, n: int) -> tuple[float, float]:
    """Exact 95 % interval of a share (Clopper and Pearson 1934), six digits; 0 to 1 without observations."""
    from scipy.special import betaincinv

    tail = (1 - LEVEL) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return round(low, 6), round(high, 6)


@dataclass
class Tally:
    """What the card says, added up row by row."""

    n: int
    unasked: Counter[str] = field(default_factory=Counter)
    first: Counter[int] = field(default_factory=Counter)  # right among the first n -> rows
    totals: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    rates: Mean = field(default_factory=Mean)

    def add(self, row: Mapping[str, Mapping[str, Any]], why: str | None) -> None:
        if why is not None:
            self.unasked[why] += 1
            return
        k, count, drawn = row["correct"]["value"], row["samples"]["value"], row["samples"]["drawn"]
        self.totals += Counter(
            rows=1,
            samples=drawn,
            tokens=row["samples"]["tokens"],
            counted=count,
            right=k or 0,
            truncated=row["truncated"]["value"],
            unparsed=row["unparsed"]["value"],
            errors=row["errors"]["value"],
            silent=not count,
        )
        self.first[row["correct"]["first"]] += 1
        if count:
            self.rates.add(k / count)
        if drawn > self.n:
            end = "none" if not row["correct"]["first"] else "all"
            stays = k == (0 if end == "none" else count)
            self.settled[f"{end}, {'still so' if stays else 'no longer'}"] += 1

    def report(self) -> Report:
        t = self.totals
        histogram = [[k, self.first[k], _percent(self.first[k], t["rows"])] for k in range(self.n + 1)]
        unasked = [[f"rows not asked: {why}", count] for why, count in sorted(self.unasked.items())]
        counts = [
            ["rows asked", t["rows"]],
            *unasked,
            ["rows without any sample that counts", t["silent"]],
            ["samples", t["samples"]],
            ["right, of those that count", str(Share(t["right"], t["counted"]))],
            ["pass rate, mean over rows", str(self.rates)],
            ["truncated, of all", str(Share(t["truncated"], t["samples"]))],
            ["unparsed, of those that count", str(Share(t["unparsed"], t["counted"]))],
            ["errors of the verifier, of all", str(Share(t["errors"], t["samples"]))],
            ["tokens, mean of a sample", f"{t['tokens'] / t['samples']:.1f}" if t["samples"] else "-"],
        ]
        again = [[name, self.settled[name]] for name in ("none, still so", "none, no longer", "all, still so", "all, no longer")]
        return Report(
            [
                (f"Right answers among the first {self.n} samples", ["right", "rows", "share"], histogram),
                ("Difficulty", ["what", "count"], counts),
                ("Rows that were given further samples", ["right at first, and then", "rows"], again),
            ],
            ["Intervals are 95 %. Samples that were cut, and errors of the verifier, count neither as right nor as wrong."],
        )


def _percent(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "-"
