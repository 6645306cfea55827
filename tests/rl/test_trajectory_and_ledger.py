"""Trajectories only grow as they may, and the ledger gives back exactly what was written, whatever killed the writer."""

from __future__ import annotations

import json

import pytest

from multimodal.segment import Segment, StopReason
from openk15.errors import UserError
from rewards.verdict import Status, Verdict
from rl.ledger import Ledger
from rl.trajectory import StaleSegments, Trajectory, new_group

RIGHT = Verdict(Status.CORRECT, 1.0, "8", "equal", 0.0, "number@1")


def segment(count: int, version: int, stop: StopReason = StopReason.BUDGET, start: int = 0) -> Segment:
    return Segment(tuple(range(start, start + count)), (-0.5,) * count, version, 7, stop)


def fresh(max_tokens: int = 10) -> Trajectory:
    return new_group(0, 2, 0, "abcdef0123456789", 1, max_tokens)[0]


def test_budget_four_and_ten_tokens_make_segments_of_four_four_two():
    item = fresh()
    for version in (3, 4, 5):
        count = item.budget(4)
        item = item.with_segment(segment(count, version, StopReason.BUDGET if version < 5 else StopReason.EOS, start=item.length))
    assert [len(one) for one in item.segments] == [4, 4, 2]
    assert item.token_ids == tuple(range(10))
    assert item.loss_mask(5, StaleSegments.EXCLUDE) == (False,) * 8 + (True,) * 2
    assert item.loss_mask(5, StaleSegments.TRAIN) == (True,) * 10
    assert item.length == 10


def test_a_response_that_fills_its_room_is_done():
    item = fresh().with_segment(segment(10, 0, StopReason.BUDGET))
    assert item.stop is StopReason.CONTEXT
    assert item.done


def test_nothing_follows_the_end():
    item = fresh().with_segment(segment(3, 0, StopReason.EOS))
    with pytest.raises(ValueError, match="already ended with eos"):
        item.with_segment(segment(1, 1))


def test_a_segment_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="would have 11 tokens, more than 10"):
        fresh().with_segment(segment(11, 0))
    with pytest.raises(ValueError, match="version 1 after version 2"):
        fresh().with_segment(segment(2, 2)).with_segment(segment(2, 1))


def test_seeds_come_from_run_trajectory_and_segment_index():
    one, other = new_group(0, 2, 0, "abcdef0123456789", 2, 10)
    later = one.with_segment(segment(2, 2))
    seeds = {one.seed(0), one.seed(1), other.seed(0), later.seed(0)}
    assert len(seeds) == 4
    assert one.seed(0) == new_group(0, 2, 0, "abcdef0123456789", 1, 10)[0].seed(0)


def filled(path) -> Ledger:
    ledger = Ledger(path)
    first, second = new_group(0, 0, 0, "a" * 16, 2, 10)
    ledger.start([first, second])
    ledger.segments(0, [(first.id, segment(4, 0)), (second.id, segment(3, 0, StopReason.EOS))])
    ledger.verdicts(0, [(second.id, "text", RIGHT)])
    ledger.train(0, [], [], [], [])
    ledger.commit(0)
    ledger.segments(1, [(first.id, segment(2, 1, StopReason.EOS, start=4))])
    ledger.verdicts(1, [(first.id, "text", RIGHT)])
    ledger.train(1, [first.id, second.id], [1.0, 1.0], [0.0, 0.0], [])
    ledger.commit(1)
    return ledger


def state(ledger: Ledger):
    return ledger.live, ledger.trained, ledger.planned, ledger.committed


def test_reopening_gives_the_same_state(tmp_path):
    before = filled(tmp_path / "ledger.jsonl")
    before.close()
    assert state(Ledger(tmp_path / "ledger.jsonl")) == state(before)
    assert before.committed == 2
    assert list(before.trained.values()) == [1, 1]


def test_every_prefix_of_the_file_is_a_state_one_can_go_on_from(tmp_path):
    whole = tmp_path / "whole.jsonl"
    filled(whole).close()
    data = whole.read_bytes()
    for cut in range(len(data) + 1):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(data[:cut])
        ledger = Ledger(path)
        ledger.close()
        kept = data[: data[:cut].rfind(b"\n") + 1]
        assert path.read_bytes() == kept
        assert ledger.committed == kept.count(b'"kind":"commit"')


def test_starting_again_what_is_there_changes_nothing(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    group = new_group(0, 0, 0, "a" * 16, 2, 10)
    ledger.start(group)
    ledger.segments(0, [(group[0].id, segment(4, 0))])
    ledger.start(group)
    assert len(ledger.live[group[0].id].segments) == 1


def test_nothing_is_trained_twice(tmp_path):
    ledger = filled(tmp_path / "ledger.jsonl")
    key = next(iter(ledger.trained))
    with pytest.raises(ValueError, match="would be trained a second time"):
        ledger.train(2, [key], [1.0], [0.0], [])


def test_a_repeated_iteration_must_train_the_same(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    one, other = new_group(0, 0, 0, "a" * 16, 2, 10)
    ledger.start([one, other])
    ledger.segments(0, [(item.id, segment(3, 0, StopReason.EOS)) for item in (one, other)])
    ledger.verdicts(0, [(item.id, "", RIGHT) for item in (one, other)])
    ledger.train(0, [one.id, other.id], [1, 1], [0, 0], [])
    ledger.train(0, [one.id, other.id], [1, 1], [0, 0], [])
    with pytest.raises(ValueError, match="was about to train 2 trajectories, now 1 others"):
        ledger.train(0, [one.id], [1], [0], [])


def test_a_group_is_complete_when_all_its_members_are_judged(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    one, other = new_group(0, 0, 0, "a" * 16, 2, 10)
    ledger.start([other, one])
    ledger.segments(0, [(one.id, segment(3, 0, StopReason.EOS))])
    ledger.verdicts(0, [(one.id, "", RIGHT)])
    assert ledger.complete_groups() == []
    assert [item.id for item in ledger.unfinished()] == [other.id]
    ledger.segments(0, [(other.id, segment(3, 0, StopReason.EOS))])
    assert [item.id for item in ledger.unjudged()] == [other.id]
    ledger.verdicts(0, [(other.id, "", RIGHT)])
    assert [[item.id for item in group] for group in ledger.complete_groups()] == [[one.id, other.id]]


def test_a_row_that_does_not_fit_names_file_and_line(tmp_path):
    path = tmp_path / "ledger.jsonl"
    filled(path).close()
    lines = path.read_text().splitlines()
    row = json.loads(lines[2])
    row["index"] = 5
    lines[2] = json.dumps(row)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"ledger.jsonl:3: ledger row does not fit .* segment 5 where 0 was due"):
        Ledger(path)
