"""Units: which words are one, and when two quantities are the same.

A unit is read as a product of powers of known units with an exact factor to its base; an unknown word is a base
of its own ("apples"). Not every word after a number is one: a word of magnitude multiplies it ("5 million"), and
what is no noun says something else about it ("5 is wrong", "5 at most"), see `counted`.
Sources: the SI brochure (9th edition), the international yard and pound (1959).
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import lru_cache

from rewards.denials import CHINESE_AFTER, CHINESE_BOUND_AFTER, CHINESE_NOT

Dimension = tuple[tuple[str, int], ...]


def _f(value: str) -> Fraction:
    return Fraction(value)


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BASE: dict[str, tuple[Fraction, str]] = {}


def _add(base: str, entries: dict[str, str]) -> None:
    for names, factor in entries.items():
        for name in names.split():
            _BASE[name] = (_f(factor), base)


_add("m", {
    "m meter metre": "1", "cm centimeter centimetre": "1/100", "mm millimeter millimetre": "1/1000", "km kilometer kilometre": "1000",
    "dm decimeter decimetre": "1/10", "nm nanometer nanometre": "1/1000000000", "in inch inche": "0.0254", "ft foot feet": "0.3048",
    "yd yard": "0.9144", "mi mile": "1609.344",
})  # fmt: skip
_add("kg", {
    "kg kilogram kilogramme kilo": "1", "g gram gramme": "1/1000", "mg milligram": "1/1000000", "tonne ton": "1000",
    "lb pound lbs": "0.45359237", "oz ounce": "0.028349523125",
})  # fmt: skip
_add("s", {
    "s sec second": "1", "ms millisecond": "1/1000", "min minute mins": "60", "h hr hour hrs": "3600", "day": "86400", "week": "604800",
    "fortnight": "1209600",
})  # fmt: skip
_add("year", {"year yr": "1", "month": "1/12", "decade": "10", "century centurie": "100"})
_add("K", {"kelvin": "1"})
_add(
    "L",
    {
        "l liter litre": "1",
        "ml milliliter millilitre": "1/1000",
        "gallon gal": "3.785411784",
        "quart": "0.946352946",
        "cup": "0.2365882365",
    },
)
_add("dollar", {"dollar usd buck": "1", "cent penny pennie": "1/100"})
_add("yuan", {"yuan rmb 元 块": "1"})
_add("euro", {"euro eur": "1"})
_add("J", {"joule": "1", "kilojoule": "1000", "cal calorie": "4.184", "kcal": "4184"})
_add("N", {"newton": "1", "kilonewton": "1000"})
_add("W", {"watt": "1", "kilowatt": "1000", "megawatt": "1000000"})
_add("V", {"volt": "1"})
_add("A", {"ampere amp": "1"})
_add("Hz", {"hertz": "1", "kilohertz": "1000", "megahertz": "1000000"})
_add("Pa", {"pascal": "1", "kilopascal": "1000", "atm": "101325"})
_add("mol", {"mol mole": "1"})
_add("unit", {"unit": "1"})

# Symbols: their letter case is part of them (SI brochure 5.2: mW is 10^-3 W, MW is 10^6 W).
_PREFIXES = {"n": "1/1000000000", "m": "1/1000", "": "1", "k": "1000", "M": "1000000", "G": "1000000000"}
_SYMBOLS: dict[str, tuple[Fraction, str]] = {
    prefix + symbol: (_f(factor) * _f(scale), base)
    for symbol, (scale, base) in {
        "m": ("1", "m"), "g": ("1/1000", "kg"), "s": ("1", "s"), "L": ("1", "L"), "l": ("1", "L"), "mol": ("1", "mol"), "N": ("1", "N"),
        "J": ("1", "J"), "W": ("1", "W"), "V": ("1", "V"), "A": ("1", "A"), "K": ("1", "K"), "Hz": ("1", "Hz"), "Pa": ("1", "Pa"),
        "C": ("1", "C"), "F": ("1", "F"), "T": ("1", "T"), "H": ("1", "H"), "S": ("1", "S"),
    }.items()
    for prefix, factor in _PREFIXES.items()
} | {
    "cm": (_f("1/100"), "m"), "dm": (_f("1/10"), "m"), "h": (_f("3600"), "s"), "t": (_f("1000"), "kg"), "min": (_f("60"), "s"),
}  # fmt: skip
_SPELLINGS = Counter(symbol.lower() for symbol in _SYMBOLS)
# "KM" is km and "Kg" is kg: only one symbol is spelled so. "mw" may be mW or MW, and a single letter's case is all it has.
_FOLDED = {symbol.lower(): value for symbol, value in _SYMBOLS.items() if len(symbol) > 1 and _SPELLINGS[symbol.lower()] == 1}
_FOLDED |= {"ml": (_f("1/1000"), "L")}  # no one measures answers in megalitres
_ALIASES = {"mph": "mile per hour", "kph": "km per hour", "kmh": "km per hour", "fps": "ft per second", "acre": "acre"}
# Written without \text these are units only where a number stands before them; a single letter never is.
PLAIN_UNITS = frozenset(
    name for name in (*_BASE, *(f"{name}s" for name in _BASE), *_ALIASES) if len(name) > 1 and name.isalpha() and name not in ("in", "cal")
) | {"inches", "feet", "percent", "pct", "percentage", "degrees", "degree", "deg", "dollars", "cents", "people", "radians", "rad", "units"}
PLAIN_UNITS |= {"khz", "kHz", "Hz", "hz", "mhz", "MHz", "GHz", "kW", "kw", "kJ", "kj", "kPa", "kpa", "MPa", "mL"}
CHINESE_UNITS = "元块米克秒天年月个人只本页次岁件条颗张名位支辆棵千公厘毫升斤度"

_STOP = frozenset(("of", "the", "a", "an", "in", "each", "total", "about", "approximately"))
_POWER = re.compile(r"\^?\{?(-?\d)\}?$")
_TOKEN = re.compile(r"[^\s/*^{}\d]+(?:\s*\^\s*\{?\s*-?\d\s*\}?)?|[²³/*]")


def _singular(word: str) -> str:
    if word in _SYMBOLS:
        return word
    lowered = word.lower().strip(".")
    if lowered in _BASE or lowered in _FOLDED:
        return lowered
    if len(word) == 1 and word.isascii():
        return word
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if lowered.endswith(ending) and len(lowered) > len(ending) + 1:
            shorter = lowered[: -len(ending)] + instead
            if shorter in _BASE:
                return shorter
    irregular = {"feet": "foot", "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse"}
    if lowered in irregular:
        return irregular[lowered]
    return lowered[:-1] if lowered.endswith("s") and not lowered.endswith("ss") and len(lowered) > 2 else lowered


def _known(name: str) -> tuple[Fraction, str]:
    return _SYMBOLS.get(name) or _BASE.get(name) or _FOLDED.get(name) or (Fraction(1), name)


# -- what a word after a number says of it ---------------------------------------------------------------------------

MAGNITUDES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "lakh": 10**5, "million": 10**6, "crore": 10**7, "billion": 10**9}
MAGNITUDES |= {"trillion": 10**12, "bn": 10**9, "mn": 10**6}
_ORDINALS = ("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
# Only in the plural: "the third" is a place in an order. Halves and quarters are things too (coins, parts of a match).
PARTS = {f"{name}s": Fraction(1, at) for at, name in enumerate(_ORDINALS, 3)} | {
    "hundredths": Fraction(1, 100), "thousandths": Fraction(1, 1000), "millionths": Fraction(1, 10**6), "halves": Fraction(1, 2),
}  # fmt: skip
CHINESE_MAGNITUDES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_CHINESE_MAGNITUDE = re.compile("(?:[十百万亿]|千(?![克米瓦卡焦帕赫伏升]))+")  # 千克 is a kilogram
MAGNITUDE_AFTER = re.compile(
    rf"(?:[ -]?(?:{'|'.join(MAGNITUDES)})s?\b){{1,4}}|[ -]?(?:{'|'.join(PARTS)})\b|[ ]?{_CHINESE_MAGNITUDE.pattern}", re.IGNORECASE
)
# Words that are no noun and leave no number as it stands: they deny it, bound it, calculate with it or choose between it and
# another. Some do so wherever they stand, some only right after the number ("5 to 6", but "5 ways to win"), adjectives only at the
# end ("5 wrong", but "5 wrong answers").
_NEVER_UNITS = _words_of(
    """
    not no never none neither nor cannot or than most least maybe perhaps probably possibly if unless but except without half minus
    plus between base mod modulo modulus remainder pi factorial multiplied divided raised something nothing anything
    """
)
_NUMBER_WORDS = _words_of(
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
    twenty thirty forty fifty sixty seventy eighty ninety
    """
)
_NOT_FIRST = _NUMBER_WORDS | _words_of("is are was were isnt be am to at over under above below squared cubed power choose")
_NOT_LAST = _NUMBER_WORDS.union(_ORDINALS) | _words_of(
    """
    wrong incorrect false untrue invalid impossible unknown negative maximum minimum max twice double triple root power infinity
    infinite grand first hundredth thousandth greater smaller larger
    """
)
_WORD = re.compile(r"[^\W\d_]+(?:\\?['’][^\W\d_]+)*")
_DIGITS_IN_UNIT = re.compile(r"(?<![A-Za-z^{⁻-])\d|(?<=[^^{-])-\d|\d\s*\d")
_PER = re.compile(r"/|\b(?:per|an?|each|every)\b", re.IGNORECASE)
_CURRENCY = ("dollars", "yuan", "euro", "euros", "pound sterling")


# "5 is wrong", "5 or more" in Chinese, which sets no blanks: no things that are counted.
_SAYS_OF_IT = re.compile(rf"{CHINESE_AFTER}|{CHINESE_NOT}|{CHINESE_BOUND_AFTER}")


def counted(text: str) -> tuple[Fraction, str] | None:
    """(what the number before it is multiplied by, the unit that is left); None where the words are no unit of a number."""
    words = " ".join(text.split())
    money = next((name for name in _CURRENCY if words.lower().startswith(f"{name} ")), "")
    words = words[len(money) :].strip()
    factor = Fraction(1)
    while True:
        if found := _CHINESE_MAGNITUDE.match(words):
            for char in found.group():
                factor *= CHINESE_MAGNITUDES[char]
            words = words[found.end() :].strip()
            continue
        head, _, rest = words.partition(" ")
        known = head.lower().strip("-")
        value = MAGNITUDES.get(known.removesuffix("s")) or PARTS.get(known)
        if value is None:
            break
        factor, words = factor * value, rest.strip()
    unit = f"{money} {words}".strip()
    return (factor, unit) if _is_unit(unit) else None


def _is_unit(unit: str) -> bool:
    words = [word.strip('().,;:!?*"') for word in unit.replace("\\", "").lower().split()]
    if not words:
        return True
    if words[0] in _NOT_FIRST or words[-1] in _NOT_LAST or _DIGITS_IN_UNIT.search(unit) or _SAYS_OF_IT.match(unit):
        return False
    if any(word in _NEVER_UNITS or word.endswith(("n't", "n’t")) for word in words):
        return False
    if any(len(word) == 1 and word.isascii() and word not in _SYMBOLS and word != "a" for word in _WORD.findall(unit)):
        return False
    things = _PER.split(unit, maxsplit=1)[0]  # "3 dollars per dozen" counts dollars
    return not any(word.lower().removesuffix("s") in MAGNITUDES or word.lower() in PARTS for word in _WORD.findall(things))


def is_symbol(text: str) -> bool:
    return text in _SYMBOLS


@lru_cache(maxsize=4096)
def read_unit(text: str) -> tuple[Fraction, Dimension]:
    """(factor to the base units, powers of the bases) of a unit as written."""
    factor = Fraction(1)
    powers: dict[str, int] = {}
    sign, pending = 1, 1
    tokens = _TOKEN.findall(text.replace("-", " ").replace("·", " "))
    for place, token in enumerate(tokens):
        found = re.match(r"([^\s^]+)\s*\^\s*\{?\s*(-?\d)", token)
        word, power = (found.group(1), int(found.group(2))) if found else (token, 1)
        name = _singular(word)
        if word == "/" or name == "per":
            sign = -1
        elif word in ("*",) or name in _STOP:
            continue
        elif name in ("square", "sq"):
            pending = 2
        elif name in ("cubic", "cu"):
            pending = 3
        elif name in ("squared", "cubed") and place:
            continue
        else:
            following = tokens[place + 1].lower() if place + 1 < len(tokens) else ""
            if following in ("squared", "cubed"):
                power = 2 if following == "squared" else 3
            for part in _ALIASES.get(name, name).split(" per "):
                scale, base = _known(part)
                total = power * pending * sign
                factor *= scale**total
                powers[base] = powers.get(base, 0) + total
                if name in _ALIASES:
                    sign = -sign
            if name in _ALIASES:
                sign = 1
            pending = 1
    if powers.get("unit"):  # "5 square units" says no more than "5"
        powers.pop("unit")
    return factor, tuple(sorted((base, power) for base, power in powers.items() if power))
