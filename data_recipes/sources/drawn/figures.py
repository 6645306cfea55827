"""A geometry figure: named points with what is drawn between them, turned at random and scaled to the picture.

Coordinates are mathematical (y upwards) in the figure's own unit, so lengths and angles that are written beside the
figure can be measured in it. Drawing turns, mirrors and scales the whole: the figure stays true to scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from data_recipes.sources.drawn.board import INK, Board, Colour, Point, paper

EDGE = 64.0  # room for labels around the figure, in units of the board
SHADE: Colour = (206, 222, 245)
BLUE: Colour = (30, 80, 170)


@dataclass(frozen=True)
class Figure:
    points: Mapping[str, Point]
    segments: tuple[tuple[str, str], ...] = ()
    dashed: tuple[tuple[str, str], ...] = ()
    circles: tuple[tuple[str, str], ...] = ()  # centre, a point on it
    filled: tuple[str, ...] = ()  # corners of the shaded region
    angles: tuple[tuple[str, str, str, str], ...] = ()  # arm, vertex, arm, text ("" only marks it)
    right: tuple[tuple[str, str, str], ...] = ()  # right angles: arm, vertex, arm
    sides: tuple[tuple[str, str, str], ...] = ()  # from, to, text beside the middle, on the right of the way
    ticks: tuple[tuple[str, str], ...] = ()  # sides marked as equal
    dots: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # points whose name is written
    called: Mapping[str, str] = field(default_factory=dict)  # what is written instead of a point's own name

    def angle(self, arm: str, vertex: str, other: str) -> float:
        """Degrees, measured in the figure."""
        (ax, ay), (vx, vy), (bx, by) = self.points[arm], self.points[vertex], self.points[other]
        one, two = math.atan2(ay - vy, ax - vx), math.atan2(by - vy, bx - vx)
        turn = abs(math.degrees(one - two)) % 360
        return min(turn, 360 - turn)

    def length(self, one: str, two: str) -> float:
        return math.dist(self.points[one], self.points[two])

    def content(self) -> list[object]:
        """Shape and labels, without place: two drawings of it are the same figure."""
        shape = sorted((name, round(x, 3), round(y, 3)) for name, (x, y) in self.points.items())
        return [shape, [list(angle) for angle in self.angles], [list(side) for side in self.sides], sorted(self.called.items())]


def turned(figure: Figure, degrees: float, mirrored: bool) -> Figure:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    points = {name: ((x * cosine - y * sine) * (-1 if mirrored else 1), x * sine + y * cosine) for name, (x, y) in figure.points.items()}
    return replace(figure, points=points)


def draw_figure(figure: Figure, pixels: int, random: np.random.Generator, width: float = 440.0) -> Image.Image:
    """The figure as large as it fits on a board `width` wide; `pixels` wide in the end."""
    extent = [*figure.points.values()]
    for centre, at in figure.circles:
        (x, y), far = figure.points[centre], figure.length(centre, at)
        extent += [(x - far, y - far), (x + far, y + far)]
    left, right = min(x for x, _ in extent), max(x for x, _ in extent)
    low, high = min(y for _, y in extent), max(y for _, y in extent)
    room = width - 2 * EDGE
    scale = min(room / max(right - left, 1e-9), room / max(high - low, 1e-9))
    height = max(200.0, (high - low) * scale + 2 * EDGE)
    board = Board(width, height, pixels, paper(random))
    across, down = (width - (right - left) * scale) / 2, (height - (high - low) * scale) / 2
    at = {name: (across + (x - left) * scale, height - down - (y - low) * scale) for name, (x, y) in figure.points.items()}
    centre = (sum(x for x, _ in at.values()) / len(at), sum(y for _, y in at.values()) / len(at))
    if figure.filled:
        board.polygon([at[name] for name in figure.filled], SHADE)
    for name, on in figure.circles:
        board.circle(at[name], figure.length(name, on) * scale, None, INK, 2.2)
    for arm, vertex, other, text in figure.angles:
        _angle(board, at[arm], at[vertex], at[other], text)
    for arm, vertex, other in figure.right:
        _right_angle(board, at[arm], at[vertex], at[other])
    for one, two in figure.segments:
        board.line([at[one], at[two]], INK, 2.2)
    for one, two in figure.dashed:
        board.dashed(at[one], at[two], (70, 70, 75), 1.6)
    for one, two in figure.ticks:
        _tick(board, at[one], at[two])
    for one, two, text in figure.sides:
        _side(board, at[one], at[two], text, centre)
    for name in figure.dots:
        board.circle(at[name], 3.4, INK)
    for name in figure.names:
        x, y = at[name]
        away = math.hypot(x - centre[0], y - centre[1])
        aside = (0.0, -16.0) if away < 20 else ((x - centre[0]) / away * 17, (y - centre[1]) / away * 17)
        board.text((x + aside[0], y + aside[1]), figure.called.get(name, name), 18, face="times", halo=(255, 255, 255))
    return board.image()


def _angle(board: Board, arm: Point, vertex: Point, other: Point, text: str) -> None:
    one = math.degrees(math.atan2(arm[1] - vertex[1], arm[0] - vertex[0]))
    two = math.degrees(math.atan2(other[1] - vertex[1], other[0] - vertex[0]))
    opening = (two - one) % 360
    if opening > 180:
        one, opening = two, 360 - opening
    reach = min(math.dist(arm, vertex), math.dist(other, vertex))
    radius = min(26.0, reach * 0.4)
    board.arc(vertex, radius, one, one + opening, BLUE, 1.8)
    if text:
        middle = math.radians(one + opening / 2)
        # A narrow angle has room for its number only farther out.
        far = max(radius + 17, min(reach * 0.75, 21 / max(0.05, math.sin(math.radians(min(opening, 170) / 2)))))
        board.text((vertex[0] + far * math.cos(middle), vertex[1] + far * math.sin(middle)), text, 17, BLUE, halo=(255, 255, 255))


def _right_angle(board: Board, arm: Point, vertex: Point, other: Point) -> None:
    size = 13.0
    one = [(point[axis] - vertex[axis]) / math.dist(point, vertex) * size for point in (arm,) for axis in (0, 1)]
    two = [(point[axis] - vertex[axis]) / math.dist(point, vertex) * size for point in (other,) for axis in (0, 1)]
    corners = [(one[0], one[1]), (one[0] + two[0], one[1] + two[1]), (two[0], two[1])]
    board.line([(vertex[0] + x, vertex[1] + y) for x, y in corners], BLUE, 1.6)


def _tick(board: Board, one: Point, two: Point) -> None:
    length = math.dist(one, two)
    middle = ((one[0] + two[0]) / 2, (one[1] + two[1]) / 2)
    aside = (-(two[1] - one[1]) / length * 7, (two[0] - one[0]) / length * 7)
    board.line([(middle[0] - aside[0], middle[1] - aside[1]), (middle[0] + aside[0], middle[1] + aside[1])], INK, 2.0)


def _side(board: Board, one: Point, two: Point, text: str, centre: Point) -> None:
    """The text beside the middle of the side, away from the figure's centre."""
    length = math.dist(one, two)
    middle = ((one[0] + two[0]) / 2, (one[1] + two[1]) / 2)
    normal = ((two[1] - one[1]) / length, -(two[0] - one[0]) / length)
    if (middle[0] - centre[0]) * normal[0] + (middle[1] - centre[1]) * normal[1] < 0:
        normal = (-normal[0], -normal[1])
    far = 12 + abs(normal[0]) * board.text_width(text, 17) / 2
    board.text((middle[0] + normal[0] * far, middle[1] + normal[1] * far), text, 17, INK, halo=(255, 255, 255))
