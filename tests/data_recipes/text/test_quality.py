"""The combined score and the sampling rate that rises with it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from data_recipes.cache import StageCache
from data_recipes.copies import draw_repeats
from data_recipes.executor import LocalExecutor
from data_recipes.row import write_shard
from data_recipes.steps.base import Context, make_step
from data_recipes.steps.quality import Quality
from openk15.errors import UserError


def run(tmp_path: Path, rows: Sequence[Any], measured: Sequence[Mapping[str, Any]], seed: int = 7, **options: Any):
    step = make_step("quality", options)
    assert isinstance(step, Quality)
    shard = write_shard(tmp_path / "shards", 0, rows, {}, "test")
    known = [{name: {"value": value} for name, value in row.items()} for row in measured]
    context = Context(LocalExecutor(1), StageCache(tmp_path), seed, lambda shard: [True] * shard.rows, lambda _: known)
    output = step.run([shard], context)
    (found,) = list(output.measures)
    return found, output.report()


def test_the_score_is_the_weighted_mean_of_scaled_measures(tmp_path: Path, make_row):
    found, _ = run(
        tmp_path,
        [make_row("a")],
        [{"rules.share": 0.5, "near_dup.copies": 4, "question_type.proof": True}],
        weights={"rules.share": 2, "near_dup.copies": 1, "question_type.proof": 1},
        scale={"near_dup.copies": [5, 1], "question_type.proof": [1, 0]},
    )
    assert found[0]["score"]["parts"] == {"rules.share": 0.5, "near_dup.copies": 0.25, "question_type.proof": 0.0}
    assert found[0]["score"]["value"] == round((2 * 0.5 + 0.25 + 0) / 4, 6)


def test_missing_measures_leave_their_weight_out_and_are_counted(tmp_path: Path, make_row):
    rows = [make_row("a", key="1"), make_row("b", key="2"), make_row("c", key="3")]
    measured = [{"a.x": 1.0, "b.y": 0.0}, {"a.x": 1.0, "b.y": None}, {}]
    found, report = run(tmp_path, rows, measured, weights={"a.x": 1, "b.y": 3})
    assert [row["score"]["value"] for row in found] == [0.25, 1.0, None]
    assert [row["missing"]["value"] for row in found] == [0, 1, 2]
    assert found[2]["rate"]["value"] is None
    assert found[2]["repeats"]["value"] is None
    assert report.tables[1] == ("Missing measures", ["measure", "rows without it", "rows"], [["a.x", 1, 3], ["b.y", 2, 3]])
    strict, _ = run(tmp_path, rows, measured, weights={"a.x": 1, "b.y": 3}, missing="null")
    assert [row["score"]["value"] for row in strict] == [0.25, None, None]


def test_a_measured_zero_is_not_a_missing_one(tmp_path: Path, make_row):
    found, _ = run(tmp_path, [make_row("a")], [{"a.x": 0, "b.y": False}], weights={"a.x": 1, "b.y": 1}, low=0.0)
    assert found[0]["score"]["value"] == 0.0
    assert found[0]["missing"]["value"] == 0
    assert found[0]["repeats"]["value"] == 0


def test_the_expected_number_of_copies_is_the_rate_and_rises_with_the_score(tmp_path: Path, make_row):
    scores = [0.0, 0.25, 0.5, 0.75, 1.0]
    rows = [make_row("text", key=f"{score}/{n}") for score in scores for n in range(400)]
    found, report = run(tmp_path, rows, [{"a.x": score} for score in scores for _ in range(400)], weights={"a.x": 1}, low=0.2, high=2.6)
    means = [sum(row["repeats"]["value"] for row in found[at * 400 : (at + 1) * 400]) / 400 for at in range(5)]
    rates = [found[at * 400]["rate"]["value"] for at in range(5)]
    assert rates == [0.2, 0.8, 1.4, 2.0, 2.6]
    assert means == sorted(means)
    assert means == pytest.approx(rates, abs=0.08)
    assert report.tables[0][2][0][:2] == ["test", 2000]


def test_copies_never_fall_when_the_rate_rises():
    for seed in range(50):
        drawn = [draw_repeats(rate / 10, seed) for rate in range(40)]
        assert drawn == sorted(drawn)
    assert {draw_repeats(2.0, seed) for seed in range(50)} == {2}
    mean = sum(draw_repeats(1.3, random.Random(seed).getrandbits(60)) for seed in range(4000)) / 4000
    assert mean == pytest.approx(1.3, abs=0.03)


def test_the_draw_depends_on_seed_and_key_and_on_nothing_else(tmp_path: Path, make_row):
    rows = [make_row("text", key=str(n)) for n in range(60)]
    measured = [{"a.x": 0.5}] * 60
    first, _ = run(tmp_path, rows, measured, weights={"a.x": 1}, low=0.0, high=1.0)
    backwards, _ = run(tmp_path, rows[::-1], measured, weights={"a.x": 1}, low=0.0, high=1.0)
    other, _ = run(tmp_path, rows, measured, seed=8, weights={"a.x": 1}, low=0.0, high=1.0)
    assert backwards[::-1] == first
    assert other != first


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "step quality: row test/1: a.x is 7, outside 0..1; give it a scale, as in scale: {a.x: [0, 100]}"),
        ("en", "step quality: row test/1: a.x is 'en'; only numbers and true/false can be combined"),
    ],
)
def test_values_that_cannot_be_combined_are_named(tmp_path: Path, make_row, value, message: str):
    with pytest.raises(UserError) as error:
        run(tmp_path, [make_row("a")], [{"a.x": value}], weights={"a.x": 1})
    assert message in str(error.value)


def test_a_measure_that_no_row_has_is_an_error_with_the_nearest_name(tmp_path: Path, make_row):
    with pytest.raises(UserError, match=r"no row has a measure 'text_rules\.passed'; did you mean 'text_rules\.passed_share'\?"):
        run(tmp_path, [make_row("a")], [{"text_rules.passed_share": 1.0}], weights={"text_rules.passed": 1})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": {}}, "weights is empty"),
        ({"weights": {"a.x": 0}}, "weights: a.x has 0.0; weights are above 0"),
        ({"weights": {"score": 1}}, "weights: 'score' is no full name"),
        ({"weights": {"a.x": 1}, "scale": {"b.y": [0, 1]}}, "scale names 'b.y', which has no weight"),
        ({"weights": {"a.x": 1}, "scale": {"a.x": [2, 2]}}, "scale of a.x: both ends are 2.0"),
        ({"weights": {"a.x": 1}, "low": 3}, "low 3.0 is above high 2.0"),
        ({}, "step quality: key 'weights' is required"),
    ],
)
def test_wrong_parameters_are_named(options, message: str):
    with pytest.raises(UserError) as error:
        make_step("quality", options)
    assert message in str(error.value)
