"""Pictures in varying resolution, low to high, so that a vision tower learns both (Appendix B.2, K78).

In: an encoded picture and its name. Out: the picture at a size drawn from (seed, name), and the sizes before and after.
The longer side is drawn evenly on a logarithmic scale; a picture is never made larger than it is, which would add
pixels and no detail.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from PIL import Image

from multimodal.images import decode_image, encode_png
from openk15.errors import UserError
from openk15.seeds import derive_seed

LOW, HIGH = 224, 1344  # pixels of the longer side; our choice, the paper gives no numbers


@dataclass(frozen=True, slots=True)
class Varied:
    """PNG bytes with the size that was drawn, and the size before, in pixels."""

    data: bytes
    size: tuple[int, int]
    before: tuple[int, int]

    def lineage(self) -> str:
        return "resolution: {}x{} from {}x{}".format(*self.size, *self.before)


def drawn_side(name: str, seed: int, low: int = LOW, high: int = HIGH) -> int:
    """Longer side for the picture called `name`, low..high, even on a logarithmic scale."""
    if not 1 <= low <= high:
        raise UserError(f"resolution: {low} to {high} pixels is no range; expected 1 <= low <= high")
    place = random.Random(derive_seed("resolution", seed, name)).random()
    return round(math.exp(math.log(low) + place * (math.log(high) - math.log(low))))


def vary(data: bytes, name: str, seed: int, low: int = LOW, high: int = HIGH) -> Varied:
    """The picture with its longer side as drawn, or as it is where it is smaller than that; sides keep their ratio."""
    image = decode_image(data, name)
    longer = min(drawn_side(name, seed, low, high), max(image.size))
    scale = longer / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    smaller = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
    return Varied(encode_png(smaller), size, image.size)
