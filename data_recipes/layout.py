"""Layout of a page out of the boxes of its text (K81): reading order with columns, and blocks with their kind. Pure functions.

    boxes ─▶ largest part that a gutter divides ─▶ what is above it, its columns from left to right, what is below ─▶ blocks

Recursive XY-cut (Nagy and Seth 1984), with two rules of ours: what a gutter divides is looked for in the largest part between two
gaps, so that a title over two columns and aligned paragraphs do not cut the columns across; and a part whose columns are rows of
short cells is a table, read row by row. Pages are read from left to right and from top to bottom; text lies straight, as
`ocr_boxes` gives it.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

GUTTER = 1.2  # of the page's line height: width of white between two columns of prose
CELL_GAP = 0.4  # of the same: width of white between two columns of a table
GAP = 0.7  # of the same: height of white between two blocks
TITLE = 1.3  # of the page's size of letters: those of a title are so much larger
SMALL = 0.85  # of the same: those of a caption are at most so large, where no word says that it is one
LONG = 8  # characters from which the width of a box says how wide its letters are
FEW = 3  # lines that a title or a caption has at most
CELL_WORDS = 3.0  # on average in a cell, at most
MOST_WORDS = 5  # in any cell of a table
FULL_ROWS = 0.6  # of a table's rows have as many cells as it has columns
_CAPTION = re.compile(r"\s*(?:fig(?:ure)?|table|chart|exhibit|source|图|表)\.?\s*(?:\d|:|[IVX]+\b)", re.IGNORECASE)


class Kind(StrEnum):
    TITLE = "title"
    PARAGRAPH = "paragraph"
    TABLE = "table"
    CAPTION = "caption"


@dataclass(frozen=True, slots=True)
class Box:
    """One stretch of text on a straight page, in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    score: float = 1.0  # how sure the reader is

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Unit:
    """What is usual on the page: height of a line and width of a letter, of its longer boxes."""

    line: float
    letter: float

    @classmethod
    def of(cls, boxes: Sequence[Box]) -> Unit:
        usual = [box for box in boxes if len(box.text) >= LONG] or list(boxes)
        return cls(statistics.median(box.height for box in usual), statistics.median(map(_letter, usual)))

    def size(self, box: Box) -> float:
        """Of its letters, 1 is the page's. A reader's boxes stand off small letters more than large ones: heights alone say too little."""
        height = box.height / self.line
        return height if len(box.text) < LONG else math.sqrt(height * _letter(box) / self.letter)


def _letter(box: Box) -> float:
    return (box.right - box.left) / max(1, len(box.text))


@dataclass(frozen=True, slots=True)
class Block:
    """Text that belongs together: its lines from top to bottom, each with its boxes from left to right."""

    kind: Kind
    lines: tuple[tuple[Box, ...], ...]
    because: str

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(box.text for box in line) for line in self.lines)

    @property
    def text(self) -> str:
        """Rows of a table as lines; the lines of all else as one, for where they break says nothing."""
        return ("\n" if self.kind is Kind.TABLE else " ").join(" ".join(row) for row in self.rows)

    @property
    def score(self) -> float:
        return min(box.score for line in self.lines for box in line)


def blocks_of(boxes: Sequence[Box]) -> list[Block]:
    """The page's blocks in reading order."""
    if not boxes:
        return []
    unit = Unit.of(boxes)
    return [_block(part, unit) for part in _ordered(sorted(boxes, key=lambda box: (box.top, box.left)), unit)]


def _ordered(boxes: list[Box], unit: Unit) -> list[list[Box]]:
    bands = _parts(boxes, lambda box: (box.top, box.bottom), GAP * unit.line)
    found = _largest(bands, lambda some: is_table(some, unit), lambda some: len(_columns(some, unit, CELL_GAP)) < 2)
    found = found or _largest(bands, lambda some: len(some) > 2, lambda some: len(_columns(some, unit)) < 2)
    if found is not None:
        first, last = found
        inside = [box for band in bands[first:last] for box in band]
        before, after = ([box for band in some for box in band] for some in (bands[:first], bands[last:]))
        columns = [inside] if is_table(inside, unit) else _columns(inside, unit)
        parts = columns if len(columns) == 1 else [part for column in columns for part in _ordered(column, unit)]
        return [*(_ordered(before, unit) if before else []), *parts, *(_ordered(after, unit) if after else [])]
    return [part for band in bands for part in _by_size(band, unit)]


def _by_size(band: list[Box], unit: Unit) -> list[list[Box]]:
    """A title set close to its text is cut off where the height of lines jumps."""
    lines = lines_of_boxes(band)
    out: list[list[Box]] = []
    big_before: bool | None = None
    for line in lines:
        big = statistics.median(map(unit.size, line)) >= TITLE
        if big is not big_before:
            out.append([])
        out[-1] += line
        big_before = big
    return out


Boxes = list[Box]


def _largest(bands: Sequence[Boxes], is_one: Callable[[Boxes], bool], is_over: Callable[[Boxes], bool]) -> tuple[int, int] | None:
    """(first, behind the last) of the adjoining bands with most boxes that are one of what is looked for.

    `is_over`: no longer part can be one either; what lies across a gutter here lies across it in every longer part.
    """
    best: tuple[int, int, int] | None = None
    for first in range(len(bands)):
        inside: Boxes = []
        for last in range(first, len(bands)):
            inside = inside + bands[last]
            if is_over(inside):
                break
            if is_one(inside) and (best is None or len(inside) > best[0]):
                best = (len(inside), first, last + 1)
    return None if best is None else best[1:]


def _columns(boxes: list[Box], unit: Unit, white: float = GUTTER) -> list[list[Box]]:
    return _parts(boxes, lambda box: (box.left, box.right), white * unit.line)


def _parts(boxes: Sequence[Box], extent: Callable[[Box], tuple[float, float]], white: float) -> list[list[Box]]:
    """Cut where nothing stands for at least `white`, along the axis of `extent`."""
    parts: list[list[Box]] = []
    end = float("-inf")
    for box in sorted(boxes, key=extent):
        low, high = extent(box)
        if not parts or low - end >= white:
            parts.append([])
        parts[-1].append(box)
        end = max(end, high)
    return parts


def lines_of_boxes(boxes: Sequence[Box]) -> list[list[Box]]:
    """From top to bottom, each from left to right: a box is on a line when its middle lies within the line's first box."""
    lines: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: box.middle):
        if lines and lines[-1][0].top <= box.middle <= lines[-1][0].bottom:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [sorted(line, key=lambda box: box.left) for line in lines]


def is_table(boxes: list[Box], unit: Unit) -> bool:
    """Rows of short cells under each other: two rows and two columns at least."""
    columns, rows = len(_columns(boxes, unit, CELL_GAP)), lines_of_boxes(boxes)
    if columns < 2 or len(rows) < 2:
        return False
    full = sum(len(row) == columns for row in rows) / len(rows)
    words = [len(box.text.split()) for box in boxes]
    return full >= FULL_ROWS and statistics.mean(words) <= CELL_WORDS and max(words) <= MOST_WORDS


def _block(boxes: list[Box], unit: Unit) -> Block:
    lines = tuple(tuple(line) for line in lines_of_boxes(boxes))
    if is_table(boxes, unit):
        return Block(Kind.TABLE, lines, f"{len(lines)} rows of short cells in {len(_columns(boxes, unit, CELL_GAP))} columns")
    size = statistics.median(map(unit.size, boxes))
    first = " ".join(box.text for box in lines[0])
    if len(lines) <= FEW and _CAPTION.match(first):
        return Block(Kind.CAPTION, lines, f"begins with {first[:20]!r}")
    if len(lines) <= FEW and size >= TITLE:
        return Block(Kind.TITLE, lines, f"letters {size:.2f} times as large as the page's")
    if len(lines) <= FEW and size <= SMALL:
        return Block(Kind.CAPTION, lines, f"letters {size:.2f} times as large as the page's")
    return Block(Kind.PARAGRAPH, lines, f"{len(lines)} lines")
