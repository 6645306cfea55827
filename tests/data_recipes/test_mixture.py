"""The paper's mixture (K12) and what scaling does to it."""

from __future__ import annotations

import pytest

from data_recipes.mixture import TEXT_SFT, Shortfall, apportion, scaled, shortfalls, vision_sft
from openk15.errors import UserError


def test_the_papers_counts():
    assert list(TEXT_SFT.values()) == [500_000, 200_000, 200_000, 5_000, 20_000]
    assert sum(TEXT_SFT.values()) == 925_000
    vision = vision_sft()
    assert len(vision) == 6
    assert sum(vision.values()) == 1_000_000
    assert max(vision.values()) - min(vision.values()) == 1


@pytest.mark.parametrize("scale", [2.0, 1.0, 0.1, 0.0123, 0.001, 1e-5])
def test_scaling_keeps_the_total_and_every_category(scale):
    found = scaled({**TEXT_SFT, **vision_sft()}, scale)
    assert sum(found.values()) == round(1_925_000 * scale)
    assert min(found.values()) >= 1


def test_a_thousandth_of_the_text_mixture():
    assert list(scaled(TEXT_SFT, 0.001).values()) == [500, 200, 200, 5, 20]


def test_a_scale_that_leaves_less_than_one_each_is_refused():
    with pytest.raises(UserError, match=r"scale 1e-06 leaves 1 examples for 5 categories; it must be at least 5\.4e-06"):
        scaled(TEXT_SFT, 1e-6)


def test_categories_that_are_not_wanted_stay_at_zero():
    assert scaled({"a": 10, "b": 0}, 0.5) == {"a": 5, "b": 0}


def test_the_largest_remainders_are_rounded_up_and_earlier_names_first():
    assert apportion({"a": 1, "b": 1, "c": 1}, 4) == {"a": 2, "b": 1, "c": 1}
    assert apportion({"a": 0.1, "b": 0.7, "c": 0.2}, 3) == {"a": 0, "b": 2, "c": 1}


def test_weights_that_cannot_be_divided_are_named():
    with pytest.raises(UserError, match="category 'b': weight -1 is negative"):
        apportion({"a": 1, "b": -1}, 3)
    with pytest.raises(UserError, match="cannot divide 3 examples"):
        apportion({"a": 0.0}, 3)


def test_shortfalls_name_every_category_that_is_under_filled_and_surplus_makes_up_for_none():
    found = shortfalls({"a": 10, "b": 5, "c": 1}, {"a": 20, "b": 4})
    assert found == [Shortfall("b", 5, 4), Shortfall("c", 1, 0)]
    assert str(found[0]) == "b: 4 of 5 (1 missing)"
