"""Synthetic visual reasoning: coloured shapes in a 3 x 3 field, drawn by us, seeded and endless.

A scene is known before it is drawn, so every answer is right by construction. Its hash is of its content
(what stands where), not of its pixels: two drawings of one scene are the same scene. The answer is drawn
first, evenly, and the scene around it, so that no answer is the usual one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from data_recipes.problem import Problem
from data_recipes.sources.base import Candidate, Generator, generator
from data_recipes.sources.cot import Thoughts, pick_process, solutions
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user
from openk15.seeds import digest
from rewards.verdict import Answer

CELL, SIDE, ZOOM = 28, 3, 4
COLOURS = {"red": (214, 39, 40), "green": (44, 160, 44), "blue": (31, 88, 200), "yellow": (238, 200, 20)}
SHAPES = ("circle", "square", "triangle")
COUNT_COLOUR, COUNT_SHAPE, COMPARE, RELATION = "count_colour", "count_shape", "compare", "relation"
TASKS = {COUNT_COLOUR: 0.3, COUNT_SHAPE: 0.25, COMPARE: 0.2, RELATION: 0.25}
DIRECTIONS = {"left of": (0, -1), "right of": (0, 1), "above": (-1, 0), "below": (1, 0)}
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


@dataclass(frozen=True)
class Thing:
    colour: str
    shape: str

    def __str__(self) -> str:
        return f"{self.colour} {self.shape}"


Field = tuple[Thing | None, ...]  # SIDE * SIDE cells in reading order
Made = tuple[Field, str, Answer, Thoughts]
LEAST, MOST = 3, 6  # things in a scene


def transcript(field: Field) -> str:
    """Every cell in reading order, rows apart: "red circle , - , - | ..."."""
    rows = [field[start : start + SIDE] for start in range(0, len(field), SIDE)]
    return "I see " + " | ".join(" , ".join(str(cell) if cell else "-" for cell in row) for row in rows) + " ."


def tally(name: str, count: int) -> str:
    """ "red : 1 2 3 ." or "red : none ." """
    return f"{name} : {' '.join(str(at) for at in range(1, count + 1)) or 'none'} ."


def placed(things: list[Thing], random: np.random.Generator) -> Field:
    """The things in cells of their own, anywhere."""
    cells: list[Thing | None] = [None] * (SIDE * SIDE)
    for place, thing in zip(random.permutation(SIDE * SIDE), things, strict=False):
        cells[int(place)] = thing
    return tuple(cells)


def _names(by_colour: bool, names: list[str], random: np.random.Generator) -> list[Thing]:
    """Things whose colours (or shapes) are `names`; the other property is drawn."""
    other = list(SHAPES) if by_colour else list(COLOURS)
    return [
        Thing(name, drawn) if by_colour else Thing(drawn, name) for name, drawn in zip(names, random.choice(other, len(names)), strict=True)
    ]


def _in_rows(field: Field, is_one: Callable[[Thing], bool]) -> list[int]:
    """How many of them stand in each row."""
    return [sum(cell is not None and is_one(cell) for cell in field[start : start + SIDE]) for start in range(0, len(field), SIDE)]


def _count(random: np.random.Generator, by_colour: bool) -> Made:
    """0..4 of the wanted colour or shape, each as often."""
    names = list(COLOURS) if by_colour else list(SHAPES)
    wanted = str(random.choice(names))
    count, others = int(random.integers(5)), [name for name in names if name != wanted]
    total = int(random.integers(max(LEAST, count), MOST + 1))
    drawn = [str(name) for name in random.choice(others, total - count)]
    field = placed(_names(by_colour, [wanted] * count + drawn, random), random)
    rows = _in_rows(field, lambda thing: wanted in (thing.colour, thing.shape))
    off = count + 1 if count == 0 or random.random() < 0.5 else count - 1
    thoughts = Thoughts(
        "look , then count .",
        transcript(field),
        (tally(wanted, count),),
        (0, tally(wanted, off)),
        check=f"others {total - count} . {total} - {total - count} = {count} .",
        other_way=f"by rows {' + '.join(map(str, rows))} = {count} .",
    )
    question = f"How many {wanted} {'things' if by_colour else 'shapes'} are there?"
    return field, question, Answer("number", str(count)), thoughts


def _compare(random: np.random.Generator) -> Made:
    """A difference of 0..3, each as often; at least one thing of the two colours is there."""
    more, fewer, *others = (str(colour) for colour in random.permutation(list(COLOURS)))
    difference = int(random.integers(4))
    less = int(random.integers(1 if difference == 0 else 0, min(3, (MOST - difference) // 2 + 1)))
    high = less + difference
    total = int(random.integers(max(LEAST, less + high), MOST + 1))
    drawn = [str(name) for name in random.choice(others, total - less - high)]
    field = placed(_names(True, [more] * high + [fewer] * less + drawn, random), random)
    steps = (tally(more, high), tally(fewer, less), f"{high} - {less} = {difference} .")
    thoughts = Thoughts(
        "count both , then subtract .",
        transcript(field),
        steps,
        (0, tally(more, high + 1)),
        check=f"{less} + {difference} = {high} .",
        other_way=f"{fewer} first . {tally(fewer, less)} {tally(more, high)} from {less} to {high} : {difference} .",
    )
    return field, f"How many more {more} than {fewer} things are there?", Answer("number", str(difference)), thoughts


def _relation(random: np.random.Generator) -> Made:
    """Colour of the thing beside one that is there once. Colours are drawn freely: the question gives none away."""
    while True:
        total = int(random.integers(LEAST, MOST + 1))
        things = _names(True, [str(colour) for colour in random.choice(list(COLOURS), total)], random)
        field = placed(things, random)
        options = _neighbours(field)
        if options:
            break
    anchor_at, direction, beside_at = options[int(random.integers(len(options)))]
    anchor, beside = field[anchor_at], field[beside_at]
    wrong = [thing for at, thing in enumerate(field) if thing is not None and at not in (anchor_at, beside_at) and thing != beside]
    step = f"{direction} the {anchor} is {beside} ."
    slip = f"{direction} the {anchor} is {wrong[int(random.integers(len(wrong)))]} ." if wrong else ""
    thoughts = Thoughts(
        f"find the {anchor} , then look {direction.removesuffix(' of')} .",
        transcript(field),
        (step,),
        (0, slip) if wrong else None,
        check=f"{anchor} {_place(anchor_at)} , {beside} {_place(beside_at)} .",
        other_way=f"{OPPOSITE[direction]} the {beside} is {anchor} .",
    )
    question = f"What colour is the thing directly {direction} the {anchor}?"
    assert beside is not None
    return field, question, Answer("choice", beside.colour, {"choices": sorted(COLOURS)}), thoughts


def _place(at: int) -> str:
    return f"row {at // SIDE + 1} place {at % SIDE + 1}"


def _neighbours(field: Field) -> list[tuple[int, str, int]]:
    """(cell of a thing that is there once, direction, cell beside it that is not empty)."""
    found: list[tuple[int, str, int]] = []
    for place, cell in enumerate(field):
        if cell is None or field.count(cell) > 1:
            continue
        for direction, (down, right) in DIRECTIONS.items():
            row, column = place // SIDE + down, place % SIDE + right
            if 0 <= row < SIDE and 0 <= column < SIDE and field[row * SIDE + column] is not None:
                found.append((place, direction, row * SIDE + column))
    return found


SCENE_TASKS: dict[str, Callable[[np.random.Generator], Made]] = {
    COUNT_COLOUR: partial(_count, by_colour=True),
    COUNT_SHAPE: partial(_count, by_colour=False),
    COMPARE: _compare,
    RELATION: _relation,
}


class Scenes(Generator):
    name = "scenes"
    licence = "Apache-2.0 (generated)"
    note = "A held-out scene (what stands where, however drawn) is never a training scene."
    problems_per_candidate = 1

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        task = str(random.choice(list(TASKS), p=list(TASKS.values())))
        field, question, answer, thoughts = SCENE_TASKS[task](random)
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
        return encode_png(image.reduce(ZOOM))


def _shape(draw: ImageDraw.ImageDraw, shape: str, x: float, y: float, radius: float, colour: tuple[int, ...]) -> None:
    if shape == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif shape == "square":
        half = radius * 0.88
        draw.rectangle((x - half, y - half, x + half, y + half), fill=colour)
    else:
        corners = [(x + radius * math.sin(turn), y - radius * math.cos(turn)) for turn in (0, 2 * math.pi / 3, 4 * math.pi / 3)]
        draw.polygon(corners, fill=colour)
