"""Matrices solved from their rows alone; diagrams measured in their own coordinates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from data_recipes.sources import diagrams, matrices
from data_recipes.sources.drawn import matrix_rules
from data_recipes.sources.drawn.figures import Figure, turned


def row_rules(rows: list[tuple[int, int, int]], last: int) -> set[str]:
    """Rules of which all three rows, the last with `last` in its end, are an example; written out without the generator's code."""
    full = [*rows[:2], (rows[2][0], rows[2][1], last)]
    found = set()
    if all(a == b == c for a, b, c in full):
        found.add("constant")
    if len({b - a for a, b, _ in full} | {c - b for _, b, c in full}) == 1 and full[0][0] != full[0][1]:
        found.add("progression")
    if all(a + b == c for a, b, c in full):
        found.add("sum")
    if len(set(full[0])) == 3 and all(sorted(row) == sorted(full[0]) for row in full):
        found.add("three")
    if all(a ^ b == c for a, b, c in full):
        found.add("xor")
    return found


@pytest.mark.parametrize("task", matrices.TASKS)
def test_a_matrix_has_one_solution(task: matrices.TaskName):
    random = np.random.default_rng(5)
    for _ in range(60):
        matrix, options, asked = matrices.compose(task, random)
        solution = {}
        for name, made in matrix.items():
            values = range(512) if name == "places" else matrices.values_of(name)
            kinds = {"places": {"xor", "constant", "three"}, "number": {"constant", "progression", "sum", "three"}}
            allowed = kinds.get(name, {"constant", "progression", "three"} if name == "size" else {"constant", "three"})
            fitting = [value for value in values if row_rules(list(made.rows), value) & allowed]
            fitting = [value for value in fitting if not (name == "number" and _step(made.rows, value) > 2)]
            assert len(fitting) == 1, (name, made)
            solution[name] = fitting[0]
        if options:
            assert [panel == solution for panel in options].count(True) == 1
            assert "ABCDEFGH"[options.index(solution)] == asked.answer.reference
            for name in solution:  # every value of an attribute is as common among the options as its rival
                counts = [sum(panel[name] == value for panel in options) for value in {panel[name] for panel in options}]
                assert set(counts) in ({8}, {4}) or name == "places"
        elif task == "number":
            assert asked.answer.reference == str(solution["number"])
        else:
            assert matrices.COLOURS[solution["colour"]] in asked.said or matrices.SHAPES[solution["shape"]] in asked.said


def _step(rows: tuple, value: int) -> int:
    """Step of a progression; 0 where there is none."""
    return abs(rows[0][1] - rows[0][0]) if "progression" in row_rules(list(rows), value) and rows[0][0] != rows[0][1] else 0


def test_a_rule_that_allows_two_answers_is_refused():
    assert matrix_rules.forced([(1, 2, 3), (2, 3, 1), (3, 1, 0)], range(1, 10), ordered=True) == {2}
    assert matrix_rules.forced([(1, 1, 2), (2, 2, 4), (3, 3, 0)], range(1, 10), ordered=True) == {6}
    both = matrix_rules.forced([(1, 2, 3), (1, 2, 3), (1, 3, 0)], range(1, 10), ordered=True)
    assert both == {2, 4}


def measured(figure: Figure) -> dict[str, float]:
    """What the figure's own coordinates say of its labelled angles and sides."""
    angles = {text: figure.angle(a, b, c) for a, b, c, text in figure.angles}
    return angles | {text: figure.length(one, two) for one, two, text in figure.sides}


ANGLES = ("triangle_angles", "isosceles", "exterior", "quadrilateral", "parallels", "inscribed", "semicircle", "cyclic", "tangent")


@pytest.mark.parametrize("task", diagrams.Diagrams.task_names)
def test_a_diagram_is_true_to_scale_and_its_answer_is_what_one_measures(task: str):
    source, random = diagrams.Diagrams(), np.random.default_rng(6)
    for _ in range(80):
        figure, asked = source.compose(random, task)
        shown = turned(figure, 33.0, True)
        found = measured(shown)
        answer = asked.answer.reference
        for text, value in found.items():
            if text.endswith("°"):
                assert value == pytest.approx(float(text[:-1]), abs=1e-6)
        if task in ANGLES:
            assert found["x"] == pytest.approx(float(answer), abs=1e-6)
            continue
        lengths = {text: value for text, value in found.items() if text.endswith(" cm")}
        unit = next(value / float(text[:-3]) for text, value in lengths.items())
        for text, value in lengths.items():
            assert value / unit == pytest.approx(float(text[:-3]), abs=1e-6)
        number = _number(answer)
        if "x" in found:
            assert found["x"] / unit == pytest.approx(number, abs=1e-6)
        elif task == "circle_area":
            radius = shown.length("M", "A") / unit
            assert number == pytest.approx(math.pi * radius**2 if "area" in asked.question else 2 * math.pi * radius)
        elif "perimeter" in asked.question:
            assert number == pytest.approx(sum(shown.length(one, two) for one, two in shown.segments) / unit)
        else:
            assert number == pytest.approx(_shoelace([shown.points[name] for name in shown.filled]) / unit**2)


def _number(text: str) -> float:
    if text.startswith("√"):
        return math.sqrt(int(text[1:]))
    return int(text[:-1]) * math.pi if text.endswith("π") else float(text)


def _shoelace(points: list[tuple[float, float]]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))) / 2
