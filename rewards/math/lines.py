"""Is an expression linear in its one symbol? By its structure, never by its values at some points.

In: a tree. Out: (slope, value at 0) or None. |x|, floor(x) and x + x(x-1)(x-2) agree with x at as many points as one
likes to look at, and are not x.
"""

from __future__ import annotations

from fractions import Fraction

from rewards.math import nodes as n
from rewards.math.same import rational

MAX_DEGREE = 8  # of what may cancel on the way: (x+1)^2 - x^2 is linear

Coefficients = tuple[Fraction, ...]  # of x^0, x^1, ...


def linear(node: n.Node) -> tuple[Fraction, Fraction] | None:
    if len(n.free_symbols(node)) != 1:
        return None
    found = _polynomial(node)
    if found is None or any(found[2:]):
        return None
    return sum(found[1:2], Fraction(0)), found[0]


def _polynomial(node: n.Node) -> Coefficients | None:
    """Coefficients over the rationals, at least one; None where it is no such polynomial, or of too high a degree."""
    if not n.free_symbols(node):
        value = rational(node)
        return None if value is None else (value,)
    if isinstance(node, n.Sym):
        return Fraction(0), Fraction(1)
    if isinstance(node, n.Neg):
        inner = _polynomial(node.body)
        return None if inner is None else tuple(-one for one in inner)
    if isinstance(node, n.Add):
        return _sum([_polynomial(term) for term in node.terms])
    if isinstance(node, n.Mul):
        return _product([_polynomial(factor) for factor in node.factors])
    if isinstance(node, n.Div):
        top, bottom = _polynomial(node.top), _polynomial(node.bottom)
        if top is None or bottom is None or any(bottom[1:]) or not bottom[0]:
            return None
        return tuple(one / bottom[0] for one in top)
    if isinstance(node, n.Pow) and isinstance(node.exponent, n.Num) and node.exponent.value in range(1, MAX_DEGREE + 1):
        return _product([_polynomial(node.base)] * int(node.exponent.value))
    return None


def _sum(terms: list[Coefficients | None]) -> Coefficients | None:
    total = [Fraction(0)] * (MAX_DEGREE + 1)
    for term in terms:
        if term is None:
            return None
        for at, one in enumerate(term):
            total[at] += one
    return tuple(total)


def _product(factors: list[Coefficients | None]) -> Coefficients | None:
    total: Coefficients = (Fraction(1),)
    for factor in factors:
        if factor is None:
            return None
        product = [Fraction(0)] * (len(total) + len(factor) - 1)
        for at, one in enumerate(total):
            for other_at, other in enumerate(factor):
                product[at + other_at] += one * other
        while len(product) > 1 and not product[-1]:
            product.pop()
        if len(product) > MAX_DEGREE + 1:
            return None
        total = tuple(product)
    return total
