"""Synthetic visual reasoning: scenes whose questions are programs (K55), after CLEVR (Johnson et al. 2017), in two dimensions.

count, compare, same attribute, most common, extremes, relations, chains of relations, and three interactions: a ball
that rolls and may bounce, an object that slides into another, an object that lies on another. The answer is drawn
first, evenly; then scenes are drawn until one has it. Recipe options set how hard it is; the grade follows them.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from data_recipes.sources.base import Candidate, Generator, generator
from data_recipes.sources.drawn.asked import GENERATED, Asked, candidate
from data_recipes.sources.drawn.board import pick
from data_recipes.sources.drawn.world_drawing import draw_world
from data_recipes.sources.drawn.world_engine import Program, World
from data_recipes.sources.drawn.world_questions import Knobs, written
from data_recipes.sources.drawn.world_tasks import TASKS
from openk15.errors import UserError
from openk15.seeds import digest

TaskName = Literal["count", "compare", "same", "mode", "extreme", "beside", "chain", "hit", "bump", "on_top"]
TRIES = 400  # scenes drawn for one answer before the options are called impossible


class Worlds(Generator):
    """`objects`: fewest and most in a scene; `hops`: longest chain of relations, and one more than the most bounces;
    `occlusion`: share of scenes in which things overlap; `distractors`: things made to look almost like what is meant;
    `tasks`: which questions; `side`: smallest and largest picture in pixels."""

    name = "worlds"
    licence = GENERATED
    note = "A held-out scene (what stands where, however drawn) is never a training scene."

    objects: tuple[int, int] = (4, 9)
    hops: int = Field(default=3, ge=1, le=4)
    occlusion: float = Field(default=0.25, ge=0.0, le=1.0)
    distractors: int = Field(default=2, ge=0, le=6)
    tasks: tuple[TaskName, ...] = tuple(TASKS)  # type: ignore[assignment]
    side: tuple[int, int] = (240, 640)

    task_names: ClassVar[tuple[str, ...]] = tuple(TASKS)

    @model_validator(mode="after")
    def _possible(self) -> Worlds:
        if not 3 <= self.objects[0] <= self.objects[1] <= 11:
            raise ValueError(f"objects: {list(self.objects)} is not [fewest, most] with 3 <= fewest <= most <= 11")
        if not 160 <= self.side[0] <= self.side[1] <= 1280:
            raise ValueError(f"side: {list(self.side)} is not [smallest, largest] with 160 <= smallest <= largest <= 1280")
        if not self.tasks:
            raise ValueError(f"tasks: none is named; known: {', '.join(TASKS)}")
        return self

    def compose(self, random: np.random.Generator, task: str | None = None) -> tuple[World, Program, Asked]:
        """A scene, the program of a question about it, and the question; nothing is drawn."""
        task = task or pick(random, self.tasks)
        knobs = Knobs(self.objects, self.hops, self.occlusion, self.distractors)
        wanted = TASKS[task].draw(random)
        for _ in range(TRIES):
            made = TASKS[task].build(random, knobs, wanted)
            if made is not None:
                return made
        raise UserError(
            f"source worlds: no scene for task {task!r} with answer {wanted} in {TRIES} tries with objects: {list(self.objects)}, "
            f"hops: {self.hops}, distractors: {self.distractors}; allow more objects or fewer hops"
        )

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        world, program, asked = self.compose(random)
        picture = draw_world(world, int(random.integers(self.side[0], self.side[1] + 1)), random)
        scene = digest(world.content())
        return candidate(
            asked,
            picture,
            f"scene:{scene}",
            source=self.name,
            licence=self.licence,
            made=f"source {self.name}: {split} {index}, scene {scene}, program {written(program)}",
            category="synthetic",
            origin="synthetic",
            domain="visual reasoning",
            discipline="perception",
            measures={"objects": len(world.things), "overlaps": len(world.covered)},
        )
