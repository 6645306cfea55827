"""`number` and `number_list`: exact comparison of the final answer with the reference.

Accepted forms: an optional sign, digits with an optional fraction part, or `a/b`. The whole answer must be
one such form: `5m`, `1e3` and `3 or 4` are unparsed, never guessed at. A decimal equals a reference only if
it is exactly equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from rewards.extract import final_answer
from rewards.registry import Outcome, Rule, register
from rewards.verdict import Answer

_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40}|/[1-9]\d{0,39})?", re.ASCII)


def parse_number(text: str) -> Fraction | None:
    """Exact value of a plain number, or None if the whole text is not one."""
    cleaned = text.strip()
    return Fraction(cleaned) if _NUMBER.fullmatch(cleaned) else None


def parse_list(text: str) -> tuple[Fraction, ...] | None:
    """Numbers separated by commas or blanks, or None if any part is not a number."""
    parts = [parse_number(part) for part in re.split(r"[,\s]+", text.strip()) if part]
    if not parts or any(part is None for part in parts):
        return None
    return tuple(part for part in parts if part is not None)


@register("number")
class NumberVerifier(Rule):
    version = "3"
    _parse: Callable[[str], object] = staticmethod(parse_number)
    _what = "a number"

    def judge(self, response: str, answer: Answer) -> Outcome:
        if answer.params:
            raise ValueError(f"answer parameter {min(answer.params)!r}: it takes none; `math` has a tolerance")
        reference = self._parse(str(answer.reference))
        if reference is None:
            raise ValueError(f"reference {answer.reference!r} is not {self._what}")
        extracted = final_answer(response)
        if extracted is None:
            return Outcome.unparsed("no \\boxed{...} after the thoughts")
        value = self._parse(extracted)
        if value is None:
            return Outcome.unparsed(f"{extracted!r} is not {self._what}", extracted)
        right = value == reference
        return Outcome.of(right, extracted, "equal" if right else f"{extracted} is not {answer.reference}")


@register("number_list")
class SequenceVerifier(NumberVerifier):
    """An ordered list of numbers; order and count matter."""

    _parse = staticmethod(parse_list)
    _what = "a list of numbers"
