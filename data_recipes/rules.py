"""One rule of a recipe's `select`, as it is written: what it looks at, and whether a value lies inside its bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from openk15.config import StrictModel

Value = bool | int | float | str | None


def _as_texts(only: Any) -> Any:
    """Numbers and booleans as the tags have them: {grade: 3} asks for "3"."""
    if not isinstance(only, Mapping):
        return only
    return {key: [_as_text(one) for one in value] if isinstance(value, (list, tuple)) else _as_text(value) for key, value in only.items()}


def _as_text(value: Any) -> Any:
    return plain(value) if isinstance(value, (bool, int, float)) else value


Only = Annotated[Mapping[str, str | tuple[str, ...]], BeforeValidator(_as_texts)]  # tag -> value or values
KINDS = ("drop", "keep", "one_per", "balance", "sample", "copies", "take")


class Rule(StrictModel):
    """Exactly one of drop, keep, one_per, balance, sample, copies, take; the other keys refine it."""

    drop: str | None = Field(default=None, description="measure or tag: a true value, or one inside the bounds, drops the row")
    keep: str | None = Field(default=None, description="measure or tag: a value outside the bounds drops the row")
    one_per: str | None = Field(default=None, description="measure or tag that names a group; rows without a group stay")
    balance: str | None = Field(default=None, description="tag or measure whose values are to have at most max_share of what is kept")
    sample: str | None = Field(default=None, description="score in [0, 1]: kept with probability floor + (1 - floor) * score ** power")
    copies: str | None = Field(default=None, description="rate, 0 or more: expected copies of a training row; `at_most` caps it")
    take: int | None = Field(default=None, ge=0, description="at most this many rows, of each value of `of` if given")

    at_least: float | None = None
    at_most: float | None = None
    equals: bool | float | str | None = None
    one_of: tuple[float | str, ...] | None = None
    missing: Literal["keep", "drop"] = "keep"  # what happens to rows on which it was not measured
    prefer: str | None = None  # one_per: the row with the greatest value of this measure; take: likewise
    of: str | None = None
    max_share: float | None = Field(default=None, gt=0.0, le=1.0)
    floor: float = Field(default=0.0, ge=0.0, le=1.0)
    power: float = Field(default=1.0, gt=0.0)
    only: Only = Field(default_factory=dict)
    because: str = ""  # said to whoever asks why

    @model_validator(mode="after")
    def _one_kind(self) -> Rule:
        named = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(f"a rule has exactly one of {', '.join(KINDS)}; this one has {', '.join(named) or 'none'}")
        if self.keep is not None and not self.bounded:
            raise ValueError(f"keep: {self.keep} needs at_least, at_most, equals or one_of")
        if (self.balance is not None) != (self.max_share is not None):
            raise ValueError("balance and max_share belong together")
        return self

    @property
    def bounded(self) -> bool:
        return not (self.at_least is None and self.at_most is None and self.equals is None and self.one_of is None)

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the measures or tags it looks at."""
        main = self.of if self.take is not None else getattr(self, self.kind)
        return tuple(name for name in (main, self.prefer) if name)

    @property
    def title(self) -> str:
        shown = self.model_dump(exclude_defaults=True, exclude={"because"})
        return ", ".join(f"{key}: {plain(value)}" for key, value in shown.items())

    def inside(self, value: Value) -> bool:
        """Within every bound that is set."""
        if self.equals is not None and not _same(value, self.equals):
            return False
        if self.one_of is not None and not any(_same(value, one) for one in self.one_of):
            return False
        if self.at_least is None and self.at_most is None:
            return True
        number = number_of(value)
        if number is None:
            return False
        return (self.at_least is None or number >= self.at_least) and (self.at_most is None or number <= self.at_most)


def number_of(value: Value) -> float | None:
    """The number that a measure is or that a tag's text writes; None for other text."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _same(value: Value, bound: bool | float | str) -> bool:
    if isinstance(value, str) and isinstance(bound, (int, float)) and not isinstance(bound, bool):
        return number_of(value) == bound
    return value == bound


def bounds(rule: Rule, verb: str) -> str:
    parts = []
    if rule.equals is not None:
        parts.append(f"exactly {plain(rule.equals)}")
    if rule.one_of is not None:
        parts.append(f"one of {', '.join(map(plain, rule.one_of))}")
    if rule.at_least is not None:
        parts.append(f"at least {plain(rule.at_least)}")
    if rule.at_most is not None:
        parts.append(f"at most {plain(rule.at_most)}")
    return f"; {verb}: {', '.join(parts)}" if parts else ""


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(plain, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {plain(inner)}" for key, inner in value.items()) + "}"
    return str(value)
