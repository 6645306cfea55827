"""Groups become rewards and advantages; an error of ours masks its sample and never counts as a zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multimodal.segment import Segment, StopReason
from rewards.verdict import Status, Verdict
from rl.batch import assemble, minibatches
from rl.config import RLConfig
from rl.measure import mean_between, reward_bounds
from rl.trajectory import new_group


def verdict(status: Status) -> Verdict:
    score = None if status is Status.ERROR else float(status is Status.CORRECT)
    return Verdict(status, score, None, "", 0.0, "number@1")


def group(slot: int, statuses, lengths):
    members = new_group(0, 0, slot, f"{slot:016d}", len(statuses), 100)
    return [
        replace(item.with_segment(Segment((5,) * length, (-1.0,) * length, 0, 0, StopReason.EOS)), verdict=verdict(status))
        for item, status, length in zip(members, statuses, lengths, strict=True)
    ]


RIGHT, WRONG, ERROR, UNPARSED = Status.CORRECT, Status.WRONG, Status.ERROR, Status.UNPARSED


def test_rewards_add_the_weighted_length_reward_from_its_switch_on(config):
    members = group(0, [RIGHT, WRONG, UNPARSED], [10, 20, 30])
    before = assemble([members], 0, config).groups[0]
    assert before.rewards == (1.0, 0.0, 0.0)
    after = assemble([members], 1, config).groups[0]
    assert after.rewards == (1.0 + 0.2 * 0.5, 0.0, 0.2 * -0.5)
    assert abs(sum(after.advantages)) < 1e-12


def test_an_error_masks_its_sample_and_the_group_goes_on(config):
    batch = assemble([group(0, [RIGHT, ERROR, WRONG], [10, 20, 30])], 0, config)
    assert batch.rewards == [1.0, 0.0]
    assert len(batch.dropped) == 1
    assert batch.dropped[0].endswith("/001")


def test_a_group_with_fewer_than_two_usable_samples_is_dropped_whole(config):
    batch = assemble([group(0, [RIGHT, ERROR, ERROR], [10, 20, 30])], 0, config)
    assert batch.groups == ()
    assert len(batch.dropped) == 3


def test_groups_are_shuffled_the_same_way_every_time_and_kept_whole(config):
    groups = [group(slot, [RIGHT, WRONG], [5, 9]) for slot in range(8)]
    one, other = assemble(groups, 3, config), assemble(groups, 3, config)
    assert one == other
    assert [g.problem_id for g in one.groups] != [g[0].problem_id for g in groups]
    parts = minibatches(one, 0, config)
    assert [len(part) for part in parts] == [8, 8]
    for part in parts:
        assert abs(sum(item.weight for item in part) - 1.0) < 1e-12


def test_an_empty_batch_has_no_minibatches(config):
    assert minibatches(assemble([], 0, config), 0, config) == []


def test_a_response_that_repeats_itself_earns_nothing_and_a_cut_one_only_where_that_is_wanted(config):
    right = group(0, [RIGHT] * 3, [10, 20, 20])
    stops = (StopReason.EOS, StopReason.REPEAT, StopReason.CONTEXT)
    members = [replace(item, segments=(replace(item.segments[0], stop=stop),)) for item, stop in zip(right, stops, strict=True)]
    assert assemble([members], 0, config).groups[0].scores == (1.0, 0.0, 1.0)
    strict = RLConfig.model_validate({**config.model_dump(), "shaping": {"repeat_penalty": 0.5, "cut_earns": False}})
    assert assemble([members], 0, strict).groups[0].scores == (1.0, -0.5, 0.0)
    shaped = assemble([members], 1, strict).groups[0]
    assert shaped.length_rewards == (0.5, -0.5, -0.5), "what earns nothing is not right, and so never paid for being short"


def test_the_interval_of_a_reward_reaches_down_to_the_penalty(config):
    strict = RLConfig.model_validate({**config.model_dump(), "shaping": {"repeat_penalty": 0.5}})
    assert reward_bounds(strict, 0.5) == (-0.75, 1.25)
    assert [str(bound) for bound in reward_bounds(config, 0.0)] == ["0.0", "1.0"]


def test_a_mean_reward_s_interval_has_a_width_where_all_problems_earned_the_same():
    same = mean_between([0.0] * 4, -0.05, 1.05)
    assert same.mean == 0.0
    assert same.low < 0.0 < 0.4 < same.high < 1.05
    assert mean_between([0.25], -0.05, 1.05) == pytest.approx((0.25, -0.05, 1.05))
    spread = mean_between([0.2, 0.4, 0.3], -0.05, 1.05)  # Student's t: 4.303 * 0.1 / sqrt(3)
    assert spread == pytest.approx((0.3, 0.3 - 0.24842, 0.3 + 0.24842), abs=1e-4)
