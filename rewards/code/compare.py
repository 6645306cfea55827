"""Is this output the right one?  Pure functions over bytes (a program's stdout) and tagged values (a call's result).

    exact      byte for byte; for values: the same plain type and value
    lines      the default for output, and the paper's choice (K48): blanks at the end of a line and blank lines at the
               end aside
    token      the same words, however they are spaced
    float      words, numbers among them within abs_tol or rel_tol of the right one
    unordered  the same lines (or tokens; for values: the items of the outermost list), in any order

White space is ASCII white space only. Output that is not UTF-8, NUL bytes, NaN and infinities are never near anything:
they are right only where the right answer has exactly the same.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rewards.code.child import encode

BLANK = b" \t\r\x0b\x0c"
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_INTEGER = re.compile(rb"[+-]?[0-9]+\Z")
_LONG = 400  # bytes of a number; a longer token is compared as text


class Mode(StrEnum):
    EXACT = "exact"
    LINES = "lines"
    TOKEN = "token"
    FLOAT = "float"
    UNORDERED = "unordered"


@dataclass(frozen=True, slots=True)
class Compare:
    """How to compare. `abs_tol` and `rel_tol` serve `float`; `of` ("lines" or "tokens") serves `unordered` output."""

    mode: Mode = Mode.LINES
    abs_tol: float = 1e-6
    rel_tol: float = 1e-6
    of: str = "lines"

    @classmethod
    def read(cls, value: Any, default: Compare) -> Compare:
        """From a mode's name or {"mode", "abs_tol", "rel_tol", "of"}; ValueError names what is wrong."""
        if value is None:
            return default
        if isinstance(value, str):
            value = {"mode": value}
        if not isinstance(value, Mapping):
            raise ValueError(f"compare {value!r}: a mode's name or a mapping is needed")
        if unknown := set(value) - {"mode", "abs_tol", "rel_tol", "of"}:
            raise ValueError(f"compare has unknown keys {sorted(unknown)}; known: mode, abs_tol, rel_tol, of")
        try:
            mode = Mode(value.get("mode", default.mode))
        except ValueError:
            raise ValueError(f"compare mode {value.get('mode')!r}; known: {', '.join(Mode)}") from None
        tolerances: list[float] = []
        for key in ("abs_tol", "rel_tol"):
            number = value.get(key, getattr(default, key))
            if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
                raise ValueError(f"compare {key} must be a number of at least 0, got {number!r}")
            tolerances.append(float(number))
        of = value.get("of", default.of)
        if of not in ("lines", "tokens"):
            raise ValueError(f"compare of {of!r}: lines or tokens")
        return cls(mode, tolerances[0], tolerances[1], of)


def same_output(got: bytes, right: bytes, how: Compare) -> bool:
    if how.mode is Mode.EXACT:
        return got == right
    if how.mode is Mode.LINES:
        return lines(got) == lines(right)
    if how.mode is Mode.TOKEN:
        return got.split() == right.split()
    if how.mode is Mode.UNORDERED:
        split = lines if how.of == "lines" else bytes.split
        return Counter(split(got)) == Counter(split(right))
    ours, theirs = got.split(), right.split()
    return len(ours) == len(theirs) and all(_near_token(a, b, how) for a, b in zip(ours, theirs, strict=True))


def lines(output: bytes) -> list[bytes]:
    found = [line.rstrip(BLANK) for line in output.split(b"\n")]
    while found and not found[-1]:
        found.pop()
    return found


def _near_token(got: bytes, right: bytes, how: Compare) -> bool:
    """Two whole numbers are compared exactly: a tolerance is for what was computed in floating point."""
    if got == right:
        return True
    if max(len(got), len(right)) > _LONG or not (_NUMBER.match(got) and _NUMBER.match(right)):
        return False
    if _INTEGER.match(got) and _INTEGER.match(right):
        return int(got) == int(right)
    return near(float(got), float(right), how)


def near(got: float, right: float, how: Compare) -> bool:
    """|got - right| <= max(abs_tol, rel_tol * |right|), for finite numbers."""
    if not (math.isfinite(got) and math.isfinite(right)):
        return False
    return abs(got - right) <= max(how.abs_tol, how.rel_tol * abs(right))


def same_value(got: Any, right: Any, how: Compare) -> bool:
    """Is the tagged value `got` the JSON value `right`?

    Types count: True is not 1, 1 is not 1.0 (but under `float` whole and real numbers mix). JSON has one kind of
    sequence and text keys only, so a tuple may stand for a list, and a key that JSON writes as text for that text.
    A set, bytes or an object is never equal to a JSON value. NaN is NaN.
    """
    try:
        items = _sequence(got)
        if how.mode is Mode.UNORDERED and items is not None and isinstance(right, list):
            return Counter(map(_canonical, items)) == Counter(_canonical(encode(item)) for item in right)
        return _same(got, right, how)
    except RecursionError:
        return False


def _sequence(tag: Any) -> list[Any] | None:
    if isinstance(tag, list):
        return tag
    if isinstance(tag, dict) and len(tag) == 1 and isinstance(tag.get("t"), list):
        return tag["t"]
    return None


def _number(tag: Any) -> int | float | None:
    """The number a tag stands for; None when it is none or is malformed (the program may have forged it)."""
    if type(tag) is int:
        return tag
    if isinstance(tag, dict) and len(tag) == 1:
        ((name, body),) = tag.items()
        try:
            if name == "i":
                return int(body, 16)
            if name == "f":
                return float.fromhex(body)
        except (TypeError, ValueError, OverflowError):
            return None
    return None


def _same(got: Any, right: Any, how: Compare) -> bool:
    if right is None or isinstance(right, bool | str):
        return type(got) is type(right) and got == right
    if isinstance(right, int | float):
        number = _number(got)
        if number is None:
            return False
        if how.mode is Mode.FLOAT and (isinstance(number, float) or isinstance(right, float)):
            try:
                return number == right or near(float(number), float(right), how)
            except OverflowError:
                return False
        return type(number) is type(right) and (number == right or (number != number and right != right))
    if isinstance(right, list | tuple):
        items = _sequence(got)
        return items is not None and len(items) == len(right) and all(_same(a, b, how) for a, b in zip(items, right, strict=True))
    if isinstance(right, Mapping):
        pairs = got.get("d") if isinstance(got, dict) and len(got) == 1 else None
        if not isinstance(pairs, list) or len(pairs) != len(right):
            return False
        ours: dict[str, Any] = {}
        for pair in pairs:
            if not (isinstance(pair, list) and len(pair) == 2):
                return False
            key = _key(pair[0])
            if key is None:
                return False
            ours[key] = pair[1]
        return ours.keys() == right.keys() and all(_same(ours[key], right[key], how) for key in right)
    return False


def _key(tag: Any) -> str | None:
    """A mapping's key as JSON writes it."""
    if isinstance(tag, str):
        return tag
    if tag is None or isinstance(tag, bool):
        return json.dumps(tag)
    number = _number(tag)
    try:
        return None if number is None else json.dumps(number)
    except ValueError:  # more digits than Python will write
        return None


def _canonical(tag: Any) -> str:
    """A text that two tags share exactly when they are the same value, tuples being lists and mappings unordered."""
    if isinstance(tag, list):
        return "[" + ",".join(map(_canonical, tag)) + "]"
    if isinstance(tag, dict) and len(tag) == 1:
        ((name, body),) = tag.items()
        if name == "t" and isinstance(body, list):
            return _canonical(body)
        if name == "d" and isinstance(body, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in body):
            return "{" + ",".join(sorted(f"{json.dumps(_key(key))}:{_canonical(item)}" for key, item in body)) + "}"
        number = _number(tag)
        if isinstance(number, int):
            return hex(number)
        return f"{name} {number.hex() if number is not None else json.dumps(body)}"
    return hex(tag) if type(tag) is int else json.dumps(tag)


def difference(got: bytes, right: bytes, how: Compare) -> str:
    """One short line about the first place where two outputs part. Never shows the whole right answer."""
    by_lines = how.mode in (Mode.EXACT, Mode.LINES) or (how.mode is Mode.UNORDERED and how.of == "lines")
    word = "line" if by_lines else "word"
    ours = lines(got) if by_lines else got.split()
    theirs = lines(right) if by_lines else right.split()
    if how.mode is Mode.UNORDERED:
        return f"{len(ours)} {word}s printed, {len(theirs)} expected, not the same ones"
    for number, (a, b) in enumerate(zip(ours, theirs, strict=False), 1):
        if not (_near_token(a, b, how) if how.mode is Mode.FLOAT else a == b):
            return f"{word} {number} is {_short(a)}, expected {_short(b) if len(theirs) > 1 else _size(b)}"
    if len(ours) != len(theirs):
        return f"{len(ours)} {word}s printed, {len(theirs)} expected"
    return "the white space differs"


def _short(text: bytes) -> str:
    return repr(text[:24].decode("utf-8", "backslashreplace")) + ("..." if len(text) > 24 else "")


def _size(text: bytes) -> str:
    return f"another text of {len(text)} bytes" if len(text) != 1 else "another text of 1 byte"
