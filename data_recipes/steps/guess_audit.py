"""`guess_audit`: can the answer be had without the reasoning, without the question, without the picture? (section 2.1; K8)

    no_cot   the question, and the answer alone is asked for: no room to reason
    blank    the question and its pictures are hidden; only the format of the answer is told
    blind    the question as in `difficulty`, its pictures grey; only rows with pictures

n = 8 guesses in each way; a row is easy to hack when at least one is right (`{drop: guess_audit.no_cot_hits, at_least: 1}`).
Beside the hits stands the chance of at least one hit by luck among K equally likely answers, 1 - (1 - 1/K)^8: few answers
(two: 0.996, ten: 0.57) condemn a row whatever the model. A right answer is a hit even if the text was cut after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from data_recipes import sampling
from data_recipes.answer_space import AnswerSpace, chance_of_a_hit, kind_of
from data_recipes.asking import PROMPT, AskingStep, Judged, ask, check_template, judged
from data_recipes.row import Row, Shard, ShardRef
from data_recipes.sampling import Request, SamplerConfig, SampleStore, open_store
from data_recipes.steps.base import Context, Measures, Report, StepOutput
from multimodal.images import blank_like, image_digest
from multimodal.messages import Message, Part, user
from openk15.seeds import digest
from rewards.intervals import Mean, Share
from rewards.verdict import Status

Mode = Literal["no_cot", "blank", "blind"]
MODES: tuple[Mode, ...] = ("no_cot", "blank", "blind")
KIND = "{kind}"
NO_COT = "{question}\n\nAnswer at once with the final answer alone: no reasoning, no steps, no explanation. {form}"
BLANK = "A question was asked that you cannot see. Its answer is {kind}. Guess the answer. {form}"


class GuessAudit(AskingStep):
    use: ClassVar[str] = "guess_audit"
    measured: ClassVar[Mapping[str, str]] = {
        "no_cot_hits": "right guesses without reasoning, of n; null where the verifier failed on all",
        "blank_hits": "right guesses without the question, of n",
        "blind_hits": "right answers without the picture, of n; only rows with pictures",
    }

    n: int = Field(default=8, ge=1, description="guesses in each way (K8: 8)")
    modes: tuple[Mode, ...] = MODES
    answer_tokens: int = Field(default=32, ge=1, description="room for a guess in no_cot and blank, tokens: none for reasoning")
    no_cot: str = Field(default=NO_COT, description="template: {question}, {form}")
    blank: str = Field(default=BLANK, description="template: {kind} (the format of the answer), {form}")
    blind: str = Field(default=PROMPT, description="template: {question}, {form}")
    skip: tuple[str, ...] = Field(default=("code",), description="verifiers whose answers nobody guesses")

    @field_validator("modes")
    @classmethod
    def _some(cls, modes: tuple[Mode, ...]) -> tuple[Mode, ...]:
        if not modes or len(set(modes)) != len(modes):
            raise ValueError(f"modes are one or more of {', '.join(MODES)}, each once")
        return modes

    def check(self) -> None:
        super().check()
        check_template(self.use, "no_cot", self.no_cot)
        check_template(self.use, "blank", self.blank, KIND)
        check_template(self.use, "blind", self.blind)

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        store, tally = open_store(context.cache.folder / "samples"), Tally(self)

        def measures() -> Iterator[list[Measures]]:
            space = self._space(shards)
            for ref in shards:
                shard, alive = ref.open(), context.alive(ref)
                why = [self._why(row, reason) for row, reason in zip(shard.rows, self.unasked(shard, alive), strict=True)]
                rows = [row for row, reason in zip(shard.rows, why, strict=True) if reason is None]
                sizes = [space.size(_group(row), row.problem.answer) for row in rows]
                key = digest(self.shard_key(shard, alive, context.seed), sizes)
                found = iter(context.cache.once(key, partial(self._audited, rows, sizes, shard, context, store)))
                measured = [{} if reason else next(found) for reason in why]
                for row, reason in zip(measured, why, strict=True):
                    tally.add(row, reason)
                yield measured

        return StepOutput(measures(), tally.report)

    def _why(self, row: Row, reason: str | None) -> str | None:
        if reason is None and row.problem.answer.verifier in self.skip:
            return f"answers to {row.problem.answer.verifier} are not guessed"
        return reason

    def _space(self, shards: Sequence[ShardRef]) -> AnswerSpace:
        space = AnswerSpace()
        for ref in shards:
            for row in ref.open().rows:
                space.add(_group(row), row.problem.answer)
        return space

    def _audited(
        self, rows: Sequence[Row], sizes: Sequence[Mapping[str, Any]], shard: Shard, context: Context, store: SampleStore
    ) -> list[Measures]:
        found: list[Measures] = [{} for _ in rows]
        for mode in self.modes:
            at = [place for place, row in enumerate(rows) if mode != "blind" or row.problem.images]
            asked = [rows[place] for place in at]
            blanks = {name: blank_like(shard.images[name]) for row in asked for name in row.problem.images} if mode == "blind" else {}
            requests = [Request.of(self._messages(mode, row, blanks), self.n) for row in asked]
            images = {image_digest(data): data for data in blanks.values()} if mode == "blind" else shard.images
            config = self._sampler(mode)
            drawn = sampling.draw(config, requests, images, store, context.seed)
            guesses = judged((row.problem.answer for row in asked), drawn, context.executor)
            for place, row, request, made in zip(at, asked, requests, guesses, strict=True):
                evidence = {**self.evidence(row, request), "sampler": config.digest[:16], **sizes[place]}
                found[place][f"{mode}_hits"] = weigh(made, evidence)
        return found

    def _sampler(self, mode: Mode) -> SamplerConfig:
        """A guess has no room to reason in; an answer without its picture may."""
        return self.sampler if mode == "blind" else self.sampler.model_copy(update={"max_tokens": self.answer_tokens})

    def _messages(self, mode: Mode, row: Row, blanks: Mapping[str, bytes]) -> tuple[Message, ...]:
        form = self.form(row)
        if mode == "blank":
            text = self.blank.replace(KIND, kind_of(row.problem.answer)).replace("{form}", form).rstrip()
            return (user(Part(text=text)),)
        if mode == "no_cot":
            return ask(row.problem.messages, self.no_cot, form, row.key)
        grey = {name: image_digest(data) for name, data in blanks.items()}
        seen = tuple(
            Message(message.role, tuple(part if part.image is None else Part(image=grey[part.image]) for part in message.parts))
            for message in row.problem.messages
        )
        return ask(seen, self.blind, form, row.key)


def _group(row: Row) -> str:
    """Rows whose answers are alike: of one template, or of one source where it names none."""
    tags = row.problem.tags
    return f"{row.problem.answer.verifier} answers of {tags.get('template') or tags['source']}"


def weigh(guesses: Sequence[Judged], evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The measure of one way of guessing; pure."""
    hits = [at for at, guess in enumerate(guesses) if guess.status is Status.CORRECT]
    errors = [guess.reason for guess in guesses if guess.status is Status.ERROR]
    measure: dict[str, Any] = {
        "value": None if len(errors) == len(guesses) else len(hits),
        "n": len(guesses) - len(errors),
        "chance": chance_of_a_hit(float(evidence["answers"]), len(guesses) - len(errors)),
        "truncated": sum(guess.sample.truncated for guess in guesses),
        "unparsed": sum(guess.status is Status.UNPARSED for guess in guesses),
        "errors": len(errors),
        **evidence,
    }
    if hits:
        measure["hit"] = {"guess": hits[0], "answer": guesses[hits[0]].extracted, "text": guesses[hits[0]].sample.text[:200]}
    if errors:
        measure["error"] = errors[0][:200]
    return measure


@dataclass
class Tally:
    """What the card says, added up row by row."""

    step: GuessAudit
    unasked: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {mode: Counter() for mode in MODES})
    chances: dict[str, Mean] = field(default_factory=lambda: {mode: Mean() for mode in MODES})
    prompts: dict[str, set[str]] = field(default_factory=lambda: {mode: set() for mode in MODES})
    any_hit: Counter[str] = field(default_factory=Counter)

    def add(self, row: Measures, why: str | None) -> None:
        if why is not None:
            self.unasked[why] += 1
            return
        self.any_hit += Counter(rows=1, hit=any(measure["value"] for measure in row.values()))
        for mode in MODES:
            measure = row.get(f"{mode}_hits")
            if measure is None:
                continue
            self.counts[mode] += Counter(
                rows=measure["value"] is not None,
                hit_rows=bool(measure["value"]),
                guesses=measure["n"],
                hits=measure["value"] or 0,
                truncated=measure["truncated"],
                errors=measure["errors"],
            )
            self.prompts[mode].add(measure["prompt"])
            self.chances[mode].add(measure["chance"])

    def report(self) -> Report:
        n, rows = self.step.n, []
        for mode in self.step.modes:
            c = self.counts[mode]
            chance = self.chances[mode].value
            rows.append([
                mode, c["rows"], len(self.prompts[mode]), str(Share(c["hit_rows"], c["rows"])),
                "-" if chance is None else f"{chance:.3f}", str(Share(c["hits"], c["guesses"])), c["truncated"], c["errors"],
            ])  # fmt: skip
        header = ["way", "rows", "prompts", f"P(hit in {n})", "by luck", "P(hit of a guess)", "cut", "errors"]
        either = [["rows with a hit in any way", str(Share(self.any_hit["hit"], self.any_hit["rows"]))]]
        unasked = [[f"rows not asked: {why}", count] for why, count in sorted(self.unasked.items())]
        return Report(
            [("Guesses", header, rows), ("Rows", ["what", "count"], [*either, *unasked])],
            [
                "Intervals are 95 % over rows. Rows whose blank prompts are the same share their guesses, so that interval is too narrow; "
                "`prompts` says how many differ.",
                "By luck: mean over rows of 1 - (1 - 1/K)^n, for K equally likely answers.",
            ],
        )
