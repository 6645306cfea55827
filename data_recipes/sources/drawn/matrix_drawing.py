"""Draws a matrix of panels with its last one missing, and the options below if there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from data_recipes.sources.drawn.board import INK, Board, paper
from data_recipes.sources.drawn.world_drawing import PAINT, outline_of

PANEL, GAP, EDGE = 100.0, 10.0, 20.0
REACH = {"small": 6.5, "medium": 10.0, "large": 13.5}  # radius of a shape
# Where n shapes stand in a panel, by place in reading order: as dice show them.
PLACES = {
    1: (4,),
    2: (0, 8),
    3: (0, 4, 8),
    4: (0, 2, 6, 8),
    5: (0, 2, 4, 6, 8),
    6: (0, 2, 3, 5, 6, 8),
    7: (0, 2, 3, 4, 5, 6, 8),
    8: (0, 1, 2, 3, 5, 6, 7, 8),
    9: tuple(range(9)),
}
Shown = Mapping[str, Any]


def _centre(left: float, top: float, place: int, size: float) -> tuple[float, float]:
    return left + size * (0.2 + 0.3 * (place % 3)), top + size * (0.2 + 0.3 * (place // 3))


def _panel(board: Board, left: float, top: float, size: float, shown: Shown | None) -> None:
    corners = [(left, top), (left + size, top), (left + size, top + size), (left, top + size)]
    board.polygon(corners, (255, 255, 255), INK, 1.6)
    if shown is None:
        board.text((left + size / 2, top + size / 2), "?", size * 0.5, face="bold")
    elif "places" in shown:
        for place in range(9):
            at = _centre(left, top, place, size)
            on = shown["places"] >> place & 1
            board.circle(at, size * (0.1 if on else 0.02), (40, 60, 120) if on else (190, 190, 195))
    else:
        for place in PLACES[shown["number"]]:
            x, y = _centre(left, top, place, size)
            board.polygon(outline_of(shown["shape"], x, y, REACH[shown["size"]] * size / PANEL), PAINT[shown["colour"]])


def draw_matrix(panels: Sequence[Shown], options: Sequence[Shown], pixels: int, random: np.random.Generator) -> Image.Image:
    """Eight panels and a question mark; up to eight options in two rows of four, labelled A to H; `pixels` wide."""
    width = 2 * EDGE + 3 * PANEL + 2 * GAP + (60 if options else 0)
    option = (width - 2 * EDGE - 3 * GAP) / 4
    height = 2 * EDGE + 3 * PANEL + 2 * GAP + (2 * (option + 30) + 14 if options else 0)
    board = Board(width, height, pixels, paper(random))
    left = (width - 3 * PANEL - 2 * GAP) / 2
    for at, shown in enumerate([*panels, None]):
        _panel(board, left + at % 3 * (PANEL + GAP), EDGE + at // 3 * (PANEL + GAP), PANEL, shown)
    below = EDGE + 3 * PANEL + 2 * GAP + 14
    if options:
        board.line([(EDGE, below - 2), (width - EDGE, below - 2)], (150, 150, 155), 1.2)
    for at, shown in enumerate(options):
        x, y = EDGE + at % 4 * (option + GAP), below + 8 + at // 4 * (option + 30)
        _panel(board, x, y, option, shown)
        board.text((x + option / 2, y + option + 12), "ABCDEFGH"[at], 17, face="bold")
    return board.image()
