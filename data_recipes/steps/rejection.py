"""`rejection`: sample solutions, keep one that the row's verifier accepts (K11, K15, K58; sections 2.1, 2.2, 5).

    vanilla SFT        prompt plain, prefer first      the first right sample
    long-CoT warm-up   prompt long_cot, prefer first   the first right sample that shows enough of the four processes
    long2short         prompt plain, prefer shortest   the shortest right sample of n = 8

The accepted text becomes the row's solution; the prompt that it was sampled with does not become part of the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from data_recipes.drawn import Drawn, DrawStep
from data_recipes.long2short import shortest_right
from data_recipes.row import ShardRef
from data_recipes.sampling import model_digest
from data_recipes.sources.cot import Process
from data_recipes.steps.base import Context, Measures, Report, StepOutput
from data_recipes.text.processes import signs
from rewards.verdict import Status

PROCESSES = tuple(str(process) for process in Process)  # section 2.2


class Rejection(DrawStep):
    use: ClassVar[str] = "rejection"
    measured: ClassVar[Mapping[str, str]] = {
        "accepted": "a right sample that meets the conditions was found; it becomes the solution",
        "right": "right samples, of n",
        "n": "samples that were judged",
        "shortest": "tokens of the shortest right sample",
        "tokens": "tokens of the accepted sample",
        "processes": "how many of the four cognitive processes the accepted sample shows",
        **{name: f"the accepted sample shows {name}" for name in PROCESSES},
    }

    prefer: Literal["shortest", "first"] = "shortest"
    processes_at_least: int = Field(default=0, ge=0, le=4, description="of planning, evaluation, reflection, exploration")
    tokens_at_least: int = Field(default=0, ge=0, description="shorter samples are not accepted: an answer without its reasoning")
    style: Literal["reasoned", "direct"] = "reasoned"

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        tally: Counter[str] = Counter()
        drawn_with = {"model": model_digest(self.sampler.model)[:16], "sampler": self.sampler.digest[:16]}

        def measures() -> Iterator[list[Measures]]:
            for drawn in self.drawn(shards, context):
                found = [self.weigh(samples) if samples else {} for samples in drawn]
                for row in found:
                    count(tally, row)
                    if row:
                        row["accepted"] |= drawn_with
                yield found

        return StepOutput(measures(), lambda: report(tally, self.n))

    def weigh(self, samples: Sequence[Drawn]) -> Measures:
        """Measures of one row; pure."""
        lengths, right = [sample.tokens for sample in samples], [sample.right for sample in samples]
        shown = [spans_of(sample.text) if good else {} for sample, good in zip(samples, right, strict=True)]
        fits = [
            good and tokens >= self.tokens_at_least and len(spans) >= self.processes_at_least
            for good, tokens, spans in zip(right, lengths, shown, strict=True)
        ]
        first = next((at for at, good in enumerate(fits) if good), None)
        chosen = shortest_right(lengths, fits) if self.prefer == "shortest" else first
        shortest = shortest_right(lengths, right)
        errors = [sample.reason for sample in samples if sample.status is Status.ERROR]
        accepted: dict[str, Any] = {
            "value": chosen is not None,
            "sample": chosen,
            "prefer": self.prefer,
            "lengths": lengths,
            "verdicts": [str(sample.status) for sample in samples],
            "truncated": [at for at, sample in enumerate(samples) if sample.truncated],
        }
        if errors:
            accepted["error"] = errors[0]
        if chosen is not None:
            accepted["solution"] = {"text": samples[chosen].text, "style": self.style}
        spans = shown[chosen] if chosen is not None else {}
        measures: Measures = {
            "accepted": accepted,
            "right": {"value": sum(map(bool, right)), "n": len(samples), "truncated": len(accepted["truncated"]), "errors": len(errors)},
            "n": {"value": len(samples) - len(errors)},
            "shortest": {"value": None if shortest is None else lengths[shortest], "sample": shortest},
            "tokens": {"value": None if chosen is None else lengths[chosen]},
            "processes": {"value": len(spans) if chosen is not None else None, "threshold": self.processes_at_least, "spans": spans},
        }
        measures.update({name: {"value": name in spans if chosen is not None else None} for name in PROCESSES})
        return measures


def spans_of(text: str) -> dict[str, list[list[int]]]:
    """Where a text shows which of the four processes."""
    found: dict[str, list[list[int]]] = {}
    for sign in signs(text):
        found.setdefault(str(sign.process), []).append([sign.start, sign.end])
    return found


def count(tally: Counter[str], row: Mapping[str, Mapping[str, Any]]) -> None:
    if not row:
        tally["not sampled"] += 1
        return
    tally["prompts"] += 1
    tally["with a right sample"] += row["right"]["value"] > 0
    tally["accepted"] += row["accepted"]["value"]
    tally["samples"] += row["right"]["n"]
    for name in ("truncated", "errors"):
        tally[name] += row["right"][name]
    tally["right samples"] += row["right"]["value"]
    if row["accepted"]["value"]:
        for name in PROCESSES:
            tally[name] += bool(row[name]["value"])


def report(tally: Mapping[str, int], n: int) -> Report:
    rows = [[name, tally.get(name, 0)] for name in ("prompts", "with a right sample", "accepted", "not sampled")]
    samples = [[name, tally.get(name, 0)] for name in ("samples", "right samples", "truncated", "errors")]
    processes = [[name, tally.get(name, 0), f"{tally.get(name, 0) / max(1, tally.get('accepted', 0)):.1%}"] for name in PROCESSES]
    missing = [name for name in PROCESSES if not tally.get(name, 0)]
    notes = [f"no accepted sample shows {', '.join(missing)}"] if missing and tally.get("accepted", 0) else []
    return Report(
        [
            (f"Rejection sampling, {n} samples a prompt", ["prompts", "count"], rows),
            ("Samples", ["samples", "count"], samples),
            ("Cognitive processes of accepted samples", ["process", "samples", "share"], processes),
        ],
        notes,
    )
