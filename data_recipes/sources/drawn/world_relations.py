"""Questions of `worlds` about where things are: extremes, and chains of relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.world_engine import (
    AWAY,
    VALUES,
    Program,
    ProgramError,
    World,
    decoy,
    drawn_thing,
    filtered,
    laid_out,
    refer,
    run,
)
from data_recipes.sources.drawn.world_questions import (
    ALL,
    FURTHEST,
    WAYS,
    Knobs,
    Made,
    finished,
    overlaps_in,
    plural,
    things_in,
)


def extreme(random: np.random.Generator, knobs: Knobs, wanted: tuple[str, str]) -> Made | None:
    name, value = wanted
    total = things_in(random, knobs)
    world = laid_out([drawn_thing(random) for _ in range(total)], overlaps_in(random, knobs, total), random)
    if world is None:
        return None
    way = pick(random, tuple(AWAY))
    by = pick(random, [other for other in VALUES if other != name])
    target = pick(random, range(total))
    things = list(world.things)
    things[target] = replace(things[target], **{name: value})
    world = replace(world, things=tuple(things))
    chosen = ("filter", by, getattr(things[target], by), ALL)
    members = run(chosen, world)
    if len(members) < 2:
        return None
    meant = things[target].describe(by)
    why = f"There are {len(members)} {plural(meant)}. The {FURTHEST[way]} of them has the {name} {value}."
    question = f"What {name} is the {FURTHEST[way]} {meant}?" if name == "colour" else f"What shape is the {FURTHEST[way]} {meant}?"
    return finished(world, ("query", name, ("extreme", way, chosen)), value, "extreme", question, 2, why)


def chain(random: np.random.Generator, knobs: Knobs, wanted: tuple[str, str]) -> Made | None:
    name, value = wanted
    hops = int(random.integers(1, knobs.hops + 1))
    total = things_in(random, knobs, hops + 1)
    target = replace(drawn_thing(random), **{name: value})
    decoys = [decoy(target, random) for _ in range(min(knobs.distractors, total - hops - 1))]
    things = [target, *decoys, *(drawn_thing(random) for _ in range(total - 1 - len(decoys)))]
    world = laid_out(shuffled(random, things), overlaps_in(random, knobs, total), random)
    if world is None:
        return None
    end = next(at for at, thing in enumerate(world.things) if replace(thing, x=0.0, y=0.0) == target)
    path = [*shuffled(random, [at for at in range(total) if at != end])[:hops], end]
    names = refer(world, path[0], range(total), random)
    if names is None:
        return None
    text = f"the {world.things[path[0]].describe(*names)}"
    program: Program = ("one", filtered(world.things[path[0]], names, ALL))
    steps = [f"First I find {text}."]
    for before, at in pairwise(path):
        hide = (name,) if at == end else ()
        made = _hop(world, program, before, at, hide, random)
        if made is None:
            return None
        program, words = made
        text = f"{words} {text}"
        steps.append(f"{words.capitalize()} it is the {world.things[at].describe(*VALUES)}.")
    question = f"What {name} is {text}?"
    return finished(world, ("query", name, program), value, "chain", question, 1 + hops, " ".join(steps))


def _hop(
    world: World, program: Program, before: int, at: int, hide: Sequence[str], random: np.random.Generator
) -> tuple[Program, str] | None:
    """From thing `before` (what `program` gives) to thing `at`: the longer program and the words that lead there."""
    if random.random() < 0.25:
        try:
            if run(("nearest", program), world) == at:
                return ("nearest", program), "the object closest to"
        except ProgramError:
            pass
    ways = [way for way in AWAY if at in run(("relate", way, program), world)]
    way = pick(random, ways)
    inner: Program = ("relate", way, program)
    names = refer(world, at, run(inner, world), random, hide)
    if names is None:
        return None
    return ("one", filtered(world.things[at], names, inner)), f"the {world.things[at].describe(*names)} {WAYS[way]}"
