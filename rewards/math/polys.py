"""gcd and lcm of expressions: as polynomials in their symbols, with every other irrational part as a further unknown.

Over the integers if all coefficients are whole, else over the rationals, where a gcd is monic. Numbers alone are
`value`'s business. FLINT's multivariate polynomials do the work.
"""

from __future__ import annotations

from fractions import Fraction

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz

from rewards.math import nodes as n
from rewards.math.value import NoValue, TooLarge, exact

MAX_POWER = 60
MAX_UNKNOWNS = 6


def without_gcds(node: n.Node) -> n.Node:
    """The same expression with gcd and lcm of what are no plain numbers worked out where they can be."""
    if not any(isinstance(part, n.Call) and part.name in ("gcd", "lcm") for part in n.walk(node)):
        return node
    if isinstance(node, n.Call):
        args = tuple(map(without_gcds, node.args))
        if node.name in ("gcd", "lcm"):
            try:
                exact(n.Call(node.name, args), {})
            except NoValue:
                return combined(node.name, args)
            except TooLarge:
                pass
        return n.Call(node.name, args)
    return n.mapped(node, without_gcds)


def combined(name: str, args: tuple[n.Node, ...]) -> n.Node:
    unknowns: list[n.Node] = []
    for arg in args:
        collect(arg, unknowns)
    if not unknowns or len(unknowns) > MAX_UNKNOWNS:
        return n.Call(name, args)
    context = fmpq_mpoly_ctx.get([f"t{at}" for at in range(len(unknowns))], Ordering.lex)
    try:
        polynomials = [polynomial(arg, unknowns, context) for arg in args]
    except (NoValue, TooLarge):
        return n.Call(name, args)
    whole = all(coefficient.q == 1 for one in polynomials for coefficient in one.coeffs())
    found = polynomials[0]
    for other in polynomials[1:]:
        found = gcd(found, other, whole) if name == "gcd" else lcm(found, other, whole)
    return expression(found, unknowns)


def collect(node: n.Node, unknowns: list[n.Node]) -> None:
    """What stands for an unknown: symbols, and parts that are neither rational nor arithmetic."""
    if isinstance(node, n.Add | n.Mul | n.Neg):
        for child in node.children():
            collect(child, unknowns)
    elif (
        isinstance(node, n.Pow)
        and isinstance(node.exponent, n.Num)
        and node.exponent.value.denominator == 1
        and 0 <= node.exponent.value <= MAX_POWER
    ):
        collect(node.base, unknowns)
    elif isinstance(node, n.Div) and not n.free_symbols(node.bottom):
        collect(node.top, unknowns)
    else:
        try:
            exact(node, {})
        except NoValue:
            if node not in unknowns:
                unknowns.append(node)


def polynomial(node: n.Node, unknowns: list[n.Node], context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    if node in unknowns:
        return context.gens()[unknowns.index(node)]
    if isinstance(node, n.Add):
        total = context.constant(fmpq(0))
        for term in node.terms:
            total += polynomial(term, unknowns, context)
        return total
    if isinstance(node, n.Mul):
        total = context.constant(fmpq(1))
        for factor in node.factors:
            total *= polynomial(factor, unknowns, context)
        return total
    if isinstance(node, n.Neg):
        return -polynomial(node.body, unknowns, context)
    if isinstance(node, n.Pow) and isinstance(node.exponent, n.Num):
        return polynomial(node.base, unknowns, context) ** int(node.exponent.value)
    if isinstance(node, n.Div):
        return polynomial(node.top, unknowns, context) * (1 / exact(node.bottom, {}))
    return context.constant(exact(node, {}))


def content(one: fmpq_mpoly) -> fmpz:
    found = fmpz(0)
    for coefficient in one.coeffs():
        found = found.gcd(fmpz(int(coefficient.p)))
    return found


def gcd(one: fmpq_mpoly, other: fmpq_mpoly, whole: bool) -> fmpq_mpoly:
    monic = one.gcd(other)
    if not whole:
        return monic
    bottom = 1
    for coefficient in monic.coeffs():
        bottom = bottom * int(coefficient.q) // int(fmpz(bottom).gcd(fmpz(int(coefficient.q))))
    primitive = monic * fmpq(bottom)
    scale = fmpq(int(content(one).gcd(content(other))), int(content(primitive)) or 1)
    return primitive * scale


def lcm(one: fmpq_mpoly, other: fmpq_mpoly, whole: bool) -> fmpq_mpoly:
    common = gcd(one, other, whole)
    if not common:
        return common
    product, _ = divmod(one * other, common)
    if not whole:
        return product * (1 / product.leading_coefficient())
    return -product if product.leading_coefficient() < 0 else product


def expression(one: fmpq_mpoly, unknowns: list[n.Node]) -> n.Node:
    terms: list[n.Node] = []
    for powers, coefficient in zip(one.monoms(), one.coeffs(), strict=True):
        factors: list[n.Node] = [n.Num(Fraction(int(coefficient.p), int(coefficient.q)))]
        factors += [n.Pow(unknown, n.Num(Fraction(int(power)))) for unknown, power in zip(unknowns, powers, strict=True) if power]
        terms.append(n.Mul(tuple(factors)))
    return n.Add(tuple(terms)) if terms else n.Num(Fraction(0))


__all__ = ["without_gcds"]
