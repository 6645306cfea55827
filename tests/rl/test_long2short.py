"""Shortest right sample and preference pairs against the paper's rules (vector A5)."""

from __future__ import annotations

import pytest

from rl.long2short import PreferencePairs, preference_pairs, shortest_right

LENGTHS, CORRECT = [100, 140, 151, 90, 101], [True, True, True, False, False]


def test_pairs_of_the_known_group():
    pairs = preference_pairs(LENGTHS, CORRECT)
    assert pairs == PreferencePairs(chosen=0, rejected=(2, 4))


def test_a_right_sample_at_exactly_the_factor_is_not_rejected():
    assert preference_pairs([100, 150], [True, True]) == PreferencePairs(0, ())
    assert preference_pairs([100, 150], [True, True], factor=1.4) == PreferencePairs(0, (1,))


def test_no_right_sample_gives_nothing():
    assert preference_pairs([5, 6], [False, False]) is None
    assert shortest_right([5, 6], [False, False]) is None


def test_the_first_of_equally_short_ones_is_chosen():
    assert shortest_right([7, 5, 5], [True, True, True]) == 1


def test_uneven_lists_are_refused():
    with pytest.raises(ValueError, match="2 lengths but 1 verdicts"):
        shortest_right([1, 2], [True])
