"""The numbers that stand in a text, exactly: digits, decimals, fractions, separators, percent, number words.

A number joined to letters is not one (`5m`, `3D`, `v2`), except for the magnitudes `k`, `K`, `M`, `B` and `bn`.
A date, a time, an exponent and `2.5.1` are not read; nothing is stripped to make a number of something else. A number
that stands in a product, a sum, a range, a fraction or under a root is marked as a term: it is not what the whole says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

MAX_DIGITS = 40

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS = {word: at for at, word in enumerate(_UNITS.split())} | {word: 10 * at for at, word in enumerate(_TENS.split(), 2)}
MAGNITUDES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
MAGNITUDES |= {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "bn": 10**9}

_ONES = "|".join(_UNITS.split()[1:10])
_MAGNITUDE_WORDS = r"(?:dozen|hundred|thousand|million|billion|trillion)s?\b"
_PART_WORDS = r"(?:hal(?:f|ves)|thirds?|quarters?|fourths?|fifths?|tenths?)\b"
_NUMBER = re.compile(
    rf"""
    (?<![A-Za-z0-9_.^]) (?<!\d[/:])
    (?P<minus> (?i: negative | minus ) [ ] )?
    (?:
      (?P<digits>
        [+-]? (?: (?: \d{{1,3}}(?:,\d{{3}})+ | \d{{1,{MAX_DIGITS}}} ) (?: \.\d{{1,{MAX_DIGITS}}} )? | \.\d{{1,{MAX_DIGITS}}} )
        (?: /\d{{1,{MAX_DIGITS}}} )?
      )
      (?P<suffix> [ ]?% | [ ]per[ ]?cent\b | bn\b | [kKMB]\b )?
      (?! [A-Za-z0-9_^²³¹⁰⁴-⁹½¼¾] | [./:]\d )
    |
      (?P<word> (?i: {"|".join(_TENS.split())} ) (?: [-\ ] (?i: {_ONES} ) )? | (?i: {"|".join(_UNITS.split())} ) )
      (?! [A-Za-z0-9_-] )
    )
    (?P<times> [ ]{_MAGNITUDE_WORDS} )?
    (?! [ ](?: {_MAGNITUDE_WORDS} | {_PART_WORDS} | and[ ](?:a|one)[ ]{_PART_WORDS} ) )
    """,
    re.VERBOSE | re.ASCII,
)


_OPERATOR = r"\\(?:times|cdot|div|pm|mp|over)(?![A-Za-z])|[×·∙÷±∓^]|\*{1,2}"
_SPOKEN = r"(?:plus|minus|times|divided[ ]by|multiplied[ ]by|to[ ]the[ ]power(?:[ ]of)?)"
_OPERAND = rf"(?:[-+]?[\d.]|(?:{'|'.join((*WORDS, 'minus', 'negative'))})\b)"
_GOES_ON = re.compile(
    rf"[ ]*(?:(?:{_OPERATOR})[ ]*[-+]?[\d.(\\√]|\+[ ]*[\d(\\√]|[/–-][ ]*[\d\\√]|x[ ]*\d|(?:\.\.+|…)[ ]*\d|{_SPOKEN}[ ]{_OPERAND}"
    r"|(?:squared|cubed)\b|\\sqrt|√)",
    re.IGNORECASE,
)
_COMES_FROM = re.compile(
    rf"(?:\d[)}}]*[ ]*(?:{_OPERATOR}|[+/–-]|[xX]|\.\.+|…|{_SPOKEN})"
    r"|\\(?:sqrt|[dt]?frac|[dt]?binom|log|ln|exp|sin|cos|tan|pm|mp)\s*[{(\[]*|[±∓√]\(?)[ ]*\Z"
)
_WINDOW = 32  # characters looked at on either side


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction  # a percentage's own figure: 5 for "5 %"
    percent: bool
    start: int  # in the text
    end: int
    term: bool = False  # of an expression: "3" in "3 x 10^6", "3 minus 3", "3..5"


def _value(match: re.Match[str]) -> Fraction | None:
    if word := match["word"]:
        value = Fraction(sum(WORDS[part] for part in re.split(r"[- ]", word.lower())))
    else:
        top, _, bottom = match["digits"].replace(",", "").partition("/")
        if bottom and not int(bottom):
            return None
        value = Fraction(top) / (int(bottom) if bottom else 1)
    suffix = (match["suffix"] or "").strip()
    value *= -MAGNITUDES.get(suffix, 1) if match["minus"] else MAGNITUDES.get(suffix, 1)
    return value * MAGNITUDES.get((match["times"] or "").strip().removesuffix("s"), 1)


def numbers(text: str) -> Iterator[Number]:
    """Every number in `text` (made `plain` before), in order."""
    for match in _NUMBER.finditer(text):
        value = _value(match)
        if value is not None:
            suffix, start, end = match["suffix"] or "", match.start(), match.end()
            # A word after a dash says the figure again: "3 – three cats".
            behind = None if match["word"] else _COMES_FROM.search(text, max(0, start - _WINDOW), start)
            term = _GOES_ON.match(text, end, end + _WINDOW) is not None or behind is not None
            yield Number(value, "%" in suffix or "cent" in suffix, start, end, term)


def whole_number(text: str) -> Number | None:
    """The number that all of `text` is, a currency sign before it and a full stop after it aside."""
    text = text.strip().removesuffix(".").lstrip("$€£¥").strip()
    found = next(numbers(text), None)
    return found if found is not None and not found.term and (found.start, found.end) == (0, len(text)) else None
