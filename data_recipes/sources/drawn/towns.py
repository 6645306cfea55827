"""A town on a grid of streets: places at crossings, closed street sections, four districts, a compass, a scale.

Crossings are (column, row) from the top left of the picture. North may point to any side of the picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from data_recipes.sources.drawn.board import INK, Board, Colour, Point, paper

Crossing = tuple[int, int]
Section = tuple[Crossing, Crossing]  # the smaller crossing first
COMPASS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
# On the picture, clockwise from upwards, as (columns, rows).
TURNS = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))
PLACES = (
    "Bakery",
    "Bank",
    "Castle",
    "Cinema",
    "Church",
    "Harbour",
    "Hospital",
    "Library",
    "Market",
    "Museum",
    "Park",
    "School",
    "Stadium",
    "Station",
    "Theatre",
    "Zoo",
)
DISTRICTS = ("Altmoor", "Brookside", "Cliffend", "Dovedale", "Eastfield", "Fairview", "Greenhill", "Highgate")
STREETS = ("Ash St", "Birch St", "Cedar St", "Elm St", "Hazel St", "Lime St", "Maple St", "Oak St", "Pine St")
TINTS: tuple[Colour, ...] = ((228, 240, 222), (250, 236, 214), (224, 234, 248), (246, 226, 236))
PIN: Colour = (190, 40, 45)
BLOCK, LEFT, TOP = 88.0, 114.0, 78.0


@dataclass(frozen=True)
class Town:
    columns: int
    rows: int
    places: Mapping[str, Crossing]
    closed: frozenset[Section]
    border: Crossing  # districts change after this column and after this row
    districts: tuple[str, str, str, str]  # top left, top right, bottom left, bottom right
    streets: tuple[str, ...]  # names of the rows
    north: int  # quarter turns clockwise from the top of the picture
    metres: int  # a block's length

    def content(self) -> list[object]:
        places = sorted((name, *at) for name, at in self.places.items())
        return [self.columns, self.rows, places, sorted(self.closed), self.border, self.districts, self.north, self.metres]

    def district(self, at: Crossing) -> str:
        return self.districts[(at[0] > self.border[0]) + 2 * (at[1] > self.border[1])]

    def compass(self, turn: int) -> str:
        """Name of a direction on the picture (index into TURNS)."""
        return COMPASS[(turn - 2 * self.north) % 8]

    def neighbours(self, at: Crossing) -> Iterator[Crossing]:
        for right, down in TURNS[::2]:
            to = (at[0] + right, at[1] + down)
            if 0 <= to[0] < self.columns and 0 <= to[1] < self.rows and (min(at, to), max(at, to)) not in self.closed:
                yield to

    def blocks_from(self, start: Crossing) -> dict[Crossing, int]:
        """Blocks of the shortest way along open streets to every crossing that can be reached."""
        found, waiting = {start: 0}, deque([start])
        while waiting:
            at = waiting.popleft()
            for to in self.neighbours(at):
                if to not in found:
                    found[to] = found[at] + 1
                    waiting.append(to)
        return found


def _spot(at: Crossing) -> Point:
    return LEFT + BLOCK * at[0], TOP + BLOCK * at[1]


def draw_town(town: Town, pixels: int, random: np.random.Generator) -> Image.Image:
    """Streets with their names, districts as tinted areas with a name, pins, red crosses, compass and scale."""
    width, bottom = LEFT + BLOCK * (town.columns - 1) + 62, TOP + BLOCK * (town.rows - 1) + 50
    board = Board(width, bottom + 46, pixels, paper(random))
    _districts(board, town)
    for row in range(town.rows):
        board.line([_spot((0, row)), _spot((town.columns - 1, row))], (255, 255, 255), 11)
        board.line([_spot((0, row)), _spot((town.columns - 1, row))], (150, 150, 155), 1.2)
        board.text((8, TOP + BLOCK * row), town.streets[row], 13, (80, 80, 85), "lm")
    for column in range(town.columns):
        board.line([_spot((column, 0)), _spot((column, town.rows - 1))], (255, 255, 255), 11)
        board.line([_spot((column, 0)), _spot((column, town.rows - 1))], (150, 150, 155), 1.2)
        board.text((LEFT + BLOCK * column, TOP - 40), f"{column + 1}. Ave", 13, (80, 80, 85))
    for one, two in sorted(town.closed):
        x, y = ((_spot(one)[axis] + _spot(two)[axis]) / 2 for axis in (0, 1))
        board.line([(x - 8, y - 8), (x + 8, y + 8)], (215, 30, 30), 3.2)
        board.line([(x - 8, y + 8), (x + 8, y - 8)], (215, 30, 30), 3.2)
    for name, at in sorted(town.places.items()):
        x, y = _spot(at)
        board.circle((x, y), 7, PIN, (255, 255, 255), 1.5)
        board.text((x, y + 18), name, 14.5, INK, face="bold", halo=(255, 255, 255))
    _compass(board, (36, 38), town.north)
    _scale(board, bottom + 14, town.metres, closed=bool(town.closed))
    return board.image()


def _districts(board: Board, town: Town) -> None:
    left, right = LEFT - 38, LEFT + BLOCK * (town.columns - 1) + 34
    top, low = TOP - 26, TOP + BLOCK * (town.rows - 1) + 32
    middle, half = LEFT + BLOCK * (town.border[0] + 0.5), TOP + BLOCK * (town.border[1] + 0.5)
    spans = [(left, middle, top, half), (middle, right, top, half), (left, middle, half, low), (middle, right, half, low)]
    for (west, east, upper, lower), tint in zip(spans, TINTS, strict=True):
        board.polygon([(west, upper), (east, upper), (east, lower), (west, lower)], tint)
    board.dashed((middle, top), (middle, low), (120, 120, 130), 1.6)
    board.dashed((left, half), (right, half), (120, 120, 130), 1.6)
    # The name stands inside a block, where no street and no pin is.
    columns = ((0 + town.border[0]) // 2, (town.border[0] + 1 + town.columns - 2) // 2)
    for number, name in enumerate(town.districts):
        column = columns[number % 2]
        row = 0 if number < 2 else town.border[1] + 1
        at = (LEFT + BLOCK * (column + 0.5), TOP + BLOCK * (row + 0.5) - 12)
        if number < 2 and town.border[1] == 0:
            at = (at[0], TOP + 22)
        if number % 2 == 0 and town.border[0] == 0:
            at = (LEFT + 16, at[1])
        board.text(at, name.upper(), 11.5, (90, 90, 130), face="bold")


def _compass(board: Board, centre: Point, north: int) -> None:
    right, down = TURNS[2 * north]
    x, y = centre
    tip = (x + right * 24, y + down * 24)
    board.line([(x - right * 18, y - down * 18), (x + right * 12, y + down * 12)], INK, 2.4)
    board.polygon([tip, (x + right * 9 - down * 7, y + down * 9 + right * 7), (x + right * 9 + down * 7, y + down * 9 - right * 7)], INK)
    board.text((x + down * 16 + right * 12, y - right * 16 + down * 12), "N", 16, face="bold")


def _scale(board: Board, y: float, metres: int, closed: bool) -> None:
    board.line([(LEFT, y), (LEFT + BLOCK, y)], INK, 2.2)
    for x in (LEFT, LEFT + BLOCK):
        board.line([(x, y - 5), (x, y + 5)], INK, 2.2)
    board.text((LEFT + BLOCK / 2, y + 14), f"{metres} m", 13)
    if closed:
        x = LEFT + BLOCK + 40
        board.line([(x - 6, y - 6), (x + 6, y + 6)], (215, 30, 30), 2.8)
        board.line([(x - 6, y + 6), (x + 6, y - 6)], (215, 30, 30), 2.8)
        board.text((x + 14, y), "closed to everyone", 13, anchor="lm")
