"""Geometry diagrams (K54, K81): figures drawn true to scale, with numeric answers that are exact.

The unknown is drawn first, evenly; the figure follows from it. What the figure says can be measured in its coordinates.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

import numpy as np

from data_recipes.sources.base import Candidate, generator
from data_recipes.sources.drawn.asked import GENERATED, Asked, candidate
from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.diagram_tasks import TASKS, TaskName
from data_recipes.sources.drawn.figures import Figure, draw_figure, turned
from data_recipes.sources.drawn.generator import PictureGenerator
from openk15.seeds import digest

LETTERS = "ABCDEFGHKLMNPQRSTUVWXYZ"


def _renamed(figure: Figure, asked: Asked, random: np.random.Generator) -> tuple[Figure, Asked]:
    """Other letters for the points that are named, in the figure and in the words about it."""
    if not figure.names:
        return figure, asked
    called = dict(zip(figure.names, shuffled(random, LETTERS), strict=False))

    def said(text: str) -> str:
        return re.sub(rf"\b[{''.join(called)}]{{1,2}}\b", lambda found: "".join(called[letter] for letter in found[0]), text)

    return replace(figure, called=called), replace(asked, question=said(asked.question), why=said(asked.why))


class Diagrams(PictureGenerator):
    """`tasks`: which questions; `side`: smallest and largest width of a picture in pixels."""

    name = "diagrams"
    licence = GENERATED
    note = "A held-out figure (its shape and labels, however turned) is never a training figure."

    tasks: tuple[TaskName, ...] = tuple(TASKS)  # type: ignore[assignment]
    side: tuple[int, int] = (320, 640)

    task_names: ClassVar[tuple[str, ...]] = tuple(TASKS)
    narrowest: ClassVar[int] = 280

    def compose(self, random: np.random.Generator, task: str | None = None) -> tuple[Figure, Asked]:
        """A figure in its own position, and a question about it; nothing is drawn."""
        return _renamed(*TASKS[task or pick(random, self.tasks)](random), random)

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        figure, asked = self.compose(random)
        shown = turned(figure, float(random.uniform(-35, 35)), bool(random.random() < 0.5))
        picture = draw_figure(shown, int(random.integers(self.side[0], self.side[1] + 1)), random)
        scene = digest(asked.template, figure.content())
        return candidate(
            asked,
            picture,
            f"scene:{scene}",
            source=self.name,
            licence=self.licence,
            made=f"source {self.name}: {split} {index}, scene {scene}",
            category="real-world",
            origin="synthetic",
            domain="geometry",
            discipline="mathematics",
        )
