"""Draws: uniform then hard, in proportion to 1 - success rate, repeatable from seed and iteration."""

from __future__ import annotations

from collections import Counter

import pytest

from openk15.errors import UserError
from rl.curriculum import CurriculumConfig, Phase, SuccessRates, draw, phase_of, priorities

GRADES = {f"p{index:02d}": 1 + index % 5 for index in range(50)}
CONFIG = CurriculumConfig(switch_iteration=5, hard_grade=4, prior_weight=0.0)


def test_priorities_are_proportional_to_one_minus_success_rate():
    assert priorities([0, 0.5, 0.9, 1]).tolist() == pytest.approx([0.625, 0.3125, 0.0625, 0])


def test_all_solved_falls_back_to_uniform():
    assert priorities([1, 1]).tolist() == [0.5, 0.5]


def test_uniform_phase_draws_every_grade_and_hard_phase_only_hard_ones():
    assert phase_of(4, CONFIG) is Phase.UNIFORM
    assert phase_of(5, CONFIG) is Phase.HARD
    early = draw(GRADES, SuccessRates(), CONFIG, iteration=0, count=40, seed=0)
    late = draw(GRADES, SuccessRates(), CONFIG, iteration=5, count=15, seed=0)
    assert {GRADES[key] for key in early} == {1, 2, 3, 4, 5}
    assert {GRADES[key] for key in late} == {4, 5}


def test_a_draw_never_repeats_a_problem_and_is_repeatable():
    rates = SuccessRates()
    rates.update("p03", [1, 0])
    one = draw(GRADES, rates, CONFIG, iteration=2, count=20, seed=3)
    assert len(set(one)) == 20
    assert one == draw(dict(reversed(GRADES.items())), rates, CONFIG, iteration=2, count=20, seed=3)
    assert one != draw(GRADES, rates, CONFIG, iteration=3, count=20, seed=3)


def test_solved_problems_are_not_drawn_and_failing_ones_more_often():
    rates = SuccessRates()
    for key in GRADES:
        rates.update(key, [1.0] * 10 if key < "p25" else [1.0] * 9 + [0.0])
    rates.right["p40"] = 0.0
    counts = Counter(key for at in range(400) for key in draw(GRADES, rates, CONFIG, iteration=0, count=1, seed=at))
    assert not [key for key in counts if key < "p25"]
    assert counts["p40"] > 3 * max(count for key, count in counts.items() if key != "p40")


def test_a_prior_by_which_no_new_problem_would_be_drawn_is_refused():
    with pytest.raises(ValueError, match="prior_rate"):
        CurriculumConfig(prior_rate=1.0)


def test_success_rates_survive_a_round_trip():
    rates = SuccessRates()
    rates.update("a", [1, 0, 1])
    rates.update("a", [0])
    again = SuccessRates.of_state(rates.state())
    assert again.rate("a", CONFIG) == rates.rate("a", CONFIG) == 0.5
    assert again.rate("never seen", CONFIG) == CONFIG.prior_rate


def test_no_hard_problem_is_an_error_that_names_the_highest_grade():
    config = CurriculumConfig(switch_iteration=0, hard_grade=9)
    with pytest.raises(UserError, match=r"curriculum.hard_grade=9: no problem has that grade; the highest is 5"):
        draw(GRADES, SuccessRates(), config, iteration=0, count=1, seed=0)
