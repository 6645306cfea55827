"""Questions about charts. The answer is drawn first where real numbers would favour one; then a table that has it.

`value` and `difference` are read with ChartQA's tolerance of 5 %; everything else is exact, and tables are used only
where the answer can be told by eye.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from data_recipes.sources.drawn.asked import Asked, one_of
from data_recipes.sources.drawn.board import pick
from data_recipes.sources.drawn.chart_drawing import KINDS, Chart, percentages, shown
from data_recipes.sources.drawn.chart_tables import LETTERS, Table, drawn_points, drawn_table, unit
from rewards.verdict import Answer

Made = tuple[Chart, Asked]
RANKS = {1: "highest", 2: "second highest", -1: "lowest", -2: "second lowest"}
CLEAR = 0.04  # of the range of values: nearer than that, two cannot be told apart by eye
CORRELATIONS = ("positive", "negative", "none")


@dataclass(frozen=True)
class Task:
    draw: Callable[[np.random.Generator], Any]  # the answer, or None where it is spread anyway
    build: Callable[[np.random.Generator, Any], Made | None]


def _relaxed(value: float) -> Answer:
    return Answer("relaxed", shown(value), {"year_exact": False})


def _which(table: Table, at: int) -> Answer:
    """A column: its letter or range, or the name of its class."""
    if table.ranges:
        return Answer("choice", table.categories[at], {"options": dict(zip(table.categories, table.ranges, strict=True))})
    return one_of(table.categories[at], table.categories)


def _label(table: Table, at: int) -> str:
    return f"{table.one} {table.categories[at]}" if table.ranges else table.categories[at]


def _kind(random: np.random.Generator, table: Table) -> str:
    return pick(random, [kind for kind in KINDS if kind != "line" or table.ordered])


def _clear(table: Table) -> bool:
    """All values of the first series can be told apart."""
    values = sorted(table.values)
    return min(high - low for low, high in pairwise(values)) > CLEAR * (values[-1] if table.counts else values[-1] - values[0])


def value(random: np.random.Generator, wanted: None) -> Made | None:
    table = drawn_table(random, by_range=False)
    if min(table.values) < 0.15 * max(table.values):
        return None
    kind = _kind(random, table)
    at = int(random.integers(len(table.values)))
    labelled = kind != "table" and bool(random.random() < 0.3)
    question = f"What is {table.asked} of {_label(table, at)}, as the chart shows it?"
    why = f"I find {_label(table, at)} and read {shown(table.values[at])}."
    grade = 1 if labelled or kind == "table" else 2
    return Chart(kind, table, labelled=labelled), Asked("value", question, _relaxed(table.values[at]), grade, "chart reading", why)


def extreme(random: np.random.Generator, wanted: str) -> Made | None:
    """`wanted` is a letter; for classes, which have names, its place in the alphabet stands for one of them."""
    table = drawn_table(random, by_range=False)
    place = LETTERS.index(wanted)
    if place >= len(table.values) or not _clear(table):
        return None
    order = sorted(range(len(table.values)), key=lambda at: -table.values[at])
    rank = order.index(place) + 1
    ranks = [rank for rank in (rank, rank - len(order) - 1) if rank in RANKS]
    if not ranks:
        return None
    word = RANKS[ranks[0] if len(order) > 3 or abs(ranks[0]) == 1 else ranks[-1]]
    question = f"Which {table.one} has the {word} value of {table.asked.removeprefix('the ')}?"
    listed = ", ".join(f"{table.categories[at]} {shown(table.values[at])}" for at in order)
    why = f"From high to low I read about: {listed}. The {word} is {table.categories[place]}."
    asked = Asked(
        "extreme", question, _which(table, place), 1 + word.startswith("second"), "chart comparison", why, table.categories[place]
    )
    return Chart(_kind(random, table), table), asked


def difference(random: np.random.Generator, wanted: None) -> Made | None:
    table = drawn_table(random, by_range=False)
    one, two = (int(at) for at in random.permutation(len(table.values))[:2])
    if table.values[one] < table.values[two]:
        one, two = two, one
    high, low = table.values[one], table.values[two]
    if high - low < 0.1 * high:
        return None
    kind = _kind(random, table)
    gap = round(high - low, 2)
    question = f"By how much does {_label(table, one)} exceed {_label(table, two)} in {table.asked}?"
    why = f"{_label(table, one).capitalize()} has {shown(high)}, {_label(table, two)} {shown(low)}. The difference is {shown(gap)}."
    asked = Asked("difference", question, _relaxed(gap), 2, "chart comparison", why)
    return Chart(kind, table, labelled=kind != "table"), asked


def above(random: np.random.Generator, wanted: int) -> Made | None:
    table = drawn_table(random, by_range=True)
    values = sorted(table.values, reverse=True)
    if wanted > len(values):
        return None
    upper = values[wanted - 1] if wanted else values[0] * 1.2
    lower = values[wanted] if wanted < len(values) else values[-1] * 0.8
    step = 10.0 ** np.floor(np.log10(max(values)) - 1)
    level = round(float(np.round((upper + lower) / 2 / step) * step), 4)
    if min(upper - level, level - lower) < CLEAR * (values[0] - values[-1]):
        return None
    measured = unit(table.y_title)
    question = f"In how many groups is {table.asked.partition(' (')[0]} above {shown(level)}{' ' + measured if measured else ''}?"
    over = [name for name, value in zip(table.categories, table.values, strict=True) if value > level]
    why = f"Above {shown(level)} lie {', '.join(over) or 'none'}. That makes {wanted}."
    return Chart(_kind(random, table), table), Asked("above", question, Answer("count", str(wanted)), 2, "chart comparison", why)


def steepest(random: np.random.Generator, wanted: str) -> Made | None:
    table = drawn_table(random)
    place = LETTERS.index(wanted)
    steps = [high - low for low, high in pairwise(table.values)]
    if place >= len(steps):
        return None
    rises = sorted(steps, reverse=True)
    up = steps[place] == rises[0] and steps[place] > 0
    ranked = rises if up else rises[::-1]
    if steps[place] != ranked[0] or (steps[place] > 0) != up or (abs(ranked[0]) < 1.25 * abs(ranked[1]) and (ranked[1] > 0) == up):
        return None
    word = "rises" if up else "falls"
    verb = "rise" if up else "fall"
    question = f"From which group to the next one does the line {verb} most? Name the group where that step begins."
    why = f"The line {word} most from {table.categories[place]} to {table.categories[place + 1]}, by {shown(round(abs(steps[place]), 2))}."
    asked = Asked("steepest", question, _which(table, place), 3, "trend", why, table.categories[place])
    return Chart("line", table), asked


def rises(random: np.random.Generator, wanted: int) -> Made | None:
    table = drawn_table(random)
    steps = [high - low for low, high in pairwise(table.values)]
    spread = max(table.values) - min(table.values)
    if sum(step > 0 for step in steps) != wanted or min(abs(step) for step in steps) < 1.5 * CLEAR * spread:
        return None
    question = "How many times does the line go up from one group to the next?"
    ups = [f"{one} to {two}" for one, two, step in zip(table.categories, table.categories[1:], steps, strict=False) if step > 0]
    why = f"It goes up from {', from '.join(ups)}: {wanted} times." if ups else "It never goes up: 0 times."
    return Chart("line", table), Asked("rises", question, Answer("count", str(wanted)), 3, "trend", why)


def missing(random: np.random.Generator, wanted: None) -> Made | None:
    table = drawn_table(random, counts=True)
    shares = percentages(table.values)
    if min(shares) < 5:
        return None
    at = int(random.integers(len(shares)))
    others = [share for place, share in enumerate(shares) if place != at]
    question = f"One percentage is missing. What percentage of the whole is {_label(table, at)}?"
    why = f"The others add up to {' + '.join(map(str, others))} = {sum(others)}. 100 - {sum(others)} = {shares[at]}."
    answer = Answer("relaxed", str(shares[at]), {"tolerance": 0.0, "year_exact": False, "percent": "ignore"})
    return Chart("pie", table, hidden=at), Asked("missing", question, answer, 3, "chart reckoning", why)


def slices(random: np.random.Generator, wanted: None) -> Made | None:
    """Two or three slices together."""
    table = drawn_table(random, counts=True)
    shares = percentages(table.values)
    if min(shares) < 4:
        return None
    chosen = sorted(int(at) for at in random.permutation(len(shares))[: int(random.integers(2, 4))])
    total = sum(shares[at] for at in chosen)
    names = [table.categories[at] for at in chosen]
    question = f"What percentage do the groups {', '.join(names[:-1])} and {names[-1]} make up together?"
    why = f"{' + '.join(str(shares[at]) for at in chosen)} = {total}."
    answer = Answer("relaxed", str(total), {"tolerance": 0.0, "year_exact": False, "percent": "ignore"})
    return Chart("pie", table), Asked("slices", question, answer, 2, "chart reckoning", why)


def series(random: np.random.Generator, wanted: int) -> Made | None:
    table = drawn_table(random, series=True)
    (first, ones), (second, twos) = (table.series[int(at)] for at in random.permutation(len(table.series))[:2])
    top = max(max(values) for _, values in table.series)
    if sum(one > two for one, two in zip(ones, twos, strict=True)) != wanted:
        return None
    if min(abs(one - two) for one, two in zip(ones, twos, strict=True)) < CLEAR * top:
        return None
    question = f"In how many groups is the value of {first} higher than that of {second}?"
    over = [name for name, one, two in zip(table.categories, ones, twos, strict=True) if one > two]
    why = f"{first} is higher in {', '.join(over) or 'none'}. That makes {wanted}."
    return Chart("grouped", table), Asked("series", question, Answer("count", str(wanted)), 3, "chart comparison", why)


def points(random: np.random.Generator, wanted: int) -> Made | None:
    found = drawn_points(random, 10, 22)
    ys = sorted(found.ys, reverse=True)
    upper, lower = ys[wanted - 1] if wanted else ys[0] + 0.12 * (ys[0] - ys[-1]), ys[wanted]
    step = 10.0 ** np.floor(np.log10(max(abs(ys[0]), 1e-6)) - 1)
    level = round(float(np.round((upper + lower) / 2 / step) * step), 4)
    if min(upper - level, level - lower) < 0.025 * (ys[0] - ys[-1]):
        return None
    spread = (max(found.xs) - min(found.xs), ys[0] - ys[-1])
    places = [(x / spread[0], y / spread[1]) for x, y in zip(found.xs, found.ys, strict=True)] if min(spread) > 0 else []
    near = any(max(abs(a[0] - b[0]), abs(a[1] - b[1])) < 0.025 for at, a in enumerate(places) for b in places[:at])
    if not places or near:
        return None  # points that cover each other cannot be counted
    question = "How many points lie above the dashed line?"
    why = f"I count the points with more than {shown(level)}: {wanted}."
    asked = Asked("points", question, Answer("count", str(wanted)), 2 + (wanted > 5), "counting", why)
    return Chart("scatter", points=found, level=level), asked


def correlation(random: np.random.Generator, wanted: str) -> Made | None:
    found = drawn_points(random, 30, 70)
    kind = (
        "positive"
        if found.correlation > 0.65
        else "negative"
        if found.correlation < -0.55
        else "none"
        if abs(found.correlation) < 0.1
        else None
    )
    if kind != wanted:
        return None
    question = (
        "How are the two quantities of the chart related? Answer 'positive' (both grow together), "
        "'negative' (one falls as the other grows) or 'none' (no clear relation)."
    )
    how = {"positive": "rise to the right", "negative": "fall to the right", "none": "show no direction"}[wanted]
    why = f"Taken together the points {how}, so the relation is {wanted}."
    answer = Answer("attribute", wanted, {"synonyms": {"positive": [], "negative": [], "none": ["no relation", "no clear relation"]}})
    return Chart("scatter", points=found), Asked("correlation", question, answer, 2, "trend", why)


def _letter(random: np.random.Generator) -> str:
    return pick(random, LETTERS[:6])


TASKS: dict[str, Task] = {
    "value": Task(lambda random: None, value),
    "extreme": Task(_letter, extreme),
    "difference": Task(lambda random: None, difference),
    "above": Task(lambda random: int(random.integers(7)), above),
    "steepest": Task(lambda random: pick(random, LETTERS[:5]), steepest),
    "rises": Task(lambda random: int(random.integers(1, 5)), rises),
    "missing": Task(lambda random: None, missing),
    "slices": Task(lambda random: None, slices),
    "series": Task(lambda random: int(random.integers(5)), series),
    "points": Task(lambda random: int(random.integers(9)), points),
    "correlation": Task(lambda random: pick(random, CORRELATIONS), correlation),
}
