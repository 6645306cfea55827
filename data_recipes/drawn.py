"""n judged samples of every row, for the steps that choose among them (rejection sampling, preference pairs).

    rows ─▶ prompt ─▶ draw ─▶ samples ─▶ the row's verifier ─▶ Drawn

Steps with the same sampler, prompt and n ask for the same requests, so the samples are made once; verdicts are kept
until a verifier changes. The prompt is what the model reads when it samples, never a part of the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from pydantic import Field

from data_recipes import sampling
from data_recipes.asking import FORM, PROMPT, QUESTION, AskingStep, ask, check_template, judged
from data_recipes.long2short import SAMPLES
from data_recipes.row import Row, ShardRef
from data_recipes.rules import Only
from data_recipes.sampling import Request
from data_recipes.steps.base import Context
from openk15.errors import UserError
from openk15.seeds import digest
from rewards.verdict import Status

# The long-CoT warm-up asks for the four processes of section 2.2.
LONG_COT = f"""{QUESTION}

Think before you answer, and write your thoughts down between <think> and </think>:
1. Plan: outline the steps before you take them.
2. Check: after each important step, verify it.
3. Reconsider: where something does not fit, say "wait", find the mistake and correct it.
4. Explore: try another way to the answer and compare the results.
After </think>, give the solution in short. {FORM}"""

PROMPTS: Mapping[str, str] = {"plain": PROMPT, "long_cot": LONG_COT}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One judged sample. `right` is None when the verifier failed: neither right nor wrong."""

    text: str
    tokens: int
    truncated: bool
    status: Status
    reason: str = ""  # of an error

    @property
    def right(self) -> bool | None:
        """A sample that was cut is never right: its end is missing."""
        return None if self.status is Status.ERROR else self.status is Status.CORRECT and not self.truncated


class DrawStep(AskingStep):
    """A step over judged samples. Rows that are dropped already, that nothing can judge or that the model cannot see have none."""

    n: int = Field(default=SAMPLES, ge=1, description="samples per prompt")
    prompt: str = Field(default="plain", description=f"{', '.join(PROMPTS)}, or a template with {QUESTION} and {FORM} in it")

    only: Only = Field(default_factory=dict, description="tag -> value or values: other rows are not asked")

    @property
    def template(self) -> str:
        return PROMPTS.get(self.prompt, self.prompt)

    def check(self) -> None:
        super().check()
        if self.prompt not in PROMPTS and QUESTION not in self.prompt:
            raise UserError(
                f"step {self.use}: prompt: {self.prompt!r} is none of {', '.join(PROMPTS)}, and no template with {QUESTION} in it"
            )
        check_template(self.use, "prompt", self.template)

    def drawn(self, shards: Sequence[ShardRef], context: Context) -> Iterator[list[tuple[Drawn, ...] | None]]:
        """Judged samples of every row, shard by shard."""
        for ref in shards:
            shard, alive = ref.open(), context.alive(ref)
            asked = [why is None and self._wanted(row) for why, row in zip(self.unasked(shard, alive), shard.rows, strict=True)]
            key = digest("drawn", self.shard_key(shard, alive, context.seed))
            stored = context.cache.once(key, lambda ref=ref, asked=asked: self._draw(ref, asked, context))
            yield [None if row is None else tuple(Drawn(t, k, cut, Status(v), r) for t, k, cut, v, r in row) for row in stored]

    def _wanted(self, row: Row) -> bool:
        tags = row.problem.tags
        return all(tags.get(tag) in ((wanted,) if isinstance(wanted, str) else wanted) for tag, wanted in self.only.items())

    def _draw(self, ref: ShardRef, asked: Sequence[bool], context: Context) -> list[Any]:
        shard = ref.open()
        places = [at for at, wanted in enumerate(asked) if wanted]
        rows = [shard.rows[at] for at in places]
        requests = [Request.of(ask(row.problem.messages, self.template, self.form(row), row.key), self.n) for row in rows]
        store = sampling.open_store(context.cache.folder / "samples")
        samples = sampling.draw(self.sampler, requests, shard.images, store, context.seed)
        found: list[Any] = [None] * len(shard.rows)
        for at, row in zip(places, judged((row.problem.answer for row in rows), samples, context.executor), strict=True):
            found[at] = [
                astuple(Drawn(one.sample.text, one.sample.tokens, one.sample.truncated, one.status, _fault(one.status, one.reason)))
                for one in row
            ]
        return found


def _fault(status: Status, reason: str) -> str:
    return reason if status is Status.ERROR else ""
