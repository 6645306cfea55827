"""Quality of a text by a language model (Appendix B.1, K68): coherence, informativeness, educational value, each graded 0 to 5.

    text ─▶ one prompt an aspect ─▶ n samples ─▶ the grade in each ─▶ mean / 5

A sample without a readable grade counts as none: the measure is the mean of the others, and null where there are no
others. It is never a zero. With a fine-tuned model and prompts of one's own this is also stage 2 of K73.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import Field, field_validator

from data_recipes import sampling
from data_recipes.asking import DROPPED, AskingStep, check_template
from data_recipes.row import Row, Shard, ShardRef
from data_recipes.sampling import Request, Sample, SampleStore, open_store
from data_recipes.steps.base import Context, Measure, Measures, Report, StepOutput
from data_recipes.text.found import Part, text_of
from multimodal.messages import Part as MessagePart
from multimodal.messages import user
from openk15.seeds import digest
from rewards.intervals import Mean

ASPECTS: Mapping[str, str] = {
    "coherence": "coherence: its sentences follow from each other, and its grammar is sound",
    "informativeness": "informativeness: it says much that is specific and correct, without filler",
    "educational": "educational value: a student would learn from it, and it explains what it says",
}
TEXT, ASPECT = "{text}", "{aspect}"
PROMPT = (
    "Below is a text.\n\n<text>\n{text}\n</text>\n\nRate the text for {aspect}.\n0 means not at all, 5 means as well as a good textbook. "
    "Answer with the grade alone, in the form: Grade: N"
)
HIGHEST = 5
_NAMED = re.compile(r"(?:grade|score|rating)\W{0,12}(?:is\W{0,4})?(\d+(?:\.\d+)?)(?!\s*(?:-|–|to)\s*\d)", re.IGNORECASE)
_ALONE = re.compile(r"^\W*(\d+(?:\.\d+)?)(?:\s*(?:/|out of|of)\s*5)?\W*$", re.IGNORECASE)
NO_TEXT = "there is no text"


class LlmQuality(AskingStep):
    use: ClassVar[str] = "llm_quality"
    measured: ClassVar[Mapping[str, str]] = {
        **{
            name: f"mean grade / {HIGHEST} for {says.partition(':')[0]}, in [0, 1]; null where no sample had a readable grade"
            for name, says in ASPECTS.items()
        },
        "score": "mean of the aspects; null where one of them is",
    }

    of: Part = Part.PROMPT
    n: int = Field(default=1, ge=1, description="samples of each aspect")
    prompt: str = Field(default=PROMPT, description="template: {text}, {aspect}")
    aspects: Mapping[str, str] = Field(default=ASPECTS, description="how each aspect is put to the model")
    max_characters: int = Field(default=2000, ge=1, description="of the text that are shown: its beginning")

    @field_validator("aspects")
    @classmethod
    def _known(cls, aspects: Mapping[str, str]) -> Mapping[str, str]:
        if set(aspects) != set(ASPECTS):
            raise ValueError(f"aspects are {', '.join(ASPECTS)}, each with its words; got {', '.join(aspects)}")
        return aspects

    def check(self) -> None:
        super().check()
        check_template(self.use, "prompt", self.prompt, TEXT)
        check_template(self.use, "prompt", self.prompt, ASPECT)

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        store, tally = open_store(context.cache.folder / "samples"), Tally()

        def measures() -> Iterator[list[Measures]]:
            for ref in shards:
                shard, alive = ref.open(), context.alive(ref)
                why = [self._why(row, living) for row, living in zip(shard.rows, alive, strict=True)]
                rows = [row for row, reason in zip(shard.rows, why, strict=True) if reason is None]
                key = digest(self.fingerprint(), shard.digest(), list(alive), context.seed)
                found = iter(context.cache.once(key, lambda rows=rows, shard=shard: self._graded(rows, shard, context, store)))
                measured = [{} if reason else next(found) for reason in why]
                for row, reason in zip(measured, why, strict=True):
                    tally.add(row, reason)
                yield measured

        return StepOutput(measures(), tally.report)

    def _why(self, row: Row, living: bool) -> str | None:
        if not living:
            return DROPPED
        return None if text_of(row, self.of).strip() else NO_TEXT

    def requests(self, row: Row) -> list[Request]:
        """One for each aspect, in their order. The text is put in last: braces in it are its own."""
        text = text_of(row, self.of)[: self.max_characters]
        prompts = [self.prompt.replace(ASPECT, says).replace(TEXT, text) for says in self.aspects.values()]
        return [Request.of((user(MessagePart(text=prompt)),), self.n) for prompt in prompts]

    def _graded(self, rows: Sequence[Row], shard: Shard, context: Context, store: SampleStore) -> list[Measures]:
        requests = [request for row in rows for request in self.requests(row)]
        drawn = sampling.draw(self.sampler, requests, shard.images, store, context.seed)
        return [weigh({name: next(drawn) for name in self.aspects}) for _ in rows]


def grade(text: str) -> float | None:
    """The grade that a response gives, in [0, 5]; None where it gives none, several different ones, or one out of range."""
    found = {float(value) for value in _NAMED.findall(text)} or {
        float(value) for line in text.splitlines() for value in _ALONE.findall(line)
    }
    if len(found) != 1:
        return None
    value = found.pop()
    return value if 0 <= value <= HIGHEST else None


def weigh(samples: Mapping[str, Sequence[Sample]]) -> Measures:
    """Measures of one row; pure. Cut samples count when their grade can be read."""
    found: Measures = {}
    for name, drawn in samples.items():
        grades = [grade(sample.text) for sample in drawn]
        read = [value for value in grades if value is not None]
        measure: Measure = {"value": round(sum(read) / len(read) / HIGHEST, 4) if read else None, "grades": grades}
        if not read:
            measure["unread"] = drawn[0].text[:120] if drawn else ""
        found[name] = measure
    values: list[float | None] = [measure["value"] for measure in found.values()]
    known = [value for value in values if value is not None]
    whole = len(known) == len(values)
    return {**found, "score": {"value": round(sum(known) / len(known), 4) if whole else None, "read": len(known), "of": len(values)}}


@dataclass
class Tally:
    """What the card says, added up row by row."""

    unasked: dict[str, int] = field(default_factory=dict)
    means: dict[str, Mean] = field(default_factory=lambda: {name: Mean() for name in ASPECTS})
    drawn: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ASPECTS, 0))
    unread: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ASPECTS, 0))

    def add(self, row: Mapping[str, Mapping[str, Any]], why: str | None) -> None:
        if why is not None:
            self.unasked[why] = self.unasked.get(why, 0) + 1
            return
        for name in ASPECTS:
            self.drawn[name] += len(row[name]["grades"])
            self.unread[name] += sum(value is None for value in row[name]["grades"])
            if row[name]["value"] is not None:
                self.means[name].add(row[name]["value"])

    def report(self) -> Report:
        rows = []
        for name in ASPECTS:
            mean = self.means[name].value
            rows.append([name, "-" if mean is None else f"{mean:.3f}", self.means[name].n, self.drawn[name], self.unread[name]])
        unasked = [[f"rows not asked: {why}", count] for why, count in sorted(self.unasked.items())]
        return Report(
            [
                ("Grades by a model", ["aspect", "mean", "rows", "samples", "without a readable grade"], rows),
                ("Rows", ["what", "count"], unasked),
            ]
        )
