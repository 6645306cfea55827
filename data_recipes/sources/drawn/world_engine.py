"""Scenes of coloured things in a square, and the programs that questions about them are.

things: frozen records with attributes and places in [0, 1] (y downwards); a later thing lies on top of an earlier one
program: nested tuples, innermost first evaluated
    ("all",)                    every thing
    ("filter", attr, value, P)  those of P with that value
    ("one", P)                  the only thing of P; ProgramError if there is none or several
    ("same", attr, P1)          the other things with the attribute of P1
    ("relate", direction, P1)   the things that lie that way from P1 (by their centres)
    ("extreme", direction, P)   the one of P that lies furthest that way
    ("nearest", P1)             the thing closest to P1
    ("covers", P1)              the thing that lies on top of P1
    ("hit", bounces)            what the world's arrow hits first, after exactly that many bounces off the frame
    ("bump", direction, P1)     what P1 bumps into when it slides that way
    ("count", P) ("minus", N, N) ("query", attr, P1) ("mode", attr, P)    the answers
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from data_recipes.sources.drawn.board import pick, shuffled

COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "black")
SHAPES = ("circle", "square", "triangle", "star", "diamond", "hexagon", "cross")
FULL = ("circle", "square", "hexagon")  # shapes that fill their circle, so that an overlap is seen
FILLS = ("solid", "striped", "outlined")
SIZES = ("large", "small")
VALUES = {"size": SIZES, "fill": FILLS, "colour": COLOURS, "shape": SHAPES}
RADIUS = {"large": 0.075, "small": 0.047}
AWAY = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}
CLEAR_HIT, CLEAR_MISS = 0.5, 1.2  # of the radius: between them nobody can tell by eye
Program = tuple[Any, ...]


class ProgramError(ValueError):
    """The scene has no single answer to this program."""


@dataclass(frozen=True)
class Thing:
    size: str
    fill: str
    colour: str
    shape: str
    x: float = 0.0
    y: float = 0.0

    @property
    def radius(self) -> float:
        return RADIUS[self.size]

    def describe(self, *attributes: str) -> str:
        """ "small striped red star"; "object" where the shape is not said."""
        words = [str(getattr(self, attribute)) for attribute in ("size", "fill", "colour") if attribute in attributes]
        return " ".join([*words, self.shape if "shape" in attributes else "object"])


@dataclass(frozen=True)
class World:
    things: tuple[Thing, ...]
    covered: tuple[tuple[int, int], ...] = ()  # (below, on top)
    arrow: tuple[float, float, float] | None = None  # x, y, direction in radians

    def content(self) -> list[Any]:
        """What stands where, to three digits: two drawings of it are the same scene."""
        things = [[thing.size, thing.fill, thing.colour, thing.shape, round(thing.x, 3), round(thing.y, 3)] for thing in self.things]
        return [things, list(map(list, self.covered)), [round(value, 3) for value in self.arrow or ()]]


def run(program: Program, world: World) -> Any:
    """The value of a program: indices, one index, a number or a word."""
    name, *arguments = program
    things = world.things
    if name == "all":
        return tuple(range(len(things)))
    if name == "filter":
        attribute, value, inner = arguments
        return tuple(at for at in run(inner, world) if getattr(things[at], attribute) == value)
    if name == "one":
        found = run(arguments[0], world)
        if len(found) != 1:
            raise ProgramError(f"{len(found)} things where one is meant: {program}")
        return found[0]
    if name == "same":
        attribute, one = arguments[0], run(arguments[1], world)
        return tuple(at for at, thing in enumerate(things) if at != one and getattr(thing, attribute) == getattr(things[one], attribute))
    if name == "relate":
        (right, down), one = AWAY[arguments[0]], things[run(arguments[1], world)]
        return tuple(at for at, thing in enumerate(things) if (thing.x - one.x) * right + (thing.y - one.y) * down > 0)
    if name == "extreme":
        right, down = AWAY[arguments[0]]
        return max(run(arguments[1], world), key=lambda at: things[at].x * right + things[at].y * down)
    if name == "nearest":
        return _nearest(things, run(arguments[0], world))
    if name == "covers":
        one = run(arguments[0], world)
        on_top = [above for below, above in world.covered if below == one]
        if len(on_top) != 1:
            raise ProgramError(f"{len(on_top)} things lie on thing {one}")
        return on_top[0]
    if name == "hit":
        return _arrow_hits(world, arguments[0])
    if name == "bump":
        return bumped(world, run(arguments[1], world), arguments[0])
    if name == "count":
        return len(run(arguments[0], world))
    if name == "minus":
        return run(arguments[0], world) - run(arguments[1], world)
    if name == "query":
        return getattr(things[run(arguments[1], world)], arguments[0])
    if name == "mode":
        ranked = Counter(getattr(things[at], arguments[0]) for at in run(arguments[1], world)).most_common(2)
        if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
            raise ProgramError(f"no {arguments[0]} is the most common one")
        return ranked[0][0]
    raise ValueError(f"no operation is called {name!r}")


def _nearest(things: Sequence[Thing], one: int) -> int:
    """By the distance of centres; the next one must be clearly farther."""
    ranked = sorted((math.dist((thing.x, thing.y), (things[one].x, things[one].y)), at) for at, thing in enumerate(things) if at != one)
    if len(ranked) > 1 and ranked[1][0] < 1.25 * ranked[0][0]:
        raise ProgramError("two things are about as near")
    return ranked[0][1]


def bumped(world: World, one: int, way: str) -> int:
    """What thing `one` meets first when it slides that way."""
    mover, others = world.things[one], [(at, thing) for at, thing in enumerate(world.things) if at != one]
    right, down = AWAY[way]
    return first_hit((mover.x, mover.y), (float(right), float(down)), others, mover.radius)[0]


def first_hit(
    start: tuple[float, float], towards: tuple[float, float], others: Sequence[tuple[int, Thing]], radius: float = 0.0
) -> tuple[int, float]:
    """(thing that a disc of `radius` moving along `towards` hits first, way until there); ProgramError if none or unclear."""
    hits: list[tuple[float, int]] = []
    for at, thing in others:
        ahead = (thing.x - start[0]) * towards[0] + (thing.y - start[1]) * towards[1]
        aside = abs((thing.x - start[0]) * towards[1] - (thing.y - start[1]) * towards[0])
        reach = radius + thing.radius
        if ahead <= -reach:
            continue
        if aside < CLEAR_HIT * reach and ahead > 0:
            hits.append((ahead - math.sqrt(reach**2 - aside**2), at))
        elif aside < CLEAR_MISS * reach:
            hits.append((ahead - reach, -1))  # might be grazed: unclear if it comes before what is hit
    hits.sort()
    if not hits:
        raise ProgramError("nothing is hit")
    if hits[0][1] < 0:
        raise ProgramError("it cannot be told by eye what is hit")
    if len(hits) > 1 and hits[1][0] - hits[0][0] < 0.03:
        raise ProgramError("two things are hit at about the same time")
    return hits[0][1], hits[0][0]


def bounced_path(arrow: tuple[float, float, float], bounces: int) -> list[tuple[float, float]]:
    """Corners of the way of a ball that starts at the arrow and is reflected by the frame `bounces` times."""
    x, y, turn = arrow
    right, down = math.cos(turn), math.sin(turn)
    corners = [(x, y)]
    for _ in range(bounces + 1):
        to_side = ((1.0 if right > 0 else 0.0) - x) / right if abs(right) > 1e-9 else math.inf
        to_floor = ((1.0 if down > 0 else 0.0) - y) / down if abs(down) > 1e-9 else math.inf
        way = min(to_side, to_floor)
        x, y = x + right * way, y + down * way
        corners.append((x, y))
        right, down = (-right, down) if to_side < to_floor else (right, -down)
    return corners


def _arrow_hits(world: World, bounces: int) -> int:
    assert world.arrow is not None
    corners = bounced_path(world.arrow, bounces)
    others = list(enumerate(world.things))
    for number, (start, end) in enumerate(pairwise(corners)):
        if number and sum(min(value, 1 - value) < 0.06 for value in start) > 1:
            raise ProgramError("it bounces off a corner")
        length = math.dist(start, end)
        towards = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        try:
            found, way = first_hit(start, towards, others)
        except ProgramError as error:
            if str(error) == "nothing is hit" and number < bounces:
                continue
            raise
        if number < bounces:
            raise ProgramError(f"it hits something after {number} bounces already")
        if way < 0.08:
            raise ProgramError("it starts on what it hits")
        return found
    raise ProgramError("nothing is hit")


def drawn_thing(random: np.random.Generator) -> Thing:
    return Thing(pick(random, SIZES), pick(random, FILLS), pick(random, COLOURS), pick(random, SHAPES))


def decoy(thing: Thing, random: np.random.Generator) -> Thing:
    """Like `thing` in all attributes but one."""
    attribute = pick(random, tuple(VALUES))
    other = pick(random, [value for value in VALUES[attribute] if value != getattr(thing, attribute)])
    return replace(thing, **{attribute: other})


def laid_out(things: Sequence[Thing], pairs: int, random: np.random.Generator) -> World | None:
    """Places for the things: no two centres share a row or column, and nothing overlaps but thing 2k + 1 on thing 2k, k < pairs.

    None when no layout was found in a fair number of tries.
    """
    anchors = [at for at in range(len(things)) if at >= 2 * pairs or at % 2 == 0]
    slot = 0.8 / len(anchors)
    for _ in range(60):
        columns, rows = random.permutation(len(anchors)), random.permutation(len(anchors))
        at: dict[int, tuple[float, float]] = {}
        for number, anchor in enumerate(anchors):
            shake = random.uniform(-0.18, 0.18, 2)
            at[anchor] = (0.1 + slot * (columns[number] + 0.5 + shake[0]), 0.1 + slot * (rows[number] + 0.5 + shake[1]))
        for pair in range(pairs):
            below, above = things[2 * pair], things[2 * pair + 1]
            aside = 0.64 * (below.radius + above.radius) / math.sqrt(2)
            x, y = at[2 * pair]
            at[2 * pair + 1] = (x + aside * pick(random, (-1, 1)), y + aside * pick(random, (-1, 1)))
        placed = [replace(thing, x=round(at[number][0], 4), y=round(at[number][1], 4)) for number, thing in enumerate(things)]
        if _is_clear(placed, pairs):
            order = shuffled(random, [*range(2 * pairs, len(things))])
            number = {old: new for new, old in enumerate([*range(2 * pairs), *order])}
            world = tuple(placed[old] for old in sorted(number, key=number.__getitem__))
            return World(world, tuple((2 * pair, 2 * pair + 1) for pair in range(pairs)))
    return None


def _is_clear(things: Sequence[Thing], pairs: int) -> bool:
    for one, first in enumerate(things):
        if not (first.radius < first.x < 1 - first.radius and first.radius < first.y < 1 - first.radius):
            return False
        for two in range(one):
            second = things[two]
            if min(abs(first.x - second.x), abs(first.y - second.y)) < 0.018:
                return False
            paired = one < 2 * pairs and one == two + 1 and one % 2 == 1
            if not paired and math.dist((first.x, first.y), (second.x, second.y)) < first.radius + second.radius + 0.012:
                return False
    return True


def refer(world: World, one: int, among: Sequence[int], random: np.random.Generator, hide: Sequence[str] = ()) -> tuple[str, ...] | None:
    """A smallest set of attributes (none of `hide`) that tells `one` from the others of `among`; None if there is none."""
    names = [name for name in VALUES if name not in hide]
    subsets = sorted(range(1, 2 ** len(names)), key=lambda bits: (bits.bit_count(), bits))
    fitting: list[tuple[str, ...]] = []
    for bits in subsets:
        subset = tuple(name for at, name in enumerate(names) if bits >> at & 1)
        if fitting and len(subset) > len(fitting[0]):
            break
        if all(
            any(getattr(world.things[other], name) != getattr(world.things[one], name) for name in subset)
            for other in among
            if other != one
        ):
            fitting.append(subset)
    return pick(random, fitting) if fitting else None


def filtered(thing: Thing, attributes: Sequence[str], inner: Program) -> Program:
    for attribute in attributes:
        inner = ("filter", attribute, getattr(thing, attribute), inner)
    return inner
