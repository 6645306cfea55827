"""What a row's pictures are, and the key that fits: pixels say nothing about a rendered text or a drawn scene.

Five hundred pictures of one question with other numbers look alike to a perceptual hash; their texts do not. So

    rendered    the text that was drawn         keys "text:…", "expression:…" of the row
    synthetic   the scene that was drawn        keys "scene:…"
    real        the picture itself
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from data_recipes.row import Row
from openk15.seeds import digest


class Origin(StrEnum):
    NONE = "none"  # no pictures
    RENDERED = "rendered"
    SYNTHETIC = "synthetic"
    REAL = "real"


_PREFIXES: Final = {Origin.RENDERED: ("text:", "expression:"), Origin.SYNTHETIC: ("scene:",)}
DRAWN_KEYS: Final = tuple(prefix for prefixes in _PREFIXES.values() for prefix in prefixes)
_CATEGORIES: Final = {"text-rendered": Origin.RENDERED, "synthetic": Origin.SYNTHETIC}
RAW_TEXT: Final = ("source_text", "rendered_text", "text")  # where a source, or a record of somebody's own, keeps what was drawn


def origin(row: Row) -> Origin:
    """By the tag `origin`, else by `category`; a picture of unknown origin is real."""
    return origin_of(row.problem.tags) if row.problem.images else Origin.NONE


def origin_of(tags: Mapping[str, str]) -> Origin:
    """Of pictures with these tags."""
    tag = tags.get("origin", "")
    if tag in (Origin.RENDERED, Origin.SYNTHETIC, Origin.REAL):
        return Origin(tag)
    return _CATEGORIES.get(tags.get("category", ""), Origin.REAL)


def made_of(row: Row) -> tuple[str, ...]:
    """The keys of the row that say what was drawn; empty for real pictures, and where the source gave none."""
    prefixes = _PREFIXES.get(origin(row), ())
    return tuple(key for key in row.keys if key.startswith(prefixes)) if prefixes else ()


def drawn_text(row: Row) -> str:
    """The text that a rendered picture shows, as far as the row says; empty otherwise."""
    if origin(row) is not Origin.RENDERED:
        return ""
    for name in RAW_TEXT:
        value = row.raw.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return "\n".join(key.partition(":")[2] for key in made_of(row) if " " in key)


def read_text(row: Row) -> str:
    """The text that a reader found on the row's page, as the source `pages` keeps it; empty otherwise."""
    blocks = row.raw.get("layout")
    return "\n".join(str(block.get("text", "")) for block in blocks if isinstance(block, Mapping)) if isinstance(blocks, list) else ""


def picture_key(row: Row) -> str:
    """Equal for rows that show the same: by what was drawn where that is known, by the files otherwise; empty without pictures."""
    what = origin(row)
    if what is Origin.NONE:
        return ""
    made = made_of(row)
    return digest(str(what), sorted(made)) if made else digest("files", list(row.problem.images))
