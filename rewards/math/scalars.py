"""Two scalars as answers: quantities, percent, degrees, decimals, words; the policy that an answer spec can change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from rewards.math import nodes as n
from rewards.math.same import less, rational, rounds_to, same
from rewards.math.units import read_unit
from rewards.math.words import is_nothing, same_words

MIN_PLACES = 6
MIN_DIGITS = 4


class Decimals(StrEnum):
    """What a decimal answer says of a reference that no decimal equals (1/3, sqrt 2, pi)."""

    ROUNDED = "rounded"  # at least six decimals, correctly rounded, stand for the value
    EXACT = "exact"  # nothing


@dataclass(frozen=True, slots=True)
class Policy:
    decimals: Decimals = Decimals.ROUNDED
    absolute: Fraction = Fraction(0)  # tolerance, only where the answer spec gives one
    relative: Fraction = Fraction(0)
    unit_required: bool = False  # an answer must name the unit that the reference names

    @property
    def tolerant(self) -> bool:
        return self.absolute > 0 or self.relative > 0


# -- scalars -----------------------------------------------------------------------------------------------------


def scalars_equal(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    if isinstance(reference, n.Quantity) or isinstance(given, n.Quantity):
        return quantities_equal(reference, given, policy)
    if isinstance(reference, n.Percent) != isinstance(given, n.Percent):
        percent, other = (reference, given) if isinstance(reference, n.Percent) else (given, reference)
        assert isinstance(percent, n.Percent)
        return values_equal(reference, given, policy) or values_equal(percent.value, other, policy)
    if isinstance(reference, n.Degree) != isinstance(given, n.Degree):
        degree = reference if isinstance(reference, n.Degree) else given
        assert isinstance(degree, n.Degree)
        if values_equal(reference, given, policy):
            return True
        if degree is reference and policy.unit_required:
            return False
        return values_equal(degree.value, given if degree is reference else reference, policy)
    if isinstance(reference, n.Degree) and isinstance(given, n.Degree):
        return values_equal(reference.value, given.value, policy)
    return values_equal(reference, given, policy)


def quantities_equal(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    if isinstance(reference, n.Quantity) and isinstance(given, n.Quantity):
        (factor, dimension), (other_factor, other_dimension) = read_unit(reference.unit), read_unit(given.unit)
        if dimension != other_dimension:
            return not dimension and values_equal(reference.value, given.value, policy)
        if factor == other_factor:
            return scalars_equal(reference.value, given.value, policy)
        one, other = n.Mul((n.Num(factor), reference.value)), n.Mul((n.Num(other_factor), given.value))
        return values_equal(one, other, policy)
    if isinstance(reference, n.Degree | n.Percent) or isinstance(given, n.Degree | n.Percent):
        return False  # square feet are no degrees
    if isinstance(reference, n.Quantity):
        return not policy.unit_required and scalars_equal(reference.value, given, policy)
    assert isinstance(given, n.Quantity)
    return scalars_equal(reference, given.value, policy)


def values_equal(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    if same(reference, given):
        return True
    if policy.tolerant:
        return within(reference, given, policy)
    return policy.decimals is Decimals.ROUNDED and approximates(reference, given)


def within(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    """|given - reference| <= absolute + relative * |reference|, exactly where both are rational."""
    one, other = rational(reference), rational(given)
    if one is None or other is None:
        gap = n.Call("abs", (n.Add((given, n.Neg(reference))),))
        room = n.Add((n.Num(policy.absolute), n.Mul((n.Num(policy.relative), n.Call("abs", (reference,))))))
        return not n.free_symbols(gap) and less(gap, room)
    return abs(other - one) <= policy.absolute + policy.relative * abs(one)


def literal(node: n.Node) -> tuple[Fraction, int] | None:
    """(value, decimals) of a decimal literal with its sign."""
    if isinstance(node, n.Neg):
        inner = literal(node.body)
        return inner and (-inner[0], inner[1])
    if isinstance(node, n.Num) and node.places is not None:
        return node.value, node.places
    return None


def approximates(reference: n.Node, given: n.Node) -> bool:
    """At least six decimals, correctly rounded, of a reference that no decimal equals; never where one could be exact."""
    found = literal(given)
    if found is None or found[1] < MIN_PLACES or literal(reference) is not None or n.free_symbols(reference):
        return False
    value, places = found
    digits = len(str(abs(value.numerator) * 10**places // value.denominator)) if value else 0
    if digits < MIN_DIGITS or value.denominator == 0:
        return False
    exactly = rational(reference)
    if exactly is not None and _terminates(exactly):
        return False
    return rounds_to(reference, places, value)


def _terminates(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


# -- words -------------------------------------------------------------------------------------------------------


def words_equal(reference: n.Node, given: n.Node) -> bool:
    one, other = said(reference), said(given)
    if one is None or other is None:
        return False
    return same_words(one, other) or (nothing(reference) and nothing(given))


def nothing(node: n.Node) -> bool:
    return node == n.NamedSet("empty") or node == n.SetOf(()) or (isinstance(node, n.Words) and is_nothing(node.text))


def said(node: n.Node) -> str | None:
    if isinstance(node, n.Words):
        return node.text
    if node == n.NamedSet("empty"):
        return "empty set"
    if isinstance(node, n.Sym):
        return node.name
    if isinstance(node, n.Const):
        return node.name
    if isinstance(node, n.Mul) and all(isinstance(part, n.Sym | n.Const) for part in node.factors):
        return "".join(said(part) or "" for part in node.factors)
    if isinstance(node, n.Num) and node.value.denominator == 1:
        return str(node.value)
    return None
