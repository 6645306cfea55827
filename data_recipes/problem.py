"""The record the whole house turns on: what is asked, what is right, and what is known about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multimodal.messages import Message, images_of
from openk15.seeds import digest
from rewards.verdict import Answer

COPY = "copy"  # tag of the second and further copies of an up-sampled problem


@dataclass(frozen=True, slots=True)
class Solution:
    """A worked answer for the warm-up. `style` is "reasoned" (thoughts, then answer) or "direct"."""

    text: str  # the assistant's whole turn, e.g. "<think> 3 + 5 = 8 </think> \\boxed{8}"
    style: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One prompt with its answer. `id` is a digest of what is asked and what is right, and of copies the copy's number."""

    messages: tuple[Message, ...]
    answer: Answer
    tags: Mapping[str, str]  # domain, discipline, question_type, modality, language, grade, source, licence, template
    solutions: tuple[Solution, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    lineage: tuple[str, ...] = ()  # "step: what it did", in order
    pair_id: str | None = None  # links the text form and the image form of one question

    def __post_init__(self) -> None:
        if not self.messages:
            raise ValueError("a problem has no messages")
        missing = {"modality", "source", "grade"} - set(self.tags)
        if missing:
            raise ValueError(f"problem lacks tags {sorted(missing)}; it has {sorted(self.tags)}")

    @property
    def id(self) -> str:
        """Of the second copy of a problem the first one's and "-2"."""
        copy = self.tags.get(COPY)
        return self.first_id if copy is None else f"{self.first_id}-{copy}"

    @property
    def first_id(self) -> str:
        """The id that all copies of the problem come from."""
        return digest([message.to_dict() for message in self.messages], self.answer.to_dict())

    @property
    def images(self) -> tuple[str, ...]:
        return images_of(self.messages)

    @property
    def grade(self) -> int:
        """Difficulty label, 1 = easiest."""
        return int(self.tags["grade"])

    def to_row(self) -> dict[str, Any]:
        """A flat row: nested parts as JSON text, so that every parquet reader sees the same columns."""
        return {
            "id": self.id,
            "messages": json.dumps([message.to_dict() for message in self.messages], ensure_ascii=False, sort_keys=True),
            "answer": json.dumps(self.answer.to_dict(), ensure_ascii=False, sort_keys=True),
            "tags": json.dumps(dict(self.tags), ensure_ascii=False, sort_keys=True),
            "solutions": json.dumps([[solution.text, solution.style] for solution in self.solutions], ensure_ascii=False),
            "measures": json.dumps(dict(self.measures), sort_keys=True),
            "lineage": json.dumps(list(self.lineage), ensure_ascii=False),
            "pair_id": self.pair_id,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Problem:
        """Inverse of `to_row`; ValueError if the stored id is not the content's."""
        problem = cls(
            messages=tuple(Message.from_dict(message) for message in json.loads(row["messages"])),
            answer=Answer.from_dict(json.loads(row["answer"])),
            tags=json.loads(row["tags"]),
            solutions=tuple(Solution(text, style) for text, style in json.loads(row["solutions"])),
            measures=json.loads(row["measures"]),
            lineage=tuple(json.loads(row["lineage"])),
            pair_id=row["pair_id"],
        )
        if row["id"] != problem.id:
            raise ValueError(f"record {row['id']}: content does not match its id (expected {problem.id}); it was edited")
        return problem
