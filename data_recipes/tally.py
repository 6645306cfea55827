"""Counts for manifest and card, gathered while rows pass by: memory grows with the number of different things, not of rows."""

from __future__ import annotations

import io
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from data_recipes.chance import Guess
from data_recipes.problem import Problem
from data_recipes.sources.base import HELDOUT, TRAIN

COUNTED_TAGS = (
    "category",
    "source",
    "template",
    "modality",
    "grade",
    "process",
    "domain",
    "discipline",
    "skill",
    "question_type",
    "language",
    "origin",
    "licence",
)
STYLES = ("reasoned", "direct")
EXAMPLES = 40  # shown in the card


@dataclass
class Tally:
    """One split's counts."""

    problems: int = 0
    tags: dict[str, Counter[str]] = field(default_factory=lambda: {tag: Counter() for tag in COUNTED_TAGS})
    words: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))  # style -> words -> solutions
    answers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # template -> answer -> problems
    guesses: list[Guess] = field(default_factory=list)  # problems with a picture and an answer
    examples: dict[str, tuple[Problem, dict[str, bytes]]] = field(default_factory=dict)  # the first of each template, with its pictures

    def add(self, problem: Problem, images: Mapping[str, bytes]) -> None:
        self.problems += 1
        for tag, counter in self.tags.items():
            counter[problem.tags.get(tag, "(none)")] += 1
        for solution in problem.solutions:
            self.words[solution.style][len(solution.text.split())] += 1
        template, answer = template_of(problem), answer_text(problem)
        if has_answer(problem):
            self.answers[template][answer] += 1
        if template not in self.examples and len(self.examples) < EXAMPLES:
            self.examples[template] = (problem, {name: images[name] for name in problem.images})
        if problem.images and has_answer(problem):
            sizes = tuple(Image.open(io.BytesIO(images[name])).size for name in problem.images)
            self.guesses.append(Guess((" ".join(message.text for message in problem.messages), sizes), template, answer))

    def tag_counts(self) -> dict[str, dict[str, int]]:
        return {tag: dict(sorted(counter.items())) for tag, counter in self.tags.items()}

    def solution_words(self) -> dict[str, dict[str, float]]:
        styles = sorted({*STYLES, *self.words}, key=lambda style: (style not in STYLES, STYLES.index(style) if style in STYLES else style))
        return {style: solution_words(sorted(self.words[style].elements())) for style in styles}


def solution_words(lengths: Sequence[int]) -> dict[str, float]:
    """How long the worked solutions of one style are, in words between blanks; all of them are counted."""
    if not lengths:
        return {"n": 0}
    return {"mean": statistics.fmean(lengths), "median": statistics.median(lengths), "most": max(lengths), "n": len(lengths)}


def template_of(problem: Problem) -> str:
    return problem.tags.get("template", problem.tags["source"])


def has_answer(problem: Problem) -> bool:
    """Whether something to answer is right: documents have nothing, and programs and instructions many texts."""
    return problem.answer.verifier != "none" and problem.answer.reference is not None


def answer_text(problem: Problem) -> str:
    reference: Any = problem.answer.reference
    return reference if isinstance(reference, str) else json.dumps(reference, ensure_ascii=False, sort_keys=True)


def tallies() -> dict[str, Tally]:
    return {TRAIN: Tally(), HELDOUT: Tally()}
