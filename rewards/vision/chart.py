"""`relaxed`: ChartQA's relaxed accuracy.

A number is right within 5 % of the reference, |p - g| <= 0.05 · |g| (Methani et al. 2020, PlotQA; Masry et al. 2022,
ChartQA); anything else must be equal as text, letter case aside. A reference of zero needs zero. The bound is
computed exactly, so 3.15 is within 5 % of 3, which floats deny.

Params:
    tolerance   0.05
    year_exact  true: a reference written as a bare integer from 1800 to 2100 is taken for a year, and must be hit
                exactly (within 5 % of 2010 lies every year since 1910). Set it to false for data where such
                integers are amounts
    percent     "value" (as published: 5 % is 0.05, so it is not 5) or "ignore" (the sign is dropped on both sides)
"""

from __future__ import annotations

import re
from fractions import Fraction

from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.match import MAX_CHARS
from rewards.text.stated import Stated, plain, shown, stated
from rewards.verdict import Answer, Status
from rewards.vision.counting import only_number
from rewards.vision.numbers import Number, whole_number

YEARS = (1800, 2100)


def within(prediction: Fraction, reference: Fraction, tolerance: Fraction) -> bool:
    """Relaxed equality of two numbers, exactly."""
    return abs(prediction - reference) <= tolerance * abs(reference)


def _value(number: Number, percent: str) -> Fraction:
    return number.value / 100 if number.percent and percent == "value" else number.value


def _text(text: str) -> str:
    return " ".join(plain(text).split()).strip(" .\"'").casefold()


@register("relaxed")
class RelaxedVerifier(Rule):
    """The reference is a number or a text, or a list of accepted ones."""

    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "tolerance", "year_exact", "percent")
        tolerance = Fraction(str(options.number(answer.params, "tolerance", 0.05, 0.0, 1.0)))
        year_exact = options.flag(answer.params, "year_exact", True)
        percent = options.one_of(answer.params, "percent", "value", "ignore")
        accepted = options.texts(answer.reference)
        said = stated(response)
        if said is None or len(said.text) > MAX_CHARS:
            return Outcome.unparsed("no answer after the thoughts, or one that is too long")
        outcomes = [self._one(said, text, tolerance, year_exact, percent) for text in accepted]
        # The best reading over the accepted ones; without a right one, what the first says.
        return next((outcome for outcome in outcomes if outcome.status is Status.CORRECT), outcomes[0])

    @staticmethod
    def _one(said: Stated, text: str, tolerance: Fraction, year_exact: bool, percent: str) -> Outcome:
        extracted = shown(said.text)
        reference = whole_number(text)
        if reference is None:
            right = _text(said.text) == _text(text)
            return Outcome.of(right, extracted, "equal" if right else f"not {text!r}")
        found = only_number(said)
        if isinstance(found, Outcome):
            return found
        value, wanted = _value(found, percent), _value(reference, percent)
        year = year_exact and re.fullmatch(r"\d{4}", text.strip(), re.ASCII) is not None and YEARS[0] <= wanted <= YEARS[1]
        right = within(value, wanted, Fraction(0) if year else tolerance)
        reason = f"{'a year, exact' if year else f'within {float(tolerance):g}'}: {'yes' if right else 'no'}"
        return Outcome.of(right, extracted, reason)
