"""What generators of drawn pictures have in common: which questions they ask and how wide their pictures are."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import field_validator

from data_recipes.sources.base import Generator

WIDEST = 1280  # pixels


class PictureGenerator(Generator):
    """Subclasses declare `tasks` (some of `task_names`) and `side` (smallest and largest width, pixels)."""

    task_names: ClassVar[tuple[str, ...]]
    narrowest: ClassVar[int]  # width below which the picture cannot be read, pixels
    reason: ClassVar[str] = ""  # why, told with the error

    @field_validator("side", check_fields=False)
    @classmethod
    def _possible(cls, side: Any) -> Any:
        if not cls.narrowest <= side[0] <= side[1] <= WIDEST:
            why = f"; {cls.reason}" if cls.reason else ""
            raise ValueError(f"it is not [smallest, largest] with {cls.narrowest} <= smallest <= largest <= {WIDEST}{why}")
        return side

    @field_validator("tasks", check_fields=False)
    @classmethod
    def _some(cls, tasks: Any) -> Any:
        if not tasks:
            raise ValueError(f"none is named; known: {', '.join(cls.task_names)}")
        return tasks
