"""Geometric patterns (K55): 3 x 3 matrices whose last panel is missing, in the manner of Raven's; our own code.

A panel shows some equal shapes: how many, which, how large and in what colour each follow a rule of their own; or it
shows a set of places, and the third panel of a row is what exactly one of the first two has. The answer is free (one
attribute, or two) or one of eight options drawn below. Options come from three independent changes to the right panel
(all 2 x 2 x 2 of them), so that no option can be told by looking at the options alone (Hu et al. 2021, I-RAVEN).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from PIL import Image

from data_recipes.sources.base import Candidate, generator
from data_recipes.sources.drawn.asked import GENERATED, Asked, candidate
from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.generator import PictureGenerator
from data_recipes.sources.drawn.matrix_drawing import draw_matrix
from data_recipes.sources.drawn.matrix_rules import CONSTANT, PROGRESSION, SUM, THREE, XOR, Governed, drawn_set, governed
from openk15.seeds import digest
from rewards.verdict import Answer

TaskName = Literal["number", "shape", "colour", "shape_colour", "options", "places"]
TASKS: tuple[TaskName, ...] = ("number", "shape", "colour", "shape_colour", "options", "places")
SHAPES = ("circle", "triangle", "square", "diamond", "hexagon", "star", "cross")
COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "black")
SIZES = ("small", "medium", "large")
NUMBERS = tuple(range(1, 10))
LETTERS = "ABCDEFGH"
WORDS = {"shape": SHAPES, "colour": COLOURS, "size": SIZES}
RULES = {
    "number": (CONSTANT, PROGRESSION, PROGRESSION, SUM, THREE),
    "size": (CONSTANT, PROGRESSION, THREE),
    "shape": (CONSTANT, THREE, THREE),
    "colour": (CONSTANT, THREE, THREE),
}
Panel = dict[str, int]  # attribute -> index of its value (number: the number itself; places: a bit mask)
Matrix = dict[str, Governed]


def values_of(attribute: str) -> range:
    return range(1, 10) if attribute == "number" else range(len(WORDS[attribute]))


def is_ordered(attribute: str) -> bool:
    return attribute in ("number", "size")


def panels(matrix: Matrix) -> list[Panel]:
    """Nine panels in reading order; the last is the answer."""
    return [{name: made.rows[row][column] for name, made in matrix.items()} for row in range(3) for column in range(3)]


def compose(task: TaskName, random: np.random.Generator) -> tuple[Matrix, list[Panel], Asked]:
    """The matrix, its options (none for free answers) and the question; nothing is drawn."""
    while True:
        if task == "places":
            made = governed(drawn_set(random), range(512), (XOR,), False, random)
            matrix = {"places": made} if made else None
        else:
            matrix = _attributes(random, must_vary={"options": ()}.get(task, tuple(task.split("_"))))
        if matrix is None:
            continue
        if task in ("options", "places"):
            options = _options(matrix, random)
            if options is None:
                continue
            letter = LETTERS[options.index(panels(matrix)[8])]
            asked = Asked(
                task,
                "Each row of the pattern follows the same rules. Which of the panels A to H belongs in the place of the question mark?",
                Answer("choice", letter, {"options": dict.fromkeys(LETTERS, "")}),
                _grade(matrix) + 1,
                "geometric patterns",
                f"{_explained(matrix)} That panel is {letter}.",
                question_type="multiple_choice",
            )
            return matrix, options, asked
        return matrix, [], _free(task, matrix)


def _attributes(random: np.random.Generator, must_vary: tuple[str, ...]) -> Matrix | None:
    """Rules for the four attributes; those in `must_vary` are not merely constant."""
    matrix: Matrix = {}
    for name in ("shape", "colour", "size", "number"):
        answer = pick(random, values_of(name))
        rules = [rule for rule in RULES[name] if rule != CONSTANT or name not in must_vary]
        made = governed(answer, values_of(name), rules, is_ordered(name), random)
        if made is None:
            return None
        matrix[name] = made
    if all(made.rule == CONSTANT for made in matrix.values()):
        return None
    return matrix


def _free(task: str, matrix: Matrix) -> Asked:
    last = panels(matrix)[8]
    shape, colour = SHAPES[last["shape"]], COLOURS[last["colour"]]
    opening = "Each row of the pattern follows the same rules."
    question, answer, said = {
        "number": (f"{opening} How many shapes belong in the missing panel?", Answer("count", str(last["number"])), str(last["number"])),
        "shape": (f"{opening} Which shape belongs in the missing panel?", Answer("attribute", shape, {"kind": "shape"}), shape),
        "colour": (f"{opening} What colour do the shapes in the missing panel have?", Answer("color", colour), colour),
        "shape_colour": (
            f"{opening} What belongs in the missing panel? Give the colour and the shape.",
            Answer("attribute", {"color": colour, "shape": shape}),
            f"{colour} {shape}",
        ),
    }[task]
    return Asked(task, question, answer, _grade(matrix), "geometric patterns", _explained(matrix), said)


def _grade(matrix: Matrix) -> int:
    """One for each attribute that changes within rows; one more for sums, two more for sets."""
    changing = sum(made.rule != CONSTANT for made in matrix.values())
    rules = [made.rule for made in matrix.values()]
    return changing + (SUM in rules) + 2 * (XOR in rules)


def _explained(matrix: Matrix) -> str:
    parts = []
    for name, made in matrix.items():
        if name == "places":
            parts.append("In every row the third panel has the places that are filled in exactly one of the first two.")
            continue
        words = [str(value) if name == "number" else WORDS[name][value] for value in made.rows[2]]
        how = {
            CONSTANT: "stays the same in a row",
            PROGRESSION: "changes by the same step",
            SUM: "of the third panel is the sum of the first two",
            THREE: "takes the same three values in every row",
        }[made.rule]
        parts.append(f"The {name} {how}: after {words[0]} and {words[1]} comes {words[2]}.")
    return " ".join(parts)


def _options(matrix: Matrix, random: np.random.Generator) -> list[Panel] | None:
    """The right panel and seven others: three changes, made or not made, in all eight combinations."""
    right = panels(matrix)[8]
    if "places" in right:
        places = shuffled(random, range(9))[:3]
        found = [{"places": right["places"] ^ sum(1 << place for at, place in enumerate(places) if bits >> at & 1)} for bits in range(8)]
        return shuffled(random, found) if all(panel["places"] for panel in found) else None
    moving = [name for name, made in matrix.items() if made.rule != CONSTANT]
    still = [name for name in matrix if name not in moving]
    names = [*shuffled(random, moving), *shuffled(random, still)][:3]
    other = {name: pick(random, [value for value in values_of(name) if value != right[name]]) for name in names}
    found = [{**right, **{name: other[name] for at, name in enumerate(names) if bits >> at & 1}} for bits in range(8)]
    return shuffled(random, found)


class Matrices(PictureGenerator):
    """`tasks`: which questions; `side`: smallest and largest width of a picture in pixels."""

    name = "matrices"
    licence = GENERATED
    note = "A held-out matrix (its nine panels) is never a training matrix."

    tasks: tuple[TaskName, ...] = TASKS
    side: tuple[int, int] = (320, 640)

    task_names: ClassVar[tuple[str, ...]] = TASKS
    narrowest: ClassVar[int] = 240

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        matrix, options, asked = compose(pick(random, self.tasks), random)
        picture = self._draw(matrix, options, random)
        scene = digest(panels(matrix))
        rules = ", ".join(f"{name} {made.rule}" for name, made in matrix.items())
        return candidate(
            asked,
            picture,
            f"scene:{scene}",
            source=self.name,
            licence=self.licence,
            made=f"source {self.name}: {split} {index}, scene {scene}, rules {rules}",
            category="synthetic",
            origin="synthetic",
            domain="visual reasoning",
            discipline="abstract reasoning",
        )

    def _draw(self, matrix: Matrix, options: list[Panel], random: np.random.Generator) -> Image.Image:
        described = [{name: WORDS[name][value] if name in WORDS else value for name, value in panel.items()} for panel in panels(matrix)]
        shown = [{name: WORDS[name][value] if name in WORDS else value for name, value in panel.items()} for panel in options]
        return draw_matrix(described[:8], shown, int(random.integers(self.side[0], self.side[1] + 1)), random)
