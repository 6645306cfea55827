"""One quality score out of what earlier steps measured, and how often a row is to be drawn (Appendix B.1, K69).

    score   = sum(weight * scaled measure) / sum(weight), over the measures that the row has
    rate    = low + (high - low) * score ** power        expected copies; above 1 is up-sampling
    repeats = floor(rate), one more with the chance that is left, drawn from the seed and the row's key

Combining several views lessens the bias of each; the paper states no weights. A measure that a row lacks leaves its
weight out, and is counted.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from data_recipes.copies import draw_repeats
from data_recipes.row import Row, ShardRef
from data_recipes.steps.base import Context, Measures, Report, Step, StepOutput
from openk15.errors import UserError
from openk15.seeds import derive_seed
from rewards.intervals import Mean

DIGITS = 6


class Quality(Step):
    use: ClassVar[str] = "quality"
    measured: ClassVar[Mapping[str, str]] = {
        "score": "combination in [0, 1]; null where nothing (or, with missing: null, not everything) was measured",
        "rate": "expected copies of the row; null without a score",
        "repeats": "copies drawn with the seed: a whole number whose mean is the rate; null without a score",
        "missing": "how many of the combined measures the row lacks",
    }

    weights: Mapping[str, float] = Field(description="full name of a measure (text_rules.passed_share) -> weight")
    scale: Mapping[str, tuple[float, float]] = Field(
        default_factory=dict, description="value that counts 0, value that counts 1; what is outside is cut. 0 and 1 where not given"
    )
    missing: Literal["skip", "null"] = Field(default="skip", description="a lacking measure leaves its weight out, or makes the score null")
    low: float = Field(default=0.1, ge=0, description="rate at score 0")
    high: float = Field(default=2.0, ge=0, description="rate at score 1")
    power: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _sensible(self) -> Quality:
        if not self.weights:
            raise ValueError("weights is empty; name at least one measure, as in {text_rules.passed_share: 1}")
        for name, weight in self.weights.items():
            if weight <= 0:
                raise ValueError(f"weights: {name} has {weight}; weights are above 0, and scale: [1, 0] turns a measure round")
            if "." not in name:
                raise ValueError(f"weights: {name!r} is no full name; expected step.measure, as in text_rules.passed_share")
        for name, (zero, one) in self.scale.items():
            if name not in self.weights:
                raise ValueError(f"scale names {name!r}, which has no weight")
            if zero == one:
                raise ValueError(f"scale of {name}: both ends are {zero}")
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}; the rate rises with the score")
        return self

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        tally = Tally(tuple(self.weights))

        def measures() -> Iterator[list[Measures]]:
            for ref in shards:
                shard, known = ref.open(), context.measured(ref)
                found = [self.combine(row, measured, context.seed) for row, measured in zip(shard.rows, known, strict=True)]
                for row, measured, combined in zip(shard.rows, known, found, strict=True):
                    tally.add(row, measured, combined)
                yield found
            tally.check()

        return StepOutput(measures(), tally.report)

    def combine(self, row: Row, measured: Mapping[str, Mapping[str, Any]], seed: int) -> Measures:
        """Of one row. UserError naming row and measure for a value that is no number, or outside 0..1 without a scale."""
        parts = {
            name: self._scaled(name, value, row.key) for name in self.weights if (value := measured.get(name, {}).get("value")) is not None
        }
        lacking = [name for name in self.weights if name not in parts]
        total = sum(self.weights[name] for name in parts)
        score = None
        if parts and not (lacking and self.missing == "null"):
            score = round(min(1.0, sum(self.weights[name] * part for name, part in parts.items()) / total), DIGITS)
        rate = None if score is None else round(self.low + (self.high - self.low) * score**self.power, DIGITS)
        repeats = None if rate is None else draw_repeats(rate, derive_seed("quality", seed, row.key))
        return {
            "score": {"value": score, "parts": {name: round(part, DIGITS) for name, part in parts.items()}, "missing": lacking},
            "rate": {"value": rate},
            "repeats": {"value": repeats, "rate": rate},
            "missing": {"value": len(lacking)},
        }

    def _scaled(self, name: str, value: Any, key: str) -> float:
        if not isinstance(value, (bool, int, float)):
            raise UserError(f"step quality: row {key}: {name} is {value!r}; only numbers and true/false can be combined")
        if name not in self.scale:
            if not 0 <= value <= 1:
                raise UserError(
                    f"step quality: row {key}: {name} is {value}, outside 0..1; give it a scale, as in scale: {{{name}: [0, 100]}}"
                )
            return float(value)
        zero, one = self.scale[name]
        return min(1.0, max(0.0, (value - zero) / (one - zero)))


@dataclass
class Tally:
    """What the card says: missing measures, and score and rate of every source (K70 looks at each source by itself)."""

    names: tuple[str, ...]
    rows: int = 0
    seen: set[str] = field(default_factory=set)  # every name that any row had
    lacking: dict[str, int] = field(default_factory=dict)
    scores: dict[str, Mean] = field(default_factory=dict)
    rates: dict[str, Mean] = field(default_factory=dict)
    copies: dict[str, int] = field(default_factory=dict)

    def add(self, row: Row, measured: Mapping[str, Any], combined: Measures) -> None:
        self.rows += 1
        self.seen.update(measured)
        for name in combined["score"]["missing"]:
            self.lacking[name] = self.lacking.get(name, 0) + 1
        source = row.problem.tags["source"]
        scores, rates = self.scores.setdefault(source, Mean()), self.rates.setdefault(source, Mean())
        if combined["score"]["value"] is not None:
            scores.add(combined["score"]["value"])
            rates.add(combined["rate"]["value"])
            self.copies[source] = self.copies.get(source, 0) + combined["repeats"]["value"]

    def check(self) -> None:
        """A measure that no row has at all is a slip of the pen, or its step comes later."""
        for name in self.names:
            if self.rows and name not in self.seen:
                near = difflib.get_close_matches(name, self.seen, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"measured before this step: {', '.join(sorted(self.seen)) or 'nothing'}"
                raise UserError(f"step quality: weights: no row has a measure {name!r}; {hint}")

    def report(self) -> Report:
        sources = [
            [source, mean.n, _shown(mean), _shown(self.rates[source]), self.copies.get(source, 0)]
            for source, mean in sorted(self.scores.items())
        ]
        missing = [[name, self.lacking.get(name, 0), self.rows] for name in self.names]
        return Report(
            [
                ("Quality by source", ["source", "rows with a score", "mean score", "mean rate", "copies drawn"], sources),
                ("Missing measures", ["measure", "rows without it", "rows"], missing),
            ]
        )


def _shown(mean: Mean) -> str:
    return "-" if mean.value is None else f"{mean.value:.3f}"
