"""VQA's soft accuracy, relaxed accuracy, numbers in prose and exact quantities against slower or looser ways to the same."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.text.stated import plain
from rewards.vision.chart import within
from rewards.vision.consensus import normal, soft_accuracy
from rewards.vision.numbers import numbers, whole_number
from rewards.vision.quantity import approximate, in_base, parse

CASES = 10_000


def test_soft_accuracy_is_the_mean_over_all_subsets_that_leave_one_out():
    rng = random.Random(1)
    for _ in range(CASES):
        answers = [rng.choice("abcd") for _ in range(rng.randint(2, 10))]
        subsets = list(itertools.combinations(answers, len(answers) - 1))
        expected = sum(min(subset.count("a") / 3, 1) for subset in subsets) / len(subsets)
        assert soft_accuracy("a", answers) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Yes!", "yes"),
        ("a  Dog", "dog"),
        ("two", "2"),
        ("none", "0"),
        ("1,000", "1000"),
        ("2.5", "2.5"),
        ("U.S.", "us"),
        ("red/blue", "red blue"),
        ("red / blue", "red blue"),
        ("don't", "dont"),
        ("?", ""),
    ],
)
def test_vqa_normal_form(text, form):
    assert normal(text) == form


def test_relaxed_equality_is_the_published_inequality():
    rng = random.Random(2)
    for _ in range(CASES):
        p, g = rng.randint(-1000, 1000), rng.randint(-1000, 1000)
        assert within(Fraction(p), Fraction(g), Fraction(1, 20)) == (20 * abs(p - g) <= abs(g))


@given(st.integers(-(10**12), 10**12))
def test_an_integer_is_read_with_and_without_separators(value):
    for text in (f"{value}", f"{value:,}", f"The value is {value:,}."):
        assert [number.value for number in numbers(text)] == [value]


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=4))
def test_a_decimal_is_read_exactly(value):
    found = whole_number(format(value, "f"))
    assert found is not None
    assert found.value == Fraction(value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("twenty-one", [21]),
        ("three or four", [3, 4]),
        ("3-4", [3, 4]),
        ("3,4", [3, 4]),
        ("1,2345", [1, 2345]),
        ("3/4", [Fraction(3, 4)]),
        ("5 %", [5]),
        ("2 million", [2_000_000]),
        ("3k", [3000]),
        (".5", [Fraction(1, 2)]),
        ("no one knows", [1]),
        ("5m", []),
        ("3D", []),
        ("3rd", []),
        ("1.2.3", []),
        ("12/03/2021", []),
        ("10:30", []),
        ("3²", []),
        ("10^3", []),
        ("2.5x", []),
        ("3½", []),
        ("3 and a half", []),
        ("one third", []),
        ("two hundred thousand", []),
        ("someone", []),
        ("one-way", []),
        ("9" * 41, []),
        ("1/0", []),
        ("٣", []),
    ],
)
def test_numbers_in_prose(text, values):
    assert [number.value for number in numbers(text)] == values


TERMS = {
    "3": 3,
    "2.5": 2.5,
    "3/4": 0.75,
    "\\frac{2}{3}": 2 / 3,
    "π": math.pi,
    "\\pi": math.pi,
    "√2": math.sqrt(2),
    "\\sqrt{12}": math.sqrt(12),
    "√9": 3,
    "5√3": 5 * math.sqrt(3),
    "2π": 2 * math.pi,
    "(1+√2)": 1 + math.sqrt(2),
}


def test_exact_quantities_have_the_value_that_floats_give():
    rng = random.Random(3)
    for _ in range(2000):
        parts = [rng.choice(list(TERMS)) for _ in range(3)]
        signs = [rng.choice("+-") for _ in range(2)]
        text = f"{parts[0]} {signs[0]} {parts[1]} {signs[1]} {parts[2]}"
        found = parse(text)
        assert found is not None, text
        values = [TERMS[part] for part in parts]
        expected = values[0] + sum(value if sign == "+" else -value for sign, value in zip(signs, values[1:], strict=True))
        assert approximate(found.value) == pytest.approx(expected, abs=1e-9), text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("√8", "2√2"),
        ("√2·√3", "√6"),
        ("√2·√2", "2"),
        ("(1+√2)(1-√2)", "-1"),
        ("1/√2", "√2/2"),
        ("2π/4", "π/2"),
        ("\\frac{6}{4}", "1.5"),
        ("√(9/4)", "3/2"),
        ("1 m", "100 cm"),
        ("1 m^2", "10000 cm²"),
        ("1 ft", "12 inches"),
        ("1 yd", "3 feet"),
        ("1 mi", "5280 ft"),
        ("1 ha", "10000 sq m"),
        ("1 L", "1000 cubic cm"),
        ("180°", "π rad"),
        ("1,000 mm", "1 m"),
    ],
)
def test_equal_quantities(one, other):
    first, second = parse(plain(one)), parse(plain(other))
    assert first is not None
    assert second is not None
    assert in_base(first) == in_base(second)
    assert (first.unit and first.unit.kind) == (second.unit and second.unit.kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "5x",
        "3t",
        "5 apples",
        "2\\frac{1}{2}",
        "1/2π",
        "3 4",
        "1/0",
        "√-2",
        "√(1+√2)",
        "1/(1+√2)",
        "5 cm cm",
        "cm",
        "2^3",
        "(" * 50,
        "9" * 300,
        "π" * 100,
        "sq cm",
    ],
)
def test_what_is_no_quantity_is_not_read(text):
    assert parse(text) is None
