r"""How rows are put to a model and its answers judged, for the steps that measure by what a model makes of a prompt.

    row ─▶ its messages in a template ─▶ draw ─▶ samples ─▶ the row's own verifier ─▶ Judged

A template is text around `{question}` (the last message of the user, pictures in their places) with `{form}` where the
row's verifier says how the answer is to be written. It is what the model reads; the row keeps its own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from data_recipes import sampling
from data_recipes.executor import Executor
from data_recipes.row import Row, Shard
from data_recipes.sampling import Request, Sample, SamplerConfig, SampleStore
from data_recipes.steps.base import Context, Step, code_digest
from multimodal.messages import Message, Part, Role
from openk15.errors import UserError
from openk15.seeds import digest
from rewards.registry import get, verify
from rewards.verdict import Answer, Status

QUESTION, FORM = "{question}", "{form}"
PROMPT = "{question}\n\n{form}"
DEFAULT = "default"  # the form of verifiers that are not named
FORMS: Mapping[str, str] = {
    DEFAULT: "Put the final answer in \\boxed{}.",
    "code": "Write the whole program in one ```python block.",
    "format": "",  # these three judge what the question itself asks for
    "ifeval": "",
    "json_schema": "",
}
NO_VERIFIER = "none"
DROPPED, UNJUDGED, UNSEEN = "dropped by a rule already", "no verifier judges them", "pictures, which the model does not take"
JUDGED_AT_ONCE = 16  # rows a worker judges at a time


def ask(messages: Sequence[Message], template: str, form: str, where: str) -> tuple[Message, ...]:
    """`messages` with the template around what the user said last. UserError naming `where` if no message is the user's."""
    before, _, after = template.replace(FORM, form).partition(QUESTION)
    at = next((at for at in reversed(range(len(messages))) if messages[at].role is Role.USER), None)
    if at is None:
        roles = ", ".join(str(message.role) for message in messages)
        raise UserError(f"row {where}: its messages are from {roles}; without one from the user there is nothing to ask a model")
    around = [[Part(text=text)] if text else [] for text in (before, after.rstrip())]
    asked = replace(messages[at], parts=(*around[0], *messages[at].parts, *around[1]))
    return (*messages[:at], asked, *messages[at + 1 :])


def check_template(step: str, name: str, template: str, wanted: str = QUESTION) -> None:
    if template.count(wanted) != 1:
        raise UserError(f"step {step}: {name}: {template!r} must hold {wanted} once")


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample and what the row's verifier says of it."""

    sample: Sample
    status: Status
    extracted: str | None
    reason: str


class AskingStep(Step):
    """A step that puts rows to a model. Only living rows that something can judge are asked, and that the model can see."""

    sampler: SamplerConfig
    forms: Mapping[str, str] = Field(
        default_factory=dict, description="verifier -> how an answer is to be written; beside the default forms"
    )

    def inputs(self) -> Sequence[Path]:
        return sampling.model_files(self.sampler.model)

    def fingerprint(self) -> str:
        """The model counts by its content, not by where it lies."""
        options = self.model_dump(mode="json")
        options["sampler"].pop("model")
        code = code_digest(type(self).__module__)
        return digest(self.use, self.version, code, options, sampling.model_digest(self.sampler.model))

    def check(self) -> None:
        self.sampler.check(f"step {self.use}")
        for name in set(self.forms) - {DEFAULT}:
            try:
                get(name)
            except UserError as error:
                raise UserError(f"step {self.use}: forms: {error}") from None

    def form(self, row: Row) -> str:
        known = {**FORMS, **self.forms}
        return known.get(row.problem.answer.verifier, known[DEFAULT])

    def unasked(self, shard: Shard, alive: Sequence[bool]) -> list[str | None]:
        """Why a row is not asked; None for those that are."""
        sees = self.sampler.takes_pictures

        def why(row: Row, living: bool) -> str | None:
            if not living:
                return DROPPED
            if row.problem.answer.verifier == NO_VERIFIER:
                return UNJUDGED
            return UNSEEN if row.problem.images and not sees else None

        return [why(row, living) for row, living in zip(shard.rows, alive, strict=True)]

    def evidence(self, row: Row, request: Request) -> dict[str, str]:
        """What was asked of whom, and who judged."""
        name = row.problem.answer.verifier
        return {
            "model": sampling.model_digest(self.sampler.model)[:16],
            "sampler": self.sampler.digest[:16],
            "verifier": f"{name}@{get(name).version}",
            "prompt": request.key[:16],
        }

    def shard_key(self, shard: Shard, alive: Sequence[bool], seed: int) -> str:
        """What the measures of a shard depend on; another version of a verifier is another key."""
        verifiers = sorted({row.problem.answer.verifier for row in shard.rows} - {NO_VERIFIER})
        return digest(self.fingerprint(), shard.digest(), list(alive), {name: get(name).version for name in verifiers}, seed)


class GradedStep(AskingStep):
    """A step over n judged samples of each row, more where all are right or none is (K5)."""

    n: int = Field(default=10, ge=1, description="samples of each row (K5: 10)")
    adaptive: int = Field(default=22, ge=0, description="further samples of rows at 0 or n of n, where n says least")
    prompt: str = Field(default=PROMPT, description="template: {question}, {form}")

    def check(self) -> None:
        super().check()
        check_template(self.use, "prompt", self.prompt)

    def request(self, row: Row, n: int) -> Request:
        return Request.of(ask(row.problem.messages, self.prompt, self.form(row), row.key), n)

    def graded(self, rows: Sequence[Row], images: Mapping[str, bytes], context: Context, store: SampleStore) -> list[list[Judged]]:
        """Judged samples of each row, in order: n, or n + adaptive."""
        found = self._round(rows, images, context, store, 0, self.n)
        again = [at for at, judged in enumerate(found) if self.adaptive and at_an_extreme(judged)]
        more = self._round([rows[at] for at in again], images, context, store, self.n, self.n + self.adaptive)
        for at, judged in zip(again, more, strict=True):
            found[at] += judged
        return found

    def _round(
        self, rows: Sequence[Row], images: Mapping[str, bytes], context: Context, store: SampleStore, start: int, n: int
    ) -> list[list[Judged]]:
        drawn = sampling.draw(self.sampler, [self.request(row, n) for row in rows], images, store, context.seed)
        return list(judged((row.problem.answer for row in rows), (samples[start:] for samples in drawn), context.executor))


def at_an_extreme(samples: Sequence[Judged]) -> bool:
    """All that count are right, or none is."""
    right = counted(samples)
    return bool(right) and len(set(right)) == 1


def counted(samples: Sequence[Judged]) -> list[bool]:
    """Right or not, of the samples that count: a cut one and one that the verifier failed on are neither."""
    return [one.status is Status.CORRECT for one in samples if not one.sample.truncated and one.status is not Status.ERROR]


def judged(answers: Iterator[Answer], drawn: Iterator[Sequence[Sample]], executor: Executor) -> Iterator[list[Judged]]:
    """The samples of each row with the verdicts of its verifier, in order; verifiers run where the executor says."""
    waiting: list[Sequence[Sample]] = []

    def tasks() -> Iterator[list[tuple[dict[str, Any], list[str]]]]:
        task: list[tuple[dict[str, Any], list[str]]] = []
        for answer, samples in zip(answers, drawn, strict=True):
            waiting.append(samples)
            task.append((answer.to_dict(), [sample.text for sample in samples]))
            if len(task) == JUDGED_AT_ONCE:
                yield task
                task = []
        if task:
            yield task

    at = 0
    for verdicts in executor.map(judge, tasks()):
        for row in verdicts:
            yield [
                Judged(sample, Status(status), extracted, reason)
                for sample, (status, extracted, reason) in zip(waiting[at], row, strict=True)
            ]
            at += 1


def judge(task: Sequence[tuple[Mapping[str, Any], Sequence[str]]]) -> list[list[tuple[str, str | None, str]]]:
    """(status, extracted answer, reason) of every text of every row; pure, runs in any process."""
    rows = []
    for answer, texts in task:
        read = Answer.from_dict(answer)
        rows.append([(str(verdict.status), verdict.extracted, verdict.reason) for verdict in (verify(text, read) for text in texts)])
    return rows
