"""Distances on the earth, and the ways in which people write a place."""

from __future__ import annotations

import math
import random

import pytest

from rewards.registry import verify
from rewards.verdict import Answer, Status
from rewards.vision.globe import RADIUS, as_tuples, great_circle


def by_vectors(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Another formula: the angle between two vectors from the middle of the earth."""

    def vector(place: tuple[float, float]) -> tuple[float, float, float]:
        latitude, longitude = map(math.radians, place)
        return math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)

    (a, b, c), (x, y, z) = vector(one), vector(other)
    return RADIUS * math.atan2(math.hypot(b * z - c * y, c * x - a * z, a * y - b * x), a * x + b * y + c * z)


def test_the_distance_is_that_of_another_formula_everywhere():
    draw = random.Random(1)
    for _ in range(10_000):
        one, other = ((draw.uniform(-90, 90), draw.uniform(-180, 180)) for _ in range(2))
        assert great_circle(one, other) == pytest.approx(by_vectors(one, other), abs=1e-3)
        assert great_circle(one, other) == pytest.approx(great_circle(other, one), abs=1e-6)
    assert great_circle((0, 0), (0, 180)) == pytest.approx(math.pi * RADIUS)
    assert great_circle((51.5, -0.12), (51.5, -0.12)) == 0.0


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("40°41′21″ N 74°02′40″ W", "(40.689166667, -74.044444444)"),
        ("(40.5° S, 74° W)", "(-40.500000000, -74.000000000)"),
        ("S 40.5, W 74", "(-40.500000000, -74.000000000)"),
        ("48.8 degrees North and 2.3 degrees East", "(48.800000000, 2.300000000)"),
        ("latitude 48.8, longitude -2.3", "(48.8, -2.3)"),
        ('{"lat": 48.8, "lng": 2.3}', "(48.8, 2.3)"),
        ("(48.8, 2.3)", "(48.8, 2.3)"),
    ],
)
def test_pairs_are_written_as_tuples_latitude_first(text, written):
    assert as_tuples(text) == written


def test_time_grows_with_the_length_of_what_is_read_and_no_response_is_an_error():
    answer = Answer("coordinates", [1.0, 2.0], {"metric": "great_circle", "tolerance": 10})
    for text in ("1° 2' " * 30_000, "N 1 " * 40_000, "lat lat " * 25_000, "(" * 150_000, "48.1° N, " * 20_000):
        assert verify(text, answer).status in (Status.UNPARSED, Status.WRONG)
