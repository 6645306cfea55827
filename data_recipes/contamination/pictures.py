"""Pictures of rows against pictures of benchmarks, and the text that is in them.

A picture is known by several hashes: as it is, and without its border. A copy that was put on a wider ground, or whose ground
was cut, has the second in common with the original; one that was saved again, whose border is no longer quite uniform, the first.
Of a benchmark's picture those of narrower cuts are kept as well, for a copy that lost part of the drawing with its edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from data_recipes.dedup.phash import distance, phash_image
from data_recipes.ocr import installed, ocr_text
from multimodal.images import decode_image
from openk15.errors import UserError

FLAT = 2.0  # standard deviation of grey values below which there is nothing to recognise
GROUND = 40  # grey levels from the border's that still are border: what JPEG leaves around a line stays below
FRAMES = 3  # borders inside each other that are taken off: a black frame put around a white margin is two
CUTS = (0.015, 0.03, 0.045)  # of each side of a benchmark's picture; hashes 1.5 % apart differ by a bit or two


def looks(data: bytes, where: str, cuts: Sequence[float] = ()) -> list[int]:
    """The different pHashes on white, the whole picture's first; none for a picture with nothing on it."""
    grey = decode_image(data, where).convert("L")
    return list(dict.fromkeys(phash_image(form) for form in _forms(grey, cuts) if _shows_something(form)))


def _forms(grey: Image.Image, cuts: Sequence[float]) -> Iterator[Image.Image]:
    yield grey
    for cut in (0.0, *cuts):
        x, y = round(grey.width * cut), round(grey.height * cut)
        yield borderless(grey.crop((x, y, max(x + 1, grey.width - x), max(y + 1, grey.height - y))))


def borderless(grey: Image.Image) -> Image.Image:
    """Without the uniform border; the picture itself where its corners differ or all of it is border."""
    pixels = np.asarray(grey)
    top, left, bottom, right = 0, 0, *pixels.shape
    for _ in range(FRAMES):
        inside = pixels[top:bottom, left:right]
        corners = np.sort(inside[[0, 0, -1, -1], [0, -1, 0, -1]].astype(np.int64))
        if corners[-1] - corners[0] > GROUND:
            break
        ground = int(corners[1:3].sum()) // 2
        drawn = (inside > min(255, ground + GROUND)) | (inside < max(0, ground - GROUND))
        rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
        if not len(rows):
            break
        bottom, right = top + int(rows[-1]) + 1, left + int(columns[-1]) + 1
        top, left = top + int(rows[0]), left + int(columns[0])
        if (bottom - top, right - left) == inside.shape:
            break
    return grey.crop((left, top, right, bottom))


def _shows_something(grey: Image.Image) -> bool:
    small = np.asarray(grey.resize((64, 64), Image.Resampling.BILINEAR), dtype=np.float64)
    return bool(small.std() >= FLAT)


def nearest(seen: Sequence[int], known: np.ndarray) -> tuple[int, int] | None:
    """(place of the nearest look to any of these, bits apart); None when there are none."""
    if not seen or not len(known):
        return None
    apart = distance(known[None, :], np.array(seen, np.uint64)[:, None]).min(axis=0)
    at = int(apart.argmin())
    return at, int(apart[at])


def reader() -> Callable[[bytes], str] | None:
    """The function that reads a picture's text; None where the library for it is not installed."""
    try:
        installed()
    except UserError:
        return None
    return ocr_text
