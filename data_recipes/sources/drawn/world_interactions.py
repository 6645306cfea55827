"""Questions of `worlds` about what things do: a ball hits one, one bumps into another, one lies on another."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.world_drawing import ARROW
from data_recipes.sources.drawn.world_engine import (
    AWAY,
    FULL,
    VALUES,
    ProgramError,
    World,
    bumped,
    drawn_thing,
    filtered,
    laid_out,
    refer,
    run,
)
from data_recipes.sources.drawn.world_questions import (
    ALL,
    SLIDES,
    Knobs,
    Made,
    finished,
    things_in,
)


def hit(random: np.random.Generator, knobs: Knobs, wanted: tuple[str, str]) -> Made | None:
    name, value = wanted
    bounces = int(random.integers(0, min(2, knobs.hops - 1) + 1))
    total = things_in(random, knobs) if bounces == 0 else int(random.integers(3, max(3, min(6, knobs.objects[1])) + 1))
    bare = laid_out([drawn_thing(random) for _ in range(total)], 0, random)
    for _ in range(40 if bare is not None else 0):
        assert bare is not None
        x, y = (round(float(at), 4) for at in random.uniform(0.1, 0.9, 2))
        world = replace(bare, arrow=(x, y, round(float(random.uniform(0, 2 * math.pi)), 4)))
        if not _arrow_is_clear(world):
            continue
        try:
            target = run(("hit", bounces), world)
        except ProgramError:
            continue
        things = list(world.things)
        things[target] = replace(things[target], **{name: value})
        world = replace(world, things=tuple(things))
        how = "It bounces off the walls of the frame as light off a mirror." if bounces else "It rolls straight on."
        question = f"The grey ball starts to roll the way its arrow points. {how} What {name} is the first object that it hits?"
        said = f"after {bounces} bounce{'s' * (bounces > 1)} off the frame" if bounces else "straight ahead"
        why = f"I follow the ball: {said} it meets the {things[target].describe(*VALUES)}."
        return finished(world, ("query", name, ("hit", bounces)), value, "hit", question, 2 + bounces, why)
    return None


def _arrow_is_clear(world: World) -> bool:
    """The arrow lies in the frame and on no object."""
    assert world.arrow is not None
    x, y, turn = world.arrow
    for step in (0.0, 0.5, 1.0):
        at = (x + math.cos(turn) * ARROW * step, y + math.sin(turn) * ARROW * step)
        if not (0.03 < at[0] < 0.97 and 0.03 < at[1] < 0.97):
            return False
        if any(math.dist(at, (thing.x, thing.y)) < thing.radius + 0.045 for thing in world.things):
            return False
    return True


def _with_one_in_the_way(world: World, mover: int, way: str, random: np.random.Generator) -> World | None:
    """The world with some thing ahead of `mover` moved sideways into its way; None if none can be without touching others."""
    right, down = AWAY[way]
    one = world.things[mover]
    ahead = [
        at
        for at, thing in enumerate(world.things)
        if (thing.x - one.x) * right + (thing.y - one.y) * down > one.radius + thing.radius + 0.05
    ]
    if not ahead:
        return None
    at = pick(random, ahead)
    thing = world.things[at]
    aside = float(random.uniform(-0.4, 0.4)) * (one.radius + thing.radius)
    moved = replace(thing, y=round(one.y + aside, 4)) if right else replace(thing, x=round(one.x + aside, 4))
    if not (moved.radius < moved.x < 1 - moved.radius and moved.radius < moved.y < 1 - moved.radius):
        return None
    others = [other for number, other in enumerate(world.things) if number != at]
    if any(math.dist((moved.x, moved.y), (other.x, other.y)) < moved.radius + other.radius + 0.012 for other in others):
        return None
    return replace(world, things=tuple(moved if number == at else other for number, other in enumerate(world.things)))


def bump(random: np.random.Generator, knobs: Knobs, wanted: tuple[str, str]) -> Made | None:
    name, value = wanted
    total = things_in(random, knobs)
    bare = laid_out([drawn_thing(random) for _ in range(total)], 0, random)
    if bare is None:
        return None
    for mover, way in shuffled(random, [(mover, way) for mover in range(total) for way in AWAY]):
        world = _with_one_in_the_way(bare, mover, way, random)
        if world is None:
            continue
        thing = world.things[mover]
        try:
            target = bumped(world, mover, way)
        except ProgramError:
            continue
        things = list(world.things)
        things[target] = replace(things[target], **{name: value})
        changed = replace(world, things=tuple(things))
        names = refer(changed, mover, range(total), random)
        if names is None:
            continue
        meant = thing.describe(*names)
        question = f"The {meant} slides straight {SLIDES[way]} until it bumps into another object. What {name} is that object?"
        why = f"I follow the {meant} {SLIDES[way]}: the first object in its way is the {things[target].describe(*VALUES)}."
        program = ("query", name, ("bump", way, ("one", filtered(thing, names, ALL))))
        return finished(changed, program, value, "bump", question, 3, why)
    return None


def on_top(random: np.random.Generator, knobs: Knobs, wanted: tuple[str, str]) -> Made | None:
    name, value = wanted
    total = things_in(random, knobs, 3)
    pairs = 1 + int(total >= 6 and random.random() < max(0.3, knobs.occlusion))
    things = [drawn_thing(random) for _ in range(total)]
    for at in range(2 * pairs):
        things[at] = replace(things[at], shape=pick(random, FULL))
    things[1] = replace(things[1], **{name: value})
    world = laid_out(things, pairs, random)
    names = refer(world, 0, range(total), random) if world else None
    if world is None or names is None:
        return None
    meant = things[0].describe(*names)
    program = ("query", name, ("covers", ("one", filtered(things[0], names, ALL))))
    why = f"The {meant} is partly hidden. On top of it lies the {things[1].describe(*VALUES)}."
    return finished(world, program, value, "on_top", f"What {name} is the object that lies on top of the {meant}?", 2, why)
