"""Why a record cannot become a problem."""

from __future__ import annotations

from typing import Any


class Unfit(ValueError):
    """The message names the field, what it holds and what would be right; the reader adds the place."""


def shown(value: Any, most: int = 60) -> str:
    """A value for a message, in short."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"
