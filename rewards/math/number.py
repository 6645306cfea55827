"""`number` and `number_list`: exact comparison of the final answer with the reference.

Accepted forms: an optional sign, digits with an optional fraction part, or `a/b`. The whole answer must be
one such form: `5m`, `1e3` and `3 or 4` are unparsed, never guessed at. A decimal equals a reference only if
it is exactly equal.
"""

from __future__ import annotations

import re
import time
from fractions import Fraction

from rewards.extract import final_answer
from rewards.registry import register
from rewards.verdict import Answer, Status, Verdict

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
class NumberVerifier:
    version = "1"
    _parse = staticmethod(parse_number)
    _name = "number"
    _what = "a number"

    def verify(self, response: str, answer: Answer) -> Verdict:
        start = time.perf_counter()
        reference = self._parse(answer.reference)
        if reference is None:
            raise ValueError(f"reference {answer.reference!r} is not {self._what}")

        def verdict(status: Status, extracted: str | None, why: str) -> Verdict:
            score = 1.0 if status is Status.CORRECT else 0.0
            return Verdict(status, score, extracted, why, time.perf_counter() - start, f"{self._name}@{self.version}")

        extracted = final_answer(response)
        if extracted is None:
            return verdict(Status.UNPARSED, None, "no \\boxed{...} after the thoughts")
        value = self._parse(extracted)
        if value is None:
            return verdict(Status.UNPARSED, extracted, f"{extracted!r} is not {self._what}")
        if value == reference:
            return verdict(Status.CORRECT, extracted, "equal")
        return verdict(Status.WRONG, extracted, f"{extracted} is not {answer.reference}")


@register("number_list")
class SequenceVerifier(NumberVerifier):
    """An ordered list of numbers; order and count matter."""

    _parse = staticmethod(parse_list)
    _name = "number_list"
    _what = "a list of numbers"
