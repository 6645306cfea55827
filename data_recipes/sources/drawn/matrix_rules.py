"""Rules of 3 x 3 matrices: how a row goes on, and what the last panel must then be.

An attribute's values stand in a 3 x 3 grid of integers; the last is missing. A rule holds in every row. `forced` finds
every rule that the two whole rows and the beginning of the third allow, and what each predicts: a matrix is used only
if all of them predict the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from data_recipes.sources.drawn.board import pick, shuffled

Row = tuple[int, int, int]
CONSTANT, PROGRESSION, SUM, THREE, XOR = "constant", "progression", "sum", "distribute_three", "xor"
STEPS = (-2, -1, 1, 2)
CELLS = 9  # places in a panel; a set of them is a bit mask


@dataclass(frozen=True)
class Governed:
    """The values of one attribute, row by row; the last is the answer."""

    rule: str
    rows: tuple[Row, Row, Row]


def holds(rule: str, step: int, row: Row) -> bool:
    first, second, third = row
    if rule == CONSTANT:
        return first == second == third
    if rule == PROGRESSION:
        return second - first == step and third - second == step
    if rule == SUM:
        return first + second == third
    if rule == XOR:
        return first ^ second == third
    raise ValueError(f"rule {rule!r} is not one of a single row")


def forced(rows: Sequence[Row], values: Sequence[int], ordered: bool, sets: bool = False) -> set[int]:
    """What the last value can be under some rule that fits everything that is seen; the third value of row 3 is not read."""
    shown, (first, second, _) = rows[:2], rows[2]
    found: set[int] = set()
    rules: list[tuple[str, int]] = [(CONSTANT, 0)]
    if ordered:
        rules += [(PROGRESSION, step) for step in STEPS] + [(SUM, 0)]
    if sets:
        rules.append((XOR, 0))
    for rule, step in rules:
        if all(holds(rule, step, row) for row in shown):
            found |= {value for value in values if holds(rule, step, (first, second, value))}
    three = set(shown[0])
    if len(three) == 3 and set(shown[1]) == three and first != second and {first, second} < three:
        found |= three - {first, second}
    return found


def _constant(answer: int, values: Sequence[int], random: np.random.Generator) -> list[Row]:
    return [(value, value, value) for value in (pick(random, values), pick(random, values), answer)]


def _progression(answer: int, values: Sequence[int], random: np.random.Generator) -> list[Row] | None:
    steps = [step for step in STEPS if answer - 2 * step in values]
    if not steps:
        return None
    step = pick(random, steps)
    ends = [value for value in values if value - 2 * step in values]
    return [(end - 2 * step, end - step, end) for end in (pick(random, ends), pick(random, ends), answer)]


def _sum(answer: int, values: Sequence[int], random: np.random.Generator) -> list[Row] | None:
    sums = [value for value in values if value >= 2]
    if answer not in sums:
        return None
    rows: list[Row] = []
    for total in (pick(random, sums), pick(random, sums), answer):
        first = int(random.integers(1, total))
        rows.append((first, total - first, total))
    return rows


def _three(answer: int, values: Sequence[int], random: np.random.Generator) -> list[Row]:
    others = shuffled(random, [value for value in values if value != answer])[:2]
    orders: list[Row] = [(a, b, c) for a, b, c in permutations((answer, *others))]
    last = pick(random, [order for order in orders if order[2] == answer])
    first, second = shuffled(random, [order for order in orders if order[2] != answer])[:2]
    return [first, second, last]


def _xor(answer: int, values: Sequence[int], random: np.random.Generator) -> list[Row]:
    rows: list[Row] = []
    for third in (drawn_set(random), drawn_set(random), answer):
        first = drawn_set(random)
        rows.append((first, first ^ third, third))
    return rows


def drawn_set(random: np.random.Generator) -> int:
    """2 to 6 of the nine places."""
    return sum(1 << place for place in shuffled(random, range(CELLS))[: int(random.integers(2, 7))])


_MAKE: dict[str, Callable[[int, Sequence[int], np.random.Generator], list[Row] | None]] = {
    CONSTANT: _constant,
    PROGRESSION: _progression,
    SUM: _sum,
    THREE: _three,
    XOR: _xor,
}


def governed(answer: int, values: Sequence[int], rules: Sequence[str], ordered: bool, random: np.random.Generator) -> Governed | None:
    """Rows under one of `rules` that end in `answer` and force it; None if none was found in a few tries."""
    for _ in range(30):
        rule = pick(random, rules)
        rows = _MAKE[rule](answer, values, random)
        if rows is None:
            continue
        made = Governed(rule, (rows[0], rows[1], rows[2]))
        if any(min(row) < 0 for row in rows) or (rule == XOR and any(value in (0, 511) for row in rows for value in row)):
            continue
        if rule == XOR and any(len(set(row)) < 3 for row in rows):
            continue
        if forced(made.rows, range(512) if rule == XOR else values, ordered, rule == XOR) == {answer}:
            return made
    return None
