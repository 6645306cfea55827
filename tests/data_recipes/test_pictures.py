"""A damaged picture is either read or refused in one line, never a stray exception."""

from __future__ import annotations

import io
import random
import warnings

import numpy as np
import pytest
from PIL import Image

from multimodal.images import decode_image
from openk15.errors import UserError


def with_exif(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "x" * 20
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 40, 3)).astype(np.uint8)).save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_damaged_bytes_raise_nothing_but_user_errors(kind: str):
    whole, draw = with_exif(kind), random.Random(0)
    read = refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(1500):
            data = bytearray(whole)
            for _ in range(draw.randint(1, 8)):
                data[draw.randrange(min(len(data), draw.choice([60, 200, len(data)])))] = draw.randrange(256)
            try:
                read += decode_image(bytes(data), "x.png").mode == "RGB"
            except UserError as error:
                refused += "x.png: " in str(error)
    assert read + refused == 1500
    assert read
    assert refused


@pytest.mark.parametrize(("tag", "value"), [(b"\x12\x01\x03\x00", b"\x12\x01\x02\x00")])
def test_a_picture_with_broken_orientation_is_read_as_stored(tag: bytes, value: bytes):
    whole = with_exif("JPEG")
    assert decode_image(whole).size == (20, 40)
    little, big = whole.replace(tag, value), whole.replace(b"\x01\x12\x00\x03", b"\x01\x12\x00\x02")
    broken = little if little != whole else big
    assert broken != whole
    assert decode_image(broken).size == (40, 20)
