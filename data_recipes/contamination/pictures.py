"""Pictures of rows against pictures of benchmarks, and the text that is in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from data_recipes.dedup.phash import distance, phash_image
from data_recipes.ocr import installed, ocr_text
from multimodal.images import decode_image
from openk15.errors import UserError

FLAT = 2.0  # standard deviation of grey values below which there is nothing to recognise


def look(data: bytes, where: str) -> int | None:
    """pHash on white; None for a picture with nothing on it."""
    image = decode_image(data, where)
    small = np.asarray(image.convert("L").resize((64, 64), Image.Resampling.BILINEAR), dtype=np.float64)
    return None if small.std() < FLAT else phash_image(image)


def nearest(seen: int, looks: np.ndarray) -> tuple[int, int] | None:
    """(place of the nearest look, bits apart); None when there are none."""
    if not len(looks):
        return None
    apart = distance(looks, np.array([seen], np.uint64))
    at = int(apart.argmin())
    return at, int(apart[at])


def reader() -> Callable[[bytes], str] | None:
    """The function that reads a picture's text; None where the library for it is not installed."""
    try:
        installed()
    except UserError:
        return None
    return ocr_text
