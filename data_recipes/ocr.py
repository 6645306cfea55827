"""Reads the text in a picture: PP-OCRv6 through rapidocr on onnxruntime, on one thread, offline (the models ship in the wheel).

ocr_text(data) -> lines from top to bottom, words of a line from left to right
"""

from __future__ import annotations

import importlib.util
import math
import statistics
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

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
    reader = _reader()
    pixels = np.asarray(decode_image(data, where))[..., ::-1]
    found = reader(np.pad(pixels, ((EDGE, EDGE), (EDGE, EDGE), (0, 0)), mode="edge"))
    if found.boxes is None or found.txts is None:
        return ""
    return "\n".join(" ".join(line) for line in lines_of([box.tolist() for box in found.boxes], found.txts))


def lines_of(boxes: Sequence[Corners], texts: Sequence[str]) -> list[list[str]]:
    """Texts by lines, as they are read on a page that lies straight: boxes are turned back by their middle slope.

    A box belongs to a line when its middle lies within the height of the line's first box.
    """
    slopes = [
        math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]) for box in boxes if math.dist(box[0], box[1]) > math.dist(box[1], box[2])
    ]
    turn = -statistics.median(slopes) if slopes else 0.0
    straight: list[tuple[float, float, float, float, str]] = []  # middle, top, bottom, left, text
    for box, text in zip(boxes, texts, strict=True):
        points = [(x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)) for x, y in box]
        top, bottom = (points[0][1] + points[1][1]) / 2, (points[2][1] + points[3][1]) / 2
        straight.append(((top + bottom) / 2, top, bottom, min(x for x, _ in points), text))
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
