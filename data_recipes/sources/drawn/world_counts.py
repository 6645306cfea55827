"""Questions of `worlds` whose answer is counted: how many, how many more, how many alike, which is most common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.world_engine import (
    AWAY,
    VALUES,
    drawn_thing,
    filtered,
    laid_out,
    refer,
)
from data_recipes.sources.drawn.world_questions import (
    ALL,
    WAYS,
    Knobs,
    Made,
    finished,
    overlaps_in,
    plural,
    things_in,
)


def count(random: np.random.Generator, knobs: Knobs, wanted: int) -> Made | None:
    model = drawn_thing(random)
    names = shuffled(random, list(VALUES))[: int(random.integers(1, 4))]
    keep = {name: getattr(model, name) for name in names}
    total = things_in(random, knobs, wanted + 1)
    things = [replace(drawn_thing(random), **keep) for _ in range(wanted)]
    others = 0
    while len(things) < total:
        other = replace(drawn_thing(random), **keep) if len(names) > 1 and others < knobs.distractors else drawn_thing(random)
        if all(getattr(other, name) == value for name, value in keep.items()):
            name = pick(random, names)
            other = replace(other, **{name: pick(random, [value for value in VALUES[name] if value != keep[name]])})
        things.append(other)
        others += 1
    things = shuffled(random, things)
    world = laid_out(things, overlaps_in(random, knobs, total), random)
    if world is None:
        return None
    meant = plural(model.describe(*names))
    found = [thing.describe(*VALUES) for thing in world.things if all(getattr(thing, name) == value for name, value in keep.items())]
    why = f"I look for {meant}. I see {', '.join(found) if found else 'none'}. That makes {wanted}."
    return finished(
        world, ("count", filtered(model, names, ALL)), wanted, "count", f"How many {meant} are there?", len(names) + (wanted > 4), why
    )


def compare(random: np.random.Generator, knobs: Knobs, wanted: int) -> Made | None:
    name = pick(random, ("colour", "shape", "fill"))
    more, fewer, *others = shuffled(random, VALUES[name])
    low = int(random.integers(1 if wanted == 0 else 0, 4))
    total = things_in(random, knobs, 2 * low + wanted + 1)
    if total > max(10, knobs.objects[1]):
        return None
    values = [more] * (low + wanted) + [fewer] * low
    values += [pick(random, others) for _ in range(total - len(values))]
    things = shuffled(random, [replace(drawn_thing(random), **{name: value}) for value in values])
    world = laid_out(things, overlaps_in(random, knobs, total), random)
    if world is None:
        return None
    say = [plural(f"{value}" if name == "shape" else f"{value} object") for value in (more, fewer)]
    program = ("minus", *(("count", ("filter", name, value, ALL)) for value in (more, fewer)))
    why = f"There are {low + wanted} {say[0]} and {low} {say[1]}. {low + wanted} - {low} = {wanted}."
    return finished(
        world,
        program,
        wanted,
        "compare",
        f"How many more {say[0]} than {say[1]} are there?",
        2 + (total > 6),
        why,
    )


def same(random: np.random.Generator, knobs: Knobs, wanted: int) -> Made | None:
    name = pick(random, ("colour", "shape", "fill"))
    anchor = drawn_thing(random)
    value = getattr(anchor, name)
    total = things_in(random, knobs, wanted + 2)
    values = [value] * wanted + [pick(random, [other for other in VALUES[name] if other != value]) for _ in range(total - wanted - 1)]
    things = [anchor, *(replace(drawn_thing(random), **{name: other}) for other in values)]
    order = shuffled(random, list(range(total)))
    world = laid_out([things[at] for at in order], overlaps_in(random, knobs, total), random)
    if world is None:
        return None
    one = next(at for at, thing in enumerate(world.things) if replace(thing, x=0.0, y=0.0) == anchor)
    names = refer(world, one, range(total), random, hide=(name,))
    if names is None:
        return None
    meant = anchor.describe(*names)
    program = ("count", ("same", name, ("one", filtered(anchor, names, ALL))))
    label = {"fill": "filling (solid, striped or outlined)"}.get(name, name)
    why = f"The {meant} has the {name} {value}. {wanted} of the other {total - 1} objects have it too."
    return finished(world, program, wanted, "same", f"How many other objects have the same {label} as the {meant}?", 2 + (wanted > 2), why)


def mode(random: np.random.Generator, knobs: Knobs, wanted: tuple[str, str]) -> Made | None:
    name, value = wanted
    total = things_in(random, knobs, 4)
    most = int(random.integers(2, max(2, total // 2) + 1))
    others = [other for other in VALUES[name] if other != value for _ in range(most - 1)]
    if len(others) < total - most:
        return None
    values = [value] * most + shuffled(random, others)[: total - most]
    things = shuffled(random, [replace(drawn_thing(random), **{name: other}) for other in values])
    world = laid_out(things, overlaps_in(random, knobs, total), random)
    if world is None:
        return None
    counts = ", ".join(f"{other} {values.count(other)}" for other in dict.fromkeys(values))
    return finished(
        world,
        ("mode", name, ALL),
        value,
        "mode",
        f"Which {name} is the most common one?",
        2 + (total > 7),
        f"I count: {counts}. So {value}.",
    )


def beside(random: np.random.Generator, knobs: Knobs, wanted: int) -> Made | None:
    total = things_in(random, knobs, wanted + 1)
    world = laid_out([drawn_thing(random) for _ in range(total)], overlaps_in(random, knobs, total), random)
    if world is None:
        return None
    way = pick(random, tuple(AWAY))
    right, down = AWAY[way]
    ranked = sorted(range(total), key=lambda at: -(world.things[at].x * right + world.things[at].y * down))
    one = ranked[wanted]
    names = refer(world, one, range(total), random)
    if names is None:
        return None
    meant = world.things[one].describe(*names)
    program = ("count", ("relate", way, ("one", filtered(world.things[one], names, ALL))))
    beyond = ", ".join(world.things[at].describe(*VALUES) for at in ranked[:wanted])
    why = f"{WAYS[way].capitalize()} the {meant} I see {beyond or 'nothing'}. That makes {wanted}."
    return finished(world, program, wanted, "beside", f"How many objects are {WAYS[way]} the {meant}?", 2 + (wanted > 2), why)
