"""Clocks, timetables and maps answered a second time, from what is drawn."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from data_recipes.sources import clocks, maps
from data_recipes.sources.drawn.towns import COMPASS, TURNS, Town


def clock_minutes(text: str) -> int:
    hour, minute = map(int, text.split(":"))
    return hour % 12 * 60 + minute


@pytest.mark.parametrize("task", clocks.TASKS)
def test_clock_answers_follow_from_the_dials(task: clocks.TaskName):
    random = np.random.default_rng(7)
    for _ in range(100):
        dials, asked = clocks.compose(task, random)
        answer, question = asked.answer.reference, asked.question
        if task == "read":
            assert clock_minutes(answer[0]) == dials.times[0] % 720
        elif task == "later":
            hours, minutes = (re.search(rf"(\d+) {word}", question) for word in ("hour", "minute"))
            span = sum(int(match[1]) * scale for match, scale in ((hours, 60), (minutes, 1)) if match)
            assert (dials.times[0] + (-span if "ago" in question else span)) % 720 == clock_minutes(answer[0])
        elif task == "difference":
            assert (dials.times[1] - dials.times[0]) % 720 == int(answer)
        else:
            table = dials.table
            assert table is not None
            named = sorted((question.index(stop), stop) for stop in table.stops if stop in question)
            row = {stop: [clocks.day(time) for time in times] for stop, times in zip(table.stops, table.times, strict=True)}
            if task == "wait":
                now = dials.times[0]
                left = [time - now for time in table.times[table.stops.index(named[0][1])] if time > now]
                assert min(left) == int(answer)
                continue
            leaves = re.search(r"at (\d\d:\d\d)", question)
            assert leaves is not None
            arrives = row[named[1][1]][row[named[0][1]].index(leaves[1])]
            took = clock_minutes(arrives) - clock_minutes(leaves[1])
            assert answer[0] == arrives if task == "arrive" else took % 720 == int(answer)


def flooded(town: Town, start: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Blocks to every crossing by relaxing all open sections until nothing changes."""
    sections = [((c, r), (c + dc, r + dr)) for c in range(town.columns) for r in range(town.rows) for dc, dr in ((1, 0), (0, 1))]
    open_ones = [pair for pair in sections if pair[1][0] < town.columns and pair[1][1] < town.rows and pair not in town.closed]
    far = {start: 0}
    for _ in range(town.columns * town.rows):
        for one, two in open_ones:
            for a, b in ((one, two), (two, one)):
                if a in far and far[a] + 1 < far.get(b, 10**6):
                    far[b] = far[a] + 1
    return far


@pytest.mark.parametrize("task", maps.Maps.task_names)
def test_map_answers_follow_from_the_town(task: str):
    source, random = maps.Maps(), np.random.default_rng(8)
    for _ in range(60):
        town, asked = source.compose(random, task)
        answer, question = asked.answer.reference, asked.question
        named = [name for _, name in sorted((question.index(f"the {name}"), name) for name in town.places if f"the {name}" in question)]
        at = town.places
        if task == "direction":
            across, down = (at[named[0]][axis] - at[named[1]][axis] for axis in (0, 1))
            clockwise = math.degrees(math.atan2(across, -down)) - 90 * town.north  # from north
            assert COMPASS[round(clockwise / 45) % 8] == answer
        elif task in ("route", "distance"):
            blocks = flooded(town, at[named[0]])[at[named[1]]]
            assert blocks * (town.metres if task == "distance" else 1) == int(answer)
        elif task == "follow":
            x, y = at[named[0]]
            look = re.search(r"look (\w+)", question)
            assert look is not None
            heading = (COMPASS.index(look[1]) + 2 * town.north) % 8
            for word, blocks in re.findall(r"turn (right|left)|go (\d)", question):
                heading = (heading + {"right": 2, "left": -2, "": 0}[word]) % 8
                x, y = x + TURNS[heading][0] * int(blocks or 0), y + TURNS[heading][1] * int(blocks or 0)
            assert at[answer] == (x, y)
        elif task == "district":
            column, row = at[named[0]]
            assert town.districts[(0 if column <= town.border[0] else 1) + (0 if row <= town.border[1] else 2)] == answer
        elif task == "inside":
            number = town.districts.index(next(name for name in town.districts if name in question))
            inside = [(c > town.border[0]) + 2 * (r > town.border[1]) == number for c, r in at.values()]
            assert sum(inside) == int(answer)
        else:
            far = flooded(town, at[named[0]])
            ranked = sorted((far[spot], name) for name, spot in at.items() if name != named[0])
            assert ranked[0][1] == answer
            assert ranked[0][0] < ranked[1][0]
