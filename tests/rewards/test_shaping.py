"""The length reward against the paper's formula (vector A1); penalties against their definitions; what a composition may not do."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multimodal.repetition import RepeatRule, repeats
from rewards.shaping import (
    compose,
    cosine_reward,
    format_reward,
    length_rewards,
    length_weight,
    ngram_penalty,
    ngram_repetition,
    overlong_penalty,
    repetition_penalty,
    suffix_period,
)

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


def test_overlong_is_the_published_ramp():
    values = [overlong_penalty(length, limit=100, cache=20) for length in (0, 79, 80, 85, 90, 100, 101, 10**9)]
    assert values == pytest.approx([0, 0, 0, -0.25, -0.5, -1, -1, -1])


def test_overlong_refuses_a_cache_that_does_not_fit():
    for cache in (0, -1, 101):
        with pytest.raises(ValueError, match="cache"):
            overlong_penalty(5, 100, cache)


def test_cosine_bends_between_its_ends():
    assert [cosine_reward(at, True, 100) for at in (0, 50, 100, 500)] == pytest.approx([1.0, 0.75, 0.5, 0.5])
    assert [cosine_reward(at, False, 100) for at in (0, 50, 100, 500)] == pytest.approx([-1.0, -0.75, -0.5, -0.5])


@given(st.integers(-5, 10**6), st.integers(-5, 10**6), st.integers(1, 10**5))
def test_cosine_never_pays_a_wrong_response_as_much_as_a_right_one(one, other, limit):
    assert cosine_reward(one, False, limit) < cosine_reward(other, True, limit)


tokens = st.lists(st.integers(0, 3), max_size=60)


@given(tokens, st.integers(1, 3), st.integers(0, 3), st.integers(2, 4))
def test_a_suffix_repeats_exactly_where_the_engines_stop(token_ids, low, more, count):
    rule = RepeatRule(min_period=low, max_period=low + more, min_count=count)
    assert (suffix_period(token_ids, low, low + more, count) is not None) == repeats(token_ids, rule)


def test_the_defaults_are_those_of_the_engines():
    rule = RepeatRule()
    for period, copies in ((1, 5), (1, 6), (16, 6), (17, 6), (16, 5)):
        token_ids = [99, 98, *(list(range(period)) * copies)]
        assert (suffix_period(token_ids) is not None) == repeats(token_ids, rule)
    assert suffix_period([7, 8, *([1, 2, 3] * 6)]) == 3


@given(st.lists(st.integers(0, 9), min_size=1, max_size=16), st.integers(6, 9), tokens)
def test_what_repeats_is_found_and_its_copies_divide_no_further(pattern, copies, before):
    found = suffix_period([*before, *(pattern * copies)])
    assert found is not None
    assert found <= len(pattern)


@given(tokens, st.integers(0, 5))
def test_blank_tokens_at_the_end_hide_no_repeat(token_ids, blanks):
    padded = token_ids + [77] * blanks
    assert suffix_period(padded, blank={77}) == suffix_period(token_ids)
    assert ngram_penalty(padded, blank={77}) == ngram_penalty(token_ids)
    assert repetition_penalty(padded, blank={77}) == repetition_penalty(token_ids)


def test_ngrams_that_come_back_are_counted():
    assert ngram_repetition([1, 2, 3, 4], 2) == 0.0
    assert ngram_repetition([1, 2, 1, 2, 1], 2) == pytest.approx(1 - 2 / 4)
    assert ngram_repetition([5] * 10, 3) == pytest.approx(1 - 1 / 8)
    assert ngram_repetition([1, 2], 3) == 0.0
    assert ngram_penalty([5] * 10, 3, 0.5) == pytest.approx(-0.4375)


@given(tokens, st.integers(1, 5), st.floats(0, 10))
def test_penalties_stay_within_their_bounds(token_ids, n, most):
    assert 0.0 <= ngram_repetition(token_ids, n) < 1.0
    assert -most <= ngram_penalty(token_ids, n, most) <= 0.0
    assert repetition_penalty(token_ids, most) in (0.0, -most)


def test_penalties_count_tokens_not_letters():
    assert suffix_period([10] * 6) == 1
    assert suffix_period([10, 11, 12]) is None  # three tokens, whatever letters they stand for


def test_form_pays_one_or_nothing():
    assert format_reward("<think>x</think><answer>4</answer>") == 1.0
    assert format_reward("<think>x</think><answer>4</answer>  \n") == 1.0
    assert format_reward("<think> </think><answer>4</answer>") == 0.0


batches = st.lists(
    st.tuples(st.sampled_from([None, 0.0, 0.3, 0.5, 1.0]), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=8
)
weights = st.fixed_dictionaries({"form": st.floats(-10, 10), "length": st.floats(-10, 10)})
budgets = st.floats(0.0, 0.999)


def composed(batch, weight, budget):
    scores, form, length = zip(*batch, strict=True)
    return compose(scores, {"form": form, "length": length}, weight, budget=budget)


@given(batches, weights, budgets)
def test_no_shaping_lifts_a_wrong_response_to_a_right_one(batch, weight, budget):
    rewards = composed(batch, weight, budget)
    right = [reward for reward, (score, *_) in zip(rewards, batch, strict=True) if score == 1.0]
    wrong = [reward for reward, (score, *_) in zip(rewards, batch, strict=True) if score == 0.0]
    assert all(good > bad for good in right for bad in wrong)
    for reward, (score, *_) in zip(rewards, batch, strict=True):
        assert (reward is None) == (score is None)
        if score is not None:
            assert score - budget / 2 <= reward <= score + (budget / 2 if score == 1.0 else 0.0)


@given(batches, weights, budgets, st.randoms())
def test_a_batch_in_another_order_gets_the_same_rewards(batch, weight, budget, rng):
    order = list(range(len(batch)))
    rng.shuffle(order)
    rewards = composed(batch, weight, budget)
    assert composed([batch[at] for at in order], weight, budget) == [rewards[at] for at in order]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-9, 9), budgets)
def test_the_reward_grows_with_the_score(one, other, part, budget):
    low, high = sorted((one, other))
    first, second = (compose([score], {"form": [part]}, {"form": 1.0}, budget=budget)[0] for score in (low, high))
    assert first is not None
    assert second is not None
    assert first <= second


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (([1.0], {"form": [1.0]}, {}), "do not name the same"),
        (([1.0], {"form": [1.0, 2.0]}, {"form": 1.0}), "2 values for 1 responses"),
        (([1.5], {"form": [1.0]}, {"form": 1.0}), "score 1.5 is outside"),
        (([1.0], {"form": [float("nan")]}, {"form": 1.0}), "not finite"),
        (([1.0], {}, {}, 1.0, 1.0), "budget 1.0"),
    ],
)
def test_what_cannot_be_composed_is_refused(arguments, cause):
    with pytest.raises(ValueError, match=cause):
        compose(*arguments)
