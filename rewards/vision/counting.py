"""`count`: how many? The reference is an integer; the response must come down to one number.

"There are 3 apples." is 3 because no other number stands there. Several different numbers are unparsed, or wrong
where they are marked as the answer; so is a number that is part of an expression (`3 x 10^6`, `3 minus 3`, `3..5`).
"not 3", "3 is wrong", "at least 3", "3 or more" and "3 %" are no count; "minus 3" is -3.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.stated import MAX_MENTIONS, Kind, Stated, bounded, denied, plain, shown, stated
from rewards.verdict import Answer
from rewards.vision.numbers import Number, numbers, whole_number


def only_number(said: Stated) -> Number | Outcome:
    """The one number of a stated answer; else the outcome: none is unparsed, several are unparsed or, if marked, wrong."""
    text = plain(said.text)
    found: Number | None = None
    skipped = False
    for at, item in enumerate(numbers(text)):
        if at == MAX_MENTIONS:
            return Outcome.unparsed(f"more than {MAX_MENTIONS} numbers", shown(said.text))
        if denied(text, item.start, item.end, Kind.NUMBER) or bounded(text, item.start, item.end):
            skipped = True
            continue
        if item.term or (found is not None and (found.value, found.percent) != (item.value, item.percent)):
            what = "a number that is part of an expression" if item.term else "several different numbers"
            if said.marked:
                return Outcome.of(False, shown(said.text), what)
            return Outcome.unparsed(f"{what}, none marked as the answer", shown(said.text))
        found = found or item
    return found or Outcome.unparsed("only a number that is denied or bounded" if skipped else "no number", shown(said.text))


def _reference(value: Any) -> Fraction:
    found = whole_number(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    if found is None or found.percent or found.value.denominator != 1 or found.value < 0:
        raise ValueError(f"reference {value!r} is not a count (an integer from 0)")
    return found.value


@register("count")
class CountVerifier(Rule):
    version = "3"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params)
        reference = _reference(answer.reference)
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        if plain(said.text).strip(" .").casefold() == "none":
            return Outcome.of(reference == 0, shown(said.text), f"none, reference {reference}")
        found = only_number(said)
        if isinstance(found, Outcome):
            return found
        right = found.value == reference and not found.percent
        return Outcome.of(right, shown(said.text), "equal" if right else f"reads as another number than {reference}")
