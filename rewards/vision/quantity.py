r"""Exact quantities: a sum of rational multiples of π^i·√n, with a unit.

    "12"  "3/4"  "\frac{3}{4}"  "5\sqrt{3} cm"  "25π cm²"  "4 + 2√2"  "30°"  "π/6 rad"  "12 sq. ft"

`parse` reads all of a text or nothing: letters that are no unit make it None, they are never dropped. Values are
dictionaries (π's exponent, n squarefree) -> rational, and {π^i·√n} is linearly independent over the rationals,
so two quantities are equal exactly when their dictionaries are.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

MAX_CHARS = 200
MAX_DEPTH = 20
MAX_RADICAND = 10**6
MAX_TERMS = 16

Value = dict[tuple[int, int], Fraction]  # (exponent of π, squarefree radicand) -> coefficient; zero is {}


@dataclass(frozen=True, slots=True)
class Unit:
    kind: str  # length, area, volume, angle; or units, units^2, units^3: a number of unnamed ones
    factor: Fraction  # to metres (or their powers), or degrees
    pi: int = 0  # exponent of π in the factor


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Value
    unit: Unit | None


_LENGTHS = {
    Fraction(1, 1000): "mm millimeter millimeters millimetre millimetres",
    Fraction(1, 100): "cm centimeter centimeters centimetre centimetres",
    Fraction(1, 10): "dm decimeter decimeters decimetre decimetres",
    Fraction(1): "m meter meters metre metres",
    Fraction(1000): "km kilometer kilometers kilometre kilometres",
    Fraction(254, 10000): "in inch inches",
    Fraction(3048, 10000): "ft foot feet",
    Fraction(9144, 10000): "yd yard yards",
    Fraction(1609344, 1000): "mi mile miles",
}
LENGTHS = {name: factor for factor, names in _LENGTHS.items() for name in names.split()}
_OTHER = {
    **dict.fromkeys(("°", "degree", "degrees", "deg", "\\degree", "^\\circ", "^{\\circ}"), Unit("angle", Fraction(1))),
    **dict.fromkeys(("rad", "radian", "radians"), Unit("angle", Fraction(180), -1)),
    **dict.fromkeys(("l", "L", "liter", "liters", "litre", "litres"), Unit("volume", Fraction(1, 1000))),
    **dict.fromkeys(("ml", "mL"), Unit("volume", Fraction(1, 10**6))),
    **dict.fromkeys(("ha", "hectare", "hectares"), Unit("area", Fraction(10**4))),
    **dict.fromkeys(("unit", "units"), Unit("units", Fraction(1))),
}
_KINDS = {1: "length", 2: "area", 3: "volume"}
_UNIT = re.compile(
    r"(?:(?P<lead>square|sq\.?|cubic|cu\.?)\s+)?(?P<name>[A-Za-z]+|°|\\degree|\^\\circ|\^\{\\circ\})\s?(?P<power>\^?[23]|\^\{[23]\}|²|³)?\.?"
)


def parse_unit(text: str) -> Unit | None:
    """The unit that all of `text` is."""
    match = _UNIT.fullmatch(text.strip())
    if match is None:
        return None
    lead, name, power = match["lead"], match["name"], match["power"]
    exponent = 1 if power is None else 2 if power.strip("^{}") in ("2", "²") else 3
    if lead:
        if exponent != 1:
            return None
        exponent = 2 if lead.startswith("sq") else 3
    if name in LENGTHS:
        return Unit(_KINDS[exponent], LENGTHS[name] ** exponent)
    found = _OTHER.get(name)
    if found is None or exponent == 1:
        return found
    return Unit(f"units^{exponent}", Fraction(1)) if found.kind == "units" else None


class _Unread(Exception):
    """Not a quantity."""


_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})"
    r"|(?P<frac>\\[dt]?frac)|(?P<root>\\sqrt|sqrt|√)|(?P<pi>\\pi(?![A-Za-z])|π|pi(?![A-Za-z]))"
    r"|(?P<times>\\cdot|\\times|[*·×])|(?P<mark>[-+/(){}]))"
)


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _Unread
        kind = match.lastgroup or ""
        token = match[kind]
        found.append((token if kind == "mark" else kind, token))
        at = match.end()
    return found


def _clean(value: Value) -> Value:
    if len(value) > MAX_TERMS or any(abs(pi) > 8 for pi, _ in value):
        raise _Unread
    return {key: coefficient for key, coefficient in value.items() if coefficient}


def _plus(a: Value, b: Value, sign: int) -> Value:
    total = dict(a)
    for key, coefficient in b.items():
        total[key] = total.get(key, Fraction(0)) + sign * coefficient
    return _clean(total)


def _times(a: Value, b: Value) -> Value:
    total: Value = {}
    for (pi_a, root_a), first in a.items():
        for (pi_b, root_b), second in b.items():
            shared = math.gcd(root_a, root_b)
            key = (pi_a + pi_b, root_a * root_b // (shared * shared))
            total[key] = total.get(key, Fraction(0)) + first * second * shared
    return _clean(total)


def _over(a: Value, b: Value) -> Value:
    if len(b) != 1:
        raise _Unread  # by zero, or by a sum
    ((pi, root), coefficient), *_ = b.items()
    return _times(a, {(-pi, root): 1 / (coefficient * root)})


def _root(value: Value) -> Value:
    if not value:
        return {}
    if set(value) != {(0, 1)} or value[0, 1] < 0:
        raise _Unread
    number = value[0, 1]
    radicand = number.numerator * number.denominator
    if radicand > MAX_RADICAND:
        raise _Unread
    outside, at = 1, 2
    while at * at <= radicand:
        while radicand % (at * at) == 0:
            radicand //= at * at
            outside *= at
        at += 1
    return {(0, radicand): Fraction(outside, number.denominator)}


class _Parser:
    """sum := [-+] product ([-+] product)*; product := factor (('*' | '/' | nothing) factor)*."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, kind: str) -> str:
        if self.kind() != kind:
            raise _Unread
        self.at += 1
        return self.tokens[self.at - 1][1]

    def sum(self, depth: int) -> Value:
        total: Value = {}
        sign = 1
        if self.kind() in ("+", "-"):
            sign = 1 if self.take(self.kind()) == "+" else -1
        total = _plus(total, self.product(depth), sign)
        while self.kind() in ("+", "-"):
            sign = 1 if self.take(self.kind()) == "+" else -1
            total = _plus(total, self.product(depth), sign)
        return total

    def product(self, depth: int) -> Value:
        total = self.factor(depth)
        divided = False
        while self.kind() in ("times", "/", "frac", "root", "pi", "("):
            if self.kind() == "/":
                self.take("/")
                total = _over(total, self.factor(depth))
                divided = True
                continue
            if self.kind() == "times":
                self.take("times")
            elif divided or self.kind() == "frac":
                raise _Unread  # "1/2π" and "2\frac{1}{2}" are read in two ways
            total = _times(total, self.factor(depth))
        return total

    def group(self, opening: str, closing: str, depth: int) -> Value:
        self.take(opening)
        value = self.sum(depth + 1)
        self.take(closing)
        return value

    def factor(self, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise _Unread
        kind = self.kind()
        if kind == "number":
            return _clean({(0, 1): Fraction(self.take("number").replace(",", ""))})
        if kind == "pi":
            self.take("pi")
            return {(1, 1): Fraction(1)}
        if kind == "frac":
            self.take("frac")
            top = self.group("{", "}", depth)
            return _over(top, self.group("{", "}", depth))
        if kind == "root":
            self.take("root")
            if self.kind() == "number":
                return _root(self.factor(depth))
            return _root(self.group("{", "}", depth) if self.kind() == "{" else self.group("(", ")", depth))
        if kind == "(":
            return self.group("(", ")", depth)
        raise _Unread


def parse_value(text: str) -> Value | None:
    """The exact number that all of `text` is."""
    try:
        parser = _Parser(_tokens(text.strip()))
        value = parser.sum(0)
    except _Unread:
        return None
    return value if parser.at == len(parser.tokens) else None


# Where a unit may begin: after the number, never inside a LaTeX command or the name of π or a root.
_SPLIT = re.compile(_UNIT.pattern + r"\Z")


def parse(text: str) -> Quantity | None:
    """The quantity that all of `text` (made `plain` before) is, or None."""
    text = text.strip()
    if not text or len(text) > MAX_CHARS:
        return None
    value = parse_value(text)
    if value is not None:
        return Quantity(value, None)
    match = _SPLIT.search(text)
    unit = parse_unit(match[0]) if match else None
    value = parse_value(text[: match.start()]) if match and unit else None
    return None if value is None else Quantity(value, unit)


def in_base(quantity: Quantity) -> Value:
    """The value in metres (or their powers) or degrees; as it is without a unit."""
    if quantity.unit is None:
        return quantity.value
    return _times(quantity.value, {(quantity.unit.pi, 1): quantity.unit.factor})


def approximate(value: Value) -> float:
    return math.fsum(float(coefficient) * math.pi**pi * math.sqrt(root) for (pi, root), coefficient in value.items())
