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


# -- functions in pieces --------------------------------------------------------------------------------------------

# Two analytic functions that agree at the points above agree everywhere; functions made of pieces may differ on a piece that holds
# none of them. So where a side is made of pieces, each constant in it (where a piece may end) gets points at it, on both sides of
# it and far from it, and so does zero.
_PIECES = frozenset(("abs", "max", "min", "floor", "ceil", "sign", "mod", "gcd", "lcm"))
_FAR = [fmpq(1013, 10), fmpq(-1013, 10), fmpq(10007), fmpq(-10007), fmpq(0)]
_FAR_NATURALS = [fmpq(value) for value in (25, 101, 1009)]
MAX_CONSTANTS = 5
MAX_PLACES = 24
MAX_CONSTANT = 10**12


def in_pieces(node: n.Node) -> bool:
    """Whether a function is given by different formulas on different parts of the line: |x|, max, floor, mod, the root of a square."""
    for part in n.walk(node):
        if isinstance(part, n.Call) and part.name in _PIECES and n.free_symbols(part):
            return True
        if isinstance(part, n.Call) and part.name == "root" and _may_be_square(part.args[0]):
            return True
        if isinstance(part, n.Pow) and not isinstance(part.exponent, n.Num | n.Sym) and _may_be_square(part.base):
            return True
    return False


def _may_be_square(node: n.Node) -> bool:
    """An even power under a root, or a sum that may be one: with symbols in it, and more than one of them or a power."""
    return sum(isinstance(part, n.Sym) or (isinstance(part, n.Pow) and bool(n.free_symbols(part))) for part in n.walk(node)) > 1


def constants(*nodes: n.Node) -> list[fmpq]:
    """The numbers written in expressions, whole constant parts before their pieces; the largest first."""
    found: dict[fmpq, None] = {}
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if not n.free_symbols(node):
            value = _near(node)
            if value is not None and 0 < abs(value) <= MAX_CONSTANT:
                found[abs(value)] = None
        stack.extend(node.children())
    return sorted(found, reverse=True)[:MAX_CONSTANTS]


def _near(node: n.Node) -> fmpq | None:
    """A rational at or beside a constant; None where it has no value within bounds."""
    if isinstance(node, n.Big | n.Call) and not (isinstance(node, n.Call) and node.name in ("root", "abs")):
        return None
    try:
        return exact(node, {})
    except (NoValue, TooLarge):
        pass
    if not isinstance(node, n.Add | n.Mul | n.Div | n.Pow | n.Call | n.Const) or (isinstance(node, n.Pow) and _bits(node.exponent) > 16):
        return None
    value = real_value(node)
    if value is None or not abs(value) < MAX_CONSTANT:
        return None
    whole = (value.mid() * 64).floor().unique_fmpz()
    return None if whole is None else fmpq(whole, 64)


def _bits(node: n.Node) -> int:
    return max((int(part.value.numerator).bit_length() for part in n.walk(node) if isinstance(part, n.Num)), default=0)


def places(written: list[fmpq], naturals: bool) -> list[fmpq]:
    """Values around constants and far from all of them."""
    if naturals:
        around = [value for c in written if c.q == 1 for value in (c, c - 1, c + 1, 2 * c)]
        return list(dict.fromkeys((*_FAR_NATURALS, *(value for value in around if 0 < value <= 10**6))))[:MAX_PLACES]
    half = fmpq(1, 2)
    around = [value for c in written for value in (c, c + half, c - half, 2 * c, -c, half - c, -c - half, -2 * c)]
    ordered = [*_FAR, *(around[at] for step in range(8) for at in range(step, len(around), 8))]
    return list(dict.fromkeys(ordered))[:MAX_PLACES]


def piece_points(left: n.Node, right: n.Node, symbols: frozenset[str], naturals: bool) -> list[dict[str, Any]]:
    """Assignments for functions in pieces: all symbols at one place, then each at another place than its neighbours."""
    found = places(constants(left, right), naturals)
    ordered = sorted(symbols)
    count = len(found)
    return [
        {name: found[(at + shift * place * (place + 1)) % count] for place, name in enumerate(ordered)}
        for shift in ((0,) if len(ordered) == 1 else (0, 1, 3))
        for at in range(count)
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
    if found is None:
        found = _same_by_balls(left, right, envs)
    if found and symbols and (in_pieces(left) or in_pieces(right)):
        return all(_agree(left, right, env) for env in piece_points(left, right, symbols, naturals))
    return found


def _agree(left: n.Node, right: n.Node, env: dict[str, Any]) -> bool:
    """Whether both are equal at a point, or one of them has no real value there, or none that can be told."""
    try:
        return exact(left, {**env, TERMS: [MAX_TERMS]}) == exact(right, {**env, TERMS: [MAX_TERMS]})
    except (NoValue, TooLarge):
        pass
    try:
        with _LOCK:
            found = _compare(left, right, env)
    except (Undecided, NoValue, TooLarge):
        return True
    return found is None or found[0] or not found[1]


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
