"""Are two scalar expressions the same value? Exactly where that can be decided, else by balls."""

from __future__ import annotations

import threading
from fractions import Fraction
from typing import Any

from flint import acb, arb, fmpq

from rewards.math import nodes as n
from rewards.math.polys import without_gcds
from rewards.math.value import MAX_TERMS, TERMS, Env, NoValue, TooLarge, ball, exact, rational_of, set_precision

PRECISIONS = (320, 1200, 6000)
CLOSE = 200  # bits: balls that overlap at this radius are equal
_LOCK = threading.Lock()  # FLINT's precision is one setting for the whole process


class Undecided(ValueError):
    """Neither equal nor different within the bounds of this module."""


_REALS = [fmpq(*pair) for pair in ((1733, 1009), (677, 2003), (-911, 1511), (3571, 1201), (-4409, 1301), (149, 2017), (7919, 997))]
_NATURALS = [fmpq(value) for value in (5, 8, 3, 11, 6, 4, 9)]
_STEPS = (1, 3, 7, 2, 11, 5, 13)
_WHOLE = frozenset(("factorial", "binomial", "mod", "gcd", "lcm"))


def needs_naturals(node: n.Node) -> bool:
    """Whether it means something for whole numbers only: factorials, sums to n, (-1)^n."""
    for part in n.walk(node):
        if isinstance(part, n.Call) and part.name in _WHOLE and n.free_symbols(part):
            return True
        if isinstance(part, n.Big) and part.kind in ("sum", "prod"):
            return True
        if isinstance(part, n.Pow) and isinstance(part.base, n.Neg | n.Num) and n.free_symbols(part.exponent):
            return isinstance(part.base, n.Neg) or part.base.value < 0
    return False


def points(symbols: frozenset[str], naturals: bool) -> list[dict[str, Any]]:
    """Seven assignments of the symbols; every symbol takes every value, each in another order."""
    pool = _NATURALS if naturals else _REALS
    ordered = sorted(symbols)
    return [
        {name: pool[(at * _STEPS[place % 7] + place) % 7] + (0 if naturals else fmpq(place * at, 89)) for place, name in enumerate(ordered)}
        for at in range(7)
    ]


def same(left: n.Node, right: n.Node) -> bool:
    """Whether two scalars are equal at every point where both are real (or at every point, if they never are).

    Raises Undecided where the bounds do not allow an answer, NoValue where one of them is no number.
    """
    if left == right:
        return True
    left, right = without_gcds(left), without_gcds(right)
    symbols = n.free_symbols(left) | n.free_symbols(right)
    signs = any(isinstance(part, n.Signed) for part in (*n.walk(left), *n.walk(right)))
    if signs:
        raise NoValue("two values at once")
    naturals = bool(symbols) and (needs_naturals(left) or needs_naturals(right))
    envs = points(symbols, naturals) if symbols else [{}]
    found = _same_exactly(left, right, envs[:3])
    return _same_by_balls(left, right, envs) if found is None else found


def _same_exactly(left: n.Node, right: n.Node, envs: list[dict[str, Any]]) -> bool | None:
    agreed = 0
    for env in envs:
        try:
            one, other = exact(left, {**env, TERMS: [MAX_TERMS]}), exact(right, {**env, TERMS: [MAX_TERMS]})
        except (NoValue, TooLarge):
            continue
        if one != other:
            return False
        agreed += 1
    return True if agreed == len(envs) else None


def _same_by_balls(left: n.Node, right: n.Node, envs: list[dict[str, Any]]) -> bool:
    real, imaginary = 0, 0
    with _LOCK:
        for env in envs:
            found = _compare(left, right, env)
            if found is None:
                continue
            equal, is_real = found
            if is_real and not equal:
                return False
            if is_real:
                real += 1
            elif equal:
                imaginary += 1
            else:
                imaginary -= 100
    if real:
        return True
    if imaginary:
        return imaginary > 0
    raise Undecided("at no point do both have a value")


def _compare(left: n.Node, right: n.Node, env: Env) -> tuple[bool, bool] | None:
    """(equal, both real) at one point; None where one has no value there. Raises Undecided when no precision is enough."""
    for bits in PRECISIONS:
        set_precision(bits)
        try:
            one, other = ball(left, {**env, TERMS: [MAX_TERMS]}), ball(right, {**env, TERMS: [MAX_TERMS]})
        except NoValue:
            if bits == PRECISIONS[-1]:
                return None
            continue
        if not (one.is_finite() and other.is_finite()):
            continue
        real = bool(one.imag.contains(0)) and bool(other.imag.contains(0))
        gap = one - other
        if not gap.contains(0):
            return False, real
        if gap.real.rad() < arb(2) ** -CLOSE and gap.imag.rad() < arb(2) ** -CLOSE and _relative(one, gap):
            return True, real
    set_precision(PRECISIONS[0])
    try:
        finite = ball(left, env).is_finite() and ball(right, env).is_finite()
    except NoValue:
        return None
    if not finite:
        return None
    raise Undecided("the values are too close, or too large, to tell apart")


def _relative(value: acb, gap: acb) -> bool:
    """The gap's radius is tiny beside the value too, so that two tiny numbers are not called equal."""
    size = value.abs_upper()
    if size == 0:
        return True
    if value.contains(0):
        return bool(gap.real.rad() < arb(2) ** -(3 * CLOSE)) or bool(value.real.rad() < arb(2) ** -CLOSE)
    return bool(gap.real.rad() < size * arb(2) ** -CLOSE) and bool(gap.imag.rad() < size * arb(2) ** -CLOSE)


def real_value(node: n.Node) -> arb | None:
    """A real constant as a ball of 320 bits; None if it is none. Call under no lock."""
    if n.free_symbols(node):
        return None
    with _LOCK:
        set_precision(PRECISIONS[0])
        try:
            value = ball(node, {})
        except (NoValue, TooLarge):
            return None
        return value.real if value.is_finite() and value.imag.contains(0) and value.imag.rad() < arb(2) ** -100 else None


def less(left: n.Node, right: n.Node) -> bool:
    """left < right for real constants. Raises Undecided when it cannot be told."""
    try:
        return bool(exact(left, {}) < exact(right, {}))
    except (NoValue, TooLarge):
        pass
    one, other = real_value(left), real_value(right)
    if one is None or other is None:
        raise Undecided("what is no real number has no order")
    with _LOCK:
        if one < other:
            return True
        if one >= other:
            return False
    raise Undecided("the values are too close to order")


def rational(node: n.Node) -> Fraction | None:
    """The constant as a fraction if it is rational and seen to be."""
    try:
        value = exact(node, {})
    except (NoValue, TooLarge):
        return None
    return Fraction(int(value.p), int(value.q))


def rounds_to(reference: n.Node, places: int, given: Fraction) -> bool:
    """Whether `given` is the reference rounded to `places` decimals."""
    found = rational(reference)
    half = Fraction(1, 2 * 10**places)
    if found is not None:
        return abs(found - given) <= half
    value = real_value(reference)
    if value is None:
        return False
    with _LOCK:
        set_precision(PRECISIONS[0])
        return bool(abs(value - arb(rational_of(given))) < arb(rational_of(half)))
