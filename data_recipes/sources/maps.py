"""Location (K54): street maps that we draw, with places, districts, a compass that may be turned, and a scale.

    direction   which way lies one place from another?      district   which district is it in?
    route       blocks of the shortest open way             inside     how many places lie in a district?
    distance    the same in metres, by the scale            nearest    which place is closest on foot?
    follow      where do these turns lead?

The answer is drawn first: the name, direction or length; then a town that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from data_recipes.sources.base import Candidate, generator
from data_recipes.sources.drawn.asked import GENERATED, Asked, candidate, one_of
from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.generator import PictureGenerator
from data_recipes.sources.drawn.towns import COMPASS, DISTRICTS, PLACES, STREETS, TURNS, Crossing, Section, Town, draw_town
from openk15.seeds import digest
from rewards.verdict import Answer

TaskName = Literal["direction", "route", "distance", "follow", "district", "inside", "nearest"]
Made = tuple[Town, Asked]
SCALES = (50, 80, 100, 120, 150, 200)


@dataclass(frozen=True)
class Task:
    draw: Callable[[np.random.Generator], Any]  # the answer
    build: Callable[[np.random.Generator, bool, Any], Made | None]  # (random, compass turned, answer); None: try again


def bare_town(random: np.random.Generator, closures: int, turned: bool) -> Town:
    """Streets, districts and closed sections; no places yet."""
    columns, rows = int(random.integers(4, 7)), int(random.integers(4, 7))
    sections: list[Section] = [((c, r), (c + 1, r)) for c in range(columns - 1) for r in range(rows)]
    sections += [((c, r), (c, r + 1)) for c in range(columns) for r in range(rows - 1)]
    closed = frozenset(shuffled(random, sections)[:closures])
    border = (int(random.integers(1, columns - 2)), int(random.integers(1, rows - 2)))
    names = shuffled(random, DISTRICTS)[:4]
    streets = tuple(sorted(shuffled(random, STREETS)[:rows]))
    north = int(random.integers(4)) if turned else 0
    return Town(columns, rows, {}, closed, border, (names[0], names[1], names[2], names[3]), streets, north, pick(random, SCALES))


def _with(town: Town, places: Mapping[str, Crossing], random: np.random.Generator) -> Town:
    """The given places, and others at free crossings, four to eight in all."""
    free = shuffled(random, [(c, r) for c in range(town.columns) for r in range(town.rows) if (c, r) not in places.values()])
    names = shuffled(random, [name for name in PLACES if name not in places])
    more = int(random.integers(2, 6))
    return replace(town, places={**places, **dict(zip(names[:more], free, strict=False))})


def _crossing(town: Town, random: np.random.Generator) -> Crossing:
    return int(random.integers(town.columns)), int(random.integers(town.rows))


def _direction(random: np.random.Generator, turned: bool, wanted: str) -> Made | None:
    town = bare_town(random, 0, turned)
    turn = (COMPASS.index(wanted) + 2 * town.north) % 8
    steps = int(random.integers(1, 4))
    start = _crossing(town, random)
    end = (start[0] + TURNS[turn][0] * steps, start[1] + TURNS[turn][1] * steps)
    if not (0 <= end[0] < town.columns and 0 <= end[1] < town.rows):
        return None
    one, two = shuffled(random, PLACES)[:2]
    town = _with(town, {one: start, two: end}, random)
    question = f"In which compass direction does the {two} lie, as seen from the {one}?"
    side = ("top", "right", "bottom", "left")[town.north]
    why = f"North points to the {side} of the picture. So the {two} lies {wanted} of the {one}."
    synonyms = {name: [f"{name[:5]}-{name[5:]}", f"{name[:5]} {name[5:]}"] if len(name) > 5 else [] for name in COMPASS}
    answer = Answer("attribute", wanted, {"synonyms": synonyms})
    grade = 1 + turn % 2 + 2 * (town.north != 0)
    return town, Asked("direction", question, answer, grade, "directions", why, wanted)


def _route(random: np.random.Generator, turned: bool, wanted: int, metres: bool = False) -> Made | None:
    town = bare_town(random, int(random.integers(2, 7)), turned)
    start = _crossing(town, random)
    ways = town.blocks_from(start)
    ends = sorted(at for at, blocks in ways.items() if blocks == wanted)
    if not ends:
        return None
    # A way that a closed section makes longer is worth more than one that it does not touch.
    detours = [at for at in ends if abs(at[0] - start[0]) + abs(at[1] - start[1]) < wanted]
    end = pick(random, detours or ends)
    one, two = shuffled(random, PLACES)[:2]
    town = _with(town, {one: start, two: end}, random)
    rule = "Walk only along streets; a red cross closes the section of street that it stands on."
    if metres:
        length = wanted * town.metres
        question = f"{rule} The scale shows the length of one block. How many metres long is the shortest way from the {one} to the {two}?"
        why = f"The shortest open way has {wanted} blocks of {town.metres} m: {wanted} · {town.metres} = {length} m."
        asked = Asked("distance", question, Answer("geometry", str(length), {"unit": "m"}), 4 + bool(detours), "route finding", why)
        return town, asked
    question = f"{rule} How many blocks long is the shortest way from the {one} to the {two}?"
    why = f"The shortest open way from the {one} to the {two} has {wanted} blocks."
    return town, Asked("route", question, Answer("count", str(wanted)), 2 + (wanted > 4) + bool(detours), "route finding", why)


def _follow(random: np.random.Generator, turned: bool, wanted: str) -> Made | None:
    start_name = pick(random, [name for name in PLACES if name != wanted])
    town = bare_town(random, 0, turned)
    at = start = _crossing(town, random)
    heading = 2 * int(random.integers(4))
    first = town.compass(heading)
    legs = int(random.integers(2, 4))
    words, seen = [], [start]
    for leg in range(legs):
        if leg:
            side = pick(random, ("right", "left"))
            heading = (heading + (2 if side == "right" else -2)) % 8
            words.append(f"turn {side}")
        blocks = int(random.integers(1, 4))
        at = (at[0] + TURNS[heading][0] * blocks, at[1] + TURNS[heading][1] * blocks)
        if not (0 <= at[0] < town.columns and 0 <= at[1] < town.rows) or at in seen:
            return None
        seen.append(at)
        words.append(f"go {blocks} block{'s' * (blocks > 1)}")
    town = _with(town, {start_name: start, wanted: at}, random)
    question = f"You stand at the {start_name} and look {first}. You {', '.join(words)}. At which place are you now?"
    why = f"I start at the {start_name}, looking {first}, and follow the turns. They end at the {wanted}."
    return town, Asked("follow", question, one_of(wanted, PLACES), legs + (town.north != 0), "route finding", why)


def _district(random: np.random.Generator, turned: bool, wanted: str) -> Made | None:
    name = pick(random, PLACES)
    town = bare_town(random, 0, turned)
    town = _with(town, {name: _crossing(town, random)}, random)
    if town.district(town.places[name]) != wanted:
        return None
    why = f"The pin of the {name} lies in the area that is named {wanted}."
    return town, Asked("district", f"In which district is the {name}?", one_of(wanted, DISTRICTS), 1, "map reading", why)


def _inside(random: np.random.Generator, turned: bool, wanted: int) -> Made | None:
    town = bare_town(random, 0, turned)
    name = pick(random, town.districts)
    every = shuffled(random, [(c, r) for c in range(town.columns) for r in range(town.rows)])
    inner = [at for at in every if town.district(at) == name][:wanted]
    outer = [at for at in every if town.district(at) != name][: int(random.integers(2, 6))]
    if len(inner) < wanted:
        return None
    spots = inner + outer
    town = replace(town, places=dict(zip(shuffled(random, PLACES), spots, strict=False)))
    listed = ", ".join(sorted(place for place, at in town.places.items() if at in inner)) or "none"
    why = f"Pins in {name}: {listed}. That makes {wanted}."
    return town, Asked("inside", f"How many of the marked places lie in {name}?", Answer("count", str(wanted)), 2, "map reading", why)


def _nearest(random: np.random.Generator, turned: bool, wanted: str) -> Made | None:
    """The places are set first; the one that turns out to be closest gets the wanted name."""
    start_name = pick(random, [name for name in PLACES if name != wanted])
    town = bare_town(random, int(random.integers(2, 7)), turned)
    start = _crossing(town, random)
    ways = town.blocks_from(start)
    spots = shuffled(random, sorted(at for at in ways if at != start))[: int(random.integers(3, 6))]
    ranked = sorted(spots, key=lambda at: ways[at])
    if len(ranked) < 3 or ways[ranked[1]] == ways[ranked[0]]:
        return None
    others = shuffled(random, [name for name in PLACES if name not in (wanted, start_name)])
    places = {start_name: start, wanted: ranked[0], **dict(zip(others, ranked[1:], strict=False))}
    town = replace(town, places=places)
    question = (
        "Walk only along streets; a red cross closes the section of street that it stands on. "
        f"Which marked place has the shortest way from the {start_name}?"
    )
    why = " ".join(f"To the {name} it is {ways[at]} blocks." for name, at in places.items() if name != start_name)
    return town, Asked("nearest", question, one_of(wanted, PLACES), 3, "route finding", f"{why} So the {wanted} is closest.")


TASKS: dict[str, Task] = {
    "direction": Task(lambda random: pick(random, COMPASS), _direction),
    "route": Task(lambda random: int(random.integers(2, 9)), _route),
    "distance": Task(lambda random: int(random.integers(2, 9)), partial(_route, metres=True)),
    "follow": Task(lambda random: pick(random, PLACES), _follow),
    "district": Task(lambda random: pick(random, DISTRICTS), _district),
    "inside": Task(lambda random: int(random.integers(5)), _inside),
    "nearest": Task(lambda random: pick(random, PLACES), _nearest),
}


class Maps(PictureGenerator):
    """`north`: up on every map, or to any side; `tasks`: which questions; `side`: smallest and largest width in pixels."""

    name = "maps"
    licence = GENERATED
    note = "A held-out map (streets, places, districts, compass, scale) is never a training map."

    tasks: tuple[TaskName, ...] = tuple(TASKS)  # type: ignore[assignment]
    north: Literal["up", "any"] = "any"
    side: tuple[int, int] = (440, 640)

    task_names: ClassVar[tuple[str, ...]] = tuple(TASKS)
    narrowest: ClassVar[int] = 400
    reason: ClassVar[str] = "names must stay legible"

    def compose(self, random: np.random.Generator, task: str | None = None) -> Made:
        """A town and a question about it; nothing is drawn. North is up on half of the maps that may be turned."""
        chosen = TASKS[task or pick(random, self.tasks)]
        turned = self.north == "any" and bool(random.random() < 0.5)
        wanted = chosen.draw(random)
        while True:
            made = chosen.build(random, turned, wanted)
            if made is not None:
                return made

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        town, asked = self.compose(random)
        picture = draw_town(town, int(random.integers(self.side[0], self.side[1] + 1)), random)
        scene = digest(town.content())
        return candidate(
            asked,
            picture,
            f"scene:{scene}",
            source=self.name,
            licence=self.licence,
            made=f"source {self.name}: {split} {index}, scene {scene}",
            category="real-world",
            origin="synthetic",
            domain="location",
            discipline="geography",
        )
