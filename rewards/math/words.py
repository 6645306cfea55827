"""Answers that are words: names, options, "no solution", dates, Chinese numerals."""

from __future__ import annotations

import re
import unicodedata

_WRAPPED = re.compile(
    r"\\(?:text|mbox|textbf|textit|textrm|textnormal|textsf|emph|mathrm|mathbf|mathit|mathsf|operatorname|boldsymbol|underline)\s*\{([^{}]*)\}"
)
_EMPTY_SET = frozenset(
    ["no solution", "no solutions", "no real solution", "no real solutions", "empty set", "the empty set", "无解", "空集"]
)
_OPTION = re.compile("[A-E]")  # the letters of a choice; others are as likely names of something
_SHORT_LIST = """
    no on up we he it of in to is at by a yes red one two six ten all any odd day man boy cat dog yen won old new low big hot wet dry out
    off sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep oct nov dec and nor the his her its our but not for max min inf nan
"""
_SHORT_WORDS = frozenset(_SHORT_LIST.split())
_MONTHS = {name: at for at, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([A-Za-z]{3,9})\.?,?\s+(\d{4})")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(a\.?m\.?|p\.?m\.?)?", re.IGNORECASE)
_DIGITS = {char: at for at, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = "[零〇一二两三四五六七八九十百千万亿]+"
_PARTS = re.compile(f"(百|{_NUMERAL})分之({_NUMERAL})")


def plain(text: str, *, fold: bool = True) -> str:
    """Words as a person would say them: no markup, one space, lower case (with `fold`), no punctuation around them."""
    previous = None
    while previous != text and len(text) < 20_000:
        previous, text = text, _WRAPPED.sub(r"\1", text)
    text = unicodedata.normalize("NFKC", text).replace("$", "").replace("\\ ", " ").replace("~", " ").replace("\\,", " ")
    text = " ".join(text.replace("\\", " ").split())
    text = text.casefold() if fold else text
    text = text.strip(' .,;:*"`')
    while len(text) > 2 and text[0] == "(" and text[-1] == ")" and "(" not in text[1:-1]:
        text = text[1:-1].strip()
    return text.removeprefix("the ").removeprefix("The ").removeprefix("THE ").strip()


def same_words(reference: str, given: str) -> bool:
    """The same words, in whatever case; but letters that stand for something (K and k, AB and ab) have the case they have."""
    one, other = plain(reference), plain(given)
    if one != other:
        return False
    if _OPTION.fullmatch(plain(reference, fold=False)):
        return True
    cased, other_cased = plain(reference, fold=False).split(), plain(given, fold=False).split()
    return all(mine == theirs or (_is_word(mine) and not _is_name(mine, theirs)) for mine, theirs in zip(cased, other_cased, strict=False))


def _is_name(one: str, other: str) -> bool:
    """Three capitals beside three other letters: as likely the points of a triangle (ABE) as a word, but for words we know."""
    return len(one) == 3 and one.isascii() and one.isupper() != other.isupper() and one.casefold() not in _SHORT_WORDS


def _is_word(letters: str) -> bool:
    parts = re.findall(r"[^\W\d_]+", letters.casefold())
    return all(part in _SHORT_WORDS or (len(part) >= 3 and (not part.isascii() or set(part) & set("aeiouy"))) for part in parts)


def is_words(text: str) -> bool:
    """Whether it is words and no formula: letters, blanks, hyphens and apostrophes only."""
    return bool(re.fullmatch(r"[^\W\d_]+(?:[ '-]+[^\W\d_]+)*", plain(text)))


def is_wordy(text: str) -> bool:
    """Whether it is words that no one reads as a product of variables: three letters together, a vowel among them."""
    return is_words(text) and any(len(word) >= 3 and (not word.isascii() or set(word) & set("aeiou")) for word in plain(text).split())


def is_nothing(text: str) -> bool:
    """ "No solution" in one of its forms: what the empty set says."""
    return plain(text) in _EMPTY_SET


def date(text: str) -> tuple[int, int, int] | None:
    """(year, month, day) of an unambiguous date."""
    said = plain(text)
    if found := _ISO.fullmatch(said):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(said):
        day, month, year = int(found.group(1)), _MONTHS.get(found.group(2)[:3], 0), int(found.group(3))
    elif found := _MONTH_FIRST.fullmatch(said):
        month, day, year = _MONTHS.get(found.group(1)[:3], 0), int(found.group(2)), int(found.group(3))
    else:
        return None
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


def clock(text: str) -> tuple[int, int, int, str] | None:
    """(hours, minutes, seconds, half) of a time of day; half is "", "am" or "pm"."""
    found = _CLOCK.fullmatch(plain(text))
    if not found:
        return None
    if int(found.group(1)) > 24 or int(found.group(2)) > 59:
        return None
    half = (found.group(4) or "").replace(".", "").lower()
    return int(found.group(1)), int(found.group(2)), int(found.group(3) or 0), half


def _chinese(numeral: str) -> int | None:
    if all(char in _DIGITS for char in numeral) and len(numeral) > 2:
        return int("".join(str(_DIGITS[char]) for char in numeral))
    total, section, digit = 0, 0, 0
    for char in numeral:
        if char in _DIGITS:
            if digit:
                return None  # two digits side by side are no numeral
            digit = _DIGITS[char]
        elif char in _PLACES:
            section += (digit or 1) * _PLACES[char]
            digit = 0
        else:
            total = (total + section + digit) * {"万": 10**4, "亿": 10**8}[char]
            section, digit = 0, 0
    return total + section + digit


def chinese_numerals(text: str) -> str:
    """Chinese numerals, fractions and percentages of an answer as digits; other text is left as it is."""
    if text.isascii():
        return text

    def parts(found: re.Match[str]) -> str:
        top = _chinese(found.group(2))
        if top is None or (found.group(1) != "百" and _chinese(found.group(1)) is None):
            return found.group()
        if found.group(1) == "百":
            return f"{top}\\%"
        return f"\\frac{{{top}}}{{{_chinese(found.group(1))}}}"

    text = _PARTS.sub(parts, text)
    if re.fullmatch(f"[负-]?{_NUMERAL}", text.strip()):
        body = text.strip()
        mark = "-" if body[0] in "负-" else ""
        value = _chinese(body.lstrip("负-"))
        return text if value is None else f"{mark}{value}"
    return text
