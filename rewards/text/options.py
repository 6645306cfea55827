"""Reading an Answer: params by name and type, references as lists of strings. Each fault is a ValueError that names it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.registry import Outcome
from rewards.text.stated import Stated, shown
from rewards.verdict import Status

# What float arithmetic may take from a score that is exactly at its threshold.
SLACK = 1e-9


def known(params: Mapping[str, Any], *allowed: str) -> None:
    """Raises ValueError at a param that the verifier does not have: a misspelt threshold must not be a silent default."""
    for key in params:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(allowed) or 'none'}"
            raise ValueError(f"param {key!r} is not known here; {hint}")


def real(value: Any, what: str) -> float:
    """A finite number, or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{what} {value!r} is not a finite number")
    return float(value)


def number(params: Mapping[str, Any], key: str, default: float, low: float, high: float) -> float:
    if key not in params:
        return default
    value = real(params[key], f"param {key!r}:")
    if not low <= value <= high:
        raise ValueError(f"param {key!r}: {value} is outside [{low}, {high}]")
    return value


def threshold(params: Mapping[str, Any], default: float) -> float:
    """`threshold`: the least score that is `correct`."""
    return number(params, "threshold", default, 0.0, 1.0)


def one_of(params: Mapping[str, Any], key: str, *choices: str) -> str:
    """A word of `choices`; the first is the default."""
    value = params.get(key, choices[0])
    if value not in choices:
        raise ValueError(f"param {key!r}: {value!r} is none of {', '.join(choices)}")
    return value


def flag(params: Mapping[str, Any], key: str, default: bool) -> bool:
    value = params.get(key, default)
    if not isinstance(value, bool):
        raise ValueError(f"param {key!r}: {value!r} is not true or false")
    return value


def texts(reference: Any, most: int = 1000) -> list[str]:
    """The accepted strings: one string (or number) or a list of them; none may be blank."""
    items = list(reference) if isinstance(reference, list | tuple) else [reference]
    if not 1 <= len(items) <= most:
        raise ValueError(f"reference holds {len(items)} strings; 1 to {most} are needed")
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int | float) or not str(item).strip():
            raise ValueError(f"reference {item!r} is not a string with something in it")
    return [str(item) for item in items]


def reals(value: Any, count: int, what: str) -> tuple[float, ...]:
    """Exactly `count` finite numbers."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
        raise ValueError(f"{what} {value!r} is not a list of {count} numbers")
    return tuple(real(item, what) for item in value)


def graded(score: float, least: float, extracted: str, reason: str) -> Outcome:
    """`correct` if the score reaches `least`, else `wrong`; the score stands either way."""
    score = min(1.0, max(0.0, score))
    status = Status.CORRECT if score >= least - SLACK else Status.WRONG
    return Outcome(status, shown(extracted), f"{reason} {score:.4g}, {least:g} needed", score)


def one_graded(score: float, least: float, said: Stated, reason: str) -> Outcome:
    """`graded`, but of several answers in boxes of their own none is picked: together they are the reference or wrong.

    A rate over characters or words would pay them all for the one that is right.
    """
    if said.several and score < 1.0 - SLACK:
        return Outcome(Status.WRONG, shown(said.text), f"{len(said.parts)} answers beside each other", 0.0)
    return graded(score, least, said.text, reason)
