"""What `rendered_text` asks about: a text, how it is laid out, a question, and an answer known by construction.

Here: word problems. A story is made backwards from its answer: each step is undone, so every number is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data_recipes.sources.drawn.asked import Asked
from data_recipes.sources.drawn.board import pick, shuffled
from rewards.verdict import Answer


@dataclass(frozen=True)
class Page:
    """`text` is what a reader of the picture sees, line by line; `given` the same as plain text for the text form."""

    layout: str  # prose, code, table, json
    text: str
    given: str
    asked: Asked
    rows: tuple[tuple[str, ...], ...] = ()  # table: header and cells


NAMES = ("Mia", "Ben", "Lena", "Omar", "Ana", "Jack", "Sara", "Tom", "Yuki", "Ravi", "Nora", "Paul", "Ida", "Leo", "Zoe", "Ali")
ITEMS = ("stickers", "marbles", "stamps", "cards", "shells", "coins", "beads", "pencils", "buttons", "badges", "stones", "photos")
SOLVE = "Solve the problem in the picture."


def _step(after: int, who: str, other: str, what: str, random: np.random.Generator) -> tuple[int, str, str] | None:
    """(number before, the sentence, the reckoning) of one step that ends at `after`; None if it does not come out whole."""
    kind = pick(random, ("buys", "packs", "loses", "half", "doubles", "shares"))
    if kind == "buys":
        number = int(random.integers(2, 20))
        return (after - number, f"{who} buys {number} more.", f"{after - number} + {number} = {after}") if after > number else None
    if kind == "packs":
        packs, each = int(random.integers(2, 7)), int(random.integers(2, 9))
        before = after - packs * each
        return (before, f"{who} gets {packs} packs of {each}.", f"{before} + {packs} · {each} = {after}") if before > 0 else None
    if kind == "loses":
        number = int(random.integers(2, 25))
        return after + number, f"{who} loses {number} of them.", f"{after + number} - {number} = {after}"
    if kind == "half":
        return (2 * after, f"{who} gives half of them to {other}.", f"{2 * after} / 2 = {after}") if 1 < after < 80 else None
    if kind == "doubles":
        return (after // 2, f"Then {who} doubles the collection.", f"2 · {after // 2} = {after}") if after % 2 == 0 and after > 3 else None
    friends = int(random.integers(2, 5))
    if not 1 < after < 40:
        return None
    before = after * (friends + 1)
    say = f"{who} shares them equally with {friends} friends and keeps one share."
    return before, say, f"{before} / {friends + 1} = {after}"


def story(random: np.random.Generator) -> Page:
    """2 to 5 things happen to a collection; how many are left?"""
    who, other = shuffled(random, NAMES)[:2]
    what, steps = pick(random, ITEMS), int(random.integers(2, 6))
    answer = at = int(random.integers(2, 90))
    sentences: list[str] = []
    sums: list[str] = []
    while len(sentences) < steps:
        made = _step(at, who, other, what, random)
        if made is None or made[0] > 300 or (sentences and made[1] == sentences[0]):
            continue
        at, sentence, reckoned = made
        sentences.insert(0, sentence)
        sums.insert(0, f"{reckoned}.")
    text = f"{who} has {at} {what}. {' '.join(sentences)} How many {what} does {who} have now?"
    return _problem("story", text, answer, steps - 1, " ".join(sums))


def _problem(task: str, text: str, answer: int, grade: int, why: str) -> Page:
    asked = Asked(task, SOLVE, Answer("count", str(answer)), grade, "arithmetic word problem", why)
    return Page("prose", text, text, asked)


def change(random: np.random.Generator) -> Page:
    """Two goods, one note, the change."""
    left = int(random.integers(1, 60))
    one, two = (int(value) for value in random.integers(2, 9, size=2))
    first, second = (int(value) for value in random.integers(2, 13, size=2))
    goods = shuffled(random, ("notebooks", "pens", "mugs", "plants", "candles", "maps", "books", "kites"))[:2]
    who = pick(random, NAMES)
    spent = one * first + two * second
    text = (
        f"{who} buys {one} {goods[0]} at {first} euros each and {two} {goods[1]} at {second} euros each. "
        f"{who} had {spent + left} euros before. How many euros are left?"
    )
    why = f"{one} · {first} + {two} · {second} = {spent}. {spent + left} - {spent} = {left}."
    return _problem("change", text, left, 2, why)


def discount(random: np.random.Generator) -> Page:
    percent = pick(random, (10, 20, 25, 30, 40, 50, 60, 75))
    unit = 100 // np.gcd(100, percent)
    price = int(unit * random.integers(2, 1 + 400 // unit))
    pays = price * (100 - percent) // 100
    thing = pick(random, ("coat", "bicycle", "lamp", "tent", "camera", "desk", "suitcase", "radio"))
    text = f"A {thing} costs {price} euros. In the sale its price falls by {percent}%. How many euros does the {thing} cost in the sale?"
    return _problem("discount", text, pays, 3, f"{percent}% of {price} is {price - pays}. {price} - {price - pays} = {pays}.")


def travel(random: np.random.Generator) -> Page:
    """Two legs with a break; how far, or at what mean speed?"""
    first, second = (10 * int(value) for value in random.integers(3, 13, size=2))
    one, two = (int(value) for value in random.integers(1, 5, size=2))
    who = pick(random, NAMES)
    length = first * one + second * two
    text = f"{who} drives {one} h at {first} km/h and then {two} h at {second} km/h. How many kilometres does {who} drive in all?"
    return _problem("travel", text, length, 2, f"{one} · {first} + {two} · {second} = {length}.")


WORD_PROBLEMS: dict[str, Callable[[np.random.Generator], Page]] = {
    "story": story,
    "change": change,
    "discount": discount,
    "travel": travel,
}
