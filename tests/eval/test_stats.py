import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from eval.stats import mean_amount, mean_difference, mean_score, paired, sign_flip_p, wilson


def test_t_interval_of_problem_means_equals_the_hand_computed_one():
    # mean 0.5, standard deviation 0.5 * sqrt(2 / 3), t(0.975, 3) = 3.182446
    found = mean_score([0.0, 0.5, 0.5, 1.0])
    half = 3.182446305 * 0.5 * math.sqrt(2 / 3) / 2
    assert found.value == 0.5
    assert found.low == pytest.approx(max(0.0, 0.5 - half))
    assert found.high == pytest.approx(min(1.0, 0.5 + half))
    assert (found.n, found.method) == (4, "t")


def test_t_interval_agrees_with_scipy():
    values = np.random.default_rng(1).beta(2, 3, 57)
    found = mean_score(values.tolist())
    low, high = scipy_stats.t.interval(0.95, 56, values.mean(), scipy_stats.sem(values))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_t_interval_covers_the_population_mean_19_times_in_20():
    # 40 problems of Beta(0.8, 0.8) difficulty, 4 samples each; 3000 benchmarks. Counting every sample as
    # independent instead must fail the same check, or the check could not tell the two apart.
    random = np.random.default_rng(7)
    inside = naive = 0
    for _ in range(3000):
        rates = random.beta(0.8, 0.8, 40)
        means = random.binomial(4, rates) / 4
        found = mean_score(means.tolist())
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0.5 <= found.high
        low, high = wilson(float(means.sum() * 4), 160)
        naive += low <= 0.5 <= high
    assert 0.93 < inside / 3000 < 0.97
    assert naive / 3000 < 0.90


def test_intervals_are_clipped_to_the_possible():
    found = mean_score([1.0, 1.0, 1.0, 0.5])
    assert found.high == 1.0
    assert found.low is not None
    assert found.low >= 0.0
    assert mean_difference([1.0, 1.0, 0.5]).high == 1.0


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_equal_problem_means_do_not_claim_certainty(score: float):
    found = mean_score([score] * 30)
    assert found.method == "wilson"
    expected = scipy_stats.binomtest(round(score * 30), 30).proportion_ci(method="wilson")
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.1
    assert found.low <= score <= found.high


def test_one_problem_says_nothing_about_the_spread():
    assert (mean_score([1.0]).low, mean_score([1.0]).high, mean_score([1.0]).method) == (0.0, 1.0, "one")
    assert (mean_amount([12.0]).low, mean_amount([12.0]).high) == (None, None)
    assert (mean_difference([0.5]).low, mean_difference([0.5]).high) == (-1.0, 1.0)


@pytest.mark.parametrize("values", [[], [0.5, 1.5], [-0.1, 0.2], [0.5, float("nan")]])
def test_values_that_are_no_scores_are_refused(values: list[float]):
    with pytest.raises(ValueError, match=r"scores lie|at least one|finite"):
        mean_score(values)


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (71, 400)])
def test_wilson_agrees_with_scipy(successes: int, n: int):
    expected = scipy_stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_wilson_needs_a_trial():
    with pytest.raises(ValueError, match="n > 0"):
        wilson(0, 0)


def test_paired_comparison_has_the_known_numbers():
    a = [1.0, 1.0, 0.0, 0.0, 0.5, 0.25]
    b = [1.0, 0.0, 1.0, 1.0, 0.5, 0.75]
    found = paired(a, b)
    change = np.array(b) - np.array(a)
    test = scipy_stats.ttest_rel(b, a).confidence_interval(0.95)
    assert found.difference.value == pytest.approx(change.mean())
    assert (found.difference.low, found.difference.high) == (pytest.approx(max(-1, test.low)), pytest.approx(min(1, test.high)))
    assert found.right_to_wrong == (1,)
    assert found.wrong_to_right == (2, 3, 5)
    assert (found.better, found.worse) == (3, 1)
    # the four differing problems: |sum| of (+-1, +-1, +-1, +-0.5) is at least 1.5 in 10 of 16 sign patterns
    assert (found.p, found.p_exact) == (10 / 16, True)


def test_a_half_right_problem_counts_as_right():
    assert paired([0.5], [0.49]).right_to_wrong == (0,)
    assert paired([0.49], [0.5]).wrong_to_right == (0,)


def test_exact_p_equals_scipys_permutation_test():
    values = np.random.default_rng(3).normal(0.3, 1, 11)
    expected = scipy_stats.permutation_test((values,), np.sum, permutation_type="samples", n_resamples=2**11)
    assert sign_flip_p(values.tolist()) == (pytest.approx(expected.pvalue), True)


def test_random_p_is_seeded_never_zero_and_near_the_exact_one():
    same = [1.0] * 40
    p, exact = sign_flip_p(same, seed=0)
    assert not exact
    assert 0 < p < 0.001
    # 30 differing problems, 20 of them up: exact two-sided binomial sign test
    mixed = [1.0] * 20 + [-1.0] * 10
    p = sign_flip_p(mixed, seed=5)[0]
    assert p == sign_flip_p(mixed, seed=5)[0]
    assert p == pytest.approx(scipy_stats.binomtest(20, 30).pvalue, abs=0.01)


def test_problems_that_do_not_differ_do_not_change_p():
    assert sign_flip_p([1.0, 1.0, -1.0]) == sign_flip_p([1.0, 0.0, 1.0, 0.0, -1.0, 0.0])


def test_identical_runs_differ_by_nothing_within_what_n_can_tell():
    found = paired([1.0, 0.0] * 50, [1.0, 0.0] * 50)
    assert found.p == 1.0
    assert found.difference.value == 0.0
    assert found.difference.method == "discordant"
    assert found.difference.high == pytest.approx(wilson(0, 100)[1])
    assert found.difference.low == pytest.approx(-wilson(0, 100)[1])


def test_a_constant_gain_still_has_an_interval_with_width():
    found = paired([0.0] * 20, [1.0] * 20).difference
    assert found.low is not None
    assert 0.5 < found.low < 1.0
    assert (found.value, found.high) == (1.0, 1.0)


def test_paired_runs_need_the_same_problems():
    with pytest.raises(ValueError, match="same problems, got 2 and 3"):
        paired([1.0, 0.0], [1.0, 0.0, 0.0])
