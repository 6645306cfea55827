"""Pictures: what is decoded, and the one line that a bad file gets."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from multimodal.images import MAX_PIXELS, blank_like, decode_image, encode_png, image_digest, negative_of
from openk15.errors import UserError


def png(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")


def error_of(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        decode_image(data, "row 7, picture 2")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("row 7, picture 2: ")
    return message


@pytest.mark.parametrize("data", [b"", b"hello, I am a text file", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_bytes_that_are_no_picture_are_one_line_naming_the_place(data):
    assert "not a picture" in error_of(data)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_truncated_png_is_one_line(make_picture, kept):
    data = make_picture(0, 84, 84)
    assert "not a picture" in error_of(data[: int(len(data) * kept)])


def test_a_png_with_spoiled_data_is_one_line(make_picture):
    data = bytearray(make_picture(0))
    data[len(data) // 2] ^= 0xFF
    assert "not a picture" in error_of(bytes(data))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_header_of_a_huge_size_is_refused_before_it_is_unpacked(width, height):
    error_of(png_header(width, height))


def test_the_size_limit_is_named():
    side = int(MAX_PIXELS**0.5) + 1
    assert f"{side}x{side} pixels is over the limit of {MAX_PIXELS}" in error_of(png_header(side, side))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lands_on_white(mode):
    clear = Image.new(mode, (4, 4), 0)
    assert (np.asarray(decode_image(png(clear))) == 255).all()


def test_a_transparent_palette_colour_lands_on_white():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    assert (np.asarray(decode_image(png(image, transparency=1))) == 255).all()
    assert (np.asarray(decode_image(png(image))) == (200, 0, 0)).all()


def test_half_transparent_black_is_half_white():
    image = Image.new("RGBA", (2, 2), (0, 0, 0, 128))
    assert np.asarray(decode_image(png(image)))[0, 0].tolist() == pytest.approx([127] * 3, abs=1)


def test_a_rotated_photograph_comes_upright():
    image = Image.new("RGB", (6, 3), "white")
    exif = image.getexif()
    exif[0x0112] = 6  # turn by 90 degrees to view
    assert decode_image(png(image, exif=exif)).size == (3, 6)


def test_encoding_is_a_function_of_the_pixels(make_picture):
    pixels = np.asarray(decode_image(make_picture(5)))
    assert encode_png(Image.fromarray(pixels)) == make_picture(5)
    assert image_digest(make_picture(5)) != image_digest(make_picture(6))


def test_a_blanked_picture_keeps_its_size_and_shows_nothing(make_picture):
    blank = decode_image(blank_like(make_picture(1, 84, 56)))
    assert blank.size == (84, 56)
    assert (np.asarray(blank) == 128).all()


def test_the_negative_is_another_picture_of_the_same_size_and_its_negative_the_first(make_picture):
    data = make_picture(1, 84, 56)
    other = negative_of(data)
    assert decode_image(other).size == (84, 56)
    assert image_digest(other) != image_digest(data)
    assert np.array_equal(np.asarray(decode_image(negative_of(other))), np.asarray(decode_image(data)))
