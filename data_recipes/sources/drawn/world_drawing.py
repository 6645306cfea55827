"""Draws a World: opaque shapes in their order, so that what lies on top is seen; and the ball with its arrow."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from data_recipes.sources.drawn.board import Board, Colour, Point, paper
from data_recipes.sources.drawn.world_engine import Thing, World

PAINT: dict[str, Colour] = {
    "red": (214, 39, 40),
    "green": (40, 150, 50),
    "blue": (31, 88, 200),
    "yellow": (240, 205, 30),
    "purple": (130, 60, 170),
    "orange": (245, 130, 30),
    "black": (30, 30, 30),
}
ARROW = 0.13  # its length
GREY = (110, 110, 115)
MARGIN = 0.03  # of the frame


def outline_of(shape: str, x: float, y: float, radius: float) -> list[Point]:
    """Corners of the shape around (x, y)."""
    if shape == "circle":
        return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in np.linspace(0, 2 * math.pi, 72, endpoint=False)]
    if shape == "square":
        half = 0.82 * radius
        return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
    if shape == "diamond":
        return [(x, y - 1.15 * radius), (x + 0.8 * radius, y), (x, y + 1.15 * radius), (x - 0.8 * radius, y)]
    if shape == "cross":
        arm, far = 0.36 * radius, radius
        quarter = [(arm, -arm), (far, -arm), (far, arm), (arm, arm)]
        corners = []
        for _ in range(4):
            corners += quarter
            quarter = [(-down, right) for right, down in quarter]
        return [(x + right, y + down) for right, down in corners]
    corners = {"triangle": 3, "hexagon": 6, "star": 10}[shape]
    reach = [1.1 * radius if shape != "star" or at % 2 == 0 else 0.5 * radius for at in range(corners)]
    turns = [2 * math.pi * at / corners - math.pi / 2 for at in range(corners)]
    return [(x + far * math.cos(turn), y + far * math.sin(turn)) for far, turn in zip(reach, turns, strict=True)]


def draw_thing(board: Board, thing: Thing, x: float, y: float, radius: float, colour: Colour) -> None:
    points = outline_of(thing.shape, x, y, radius)
    if thing.fill == "solid":
        board.polygon(points, colour, (255, 255, 255), 0.006)
        return
    board.polygon(points, (255, 255, 255))
    if thing.fill == "striped":
        board.striped(points, colour, 0.022)
    board.polygon(points, None, colour, 0.011)


def draw_world(world: World, pixels: int, random: np.random.Generator) -> Image.Image:
    """The scene with a frame around it, `pixels` wide and high; shades vary a little."""
    board = Board(1 + 2 * MARGIN, 1 + 2 * MARGIN, pixels, paper(random))
    board.polygon([(MARGIN, MARGIN), (1 + MARGIN, MARGIN), (1 + MARGIN, 1 + MARGIN), (MARGIN, 1 + MARGIN)], None, (70, 70, 75), 0.01)
    for thing in world.things:
        shade = tuple(int(value) for value in np.clip(np.array(PAINT[thing.colour]) + random.uniform(-14, 14, 3), 0, 255))
        draw_thing(board, thing, thing.x + MARGIN, thing.y + MARGIN, thing.radius, (shade[0], shade[1], shade[2]))
    if world.arrow is not None:
        _arrow(board, *world.arrow)
    return board.image()


def _arrow(board: Board, x: float, y: float, turn: float) -> None:
    right, down = math.cos(turn), math.sin(turn)
    start = (x + MARGIN, y + MARGIN)
    tip = (start[0] + right * ARROW, start[1] + down * ARROW)
    board.line([start, (tip[0] - right * 0.03, tip[1] - down * 0.03)], GREY, 0.011)
    back = (tip[0] - right * 0.04, tip[1] - down * 0.04)
    board.polygon([tip, (back[0] - down * 0.022, back[1] + right * 0.022), (back[0] + down * 0.022, back[1] - right * 0.022)], GREY)
    board.circle(start, 0.02, GREY)
