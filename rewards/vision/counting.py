"""`count`: how many? The reference is an integer; the response must come down to one number.

"There are 3 apples." is 3 because no other number stands there. Several different numbers are unparsed, or wrong
where they are marked as the answer; so is a number that is part of an expression (`3 x 10^6`, `3 minus 3`, `3..5`).
A total that is announced beside its parts is the count ("3 cats: one black, two white", "2 men and 1 woman, 3 in total"), so is
the end of counting aloud ("1, 2, 3. There are 3."); "there are no cats" is 0.
"not 3", "3 is wrong", "at least 3", "3 or more" and "3 %" are no count; "minus 3" is -3.
"""

from __future__ import annotations

import itertools
import re
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


_TOTAL = re.compile(r"\b(?:total|altogether|in\s+all|in\s+sum|combined|overall)\b|=", re.IGNORECASE)
_VAGUE = (
    r"way|answer|clear\w*|information|indications?|image|picture|photo|doubt|question|reason|data|details?|clues?|more|fewer|less|longer"
    r"|other|one|idea|evidence|need|point|signs?|mention|than|but|limit|exact"
)
_THINGS = rf"(?: (?!(?:{_VAGUE})\b)[a-z-]{{1,20}}){{1,4}}?"
_PLACE = r"(?: (?:visible|shown|present|seen|here|there))?(?: (?:in|on|at) (?:the|this)(?: [a-z]{1,20}){1,2})?"
_NOTHING = re.compile(
    rf"(?:there (?:are|is) none|none(?: of (?:them|these|those))?(?: (?:is|are))?|there (?:are|is) no{_THINGS}"
    rf"|there (?:are|is)(?: not|n't) any{_THINGS}|no{_THINGS} (?:is|are)(?= (?:visible|shown|present|seen|there)\b)){_PLACE}"
)


def total(text: str) -> Number | None:
    """The total that a text announces beside its parts, whose sum it is, or that ends its counting aloud."""
    found = list(itertools.islice(numbers(text), MAX_MENTIONS))
    if not 3 <= len(found) < MAX_MENTIONS or any(
        item.term or item.percent or denied(text, item.start, item.end, Kind.NUMBER) or bounded(text, item.start, item.end)
        for item in found
    ):
        return None
    first, *_, before, last = found
    values = [item.value for item in found]
    if first.value == sum(values[1:]) and ":" in text[first.end : found[1].start]:
        return first
    between = text[before.end : last.start]
    if last.value == sum(values[:-1]) and _TOTAL.search(text[before.end :]):
        return last
    aloud = values == [*range(1, len(found)), len(found) - 1] and re.search(r"[.!\n]", between)
    return last if aloud else None


def _reference(value: Any) -> Fraction:
    found = whole_number(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    if found is None or found.percent or found.value.denominator != 1 or found.value < 0:
        raise ValueError(f"reference {value!r} is not a count (an integer from 0)")
    return found.value


@register("count")
class CountVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params)
        reference = _reference(answer.reference)
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        if _NOTHING.fullmatch(" ".join(plain(said.text).strip(" .").casefold().split())[:200]):
            return Outcome.of(reference == 0, shown(said.text), f"none, reference {reference}")
        found = only_number(said)
        if isinstance(found, Outcome):
            announced = total(plain(said.text))
            if announced is None:
                return found
            found = announced
        right = found.value == reference and not found.percent
        return Outcome.of(right, shown(said.text), "equal" if right else f"reads as another number than {reference}")
