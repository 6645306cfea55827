"""Answers of `worlds`, worked out a second time: sets by plain comparison, balls and slides in small steps."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from data_recipes.sources import worlds
from data_recipes.sources.drawn.world_engine import RADIUS, World


def chosen(world: World, program: tuple) -> set[int]:
    """A second evaluator of the set-valued parts of programs; balls and slides are simulated in small steps."""
    name, *rest = program
    things = world.things
    if name == "all":
        return set(range(len(things)))
    if name == "filter":
        return {at for at in chosen(world, rest[2]) if getattr(things[at], rest[0]) == rest[1]}
    if name == "one":
        found = chosen(world, rest[0])
        assert len(found) == 1, program
        return found
    if name == "same":
        (one,) = chosen(world, rest[1])
        return {at for at in range(len(things)) if at != one and getattr(things[at], rest[0]) == getattr(things[one], rest[0])}
    if name == "relate":
        (one,) = chosen(world, rest[1])
        test = {
            "left": lambda thing: thing.x < things[one].x,
            "right": lambda thing: thing.x > things[one].x,
            "above": lambda thing: thing.y < things[one].y,
            "below": lambda thing: thing.y > things[one].y,
        }[rest[0]]
        return {at for at, thing in enumerate(things) if test(thing)}
    if name == "extreme":
        key = {"left": lambda at: things[at].x, "right": lambda at: -things[at].x, "above": lambda at: things[at].y}
        return {min(chosen(world, rest[1]), key=key.get(rest[0], lambda at: -things[at].y))}
    if name == "nearest":
        (one,) = chosen(world, rest[0])
        others = [at for at in range(len(things)) if at != one]
        return {min(others, key=lambda at: (things[at].x - things[one].x) ** 2 + (things[at].y - things[one].y) ** 2)}
    if name == "covers":
        (one,) = chosen(world, rest[0])
        place = (things[one].x, things[one].y)
        return {at for at, thing in enumerate(things) if at > one and math.dist((thing.x, thing.y), place) < _touch(thing, things[one])}
    if name == "hit":
        return {rolled(world, rest[0])}
    assert name == "bump", name
    (one,) = chosen(world, rest[1])
    return {slid(world, one, rest[0])}


def _touch(one, two) -> float:
    return RADIUS[one.size] + RADIUS[two.size]


def rolled(world: World, bounces: int) -> int:
    assert world.arrow is not None
    x, y, turn = world.arrow
    step = 0.0015
    across, down, bounced = math.cos(turn) * step, math.sin(turn) * step, 0
    for _ in range(5000):
        x, y = x + across, y + down
        if not 0 <= x <= 1:
            x, across, bounced = min(1.0, max(0.0, x)), -across, bounced + 1
        if not 0 <= y <= 1:
            y, down, bounced = min(1.0, max(0.0, y)), -down, bounced + 1
        for at, thing in enumerate(world.things):
            if math.dist((x, y), (thing.x, thing.y)) < 0.8 * thing.radius:
                assert bounced == bounces
                return at
    raise AssertionError("it hits nothing")


def slid(world: World, one: int, way: str) -> int:
    across, down = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}[way]
    mover = world.things[one]
    for step in range(700):
        x, y = mover.x + across * step * 0.0015, mover.y + down * step * 0.0015
        for at, thing in enumerate(world.things):
            if at != one and math.dist((x, y), (thing.x, thing.y)) < 0.95 * _touch(mover, thing):
                return at
    raise AssertionError("it bumps into nothing")


def value_of(world: World, program: tuple) -> object:
    name, *rest = program
    if name == "count":
        return len(chosen(world, rest[0]))
    if name == "minus":
        return value_of(world, rest[0]) - value_of(world, rest[1])  # type: ignore[operator]
    if name == "mode":
        values = [getattr(thing, rest[0]) for thing in world.things]
        best = max(set(values), key=values.count)
        assert all(values.count(other) < values.count(best) for other in set(values) if other != best)
        return best
    (one,) = chosen(world, rest[1])
    return getattr(world.things[one], rest[0])


@pytest.mark.parametrize("task", worlds.Worlds.task_names)
def test_a_second_evaluator_agrees_with_every_program(task: str):
    source, random = worlds.Worlds(occlusion=0.5), np.random.default_rng(2)
    for _ in range(60):
        world, program, asked = source.compose(random, task)
        assert str(value_of(world, program)) == asked.answer.reference, asked.question


def test_things_overlap_only_where_one_lies_on_the_other():
    source, random = worlds.Worlds(occlusion=1.0), np.random.default_rng(3)
    overlaps = 0
    for _ in range(60):
        world, _, _ = source.compose(random, "count")
        for one, two in combinations(range(len(world.things)), 2):
            first, second = world.things[one], world.things[two]
            near = math.dist((first.x, first.y), (second.x, second.y)) < first.radius + second.radius
            assert near == ((one, two) in world.covered)
            overlaps += near
    assert overlaps > 40


def test_the_options_of_worlds_change_the_scenes():
    random = np.random.default_rng(4)
    few = [len(worlds.Worlds(objects=(3, 4)).compose(random, "chain")[0].things) for _ in range(20)]
    many = [len(worlds.Worlds(objects=(9, 11)).compose(random, "chain")[0].things) for _ in range(20)]
    assert max(few) <= 5 < 9 <= min(many)
    hops = {hop: max(str(worlds.Worlds(hops=hop).compose(random, "chain")[1]).count("'relate'") for _ in range(30)) for hop in (1, 4)}
    assert hops[1] <= 1 < hops[4] <= 4
    assert not any(worlds.Worlds(occlusion=0.0).compose(random, "count")[0].covered for _ in range(30))
