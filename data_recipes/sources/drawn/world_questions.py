"""What all questions of `worlds` share. A task draws its answer first; `build` then draws one scene that is meant to have it.

`build` returns None for a scene that does not work out (no layout, no unambiguous way to name a thing): the next one is
tried. Whatever it returns, the program has been run on the scene and gives the wanted answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_recipes.sources.drawn.asked import Asked
from data_recipes.sources.drawn.board import pick
from data_recipes.sources.drawn.world_engine import (
    COLOURS,
    SHAPES,
    Program,
    ProgramError,
    World,
    run,
)
from rewards.verdict import Answer

Made = tuple[World, Program, Asked]
ALL: Program = ("all",)
WAYS = {"left": "to the left of", "right": "to the right of", "above": "above", "below": "below"}
FURTHEST = {"left": "leftmost", "right": "rightmost", "above": "topmost", "below": "lowest"}
SLIDES = {"left": "to the left", "right": "to the right", "above": "upwards", "below": "downwards"}
SKILLS = {
    "count": "counting",
    "compare": "counting",
    "same": "attribute comparison",
    "mode": "counting",
    "extreme": "spatial relations",
    "beside": "spatial relations",
    "chain": "spatial relations",
    "hit": "object interaction",
    "bump": "object interaction",
    "on_top": "object interaction",
}


@dataclass(frozen=True)
class Knobs:
    objects: tuple[int, int]
    hops: int
    occlusion: float
    distractors: int


@dataclass(frozen=True)
class Task:
    draw: Callable[[np.random.Generator], Any]  # the answer
    build: Callable[[np.random.Generator, Knobs, Any], Made | None]


def written(program: Program) -> str:
    """ "count(filter(colour red all))" """
    name, *arguments = program
    inner = " ".join(written(argument) if isinstance(argument, tuple) else str(argument) for argument in arguments)
    return f"{name}({inner})" if inner else str(name)


def plural(words: str) -> str:
    return f"{words}es" if words.endswith("s") else f"{words}s"


def things_in(random: np.random.Generator, knobs: Knobs, least: int = 0) -> int:
    low, high = knobs.objects
    return int(random.integers(max(low, least), max(high, least) + 1))


def overlaps_in(random: np.random.Generator, knobs: Knobs, things: int) -> int:
    if random.random() >= knobs.occlusion or things < 4:
        return 0
    return int(random.integers(1, min(2, things // 4) + 1))


def drawn_word(random: np.random.Generator, shapes: Sequence[str] = SHAPES) -> tuple[str, str]:
    """(attribute, value) of an answer that is a word."""
    return pick(random, [*(("colour", value) for value in COLOURS), *(("shape", value) for value in shapes)])


def finished(world: World, program: Program, wanted: Any, task: str, question: str, grade: int, why: str) -> Made | None:
    """The made question if the program really gives the wanted answer."""
    try:
        value = run(program, world)
    except ProgramError:
        return None
    if value != wanted:
        return None
    if isinstance(wanted, int):
        answer = Answer("count", str(wanted))
    else:
        attribute = program[1]
        answer = Answer("color", wanted) if attribute == "colour" else Answer("attribute", wanted, {"kind": "shape"})
    crowded = (len(world.things) >= 8) + (len(world.covered) > 0 and task != "on_top")
    return world, program, Asked(task, question, answer, grade + min(1, crowded), SKILLS[task], why)
