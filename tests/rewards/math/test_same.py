"""Values: exact where they can be, balls elsewhere, and never a guess."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.math import nodes as n
from rewards.math.lexer import Unreadable
from rewards.math.normal import normalise
from rewards.math.parser import parse
from rewards.math.same import Undecided, rational, same

ints = st.integers(-50, 50)


def node(text: str) -> n.Node:
    return parse(normalise(text))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (r"\tan^2(y)+1", r"\sec^2(y)", True),
        (r"\sqrt{1/n}", r"1/\sqrt n", True),
        ("2^{1000}", "2^{1000}+1", False),
        (r"\sqrt{2}+2^{1000}", r"\sqrt{2}+2^{1000}+1", False),
        (r"\frac{1}{2004!}", r"\frac{1}{2006!}", False),
        (r"\sqrt{x^2}", "x", False),
        (r"\sqrt{x^2}", "|x|", True),
        (r"e^{\pi\sqrt{163}}", "262537412640768744", False),
        (r"10^{-100}\pi", r"2\cdot10^{-100}\pi", False),
        (r"\gcd(125, 50x)", "25", True),
        (r"\operatorname{lcm}(x+76, 4\sqrt{x})", r"4x^{\frac32}+304\sqrt{x}", True),
        (r"F_{n+1}", r"F_{1+n}", True),
        (r"F_{n+1}", r"F_{n}", False),
        (r"\int \frac{3\,dz}{z}", r"\int \frac{3}{z}\,dz", True),
    ],
)
def test_same(one, other, equal):
    assert same(node(one), node(other)) is equal


@pytest.mark.parametrize(
    ("pieces", "one_of_them"),
    [
        ("|x-10|", "10-x"), ("|x+5|", "x+5"), (r"\sqrt{(x-10)^2}", "10-x"), (r"\sqrt{x^2-20x+100}", "10-x"), (r"\max(x,100)", "100"),
        (r"\min(x,50)", "x"), ("|x-10|+|y-10|", "20-x-y"), ("|x-y-50|", "50-x+y"), ("|x^2-400|", "400-x^2"), (r"n \bmod 12", "n"),
        (r"n \bmod 100", "n"), (r"\lfloor x/1000 \rfloor", "0"), (r"\operatorname{sgn}(x+50)", "1"), (r"\frac{|x-300000|}{x-300000}", "-1"),
        (r"\lceil x/100 \rceil-\lfloor x/100 \rfloor", "1"), (r"((x-10)^2)^{1/2}", "10-x"), (r"\sqrt[4]{(x-10)^4}", "10-x"),
        (r"|x-20\pi|", r"20\pi-x"),
    ],
)  # fmt: skip
def test_a_function_in_pieces_is_none_of_its_pieces(pieces, one_of_them):
    assert not same(node(pieces), node(one_of_them))
    assert not same(node(one_of_them), node(pieces))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("|x-10|", "|10-x|"), (r"\sqrt{x^2-20x+100}", "|x-10|"), (r"\max(x,100)", r"\frac{x+100+|x-100|}{2}"), (r"\sqrt{a^2b^2}", "|ab|"),
        (r"\lfloor x \rfloor", r"-\lceil -x \rceil"), (r"n \bmod 12", r"(n+12) \bmod 12"), (r"\sqrt{x^4}", "x^2"),
        (r"\sqrt{12x}", r"2\sqrt{3x}"),
        (r"\frac{|x|}{\sqrt{x^2}}", "1"), (r"e^{|x|}", r"e^{\sqrt{x^2}}"),
    ],
)  # fmt: skip
def test_functions_with_the_same_pieces_are_the_same(one, other):
    assert same(node(one), node(other))


def test_what_is_too_large_to_tell_apart_is_undecided():
    with pytest.raises(Undecided, match="too close, or too large"):
        same(node("10^{10^{10}}"), node("10^{10^{10}}+1"))


@given(st.lists(ints, min_size=1, max_size=5), st.lists(ints, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_products_of_polynomials_equal_their_expansion(left, right):
    product = [0] * (len(left) + len(right) - 1)
    for at, a in enumerate(left):
        for place, b in enumerate(right):
            product[at + place] += a * b

    def written(coefficients: list[int]) -> str:
        return "+".join(f"({value})x^{{{power}}}" if power else f"({value})" for power, value in enumerate(coefficients))

    whole = node(f"({written(left)})({written(right)})")
    assert same(whole, node(written(product)))
    product[0] += 1
    assert not same(whole, node(written(product)))


@given(st.fractions(max_denominator=10**6), st.fractions(max_denominator=10**6))
@settings(max_examples=80, deadline=None)
def test_fractions_are_compared_exactly(one, other):
    left, right = (node(rf"\frac{{{value.numerator}}}{{{value.denominator}}}") for value in (one, other))
    assert same(left, right) is (one == other)
    assert rational(left) == one


@given(st.text(alphabet=r"0123456789xyz+-*/^_(){}[]|,.;:=<>\ frac sqrt pi boxed text&%$!'", max_size=60))
@settings(max_examples=400, deadline=None)
def test_the_parser_reads_anything_or_says_why_not(text):
    with contextlib.suppress(Unreadable):  # anything else that is raised fails
        assert isinstance(parse(normalise(text)), n.Node)


def test_depth_is_bounded_before_the_stack_is():
    with pytest.raises(Unreadable, match="nested more than"):
        node("(" * 500 + "1" + ")" * 500)


def test_a_literal_keeps_its_places():
    assert node("0.250") == n.Num(Fraction(1, 4), 3)
    assert node("12") == n.Num(Fraction(12), None)
