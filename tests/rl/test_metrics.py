from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from openk15.errors import UserError
from rl.metrics import IterationMetrics, MetricsWriter, read_evals, read_metrics, scalars

from .fake_run import make_fake_run


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[IterationMetrics]:
    fake = make_fake_run(tmp_path_factory.mktemp("run"), iterations=4)
    return read_metrics(fake.run)


def write(run: Path, rows: list[IterationMetrics]) -> MetricsWriter:
    writer = MetricsWriter(run)
    for row in rows:
        writer.append(row)
    return writer


def board(run: Path, name: str) -> dict[int, float]:
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    return {event.step: event.value for event in events.Scalars(name)}


def evaluation(iteration: int, accuracy: float = 0.5) -> dict[str, object]:
    return {
        "iteration": iteration,
        "accuracy": accuracy,
        "low": 0.4,
        "high": 0.6,
        "n": 50,
        "samples_per_problem": 2,
        "tokens": 31.5,
        "truncation_rate": 0.0,
        "by_tag": [],
    }


def test_rows_read_back_equal_what_was_appended(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    write(tmp_path, rows).close()
    assert read_metrics(tmp_path) == rows


def test_a_run_without_iterations_reads_as_empty(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == []
    assert read_evals(tmp_path) == []


def test_a_torn_last_line_is_dropped_and_writing_goes_on_behind_the_last_whole_row(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    write(tmp_path, rows[:2]).close()
    with (tmp_path / "metrics.jsonl").open("ab") as handle:
        handle.write(b'{"iteration":2,"policy_ver')
    assert read_metrics(tmp_path) == rows[:2]
    write(tmp_path, rows[2:]).close()
    assert read_metrics(tmp_path) == rows


def test_truncate_after_drops_later_iterations_from_every_file(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    writer = write(tmp_path, rows)
    for iteration in (-1, 1, 3):
        writer.append_eval(evaluation(iteration))
    writer.truncate_after(1)
    assert [row.iteration for row in read_metrics(tmp_path)] == [0, 1]
    assert [row["iteration"] for row in read_evals(tmp_path)] == [-1, 1]
    again = dataclasses.replace(rows[2], grad_norm=123.0)
    writer.append(again)
    writer.close()
    assert read_metrics(tmp_path) == [*rows[:2], again]
    seen = board(tmp_path, "learner/grad_norm")
    assert sorted(seen) == [0, 1, 2]
    assert seen[2] == pytest.approx(123.0)


def test_truncating_behind_the_last_row_changes_no_byte(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    writer = write(tmp_path, rows)
    before = (tmp_path / "metrics.jsonl").read_bytes()
    writer.truncate_after(rows[-1].iteration)
    writer.close()
    assert (tmp_path / "metrics.jsonl").read_bytes() == before


def test_an_iteration_is_not_written_twice(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    write(tmp_path, rows[:2]).close()
    reopened = MetricsWriter(tmp_path)
    with pytest.raises(ValueError, match="iteration 1 is already in"):
        reopened.append(rows[1])
    reopened.close()
    assert len(read_metrics(tmp_path)) == 2


def test_tensorboard_gets_every_number_and_leaves_out_what_was_not_measured(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    row = dataclasses.replace(rows[0], accuracy=0.25, stops={"eos": 7, "budget": 3}, parity_max_abs=None)
    flat = scalars(row)
    assert flat["outcome/accuracy"] == 0.25
    assert flat["stops/budget"] == 3.0
    assert "guards/parity_max_abs" not in flat
    writer = write(tmp_path, [row])
    writer.append_eval(evaluation(0, 0.75))
    writer.close()
    assert board(tmp_path, "stops/eos") == {0: 7.0}
    assert board(tmp_path, "held_out/accuracy") == {0: 0.75}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy": "0.5"}, "field 'accuracy' is '0.5', expected float | None"),
        ({"groups_trained": 1.5}, "field 'groups_trained' is 1.5, expected int"),
        ({"loss": True}, "field 'loss' is True"),
        ({"stops": []}, "field 'stops' is [], expected dict[str, int]"),
        ({"acuracy": 0.5}, "unknown field 'acuracy'"),
    ],
)
def test_a_row_that_does_not_fit_names_file_line_and_field(
    tmp_path: Path, rows: list[IterationMetrics], change: dict[str, object], message: str
) -> None:
    lines = [json.dumps(rows[0].to_dict()), json.dumps({**rows[1].to_dict(), **change})]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError) as caught:
        read_metrics(tmp_path)
    assert message in str(caught.value)
    assert f"{tmp_path / 'metrics.jsonl'}:2" in str(caught.value)


def test_a_missing_field_is_named(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    row = rows[0].to_dict()
    del row["grad_norm"]
    (tmp_path / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match="'grad_norm' is missing"):
        read_metrics(tmp_path)


def test_a_damaged_line_before_the_last_is_an_error_that_names_it(tmp_path: Path, rows: list[IterationMetrics]) -> None:
    (tmp_path / "metrics.jsonl").write_text("{torn\n" + json.dumps(rows[0].to_dict()) + "\n")
    with pytest.raises(UserError, match=r"metrics\.jsonl:1: not a JSON object"):
        read_metrics(tmp_path)
