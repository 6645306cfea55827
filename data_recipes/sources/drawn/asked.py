"""A question about a picture that is known before it is drawn, and the row that is made of both.

In: an `Asked` (question, answer, grade, a worked solution) and a picture. Out: a `Candidate` with its tags and two
worked solutions, reasoned and direct.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from data_recipes.problem import Problem, Solution
from data_recipes.sources.base import Candidate
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user
from rewards.verdict import Answer

GENERATED = "Apache-2.0 (generated)"


@dataclass(frozen=True)
class Asked:
    template: str
    question: str
    answer: Answer
    grade: int  # 1 = easiest .. 5; out of bounds is cut
    skill: str
    why: str  # how one gets there, in sentences
    said: str = ""  # the answer as a person writes it; the reference where empty
    question_type: str = "open"


def one_of(word: str, words: Sequence[str]) -> Answer:
    """A closed set of names, read in free text by whole words."""
    return Answer("attribute", word, {"synonyms": {name: [] for name in words}})


def row_of(
    asked: Asked,
    parts: Sequence[Part],
    *,
    source: str,
    licence: str,
    made: str,
    category: str,
    origin: str,
    domain: str,
    discipline: str,
    extra: Mapping[str, str] | None = None,
    measures: Mapping[str, float] | None = None,
    pair: str | None = None,
) -> Problem:
    """The problem of these message parts. `made` is its first line of lineage; `extra` are further tags."""
    said = asked.said or str(asked.answer.reference)
    tags = {
        "category": category,
        "origin": origin,
        "domain": domain,
        "discipline": discipline,
        "skill": asked.skill,
        "question_type": asked.question_type,
        "modality": "image-text" if any(part.image for part in parts) else "text",
        "language": "en",
        "grade": str(min(5, max(1, asked.grade))),
        "source": source,
        "licence": licence,
        "template": f"{source}/{asked.template}",
        **(extra or {}),
    }
    worked = (
        Solution(f"<think> {asked.why} </think> \\boxed{{{said}}}", "reasoned"),
        Solution(f"\\boxed{{{said}}}", "direct"),
    )
    return Problem((user(*parts),), asked.answer, tags, worked, dict(measures or {}), (made,), pair)


def candidate(asked: Asked, picture: Image.Image, key: str, **kind: Any) -> Candidate:
    """One picture, then its question. `kind` goes to `row_of`."""
    data = encode_png(picture)
    name = image_digest(data)
    return Candidate((row_of(asked, (Part(image=name), Part(text=asked.question)), **kind),), {name: data}, (key,))
