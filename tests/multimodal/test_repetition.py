"""The repeat rule against a slow restatement of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multimodal.repetition import RepeatRule, repeats


def slow(tokens: list[int], rule: RepeatRule) -> bool:
    return any(
        len(tokens) >= period * rule.min_count and tokens[-period * rule.min_count :] == tokens[-period:] * rule.min_count
        for period in range(rule.min_period, rule.max_period + 1)
    )


rules = st.builds(
    lambda low, more, count: RepeatRule(min_period=low, max_period=low + more, min_count=count),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(2, 4),
)
endings = st.lists(st.integers(0, 2), min_size=1, max_size=4).flatmap(
    lambda pattern: st.tuples(st.lists(st.integers(0, 2), max_size=6), st.integers(1, 5)).map(lambda made: made[0] + pattern * made[1])
)


@given(endings, rules)
def test_repeats_is_what_it_says(tokens, rule):
    assert repeats(tokens, rule) == slow(tokens, rule)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=3), st.integers(2, 5))
def test_one_token_short_of_the_count_does_not_repeat(pattern, count):
    rule = RepeatRule(min_period=len(pattern), max_period=len(pattern), min_count=count)
    text = [99, *pattern * count]
    assert repeats(text, rule)
    assert not repeats(text[:-1], rule)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ([7] * 6, True),
        ([7] * 5, False),
        ([1, 2] * 6, True),
        ([*[1, 2] * 6, 3], False),
        (list(range(16)) * 6, True),
        (list(range(17)) * 6, False),
    ],
)
def test_the_standard_rule_is_six_copies_of_up_to_sixteen_tokens(tokens, expected):
    assert repeats(tokens, RepeatRule()) == expected


def test_nothing_does_not_repeat():
    assert not repeats([], RepeatRule(min_count=2))


@pytest.mark.parametrize("values", [{"min_period": 0}, {"min_count": 1}, {"min_period": 5, "max_period": 4}])
def test_a_rule_that_any_token_would_meet_is_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        RepeatRule(**values)
