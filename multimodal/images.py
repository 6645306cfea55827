"""Pictures by content digest. A file that is not a picture is an error that names it."""

from __future__ import annotations

import hashlib
import io
import struct

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from openk15.errors import UserError

MAX_PIXELS = 64_000_000  # a picture larger than this is a mistake or an attack


def encode_png(image: Image.Image) -> bytes:
    """PNG bytes; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def image_digest(data: bytes) -> str:
    """sha256 of the encoded picture: the name by which messages refer to it."""
    return hashlib.sha256(data).hexdigest()


def decode_image(data: bytes, where: str = "image") -> Image.Image:
    """RGB picture, upright, on white; UserError naming `where` if the bytes are no picture or a huge one."""
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > MAX_PIXELS:
            raise UserError(f"{where}: picture of {image.width}x{image.height} pixels is over the limit of {MAX_PIXELS}")
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{where}: not a picture ({' '.join(str(error).split())[:120]})") from None
    upright = _upright(image)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return upright.convert("RGB")


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF data says; as it is stored where that data is broken, for the pixels are whole."""
    try:
        return ImageOps.exif_transpose(image)
    except (TypeError, ValueError, KeyError, IndexError, SyntaxError, OSError, OverflowError, struct.error):
        return image


def blank_like(data: bytes) -> bytes:
    """A grey picture of the same size: what is left when there is nothing to see."""
    image = decode_image(data)
    return encode_png(Image.fromarray(np.full((image.height, image.width, 3), 128, dtype=np.uint8)))


def negative_of(data: bytes) -> bytes:
    """The picture with its brightness turned round: another picture, as rich in contrast as the first."""
    return encode_png(ImageOps.invert(decode_image(data)))
