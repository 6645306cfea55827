"""Clocks and timetables (K54): read a dial, reckon with it, find a departure.

    read          what time is it?                             later     what time will it be in h hours m minutes?
    difference    minutes between a left and a right clock     arrive    when does a service arrive?
    journey       how long does it take?                       wait      minutes until the next one, seen from the clock

Times are minutes since midnight; dials show them modulo twelve hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from PIL import Image

from data_recipes.sources.base import Candidate, generator
from data_recipes.sources.drawn.asked import GENERATED, Asked, candidate
from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.clock_drawing import draw_clocks, draw_timetable
from data_recipes.sources.drawn.generator import PictureGenerator
from openk15.seeds import digest
from rewards.verdict import Answer

TaskName = Literal["read", "later", "difference", "arrive", "journey", "wait"]
TASKS: tuple[TaskName, ...] = ("read", "later", "difference", "arrive", "journey", "wait")
HALF_DAY = 12 * 60
STOPS = ("Harbour", "Museum", "Castle", "Market", "Airport", "Stadium", "Library", "Old Town", "Hospital", "Zoo", "Park", "University")
SERVICES = ("bus", "train", "tram", "ferry")


@dataclass(frozen=True)
class Timetable:
    service: str
    stops: tuple[str, ...]
    times: tuple[tuple[int, ...], ...]  # one row a stop, one column a run; minutes since midnight


@dataclass(frozen=True)
class Dials:
    """What is drawn: one or two clocks, and perhaps a timetable below."""

    times: tuple[int, ...]
    table: Timetable | None = None


def dial(minutes: int) -> str:
    """As one reads it off twelve hours: 0 is 12:00."""
    hour, minute = divmod(minutes % HALF_DAY, 60)
    return f"{hour or 12}:{minute:02d}"


def day(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _time(text: str) -> Answer:
    """With and without a leading zero."""
    hour, _, minute = text.partition(":")
    return Answer("exact", list(dict.fromkeys((text, f"{int(hour)}:{minute}", f"{int(hour):02d}:{minute}"))))


def compose(task: TaskName, random: np.random.Generator, step: int = 1) -> tuple[Dials, Asked]:
    """Dials and a question; nothing is drawn. `step`: minutes on dials are multiples of it."""
    return {"read": _read, "later": _later, "difference": _difference, "arrive": _arrive, "journey": _journey, "wait": _wait}[task](
        random, step
    )


def _drawn(random: np.random.Generator, step: int) -> int:
    return step * int(random.integers(HALF_DAY // step))


def _read(random: np.random.Generator, step: int) -> tuple[Dials, Asked]:
    wanted = _drawn(random, step)
    hour, minute = divmod(wanted, 60)
    why = f"The short hand is {'at' if minute == 0 else 'past'} {hour or 12}. The long hand shows {minute} minutes. It is {dial(wanted)}."
    grade = 1 if minute % 15 == 0 else 2 if minute % 5 == 0 else 3
    asked = Asked("read", "What time does the clock show? Answer as H:MM.", _time(dial(wanted)), grade, "clock reading", why, dial(wanted))
    return Dials((wanted,)), asked


def _later(random: np.random.Generator, step: int) -> tuple[Dials, Asked]:
    wanted = _drawn(random, step)
    unit = max(5, step)
    gap = unit * int(random.integers(-(-20 // unit), 300 // unit))
    sign = pick(random, (1, -1))
    shown = (wanted - sign * gap) % HALF_DAY
    hours, minutes = divmod(gap, 60)
    span = " ".join(
        part
        for part in (f"{hours} hour{'s' * (hours != 1)}" * (hours > 0), "and" * (hours * minutes > 0), f"{minutes} minutes" * (minutes > 0))
        if part
    )
    verb = f"What time will it be in {span}" if sign > 0 else f"What time was it {span} ago"
    why = f"The clock shows {dial(shown)}. {span.capitalize()} {'later' if sign > 0 else 'earlier'} it is {dial(wanted)}."
    grade = 3 + (minutes > 0 and hours > 0)
    asked = Asked("later", f"{verb}? Answer as H:MM on a 12-hour clock.", _time(dial(wanted)), grade, "time reckoning", why, dial(wanted))
    return Dials((shown,)), asked


def _difference(random: np.random.Generator, step: int) -> tuple[Dials, Asked]:
    unit = max(5, step)
    gap = unit * int(random.integers(1, 480 // unit))
    start = _drawn(random, step)
    why = f"The left clock shows {dial(start)}, the right one {dial(start + gap)}. From one to the other it is {gap} minutes."
    question = (
        "The left clock shows when a film began, the right one when it ended, less than 12 hours later. How many minutes did it last?"
    )
    grade = 3 + (gap > 60)
    return Dials((start, (start + gap) % HALF_DAY)), Asked("difference", question, Answer("count", str(gap)), grade, "time reckoning", why)


def _timetable(random: np.random.Generator) -> Timetable:
    stops = tuple(shuffled(random, STOPS)[: int(random.integers(3, 6))])
    runs, first = int(random.integers(3, 6)), int(random.integers(6 * 60, 9 * 60))
    legs = [int(value) for value in random.integers(4, 35, size=len(stops) - 1)]
    columns: list[list[int]] = []
    start = first
    for _ in range(runs):
        column = [start]
        for leg in legs:
            column.append(column[-1] + leg + int(random.integers(-2, 3)))
        columns.append(column)
        start += int(random.integers(17, 95))
    return Timetable(pick(random, SERVICES), stops, tuple(tuple(column[row] for column in columns) for row in range(len(stops))))


def _two_stops(table: Timetable, random: np.random.Generator) -> tuple[int, int]:
    one, two = sorted(shuffled(random, range(len(table.stops)))[:2])
    return one, two


def _arrive(random: np.random.Generator, step: int) -> tuple[Dials, Asked]:
    table = _timetable(random)
    one, two = _two_stops(table, random)
    run = pick(random, range(len(table.times[0])))
    leaves, arrives = table.times[one][run], table.times[two][run]
    question = f"When does the {table.service} that leaves {table.stops[one]} at {day(leaves)} reach {table.stops[two]}? Answer as HH:MM."
    why = f"In the row {table.stops[one]} I find {day(leaves)}. In the same column the row {table.stops[two]} says {day(arrives)}."
    return Dials((), table), Asked("arrive", question, _time(day(arrives)), 1, "table lookup", why, day(arrives))


def _journey(random: np.random.Generator, step: int) -> tuple[Dials, Asked]:
    table = _timetable(random)
    one, two = _two_stops(table, random)
    run = pick(random, range(len(table.times[0])))
    leaves, arrives = table.times[one][run], table.times[two][run]
    question = f"How many minutes does the {table.service} that leaves {table.stops[one]} at {day(leaves)} take to {table.stops[two]}?"
    why = f"It leaves {table.stops[one]} at {day(leaves)} and reaches {table.stops[two]} at {day(arrives)}: {arrives - leaves} minutes."
    return Dials((), table), Asked("journey", question, Answer("count", str(arrives - leaves)), 2, "time reckoning", why)


def _wait(random: np.random.Generator, step: int) -> tuple[Dials, Asked]:
    """Now is a little before a run; the gap is drawn, the run before it must have left."""
    while True:
        table = _timetable(random)
        row, run = pick(random, range(len(table.stops) - 1)), pick(random, range(len(table.times[0])))
        leaves = table.times[row][run]
        gap = int(random.integers(2, 46))
        now = leaves - gap
        if (run == 0 or table.times[row][run - 1] < now) and now >= 5 * 60:
            break
    half = "morning" if now < HALF_DAY else "afternoon"
    question = (
        f"The clock shows the time now, in the {half}. How many minutes are left until the next {table.service} leaves {table.stops[row]}?"
    )
    why = f"The clock shows {dial(now)}, that is {day(now)}. The next {table.service} leaves at {day(leaves)}, in {gap} minutes."
    return Dials((now,), table), Asked("wait", question, Answer("count", str(gap)), 4, "time reckoning", why)


class Clocks(PictureGenerator):
    """`step`: minutes on dials are multiples of it (but not beside a timetable); `tasks`: which questions; `side`: smallest and
    largest width in pixels."""

    name = "clocks"
    licence = GENERATED
    note = "A held-out set of dials and timetable is never one of training."

    tasks: tuple[TaskName, ...] = TASKS
    step: Literal[1, 5, 15] = 1
    side: tuple[int, int] = (280, 640)

    task_names: ClassVar[tuple[str, ...]] = TASKS
    narrowest: ClassVar[int] = 200

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        dials, asked = compose(pick(random, self.tasks), random, self.step)
        picture = self._draw(dials, random)
        table = dials.table
        scene = digest(asked.template, list(dials.times), [table.service, table.stops, table.times] if table else [], asked.question)
        return candidate(
            asked,
            picture,
            f"scene:{scene}",
            source=self.name,
            licence=self.licence,
            made=f"source {self.name}: {split} {index}, scene {scene}",
            category="real-world",
            origin="synthetic",
            domain="time",
            discipline="mathematics",
        )

    def _draw(self, dials: Dials, random: np.random.Generator) -> Image.Image:
        low, high = self.side
        if dials.table is None:
            low = max(low, 200 * len(dials.times))
            return draw_clocks(dials.times, int(random.integers(low, max(low, high) + 1)), random)
        low = max(low, 100 + 84 * len(dials.table.times[0]))
        rows = [[stop, *map(day, times)] for stop, times in zip(dials.table.stops, dials.table.times, strict=True)]
        return draw_timetable(dials.table.service, rows, dials.times, int(random.integers(low, max(low, high) + 1)), random)
