"""A picture out of a record's cell: a path, encoded bytes, the hub's {"bytes", "path"}, or a data URI.

PNG, JPEG and WebP are kept as they are, byte for byte; any other format is encoded as PNG (the first frame of a film).
Every picture is decoded once: a file that is cut off, no picture at all, or larger than `MAX_PIXELS` is Unfit.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from data_recipes.sources.unfit import Unfit
from multimodal.images import decode_image, encode_png, image_digest
from openk15.errors import UserError

KEPT_FORMATS = ("PNG", "JPEG", "WEBP")
FORMS = 'a path, bytes, {"bytes": …, "path": …} or a data URI'


def picture_of(cell: Any, folder: Path, field: str) -> tuple[str, bytes]:
    """(digest, encoded bytes). Raises Unfit naming the field, the picture, and what is wrong with it."""
    data, name = _bytes_of(cell, folder, field)
    try:
        decoded = decode_image(data, name)
    except UserError as error:
        raise Unfit(f"field {field!r}: {error}") from None
    if Image.open(io.BytesIO(data)).format not in KEPT_FORMATS:
        data = encode_png(decoded)
    return image_digest(data), data


def picture_path(cell: Any, folder: Path) -> Path | None:
    """The file that a cell points to; None for one that carries its picture or holds no path."""
    if isinstance(cell, Mapping):
        cell = None if cell.get("bytes") else cell.get("path")
    if not isinstance(cell, str) or not cell.strip() or _is_address(cell):
        return None
    path = Path(cell.strip()).expanduser()
    return path if path.is_absolute() else folder / path


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://", "s3://", "gs://", "data:"))


def _bytes_of(cell: Any, folder: Path, field: str) -> tuple[bytes, str]:
    if isinstance(cell, bytes):
        return cell, "image"
    if isinstance(cell, Mapping) and isinstance(cell.get("bytes"), bytes):
        return cell["bytes"], str(cell.get("path") or "image")
    if isinstance(cell, str) and cell.startswith("data:"):
        return _data_uri(cell, field), "data URI"
    path = picture_path(cell, folder)
    if path is None:
        raise Unfit(f"field {field!r}: {_what(cell)}")
    try:
        return path.read_bytes(), str(cell if isinstance(cell, str) else cell["path"])
    except (FileNotFoundError, NotADirectoryError):
        raise Unfit(f"field {field!r}: there is no picture {path}; paths start from {folder}") from None
    except (OSError, ValueError) as error:
        raise Unfit(f"field {field!r}: {path} cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _what(cell: Any) -> str:
    if cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()):
        return f"no picture; {FORMS} is expected"
    if isinstance(cell, str):
        return f"{cell[:80]!r} is a web address; fetch the pictures first and give their paths"
    return f"a {type(cell).__name__} is no picture; {FORMS} is expected"


def _data_uri(cell: str, field: str) -> bytes:
    head, _, body = cell.partition(",")
    if not head.endswith(";base64"):
        raise Unfit(f"field {field!r}: the data URI {head[:40]!r} is not base64")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unfit(f"field {field!r}: the data URI's base64 is broken ({error})") from None
