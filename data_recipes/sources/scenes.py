"""Synthetic visual reasoning: coloured shapes in a 3 x 3 field, drawn by us, seeded and endless.

A scene is known before it is drawn, so every answer is right by construction. Its hash is of its content
(what stands where), not of its pixels: two drawings of one scene are the same scene.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from data_recipes.problem import Problem
from data_recipes.sources.base import Candidate, generator
from data_recipes.sources.cot import Thoughts, pick_process, solutions
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user
from openk15.seeds import digest
from rewards.verdict import Answer

CELL, SIDE, ZOOM = 28, 3, 4
COLOURS = {"red": (214, 39, 40), "green": (44, 160, 44), "blue": (31, 88, 200), "yellow": (238, 200, 20), "purple": (130, 60, 170)}
SHAPES = ("circle", "square", "triangle", "cross")
COUNT_COLOUR, COUNT_SHAPE, COMPARE, RELATION = "count_colour", "count_shape", "compare", "relation"
TASKS = {COUNT_COLOUR: 0.3, COUNT_SHAPE: 0.25, COMPARE: 0.2, RELATION: 0.25}
DIRECTIONS = {"left of": (0, -1), "right of": (0, 1), "above": (-1, 0), "below": (1, 0)}


@dataclass(frozen=True)
class Thing:
    colour: str
    shape: str

    def __str__(self) -> str:
        return f"{self.colour} {self.shape}"


Field = tuple[Thing | None, ...]  # SIDE * SIDE cells in reading order


def transcript(field: Field) -> str:
    """Every cell in reading order, rows apart: "red circle , - , - | ..."."""
    rows = [field[start : start + SIDE] for start in range(0, len(field), SIDE)]
    return "I see " + " | ".join(" , ".join(str(cell) if cell else "-" for cell in row) for row in rows) + " ."


def tally(name: str, count: int) -> str:
    """ "red : 1 2 3 ." or "red : none ." """
    return f"{name} : {' '.join(str(at) for at in range(1, count + 1)) or 'none'} ."


class Scenes:
    name = "scenes"
    licence = "Apache-2.0 (generated)"
    problems_per_candidate = 1

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        task = str(random.choice(list(TASKS), p=list(TASKS.values())))
        while True:
            field = self._field(random)
            made = self._task(task, field, random)
            if made is not None:
                break
        question, answer, thoughts = made
        worked, process = solutions(thoughts, answer.reference, pick_process(random))
        picture = self._draw(field, random)
        name = image_digest(picture)
        things = sum(cell is not None for cell in field)
        tags = {
            "category": "synthetic",
            "domain": "visual reasoning",
            "discipline": "perception",
            "question_type": "open",
            "modality": "image-text",
            "language": "en",
            "grade": str(self._grade(task, things)),
            "source": self.name,
            "licence": self.licence,
            "template": f"scenes/{task}",
            "process": str(process or "none"),
        }
        scene = digest([str(cell) if cell else None for cell in field])
        problem = Problem(
            messages=(user(Part(image=name), Part(text=question)),),
            answer=answer,
            tags=tags,
            solutions=worked,
            lineage=(f"source {self.name}: {split} {index}, scene {scene}",),
        )
        return Candidate((problem,), {name: picture}, (f"scene:{scene}",))

    def _field(self, random: np.random.Generator) -> Field:
        """3..6 things; colours come in favour of two, so that counts above 1 are common."""
        count = int(random.integers(3, 7))
        cells: list[Thing | None] = [None] * (SIDE * SIDE)
        favoured = random.permutation(list(COLOURS))[:3]
        shapes = random.permutation(SHAPES)[:3]
        for place in random.permutation(SIDE * SIDE)[:count]:
            cells[int(place)] = Thing(str(random.choice(favoured)), str(random.choice(shapes)))
        return tuple(cells)

    def _task(self, task: str, field: Field, random: np.random.Generator) -> tuple[str, Answer, Thoughts] | None:
        things = [cell for cell in field if cell]
        seen = transcript(field)
        if task in (COUNT_COLOUR, COUNT_SHAPE):
            by_colour = task == COUNT_COLOUR
            present = sorted({thing.colour if by_colour else thing.shape for thing in things})
            everything = list(COLOURS) if by_colour else list(SHAPES)
            wanted = str(random.choice(present if random.random() < 0.85 else everything))
            count = sum((thing.colour if by_colour else thing.shape) == wanted for thing in things)
            others = [name for name in present if name != wanted]
            rest = [sum((thing.colour if by_colour else thing.shape) == name for thing in things) for name in others]
            check = f"{len(things)} - {sum(rest)} = {count} ." if others else ""
            wrong = (0, tally(wanted, count + 1))
            thoughts = Thoughts("look , then count .", seen, (tally(wanted, count),), wrong, check=check)
            question = f"How many {wanted} {'things' if by_colour else 'shapes'} are there?"
            return question, Answer("number", str(count)), thoughts
        if task == COMPARE:
            counts = {colour: sum(thing.colour == colour for thing in things) for colour in COLOURS}
            more, fewer = (str(colour) for colour in random.permutation(sorted({thing.colour for thing in things} | {"red", "blue"}))[:2])
            if counts[more] < counts[fewer]:
                more, fewer = fewer, more
            difference = counts[more] - counts[fewer]
            steps = (tally(more, counts[more]), tally(fewer, counts[fewer]), f"{counts[more]} - {counts[fewer]} = {difference} .")
            check = f"{counts[fewer]} + {difference} = {counts[more]} ."
            thoughts = Thoughts("count both , then subtract .", seen, steps, (0, tally(more, counts[more] + 1)), check=check)
            return f"How many more {more} than {fewer} things are there?", Answer("number", str(difference)), thoughts
        return self._relation(field, seen, random)

    def _relation(self, field: Field, seen: str, random: np.random.Generator) -> tuple[str, Answer, Thoughts] | None:
        """Colour of the thing next to a thing that is there once; None when the scene has no such pair."""
        options: list[tuple[Thing, str, Thing]] = []
        for place, cell in enumerate(field):
            if cell is None or field.count(cell) > 1:
                continue
            for direction, (down, right) in DIRECTIONS.items():
                row, column = place // SIDE + down, place % SIDE + right
                if 0 <= row < SIDE and 0 <= column < SIDE:
                    beside = field[row * SIDE + column]
                    if beside is not None:
                        options.append((cell, direction, beside))
        if not options:
            return None
        anchor, direction, beside = options[int(random.integers(len(options)))]
        thoughts = Thoughts(
            f"find the {anchor} , then look {direction.removesuffix(' of')} .",
            seen,
            (f"{direction} the {anchor} is {beside} .",),
            check=f"{beside} is there .",
        )
        question = f"What colour is the thing {direction} the {anchor}?"
        return question, Answer("choice", beside.colour, {"choices": sorted(COLOURS)}), thoughts

    def _grade(self, task: str, things: int) -> int:
        """1..5: counting 1-2, relations 2-3, comparing 3-4; one more with five things or more."""
        return {COUNT_COLOUR: 1, COUNT_SHAPE: 1, RELATION: 2, COMPARE: 3}[task] + (things >= 5)

    def _draw(self, field: Field, random: np.random.Generator) -> bytes:
        """Drawn four times too large and scaled down, which smooths the edges."""
        size = SIDE * CELL * ZOOM
        ground = tuple(int(value) for value in 255 - random.uniform(0, 25, size=3))
        image = Image.new("RGB", (size, size), ground)
        draw = ImageDraw.Draw(image)
        for place, thing in enumerate(field):
            if thing is None:
                continue
            radius = random.uniform(7, 11) * ZOOM
            x = (place % SIDE + 0.5) * CELL * ZOOM + random.uniform(-2, 2) * ZOOM
            y = (place // SIDE + 0.5) * CELL * ZOOM + random.uniform(-2, 2) * ZOOM
            colour = tuple(int(np.clip(value + random.uniform(-18, 18), 0, 255)) for value in COLOURS[thing.colour])
            _shape(draw, thing.shape, x, y, radius, colour)
        return encode_png(image.resize((SIDE * CELL, SIDE * CELL), Image.Resampling.LANCZOS))


def _shape(draw: ImageDraw.ImageDraw, shape: str, x: float, y: float, radius: float, colour: tuple[int, ...]) -> None:
    if shape == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif shape == "square":
        half = radius * 0.88
        draw.rectangle((x - half, y - half, x + half, y + half), fill=colour)
    elif shape == "triangle":
        corners = [(x + radius * math.sin(turn), y - radius * math.cos(turn)) for turn in (0, 2 * math.pi / 3, 4 * math.pi / 3)]
        draw.polygon(corners, fill=colour)
    else:
        arm = radius * 0.32
        draw.rectangle((x - radius, y - arm, x + radius, y + arm), fill=colour)
        draw.rectangle((x - arm, y - radius, x + arm, y + radius), fill=colour)
