"""Where in a row the text is, and how a finding becomes a measure with its evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measure, Measures, RowStep, code_digest
from multimodal.messages import Role
from openk15.seeds import digest
from rewards.verdict import Answer

SHOWN = 160  # characters of a matched text that are kept as evidence; the span says how long it is


class Part(StrEnum):
    """Which text of a row a step reads."""

    PROMPT = "prompt"
    SOLUTIONS = "solutions"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Found:
    """Something a rule found: which rule, what it matched, and where (characters of the text; None for what is no text)."""

    by: str
    matched: str
    span: tuple[int, int] | None = None

    @classmethod
    def at(cls, by: str, text: str, start: int, end: int) -> Found:
        return cls(by, text[start:end], (start, end))

    def evidence(self) -> Measure:
        matched = self.matched if len(self.matched) <= SHOWN else self.matched[: SHOWN - 1] + "…"
        found: Measure = {"by": self.by, "matched": " ".join(matched.split())}
        return found if self.span is None else {**found, "span": list(self.span)}


def signal(found: Found | None) -> Measure:
    """A true/false measure."""
    return {"value": False} if found is None else {"value": True, **found.evidence()}


def prompt_of(row: Row) -> str:
    """What the user says, all turns; pictures leave no trace."""
    return "\n".join(message.text for message in row.problem.messages if message.role is Role.USER)


def solution_of(row: Row) -> str:
    """The worked solutions; where there are none, what the assistant says in the conversation."""
    worked = "\n".join(solution.text for solution in row.problem.solutions)
    return worked or "\n".join(message.text for message in row.problem.messages if message.role is Role.ASSISTANT)


def text_of(row: Row, part: Part) -> str:
    if part is Part.PROMPT:
        return prompt_of(row)
    if part is Part.SOLUTIONS:
        return solution_of(row)
    return "\n".join(text for text in (prompt_of(row), solution_of(row)) if text)


def reference_text(answer: Answer) -> str | None:
    """The reference as one line of text; None where only params say what is right (tests of a program)."""
    reference: Any = answer.reference
    if reference is None:
        return None
    return reference if isinstance(reference, str) else json.dumps(reference, ensure_ascii=False)


class TextStep(RowStep):
    """A RowStep that looks at one row at a time; its results also depend on the modules named in `code`."""

    code: ClassVar[Sequence[str]] = ()

    def fingerprint(self) -> str:
        return digest(super().fingerprint(), [code_digest(name) for name in (__name__, *self.code)])

    def measure_row(self, row: Row) -> Measures:
        raise NotImplementedError

    def measure(self, shard: Shard) -> list[Measures]:
        return [self.measure_row(row) for row in shard.rows]
