"""Diagrams that ask for an angle. Each draws its answer first and returns the figure that has it."""

from __future__ import annotations

import math

import numpy as np

from data_recipes.sources.drawn.asked import Asked
from data_recipes.sources.drawn.board import Point, pick
from data_recipes.sources.drawn.figures import Figure
from rewards.verdict import Answer

Made = tuple[Figure, Asked]
SIDES = (("A", "B"), ("B", "C"), ("C", "A"))


def in_degrees(task: str, question: str, answer: int | str, grade: int, skill: str, why: str) -> Asked:
    return Asked(task, question, Answer("geometry", str(answer), {"unit": "°"}), grade, skill, why)


def on_circle(radius: float, degrees: float) -> Point:
    return radius * math.cos(math.radians(degrees)), radius * math.sin(math.radians(degrees))


def triangle(alpha: float, beta: float, base: float = 10.0) -> dict[str, Point]:
    """A left, B right on the x axis, C above; angles at A and B in degrees."""
    gamma = 180 - alpha - beta
    side = base * math.sin(math.radians(beta)) / math.sin(math.radians(gamma))
    return {"A": (0.0, 0.0), "B": (base, 0.0), "C": on_circle(side, alpha)}


def triangle_angles(random: np.random.Generator) -> Made:
    wanted = int(random.integers(25, 121))
    alpha = int(random.integers(22, 180 - wanted - 21))
    beta = 180 - wanted - alpha
    angles = (("B", "A", "C", f"{alpha}°"), ("A", "B", "C", f"{beta}°"), ("A", "C", "B", "x"))
    why = f"The angles of a triangle add up to 180°. x = 180° - {alpha}° - {beta}° = {wanted}°."
    asked = in_degrees("triangle_angles", "How large is the angle x, in degrees?", wanted, 1, "angle sum", why)
    return Figure(triangle(alpha, beta), SIDES, angles=angles), asked


def isosceles(random: np.random.Generator) -> Made:
    """x is a base angle, or the angle at the top."""
    top = int(random.integers(28, 131))
    base = (180 - top) / 2
    said = f"{base:g}"
    figure = Figure(triangle(base, base), SIDES, ticks=(("B", "C"), ("C", "A")))
    if random.random() < 0.5:
        angles, wanted = (("B", "A", "C", "x"), ("A", "C", "B", f"{top}°")), said
        why = f"The two marked sides are equal, so the angles at the base are equal. x = (180° - {top}°) / 2 = {said}°."
    else:
        angles, wanted = (("B", "A", "C", f"{said}°"), ("A", "C", "B", "x")), str(top)
        why = f"The two marked sides are equal, so both base angles are {said}°. x = 180° - 2 · {said}° = {top}°."
    asked = in_degrees("isosceles", "The marked sides are equal. How large is the angle x, in degrees?", wanted, 2, "angle sum", why)
    return Figure(figure.points, SIDES, ticks=figure.ticks, angles=angles), asked


def exterior(random: np.random.Generator) -> Made:
    """The angle outside B is the sum of the two inner ones opposite."""
    wanted = int(random.integers(60, 151))
    alpha = int(random.integers(25, wanted - 24))
    gamma = wanted - alpha
    points = triangle(alpha, 180 - wanted)
    points["D"] = (15.0, 0.0)
    angles = (("B", "A", "C", f"{alpha}°"), ("A", "C", "B", f"{gamma}°"), ("D", "B", "C", "x"))
    why = f"An exterior angle is the sum of the two inner angles that do not touch it. x = {alpha}° + {gamma}° = {wanted}°."
    asked = in_degrees("exterior", "How large is the exterior angle x, in degrees?", wanted, 2, "angle sum", why)
    return Figure(points, (*SIDES, ("B", "D")), angles=angles), asked


def quadrilateral(random: np.random.Generator) -> Made:
    """Corners on two rays from A, so that all angles but the last are drawn."""
    while True:
        at_a, at_b, at_d = (int(value) for value in random.integers(60, 131, size=3))
        wanted = 360 - at_a - at_b - at_d
        if not 50 <= wanted <= 140:
            continue
        base, side = 10.0, float(random.uniform(6, 10))
        d = on_circle(side, at_a)
        from_b, from_d = math.radians(180 - at_b), math.radians(at_a - 180 + at_d)
        # B + s (cos, sin)(from_b) = D + t (cos, sin)(from_d)
        cross = math.cos(from_b) * math.sin(from_d) - math.sin(from_b) * math.cos(from_d)
        if abs(cross) < 0.2:
            continue
        along = ((d[0] - base) * math.sin(from_d) - d[1] * math.cos(from_d)) / cross
        c = (base + along * math.cos(from_b), along * math.sin(from_b))
        away = (c[0] - d[0]) * math.cos(from_d) + (c[1] - d[1]) * math.sin(from_d)
        if not (4 <= along <= 16 and 4 <= away <= 16):
            continue
        points = {"A": (0.0, 0.0), "B": (base, 0.0), "C": c, "D": d}
        angles = (("B", "A", "D", f"{at_a}°"), ("A", "B", "C", f"{at_b}°"), ("B", "C", "D", "x"), ("C", "D", "A", f"{at_d}°"))
        why = f"The angles of a quadrilateral add up to 360°. x = 360° - {at_a}° - {at_b}° - {at_d}° = {wanted}°."
        asked = in_degrees("quadrilateral", "How large is the angle x, in degrees?", wanted, 2, "angle sum", why)
        return Figure(points, (("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")), angles=angles), asked


def parallels(random: np.random.Generator) -> Made:
    """Two parallel lines and a third: x is equal to the given angle or its supplement."""
    slope = int(random.integers(40, 141))
    gap = float(random.uniform(3.5, 6.0))
    shift = gap / math.tan(math.radians(slope))
    reach = 8.0
    points: dict[str, Point] = {"P": (0.0, 0.0), "Q": (shift, gap)}
    points |= {"A": (-reach, 0.0), "B": (reach, 0.0), "C": (shift - reach, gap), "D": (shift + reach, gap)}
    far = 3.2 / math.sin(math.radians(slope))
    points["E"], points["F"] = on_circle(-far, slope), (shift + on_circle(far, slope)[0], gap + on_circle(far, slope)[1])
    segments = (("A", "B"), ("C", "D"), ("E", "F"))
    given = ("B", "P", "Q", f"{slope}°")
    kind, where, wanted = pick(
        random,
        (
            ("corresponding", ("D", "Q", "F", "x"), slope),
            ("alternate", ("C", "Q", "P", "x"), slope),
            ("co-interior", ("D", "Q", "P", "x"), 180 - slope),
            ("corresponding, then adjacent", ("C", "Q", "F", "x"), 180 - slope),
        ),
    )
    rule = "they are equal" if wanted == slope else f"they add up to 180°, and 180° - {slope}° = {wanted}°"
    why = f"The angle x and the angle of {slope}° are {kind} angles at parallel lines: {rule}. x = {wanted}°."
    asked = in_degrees(
        "parallels", "The two long lines are parallel. How large is the angle x, in degrees?", wanted, 2, "parallel lines", why
    )
    return Figure(points, segments, angles=(given, where)), asked


def inscribed(random: np.random.Generator) -> Made:
    """Centre angle and inscribed angle over the same chord; either is asked."""
    wanted = int(random.integers(25, 76))
    radius, apex = 5.0, float(random.uniform(70, 110))
    points = {"M": (0.0, 0.0), "A": on_circle(radius, -90 - wanted), "B": on_circle(radius, -90 + wanted), "C": on_circle(radius, apex)}
    segments = (("M", "A"), ("M", "B"), ("C", "A"), ("C", "B"))
    if random.random() < 0.5:
        angles, answer = (("A", "M", "B", f"{2 * wanted}°"), ("A", "C", "B", "x")), wanted
        why = f"An inscribed angle is half the central angle over the same arc. x = {2 * wanted}° / 2 = {wanted}°."
    else:
        angles, answer = (("A", "M", "B", "x"), ("A", "C", "B", f"{wanted}°")), 2 * wanted
        why = f"The central angle is twice the inscribed angle over the same arc. x = 2 · {wanted}° = {2 * wanted}°."
    asked = in_degrees("inscribed", "M is the centre. How large is the angle x, in degrees?", answer, 3, "circle theorems", why)
    return Figure(points, segments, circles=(("M", "A"),), angles=angles, dots=("M",), names=("M",)), asked


def semicircle(random: np.random.Generator) -> Made:
    wanted = int(random.integers(20, 71))
    radius = 5.0
    points = {"M": (0.0, 0.0), "A": (-radius, 0.0), "B": (radius, 0.0), "C": on_circle(radius, 2 * (90 - wanted))}
    angles = (("B", "A", "C", f"{90 - wanted}°"), ("A", "B", "C", "x"))
    why = f"AB is a diameter, so the angle at C is 90°. x = 180° - 90° - {90 - wanted}° = {wanted}°."
    question = "AB is a diameter of the circle with centre M. How large is the angle x, in degrees?"
    asked = in_degrees("semicircle", question, wanted, 3, "circle theorems", why)
    return Figure(points, SIDES, circles=(("M", "A"),), angles=angles, dots=("M",), names=("M", "A", "B", "C")), asked


def cyclic(random: np.random.Generator) -> Made:
    """Opposite angles of a quadrilateral with its corners on a circle."""
    wanted = int(random.integers(60, 121))
    radius, arc = 5.0, 2 * wanted  # the arc from B to D that does not hold C
    split = float(random.uniform(0.35, 0.65))
    rest = float(random.uniform(0.35, 0.65))
    b = float(random.uniform(-20, 20))
    points = {
        "M": (0.0, 0.0),
        "B": on_circle(radius, b),
        "A": on_circle(radius, b - arc * split),
        "D": on_circle(radius, b - arc),
        "C": on_circle(radius, b + (360 - arc) * rest),
    }
    angles = (("B", "A", "D", f"{180 - wanted}°"), ("B", "C", "D", "x"))
    why = f"Opposite angles of a quadrilateral in a circle add up to 180°. x = 180° - {180 - wanted}° = {wanted}°."
    question = "All four corners lie on the circle. How large is the angle x, in degrees?"
    asked = in_degrees("cyclic", question, wanted, 3, "circle theorems", why)
    return Figure(points, (("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")), circles=(("M", "A"),), angles=angles), asked


def tangent(random: np.random.Generator) -> Made:
    """Tangent from P: right angle at the point of contact."""
    wanted = int(random.integers(20, 66))
    radius = 5.0
    points = {"M": (0.0, 0.0), "T": (radius, 0.0), "P": (radius, radius * math.tan(math.radians(90 - wanted)))}
    angles = (("T", "M", "P", f"{90 - wanted}°"), ("M", "P", "T", "x"))
    why = f"A tangent is perpendicular to the radius at the point of contact. x = 90° - {90 - wanted}° = {wanted}°."
    question = "PT touches the circle with centre M at T. How large is the angle x, in degrees?"
    asked = in_degrees("tangent", question, wanted, 3, "circle theorems", why)
    return Figure(
        points, (("M", "T"), ("T", "P"), ("P", "M")), circles=(("M", "T"),), angles=angles, dots=("M", "T"), names=("M", "T", "P")
    ), asked
