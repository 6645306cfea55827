"""A board to draw on with Pillow. Pictures are drawn ZOOM times too large and scaled down, which smooths every edge.

The same calls give the same bytes: fonts are matplotlib's bundled ones, laid out by Pillow's own basic engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ZOOM = 3
Colour = tuple[int, int, int]
Point = tuple[float, float]
INK: Colour = (25, 25, 30)
FONTS = {
    "sans": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "serif": "DejaVuSerif.ttf",
    "mono": "DejaVuSansMono.ttf",
    "mono-bold": "DejaVuSansMono-Bold.ttf",
    "times": "STIXGeneral.ttf",
}
_Item = TypeVar("_Item")


def pick(random: np.random.Generator, items: Sequence[_Item]) -> _Item:
    return items[int(random.integers(len(items)))]


def shuffled(random: np.random.Generator, items: Sequence[_Item]) -> list[_Item]:
    return [items[int(at)] for at in random.permutation(len(items))]


def paper(random: np.random.Generator) -> Colour:
    """A light ground, never quite the same."""
    red, green, blue = (int(value) for value in 255 - random.uniform(0, 22, size=3))
    return red, green, blue


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """One of matplotlib's bundled fonts: the same on every machine."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / FONTS[name]
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


class Board:
    """A drawing in units of its own (`width` x `height`), made `pixels` wide at the end. Origin top left, y downwards."""

    def __init__(self, width: float, height: float, pixels: int, ground: Colour = (255, 255, 255)) -> None:
        self.scale = pixels * ZOOM / width
        self.size = (pixels, round(pixels * height / width))
        self._image = Image.new("RGB", (self.size[0] * ZOOM, self.size[1] * ZOOM), ground)
        self._draw = ImageDraw.Draw(self._image)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.scale, y * self.scale) for x, y in points]

    def _thick(self, width: float) -> int:
        return max(1, round(width * self.scale))

    def line(self, points: Sequence[Point], colour: Colour = INK, width: float = 2.0) -> None:
        at, thick = self._at(points), self._thick(width)
        self._draw.line(at, fill=colour, width=thick, joint="curve")
        half = thick / 2 - 0.5
        for x, y in (at[0], at[-1]) if thick > 3 else ():
            self._draw.ellipse((x - half, y - half, x + half, y + half), fill=colour)

    def dashed(self, start: Point, end: Point, colour: Colour = INK, width: float = 1.5, dash: float = 6.0) -> None:
        steps = max(1, int(float(np.hypot(end[0] - start[0], end[1] - start[1])) / dash))
        for step in range(0, steps, 2):
            self.line([_between(start, end, step / steps), _between(start, end, min(1.0, (step + 1) / steps))], colour, width)

    def polygon(self, points: Sequence[Point], fill: Colour | None, outline: Colour | None = None, width: float = 2.0) -> None:
        if fill is not None:
            self._draw.polygon(self._at(points), fill=fill)
        if outline is not None:
            self.line([*points, points[0]], outline, width)

    def circle(self, at: Point, radius: float, fill: Colour | None, outline: Colour | None = None, width: float = 2.0) -> None:
        (x, y), far = self._at([at])[0], radius * self.scale
        self._draw.ellipse((x - far, y - far, x + far, y + far), fill=fill, outline=outline, width=self._thick(width) if outline else 0)

    def arc(self, at: Point, radius: float, start: float, end: float, colour: Colour = INK, width: float = 1.5) -> None:
        """Degrees from the x axis towards y (clockwise on the picture)."""
        (x, y), far = self._at([at])[0], radius * self.scale
        self._draw.arc((x - far, y - far, x + far, y + far), start, end, fill=colour, width=self._thick(width))

    def text(
        self, at: Point, text: str, size: float, colour: Colour = INK, anchor: str = "mm", face: str = "sans", halo: Colour | None = None
    ) -> None:
        """`halo`: colour of a rim around the letters, which keeps them legible on lines."""
        letters = font(face, max(6, round(size * self.scale)))
        stroke = round(size * self.scale / 6) if halo is not None else 0
        self._draw.text(self._at([at])[0], text, font=letters, fill=colour, anchor=anchor, stroke_width=stroke, stroke_fill=halo)

    def text_width(self, text: str, size: float, face: str = "sans") -> float:
        return font(face, max(6, round(size * self.scale))).getlength(text) / self.scale

    def striped(self, points: Sequence[Point], colour: Colour, every: float) -> None:
        """Fill the polygon with diagonal stripes; what lies between them stays."""
        at = self._at(points)
        left, top = (int(min(point[axis] for point in at)) for axis in (0, 1))
        right, bottom = (int(max(point[axis] for point in at)) + 2 for axis in (0, 1))
        mask = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in at], fill=255)
        rows, columns = np.ogrid[: bottom - top, : right - left]
        period = max(4.0, every * self.scale)
        stripes = np.asarray(mask) * (((rows + columns) % period) < period * 0.5)
        self._image.paste(colour, (left, top), Image.fromarray(stripes.astype(np.uint8)))

    def image(self) -> Image.Image:
        return self._image.reduce(ZOOM)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
