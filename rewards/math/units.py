"""Units: which words are one, and when two quantities are the same.

A unit is read as a product of powers of known units with an exact factor to its base; an unknown word is a base
of its own ("apples"). Sources: the SI brochure (9th edition), the international yard and pound (1959).
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

Dimension = tuple[tuple[str, int], ...]


def _f(value: str) -> Fraction:
    return Fraction(value)


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
_add("J", {"j joule": "1", "kj kilojoule": "1000", "cal calorie": "4.184", "kcal": "4184"})
_add("N", {"newton": "1"})
_add("W", {"w watt": "1", "kw kilowatt": "1000"})
_add("V", {"volt": "1"})
_add("A", {"ampere amp": "1"})
_add("Hz", {"hz hertz": "1", "khz": "1000", "mhz": "1000000"})
_add("Pa", {"pa pascal": "1", "kpa": "1000", "atm": "101325"})
_add("mol", {"mol mole": "1"})
_add("unit", {"unit": "1"})
_ALIASES = {"mph": "mile per hour", "kph": "km per hour", "kmh": "km per hour", "fps": "ft per second", "acre": "acre"}
# Written without \text these are units only where a number stands before them; a single letter never is.
PLAIN_UNITS = frozenset(
    name
    for name in (*_BASE, *(f"{name}s" for name in _BASE), *_ALIASES)
    if len(name) > 1 and name.isalpha() and name not in ("in", "pa", "cal")
) | {"inches", "feet", "percent", "pct", "percentage", "degrees", "degree", "deg", "dollars", "cents", "people", "radians", "rad", "units"}
CHINESE_UNITS = "元块米克秒天年月个人只本页次岁件条颗张名位支辆棵千公厘毫升斤度"

_STOP = frozenset(("of", "the", "a", "an", "in", "each", "total", "about", "approximately"))
_POWER = re.compile(r"\^?\{?(-?\d)\}?$")
_TOKEN = re.compile(r"[^\s/*^{}\d]+(?:\s*\^\s*\{?\s*-?\d\s*\}?)?|[²³/*]")


def _singular(word: str) -> str:
    lowered = word.lower().strip(".")
    if lowered in _BASE:
        return lowered
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if lowered.endswith(ending) and len(lowered) > len(ending) + 1:
            shorter = lowered[: -len(ending)] + instead
            if shorter in _BASE:
                return shorter
    irregular = {"feet": "foot", "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse"}
    if lowered in irregular:
        return irregular[lowered]
    return lowered[:-1] if lowered.endswith("s") and not lowered.endswith("ss") and len(lowered) > 2 else lowered


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
                scale, base = _BASE.get(part, (Fraction(1), part))
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
