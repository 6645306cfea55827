"""What a report says in words and numbers.

In: `RunData`. Out: the headline, tiles, and the before/after table. No number leaves without its count, no
mean without its interval; a change is called one only where two 95 % intervals do not touch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.stats import wilson
from rl.metrics import IterationMetrics
from rl.report_data import RunData

TAG_ORDER = ("category", "domain", "template", "grade", "modality", "question_type", "discipline", "language", "source")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its interval and the count behind it."""

    accuracy: float
    low: float
    high: float
    n: int
    samples: int = 1

    @classmethod
    def of(cls, row: Mapping[str, Any] | None, samples: int = 1) -> Estimate | None:
        if row is None or any(row.get(name) is None for name in ("accuracy", "low", "high", "n")):
            return None
        return cls(
            float(row["accuracy"]), float(row["low"]), float(row["high"]), int(row["n"]), int(row.get("samples_per_problem", samples))
        )

    def __str__(self) -> str:
        return f"{self.accuracy:.2f} [{self.low:.2f}, {self.high:.2f}]"

    @property
    def count(self) -> str:
        return f"{self.n:,} problems × {self.samples} sample{'s' if self.samples != 1 else ''}"


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    detail: str  # interval and count


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the before/after table; None where it was not measured."""

    tag: str
    value: str
    before: Estimate | None
    after: Estimate | None
    blank: Estimate | None
    chance: float | None

    @property
    def n(self) -> int | None:
        """Problems, where all that was measured agrees on it."""
        counts = {estimate.n for estimate in (self.before, self.after, self.blank) if estimate is not None}
        return counts.pop() if len(counts) == 1 else None


def verb(before: Estimate, after: Estimate, up: str = "rose", down: str = "fell") -> str:
    """ "rose" or "fell" only where the intervals do not touch."""
    if after.low > before.high:
        return up
    return down if after.high < before.low else "did not measurably change, going"


def headline(data: RunData) -> str:
    """The result in one sentence, from benchmarks if there are any, else from what the run itself measured."""
    warmup, rl = data.benches.get("warmup"), data.benches.get("rl")
    before, after = Estimate.of(warmup), Estimate.of(rl)
    if before is not None and after is not None and warmup is not None and rl is not None:
        said = f"Held-out accuracy {verb(before, after)} from {before} to {after} ({after.count})"
        lengths = length_change(warmup, rl)
        return f"{said}; {lengths}." if lengths else f"{said}."
    points = [estimate for row in data.evals if (estimate := Estimate.of(row)) is not None]
    if len(points) >= 2:
        first, last = (moment(row["iteration"]) for row in (data.evals[0], data.evals[-1]))
        return f"Held-out accuracy {verb(points[0], points[-1])} from {points[0]} {first} to {points[-1]} {last} ({points[-1].count})."
    measured = [row for row in data.metrics if row.accuracy is not None and row.accuracy_low is not None and row.accuracy_high is not None]
    if len(measured) >= 2:
        ends = [
            Estimate(row.accuracy or 0.0, row.accuracy_low or 0.0, row.accuracy_high or 0.0, row.accuracy_n)
            for row in (measured[0], measured[-1])
        ]
        return (
            f"Accuracy on training problems {verb(ends[0], ends[1])} from {ends[0]} "
            f"({ends[0].n:,} responses, iteration {measured[0].iteration}) "
            f"to {ends[1]} ({ends[1].n:,} responses, iteration {measured[-1].iteration}); "
            "held-out accuracy has not been measured twice yet."
        )
    return f"{len(data.metrics)} iteration{'s are' if len(data.metrics) != 1 else ' is'} done: too few to say what changed."


def moment(iteration: int) -> str:
    return f"after iteration {iteration}" if iteration >= 0 else "before the first iteration"


def length_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    if before.get("tokens") is None or after.get("tokens") is None:
        return None
    ends = [tokens(row) for row in (before, after)]
    low_before, high_before, low_after, high_after = (row.get(name) for row in (before, after) for name in ("tokens_low", "tokens_high"))
    word = "went"
    if low_before is not None and high_before is not None and low_after is not None and high_after is not None:
        word = "grew" if low_after > high_before else "shrank" if high_after < low_before else "did not measurably change, going"
    return f"responses {word} from {ends[0]} to {ends[1]} tokens"


def tokens(row: Mapping[str, Any]) -> str:
    """Mean response tokens with the interval, if the file has one."""
    low, high = row.get("tokens_low"), row.get("tokens_high")
    return f"{row['tokens']:.1f}" + (f" [{low:.1f}, {high:.1f}]" if low is not None and high is not None else "")


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def tiles(data: RunData) -> list[Tile]:
    found: list[Tile] = []

    def accuracy(label: str, estimate: Estimate | None) -> None:
        if estimate is not None:
            found.append(
                Tile(label, f"{estimate.accuracy:.2f}", f"95 % interval {estimate.low:.2f} to {estimate.high:.2f}; {estimate.count}")
            )

    samples = {name: int(bench.get("samples_per_problem", 1)) for name, bench in data.benches.items()}
    accuracy("Held-out accuracy before RL", Estimate.of(data.benches.get("warmup")))
    accuracy("Held-out accuracy after RL", Estimate.of(data.benches.get("rl")))
    if "rl" not in data.benches and data.evals:
        accuracy(f"Held-out accuracy {moment(data.evals[-1]['iteration'])}", Estimate.of(data.evals[-1]))
    if data.gain is not None:
        paired, change = data.gain.paired, data.gain.paired.difference
        interval = f"95 % interval {change.low:+.2f} to {change.high:+.2f}; " if change.low is not None and change.high is not None else ""
        flips = f"{len(paired.wrong_to_right)} turned right, {len(paired.right_to_wrong)} turned wrong"
        found.append(
            Tile(
                "Gain, problem by problem",
                f"{change.value:+.2f}",
                f"{interval}{change.n:,} problems: {flips}; p {'<' if paired.p < 1e-3 else '='} {max(paired.p, 1e-3):.1g}",
            )
        )
    blank = data.benches.get("blank", {})
    estimate = Estimate.of(blank.get("image_accuracy"), samples.get("blank", 1))
    if estimate is not None:
        chance = blank.get("no_image_chance")
        beside = f"; chance without pictures {chance:.2f}" if isinstance(chance, int | float) else ""
        found.append(
            Tile(
                "Picture problems, pictures blanked",
                f"{estimate.accuracy:.2f}",
                f"95 % interval {estimate.low:.2f} to {estimate.high:.2f}; {estimate.count}{beside}",
            )
        )
    if "rl" in data.benches and "warmup" in data.benches and data.benches["rl"].get("tokens") is not None:
        bench = data.benches["rl"]
        low, high = bench.get("tokens_low"), bench.get("tokens_high")
        interval = f"95 % interval {low:.1f} to {high:.1f}; " if low is not None and high is not None else ""
        before = f"before RL {tokens(data.benches['warmup'])}; " if data.benches["warmup"].get("tokens") is not None else ""
        found.append(
            Tile(
                "Response length after RL",
                f"{bench['tokens']:.1f} tokens",
                f"{interval}{before}{bench['n']:,} problems × {samples['rl']} samples",
            )
        )
    rows = data.metrics
    if rows:
        planned = f" of {data.planned}" if data.planned is not None else ""
        found.append(
            Tile(
                "Iterations",
                f"{len(rows)}{planned}",
                f"{sum(row.trained_trajectories for row in rows):,} responses, {sum(row.trained_tokens for row in rows):,} tokens trained",
            )
        )
    trained = data.trained
    if trained:
        several = sum(len(record.lengths) > 1 for record in trained)
        low, high = wilson(several, len(trained))
        found.append(
            Tile(
                "Trained responses of 2+ segments",
                f"{several / len(trained):.1%}",
                f"{several:,} of {len(trained):,}; 95 % interval {low:.1%} to {high:.1%}",
            )
        )
    parity = [row.parity_max_abs for row in rows if row.parity_max_abs is not None]
    if parity:
        guard = ((data.run.get("config") or {}).get("guards") or {}).get("parity_limit")
        limit = f"; the guard's limit is {guard:g}" if isinstance(guard, float) else ""
        found.append(
            Tile(
                "Weight parity, worst sync",
                f"{max(parity):.1e} nats",
                f"greatest |Δ log-prob| of engine and learner in {len(parity)} syncs{limit}",
            )
        )
    judged = sum(sum(row.verdicts.values()) for row in rows)
    if judged:
        errors = sum(row.verdicts.get("error", 0) for row in rows)
        found.append(Tile("Verifier errors", f"{errors:,}", f"of {judged:,} verdicts; left out of training, never a zero"))
    generated, rollout = timed_tokens(rows)
    if rollout > 0:
        found.append(Tile("Generation", f"{generated / rollout:,.0f} tok/s", f"{generated:,} tokens in {duration(rollout)} of rollout"))
    # Set-up has no time when the environment was not made by `make setup`.
    seconds = {name: value for name, value in ((data.summary or {}).get("seconds") or {}).items() if value is not None}
    if seconds:
        found.append(
            Tile(
                "Wall time, all stages",
                duration(sum(seconds.values())),
                "; ".join(f"{name} {duration(value)}" for name, value in seconds.items()),
            )
        )
    elif rows:
        total = sum(row.seconds.get("total", 0.0) for row in rows)
        found.append(Tile("Wall time of the iterations", duration(total), f"sum over {len(rows)} iterations"))
    return found


def timed_tokens(rows: Sequence[IterationMetrics]) -> tuple[int, float]:
    """(tokens, seconds they took): of an iteration that was killed and resumed only what was sampled since, for only that was timed."""
    timed = [(row.tokens_per_second, row.seconds.get("rollout", 0.0)) for row in rows]
    measured = [(speed, seconds) for speed, seconds in timed if speed is not None]
    return sum(round(speed * seconds) for speed, seconds in measured), sum(seconds for _, seconds in measured)


def table(benches: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Before and after by tag: all problems, picture problems, then every tag value."""
    if not benches:
        return []
    before, after, blank = (benches.get(name, {}) for name in ("warmup", "rl", "blank"))
    samples = [int(bench.get("samples_per_problem", 1)) for bench in (before, after, blank)]
    chance = next(
        (bench["no_image_chance"] for bench in (blank, after, before) if isinstance(bench.get("no_image_chance"), int | float)), None
    )

    def row(tag: str, value: str, parts: Sequence[Mapping[str, Any] | None], at_chance: float | None) -> Row:
        estimates = [Estimate.of(part, count) for part, count in zip(parts, samples, strict=True)]
        return Row(tag, value, estimates[0], estimates[1], estimates[2], at_chance)

    rows = [row("all", "all problems", (before, after, blank), None)]
    if any(bench.get("image_accuracy") for bench in (before, after, blank)):
        rows.append(row("all", "with a picture", [bench.get("image_accuracy") for bench in (before, after, blank)], chance))
    by_tag = [{(item["tag"], str(item["value"])): item for item in bench.get("by_tag", ())} for bench in (before, after, blank)]
    names = {key: None for part in by_tag for key in part}
    for tag, value in sorted(names, key=lambda key: (TAG_ORDER.index(key[0]) if key[0] in TAG_ORDER else len(TAG_ORDER), key[0])):
        parts = [part.get((tag, value)) for part in by_tag]
        own = next(
            (part["no_image_chance"] for part in reversed(parts) if part and isinstance(part.get("no_image_chance"), int | float)), None
        )
        rows.append(row(tag, value, parts, own))
    return rows
