"""`preference`: pairs that teach a model to be as right in fewer tokens (long2short DPO, section 2.4, K59).

Chosen: the shortest right sample. Rejected: wrong and longer; or right and longer than 1.5 times it. With the sampler
and template of a `rejection` step before it, the pairs come from the same samples. `data_recipes.pairs` writes them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from data_recipes.drawn import Drawn, DrawStep
from data_recipes.long2short import LONGER_FACTOR, preference_pairs
from data_recipes.row import ShardRef
from data_recipes.steps.base import Context, Measures, Report, StepOutput

WRONG, LONGER = "wrong and longer", "right and longer"


class Preference(DrawStep):
    use: ClassVar[str] = "preference"
    measured: ClassVar[Mapping[str, str]] = {
        "pairs": "preference pairs of this prompt; the texts are the evidence",
        "chosen_tokens": "tokens of the shortest right sample",
        "below_floor": "the chosen sample is shorter than tokens_at_least: no pair is made",
    }

    factor: float = Field(default=LONGER_FACTOR, ge=1.0, description="right samples longer than this times the chosen one are rejected")
    tokens_at_least: int = Field(default=0, ge=0, description="a shorter chosen sample is an answer without its reasoning")
    pairs_at_most: int | None = Field(default=None, ge=1, description="per prompt, in the order of sampling; all if absent")
    truncated: Literal["ignore", "reject"] = "ignore"  # a sample that was cut: unused, or wrong

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        tally: Counter[str] = Counter()

        def measures() -> Iterator[list[Measures]]:
            for drawn in self.drawn(shards, context):
                found = [self.weigh(samples) if samples else {} for samples in drawn]
                for row in filter(None, found):
                    _count(tally, row)
                yield found

        return StepOutput(measures(), lambda: _report(tally))

    def weigh(self, samples: Sequence[Drawn]) -> Measures:
        """Measures of one row; pure."""
        lengths = [sample.tokens for sample in samples]
        right = [None if sample.truncated and self.truncated == "ignore" else sample.right for sample in samples]
        found = preference_pairs(lengths, right, self.factor)
        short = found is not None and lengths[found.chosen] < self.tokens_at_least
        pairs: list[dict[str, Any]] = []
        if found is not None and not short:
            pairs = [
                {
                    "chosen": samples[found.chosen].text,
                    "rejected": samples[at].text,
                    "chosen_tokens": lengths[found.chosen],
                    "rejected_tokens": lengths[at],
                    "because": LONGER if right[at] else WRONG,
                }
                for at in found.rejected[: self.pairs_at_most]
            ]
        evidence = {"lengths": lengths, "verdicts": [str(sample.status) for sample in samples], "factor": self.factor}
        return {
            "pairs": {"value": len(pairs), **evidence, "pairs": pairs},
            "chosen_tokens": {"value": None if found is None else lengths[found.chosen]},
            "below_floor": {"value": short, "threshold": self.tokens_at_least},
        }


def _count(tally: Counter[str], row: Measures) -> None:
    tally["prompts"] += 1
    tally["prompts with a right sample"] += row["chosen_tokens"]["value"] is not None
    tally["chosen below the floor"] += row["below_floor"]["value"]
    tally["prompts with pairs"] += row["pairs"]["value"] > 0
    tally["pairs"] += row["pairs"]["value"]
    for pair in row["pairs"]["pairs"]:
        tally[pair["because"]] += 1
        tally["chosen tokens"] += pair["chosen_tokens"]
        tally["rejected tokens"] += pair["rejected_tokens"]


def _report(tally: Mapping[str, int]) -> Report:
    names = ("prompts", "prompts with a right sample", "chosen below the floor", "prompts with pairs", "pairs", WRONG, LONGER)
    rows: list[list[Any]] = [[name, tally.get(name, 0)] for name in names]
    if tally.get("pairs"):
        means = ", ".join(f"{which} {tally[f'{which} tokens'] / tally['pairs']:.1f}" for which in ("chosen", "rejected"))
        rows.append(["mean tokens over pairs", means])
    return Report([("Preference pairs", ["", "count"], rows)])
