"""Sets a page of text as a picture: prose, code and JSON coloured by pygments, tables with lines.

Text is drawn at its final size: letters of `size` pixels, nothing scaled afterwards.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw

from data_recipes.sources.drawn.board import Colour, font
from data_recipes.sources.drawn.texts import Page

LEAST_SIZE = 11  # letters smaller than this are not read reliably
LINE = 1.45  # of the size of letters
Run = tuple[str, Colour]  # letters of one colour
PLAIN_STYLES = ("plain", "book", "note", "screen")
CODE_STYLES = ("default", "friendly", "monokai", "native")


@dataclass(frozen=True)
class Look:
    face: str
    ink: Colour
    ground: Colour


LOOKS = {
    "plain": Look("sans", (20, 20, 20), (255, 255, 255)),
    "book": Look("serif", (35, 30, 25), (250, 245, 232)),
    "note": Look("sans", (25, 40, 110), (255, 250, 205)),
    "screen": Look("mono", (225, 230, 225), (28, 30, 36)),
}


def typeset(page: Page, style: str, size: int, width: int) -> Image.Image:
    """The page in a style of PLAIN_STYLES (prose, tables) or CODE_STYLES (code, JSON); at most `width` pixels wide."""
    if page.layout in ("code", "json"):
        lines, ground = highlighted(page.text, page.layout, style)
        longest = max(sum(len(part) for part, _ in line) for line in lines)
        while size > LEAST_SIZE and font("mono", size).getlength("m") * longest + 3.2 * size > width:
            size -= 1  # code is not wrapped
        return _set_lines(lines, "mono", size, ground)
    look = LOOKS[style]
    if page.layout == "table":
        return _set_table(page.rows, look, size)
    lines = wrapped(page.text, look.face, size, width - 4 * size)
    return _set_lines([[(line, look.ink)] for line in lines], look.face, size, look.ground)


def wrapped(text: str, face: str, size: int, width: float) -> list[str]:
    """Lines of at most `width` pixels, broken between words."""
    letter = font(face, size).getlength("the quick brown fox jumps over the lazy dog") / 43
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += textwrap.wrap(paragraph, max(10, int(width / letter)), break_long_words=False, break_on_hyphens=False) or [""]
    return lines


@cache
def _colours(style: str) -> tuple[dict[object, Colour], Colour, Colour]:
    from pygments.styles import get_style_by_name

    found = get_style_by_name(style)
    ground = _hex(found.background_color)
    light = sum(ground) > 3 * 128
    ink: Colour = (20, 20, 20) if light else (235, 235, 235)
    return {token: _hex(look["color"]) if look["color"] else ink for token, look in found}, ground, ink


def _hex(text: str) -> Colour:
    text = text.lstrip("#")
    text = "".join(2 * letter for letter in text) if len(text) == 3 else text
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def highlighted(text: str, layout: str, style: str) -> tuple[list[list[Run]], Colour]:
    """Lines of coloured runs, and the ground."""
    from pygments import lex
    from pygments.lexers import JsonLexer, PythonLexer

    colours, ground, ink = _colours(style)
    lines: list[list[Run]] = [[]]
    for token, value in lex(text, PythonLexer() if layout == "code" else JsonLexer()):
        colour = colours.get(token, ink)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((part, colour))
    while lines and not lines[-1]:
        lines.pop()
    return lines, ground


def _set_lines(lines: Sequence[Sequence[Run]], face: str, size: int, ground: Colour) -> Image.Image:
    letters = font(face, size)
    widest = max(sum(letters.getlength(text) for text, _ in line) for line in lines)
    edge, step = size * 1.6, size * LINE
    image = Image.new("RGB", (round(widest + 2 * edge), round(step * len(lines) + 2 * edge)), ground)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        x, y = edge, edge + step * (number + 0.5)
        for text, colour in line:
            draw.text((x, y), text, font=letters, fill=colour, anchor="lm")
            x += letters.getlength(text)
    return image


def _set_table(rows: Sequence[Sequence[str]], look: Look, size: int) -> Image.Image:
    letters, bold = font(look.face, size), font("mono-bold" if look.face == "mono" else "bold", size)
    widths = [
        max((bold if not at else letters).getlength(row[column]) for at, row in enumerate(rows)) + 1.6 * size
        for column in range(len(rows[0]))
    ]
    edge, step = size * 1.4, size * 1.9
    width, height = sum(widths) + 2 * edge, step * len(rows) + 2 * edge
    image = Image.new("RGB", (round(width), round(height)), look.ground)
    draw = ImageDraw.Draw(image)
    faint = (look.ink[0] // 2 + look.ground[0] // 2, look.ink[1] // 2 + look.ground[1] // 2, look.ink[2] // 2 + look.ground[2] // 2)
    for at, row in enumerate(rows):
        y, x = edge + step * at, edge
        draw.line([(edge, y), (width - edge, y)], fill=look.ink if at < 2 else faint, width=2 if at < 2 else 1)
        for column, text in enumerate(row):
            place, anchor = (x + size * 0.8, "lm") if column == 0 else (x + widths[column] - size * 0.8, "rm")
            draw.text((place, y + step / 2), text, font=bold if at == 0 else letters, fill=look.ink, anchor=anchor)
            x += widths[column]
    draw.line([(edge, height - edge), (width - edge, height - edge)], fill=look.ink, width=2)
    return image
