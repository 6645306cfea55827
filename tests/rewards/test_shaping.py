"""The length reward against the paper's formula (vector A1) and its bounds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.shaping import length_rewards, length_weight

LENGTHS = [100, 200, 300, 400, 500]


def test_short_right_answers_gain_and_long_ones_lose():
    assert length_rewards(LENGTHS, [True, True, False, True, False]) == pytest.approx([0.5, 0.25, 0.0, -0.25, -0.5])


def test_wrong_answers_never_gain():
    assert length_rewards(LENGTHS, [False, False, True, False, True]) == pytest.approx([0.0, 0.0, 0.0, -0.25, -0.5])


def test_equal_lengths_get_nothing():
    assert length_rewards([7, 7, 7], [True, False, True]) == [0, 0, 0]
    assert length_rewards([], []) == []


def test_the_weight_is_off_and_then_constant():
    assert [length_weight(at, 3, 0.2) for at in range(5)] == [0, 0, 0, 0.2, 0.2]


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="2 lengths but 1 verdicts"):
        length_rewards([1, 2], [True])


@given(st.lists(st.tuples(st.integers(1, 999), st.booleans()), min_size=1, max_size=12))
def test_rewards_stay_within_half_and_fall_with_length(pairs):
    lengths, correct = zip(*pairs, strict=True)
    rewards = length_rewards(lengths, correct)
    assert all(-0.5 <= reward <= 0.5 for reward in rewards)
    right = sorted((length, reward) for length, reward, good in zip(lengths, rewards, correct, strict=True) if good)
    assert all(a[1] >= b[1] for a, b in pairwise(right))
