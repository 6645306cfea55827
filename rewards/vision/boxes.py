r"""Coordinates that stand in a text, and the frames they are in.

Read are groups in brackets of any kind, as models write them: `[10, 20, 30, 40]`, `(10,20),(30,40)` (two corners),
`{"bbox_2d": [10, 20, 30, 40]}`, `<|box_start|>(10,20),(30,40)<|box_end|>`, `x1=10, y1=20, x2=30, y2=40`,
`<point x="10" y="20">`; and, where a text is nothing else, bare `10, 20, 30, 40`. `nan` and `inf` are not numbers.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from fractions import Fraction

from rewards.text.stated import Kind, denied

MAX_GROUPS = 4_000  # bracketed groups read of one response; more are no answer

_GROUP = re.compile(r"[\[({]([^\[\](){}]{1,400})[\])}]")
_POINT_TAG = re.compile(r"<point\s([^<>]{1,200})>")
_COORDINATE = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?|[+-]?\d{1,12}/[1-9]\d{0,11}", re.ASCII)
_LABELLED = re.compile(r"[\"']?([a-z]{1,6}_?(?:min|max)?[12]?)[\"']?\s{0,4}[:=]\s{0,4}[\"']?([^\s,;\"']{1,40})", re.IGNORECASE)
_REMARKS = ("alt", "label", "name")  # what else models write into such an object
CORNERS = frozenset({("x1", "y1", "x2", "y2"), ("xmin", "ymin", "xmax", "ymax"), ("left", "top", "right", "bottom")})
SIZES = frozenset({("x", "y", "w", "h"), ("x", "y", "width", "height"), ("left", "top", "width", "height")})
POINTS = frozenset({("x", "y"), ("x", "y", "z")})
_FRACTION = re.compile(r"\\[dt]?frac\{(\d{1,12})\}\{(\d{1,12})\}", re.ASCII)
_BETWEEN_CORNERS = re.compile(
    r"\s{0,4}(?:,|;|to|and|-|–)?\s{0,4}(?:(?:and\s{1,2})?(?:the\s{1,2})?(?:bottom|lower)[\s-]?right(?:\s{1,2}corner)?(?:\s{1,2}(?:at|is))?\s{0,2}:?\s{0,2})?",
    re.IGNORECASE,
)

Values = tuple[Fraction, ...]
Labels = frozenset[tuple[str, ...]]


class Frame(StrEnum):
    """What coordinates count in: pixels of the image, or shares of its width and height."""

    PIXEL = "pixel"
    NORMALISED = "normalised"  # 0 to 1
    PERCENT = "percent"  # 0 to 100
    THOUSANDTHS = "thousandths"  # 0 to 1000


_EXTENT = {Frame.NORMALISED: 1, Frame.PERCENT: 100, Frame.THOUSANDTHS: 1000}


def exact(value: float) -> Fraction:
    """The decimal that was written, not the binary one nearest to it."""
    return Fraction(repr(value) if isinstance(value, float) else value)


def scales(source: Frame, target: Frame, size: Sequence[float] | None) -> tuple[Fraction, Fraction]:
    """Factors for x and y from `source` to `target`. Raises ValueError if the image's size is needed and absent."""
    if source is target:
        return Fraction(1), Fraction(1)
    if size is None and Frame.PIXEL in (source, target):
        raise ValueError(f"param 'size' ([width, height] in pixels) is needed between {source} and {target} coordinates")

    def extent(frame: Frame, axis: int) -> Fraction:
        return Fraction(_EXTENT[frame]) if frame is not Frame.PIXEL or size is None else exact(size[axis])

    return extent(target, 0) / extent(source, 0), extent(target, 1) / extent(source, 1)


def scaled(values: Values, factors: tuple[Fraction, Fraction]) -> Values:
    return tuple(value * factor for value, factor in zip(values, itertools.cycle(factors)))


def _values(inner: str, labels: Labels, percent: bool) -> Values | None:
    """The numbers of one group, or None if it holds anything else."""
    if ":" in inner or "=" in inner:
        pairs = [(name.lower().replace("_", ""), value) for name, value in _LABELLED.findall(inner)]
        pairs = [(name, value) for name, value in pairs if name not in _REMARKS]
        if tuple(name for name, _ in pairs) not in labels:
            return None
        parts = [value for _, value in pairs]
    else:
        parts = [part for part in re.split(r"[\s,;]+", inner.replace("\\", " ")) if part]
    if percent:
        parts = [part.removesuffix("%") for part in parts]
    if not parts or not all(_COORDINATE.fullmatch(part) for part in parts):
        return None
    return tuple(Fraction(part) for part in parts)


def _groups(text: str, labels: Labels, frame: Frame) -> list[tuple[int, int, Values]]:
    """Every group of numbers with its place, in order; at most MAX_GROUPS + 1. A text that is one bare group counts."""
    percent = frame is Frame.PERCENT
    matches: Iterator[re.Match[str]] = itertools.chain(_GROUP.finditer(text), _POINT_TAG.finditer(text))
    found: list[tuple[int, int, Values]] = []
    for match in matches:
        values = _values(match[1], labels, percent)
        if values is not None and not denied(text, match.start(), match.end(), Kind.NUMBER):
            found.append((match.start(), match.end(), values))
            if len(found) > MAX_GROUPS:
                break
    if not found and len(text) <= 400 and (values := _values(text.removesuffix("."), labels, percent)) is not None:
        found.append((0, len(text), values))
    return found


def read_boxes(text: str, labels: Labels = CORNERS, frame: Frame = Frame.PIXEL) -> list[Values]:
    """Groups of four numbers, and pairs of corners that stand side by side. `text` was made `plain` before."""
    found: list[Values] = []
    corner: tuple[int, Values] | None = None
    for start, end, values in _groups(text, labels, frame):
        if len(values) == 4:
            found.append(values)
            corner = None
        elif len(values) == 2:
            if labels is CORNERS and corner is not None and _BETWEEN_CORNERS.fullmatch(text, corner[0], start):
                found.append(corner[1] + values)
                corner = None
            else:
                corner = (end, values)
        else:
            corner = None
    return found


def read_tuples(text: str, count: int, frame: Frame = Frame.PIXEL) -> list[Values]:
    """Groups of exactly `count` numbers. `text` was made `plain` before."""
    text = _FRACTION.sub(r"\1/\2", text)
    return [values for _, _, values in _groups(text, POINTS, frame) if len(values) == count]
