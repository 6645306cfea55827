"""Reads the text in a picture: PP-OCRv6 through rapidocr on onnxruntime, on one thread, offline (the models ship in the wheel).

ocr_text(data) -> lines from top to bottom, words of a line from left to right
ocr_boxes(data) -> every stretch of text with its place on the page, laid straight, and how sure the reader is
"""

from __future__ import annotations

import importlib.util
import math
import statistics
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from data_recipes.layout import Box
from multimodal.images import decode_image
from openk15.errors import UserError

MISSING = (
    "reading text in pictures needs rapidocr and onnxruntime; install them with "
    "`pip install --no-deps rapidocr==3.10.0 onnxruntime==1.32.0 flatbuffers==25.12.19 pyclipper==1.4.0 shapely==2.2.0`"
)
EDGE = 24  # pixels of ground added around: text at the border is otherwise missed
LEAST_SIDE = 320  # the detector enlarges smaller pictures to this, larger ones stay
Corners = Sequence[Sequence[float]]  # of a box, clockwise from the top left as the text runs


def installed() -> None:
    """UserError if the library is missing."""
    if any(importlib.util.find_spec(name) is None for name in ("rapidocr", "onnxruntime")):
        raise UserError(MISSING)


def ocr_text(data: bytes, where: str = "image") -> str:
    """All text of an encoded picture, "" where there is none; UserError without the library or when `data` is no picture."""
    corners, texts, _ = _read(data, where)
    return "\n".join(" ".join(line) for line in lines_of(corners, texts))


def ocr_boxes(data: bytes, where: str = "image") -> list[Box]:
    """Every stretch of text on the page, which is turned straight by the middle slope of its boxes; UserError as `ocr_text`."""
    corners, texts, scores = _read(data, where)
    out = []
    for (xs, top, bottom), text, score in zip(_straight(corners), texts, scores, strict=True):
        out.append(Box(min(xs), top, max(xs), bottom, text, score))
    return out


def _read(data: bytes, where: str) -> tuple[list[Corners], list[str], list[float]]:
    reader = _reader()
    pixels = np.asarray(decode_image(data, where))[..., ::-1]
    found = reader(np.pad(pixels, ((EDGE, EDGE), (EDGE, EDGE), (0, 0)), mode="edge"))
    if found.boxes is None or found.txts is None:
        return [], [], []
    return [(box - EDGE).tolist() for box in found.boxes], list(found.txts), [float(score) for score in found.scores]


def _straight(boxes: Sequence[Corners]) -> list[tuple[list[float], float, float]]:
    """(x of the corners, top, bottom) of each box on the page turned back by its middle slope."""
    slopes = [
        math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]) for box in boxes if math.dist(box[0], box[1]) > math.dist(box[1], box[2])
    ]
    turn = -statistics.median(slopes) if slopes else 0.0
    out: list[tuple[list[float], float, float]] = []
    for box in boxes:
        points = [(x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)) for x, y in box]
        out.append(([x for x, _ in points], (points[0][1] + points[1][1]) / 2, (points[2][1] + points[3][1]) / 2))
    return out


def lines_of(boxes: Sequence[Corners], texts: Sequence[str]) -> list[list[str]]:
    """Texts by lines, as they are read on a page that lies straight: boxes are turned back by their middle slope.

    A box belongs to a line when its middle lies within the height of the line's first box.
    """
    straight = [  # middle, top, bottom, left, text
        ((top + bottom) / 2, top, bottom, min(xs), text) for (xs, top, bottom), text in zip(_straight(boxes), texts, strict=True)
    ]
    lines: list[list[tuple[float, float, float, float, str]]] = []
    for box in sorted(straight):
        line = next((line for line in reversed(lines) if line[0][1] <= box[0] <= line[0][2]), None)
        if line is None:
            lines.append([box])
        else:
            line.append(box)
    return [[box[4] for box in sorted(line, key=lambda box: box[3])] for line in lines]


@cache
def _reader() -> Any:
    installed()
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,  # text here is never upside down
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_side_len": LEAST_SIDE,
        }
    )
