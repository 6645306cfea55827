"""Diagrams that ask for a length or an area: exact, as a whole number, a root or a multiple of π."""

from __future__ import annotations

import math

import numpy as np

from data_recipes.sources.drawn.asked import Asked
from data_recipes.sources.drawn.board import Point, pick
from data_recipes.sources.drawn.diagram_angles import on_circle
from data_recipes.sources.drawn.figures import Figure
from rewards.verdict import Answer

Made = tuple[Figure, Asked]
TRIPLES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29), (12, 35, 37), (9, 40, 41), (28, 45, 53))
LONGEST = 120  # of a side, in cm
SIDES = (("A", "B"), ("B", "C"), ("C", "A"))


def in_unit(task: str, question: str, answer: str, unit: str, grade: int, skill: str, why: str) -> Asked:
    return Asked(task, question, Answer("geometry", answer, {"unit": unit}), grade, skill, why)


def _right_triangle(a: float, b: float) -> dict[str, Point]:
    return {"C": (0.0, 0.0), "B": (a, 0.0), "A": (0.0, b)}


RIGHT = (("A", "B"), ("B", "C"), ("C", "A"))


def _triple(random: np.random.Generator) -> tuple[int, int, int]:
    """Legs in either order, and the hypotenuse: a multiple of one of TRIPLES."""
    a, b, c = pick(random, TRIPLES)
    times = int(random.integers(1, min(15, LONGEST // c) + 1))
    return (a * times, b * times, c * times) if random.random() < 0.5 else (b * times, a * times, c * times)


def hypotenuse(random: np.random.Generator) -> Made:
    a, b, c = _triple(random)
    sides = (("C", "B", f"{a} cm"), ("A", "C", f"{b} cm"), ("B", "A", "x"))
    why = f"x² = {a}² + {b}² = {a * a + b * b}, so x = {c} cm."
    asked = in_unit(
        "hypotenuse", "The angle marked with a square is a right angle. How long is the side x, in cm?", str(c), "cm", 2, "Pythagoras", why
    )
    return Figure(_right_triangle(a, b), RIGHT, sides=sides, right=(("A", "C", "B"),)), asked


def leg(random: np.random.Generator) -> Made:
    """The missing side is a whole number, or a root that no one can measure."""
    if random.random() < 0.6:
        x, b, c = _triple(random)
        said, length = str(x), float(x)
    else:
        c = int(random.integers(5, 14))
        b = int(random.integers(math.ceil(0.35 * c), math.floor(0.9 * c) + 1))
        length = math.sqrt(c * c - b * b)
        said = str(round(length)) if length == round(length) else f"√{c * c - b * b}"
    sides = (("C", "B", "x"), ("A", "C", f"{b} cm"), ("B", "A", f"{c} cm"))
    why = f"x² = {c}² - {b}² = {c * c - b * b}, so x = {said} cm."
    question = "The angle marked with a square is a right angle. How long is the side x, in cm? Give the exact value."
    asked = in_unit("leg", question, said, "cm", 3, "Pythagoras", why)
    return Figure(_right_triangle(length, b), RIGHT, sides=sides, right=(("A", "C", "B"),)), asked


def triangle_area(random: np.random.Generator) -> Made:
    base, height = 2 * int(random.integers(3, 11)), int(random.integers(4, 15))
    foot = float(random.uniform(0.2, 0.8)) * base
    points = {"A": (0.0, 0.0), "B": (float(base), 0.0), "C": (foot, float(height)), "H": (foot, 0.0)}
    area = base * height // 2
    why = f"The area is base times height over two: {base} · {height} / 2 = {area} cm²."
    asked = in_unit("triangle_area", "What is the area of the triangle, in cm²?", str(area), "cm²", 2, "area", why)
    sides = (("A", "B", f"{base} cm"), ("C", "H", f"{height} cm"))
    return Figure(points, SIDES, dashed=(("C", "H"),), sides=sides, right=(("C", "H", "B"),), filled=("A", "B", "C")), asked


def trapezium_area(random: np.random.Generator) -> Made:
    top = int(random.integers(3, 9))
    base = top + 2 * int(random.integers(1, 5))
    height = int(random.integers(3, 11))
    left = float(random.uniform(0.2, 0.8)) * (base - top)
    points = {"A": (0.0, 0.0), "B": (float(base), 0.0), "C": (left + top, float(height)), "D": (left, float(height)), "H": (left, 0.0)}
    area = (top + base) * height // 2
    why = f"The area is the mean of the parallel sides times the height: ({base} + {top}) / 2 · {height} = {area} cm²."
    asked = in_unit("trapezium_area", "What is the area of the trapezium, in cm²?", str(area), "cm²", 3, "area", why)
    sides = (("A", "B", f"{base} cm"), ("C", "D", f"{top} cm"), ("D", "H", f"{height} cm"))
    segments = (("A", "B"), ("B", "C"), ("C", "D"), ("D", "A"))
    return Figure(points, segments, dashed=(("D", "H"),), sides=sides, right=(("D", "H", "B"),), filled=("A", "B", "C", "D")), asked


def l_shape(random: np.random.Generator) -> Made:
    """A rectangle without one corner: its area, or its perimeter; two side lengths must be worked out."""
    width, height = int(random.integers(7, 15)), int(random.integers(7, 15))
    cut, deep = int(random.integers(2, width - 3)), int(random.integers(2, height - 3))
    right, low = float(width - cut), float(height - deep)
    points = {"A": (0.0, 0.0), "B": (float(width), 0.0), "C": (float(width), low), "D": (right, low), "E": (right, float(height))}
    points["F"] = (0.0, float(height))
    ring = ("A", "B", "C", "D", "E", "F")
    segments = tuple(zip(ring, (*ring[1:], "A"), strict=True))
    sides = (("A", "B", f"{width} cm"), ("F", "A", f"{height} cm"), ("E", "F", f"{width - cut} cm"), ("B", "C", f"{height - deep} cm"))
    if random.random() < 0.5:
        answer, unit = width * height - cut * deep, "cm²"
        whole, missing = width * height, cut * deep
        why = f"The whole rectangle has {width} · {height} = {whole} cm², the corner {cut} · {deep} = {missing} cm². {answer} cm² are left."
        question = "All corners are right angles. What is the area of the figure, in cm²?"
    else:
        answer, unit = 2 * (width + height), "cm"
        why = f"The inner sides make up for the missing corner, so it is the rectangle's perimeter: 2 · ({width} + {height}) = {answer} cm."
        question = "All corners are right angles. What is the perimeter of the figure, in cm?"
    asked = in_unit("l_shape", question, str(answer), unit, 3, "area", why)
    return Figure(points, segments, sides=sides, filled=ring), asked


def circle_area(random: np.random.Generator) -> Made:
    """Area or circumference from the radius or the diameter; exact, as a multiple of π."""
    radius = int(random.integers(2, 41))
    points = {"M": (0.0, 0.0), "A": (float(radius), 0.0), "B": (-float(radius), 0.0)}
    across = random.random() < 0.5
    sides = (("B", "A", f"{2 * radius} cm"),) if across else (("M", "A", f"{radius} cm"),)
    segments = (("B", "A"),) if across else (("M", "A"),)
    if random.random() < 0.5:
        said, unit, what = f"{radius * radius}π", "cm²", "area"
        why = f"The radius is {radius} cm. The area is π · {radius}² = {said} cm²."
    else:
        said, unit, what = f"{2 * radius}π", "cm", "circumference"
        why = f"The radius is {radius} cm. The circumference is 2π · {radius} = {said} cm."
    question = f"What is the {what} of the circle with centre M, in {unit}? Give the exact value, as a multiple of π."
    asked = in_unit("circle_area", question, said, unit, 2, "area", why)
    return Figure(points, segments, circles=(("M", "A"),), sides=sides, dots=("M",), names=("M",)), asked


def intercept(random: np.random.Generator) -> Made:
    """Two parallel lines across an angle at S: x from the ratio of the lengths."""
    ratio, short = int(random.integers(2, 5)), int(random.integers(2, 16))
    wanted = short * ratio
    near = short * float(random.uniform(0.8, 1.5))
    opening = 2 * math.degrees(math.asin(short / (2 * near)))
    points: dict[str, Point] = {"S": (0.0, 0.0)}
    for name, far, side in (("A", near, -1), ("B", near, 1), ("C", near * ratio, -1), ("D", near * ratio, 1)):
        points[name] = on_circle(far, side * opening / 2)
    why = f"The lines AB and CD are parallel, and SC is {ratio} times SA, so CD is {ratio} times AB: x = {ratio} · {short} = {wanted} cm."
    question = f"AB and CD are parallel, and SC is {ratio} times as long as SA. How long is CD, in cm?"
    asked = in_unit("intercept", question, str(wanted), "cm", 3, "similarity", why)
    sides = (("A", "B", f"{short} cm"), ("C", "D", "x"))
    return Figure(points, (("S", "C"), ("S", "D"), ("A", "B"), ("C", "D")), sides=sides, names=("S", "A", "B", "C", "D")), asked
