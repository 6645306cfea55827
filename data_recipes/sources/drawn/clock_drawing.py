"""Draws dials in several styles, and a timetable with or without a dial above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from data_recipes.sources.drawn.board import INK, Board, Colour, Point, paper, pick

ROMAN = ("XII", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI")
ARABIC = tuple(str(hour or 12) for hour in range(12))
RIMS: tuple[Colour, ...] = ((40, 40, 45), (120, 70, 30), (30, 70, 140), (150, 30, 40), (40, 110, 70))
FACES: tuple[Colour, ...] = ((255, 255, 255), (250, 246, 232), (236, 242, 250))


@dataclass(frozen=True)
class Style:
    numerals: tuple[str, ...] | None  # None: hour marks only
    face: str
    rim: Colour
    ground: Colour
    minute_marks: bool
    pointed: bool


def drawn_style(random: np.random.Generator) -> Style:
    numerals = pick(random, (ARABIC, ARABIC, ARABIC, ROMAN, None))
    marks = bool(random.random() < 0.75) or numerals is None
    return Style(
        numerals, pick(random, ("sans", "serif", "bold")), pick(random, RIMS), pick(random, FACES), marks, bool(random.random() < 0.5)
    )


def _hand(board: Board, centre: Point, turn: float, length: float, width: float, colour: Colour, pointed: bool) -> None:
    """`turn` in radians, clockwise from the top."""
    right, down = math.sin(turn), -math.cos(turn)
    tip = (centre[0] + right * length, centre[1] + down * length)
    back = (centre[0] - right * length * 0.16, centre[1] - down * length * 0.16)
    if not pointed:
        board.line([back, tip], colour, width)
        return
    half = width * 0.75
    corners = [tip, (centre[0] - down * half, centre[1] + right * half), back, (centre[0] + down * half, centre[1] - right * half)]
    board.polygon(corners, colour)


def draw_dial(board: Board, centre: Point, radius: float, minutes: int, style: Style) -> None:
    """The hour hand moves between the hours, as a real one does."""
    board.circle(centre, radius, style.ground, style.rim, radius * 0.06)
    for mark in range(60):
        hour = mark % 5 == 0
        if not hour and not style.minute_marks:
            continue
        turn = mark * math.pi / 30
        outer, inner = radius * 0.91, radius * (0.80 if hour and style.numerals is None else 0.84 if hour else 0.87)
        ends = [(centre[0] + math.sin(turn) * far, centre[1] - math.cos(turn) * far) for far in (inner, outer)]
        board.line(ends, INK, radius * (0.03 if hour else 0.012))
    for hour, numeral in enumerate(style.numerals or ()):
        turn = hour * math.pi / 6
        at = (centre[0] + math.sin(turn) * radius * 0.70, centre[1] - math.cos(turn) * radius * 0.70)
        board.text(at, numeral, radius * (0.17 if style.numerals is ROMAN else 0.21), face=style.face)
    _hand(board, centre, (minutes % 720) * math.pi / 360, radius * 0.48, radius * 0.075, INK, style.pointed)
    _hand(board, centre, (minutes % 60) * math.pi / 30, radius * 0.78, radius * 0.045, INK, style.pointed)
    board.circle(centre, radius * 0.05, style.rim)


def draw_clocks(times: Sequence[int], pixels: int, random: np.random.Generator) -> Image.Image:
    width = 240.0 * len(times)
    board = Board(width, 240, pixels, paper(random))
    for number, minutes in enumerate(times):
        draw_dial(board, (120 + 240 * number, 120), 104, minutes, drawn_style(random))
    return board.image()


def draw_timetable(
    service: str, rows: Sequence[Sequence[str]], times: Sequence[int], pixels: int, random: np.random.Generator
) -> Image.Image:
    """`rows`: a stop and its times each; a dial stands above the table if there is a time to show."""
    first, cell, line, edge = 118.0, 72.0, 32.0, 14.0
    width = 2 * edge + first + cell * (len(rows[0]) - 1)
    top = edge + (226 if times else 0)
    board = Board(width, top + 40 + line * len(rows) + edge, pixels, paper(random))
    if times:
        draw_dial(board, (width / 2, edge + 106), 100, times[0], drawn_style(random))
    colour = pick(random, RIMS)
    board.polygon([(edge, top), (width - edge, top), (width - edge, top + 34), (edge, top + 34)], colour)
    board.text((edge + 10, top + 17), f"{service.capitalize()} timetable", 17, (255, 255, 255), "lm", "bold")
    for number, (stop, *cells) in enumerate(rows):
        y = top + 40 + line * number
        if number % 2 == 0:
            board.polygon([(edge, y), (width - edge, y), (width - edge, y + line), (edge, y + line)], (226, 230, 238))
        board.text((edge + 10, y + line / 2), stop, 16, anchor="lm")
        for column, text in enumerate(cells):
            board.text((edge + first + cell * (column + 0.5), y + line / 2), text, 16)
    return board.image()
