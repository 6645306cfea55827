from __future__ import annotations

import dataclasses
import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from rl.display import REFRESHES_PER_SECOND, RunDisplay, SFTDisplay, sparkline
from rl.metrics import IterationMetrics, read_metrics
from rl.sft import SFTStep

from .fake_run import make_fake_run

EVALUATION = {"iteration": 1, "accuracy": 0.625, "low": 0.5, "high": 0.75, "n": 100, "samples_per_problem": 2, "tokens": 33.25}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[IterationMetrics]:
    return read_metrics(make_fake_run(tmp_path_factory.mktemp("run"), iterations=3).run)


def pipe() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=False, width=80), stream


def terminal() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(
        file=stream, force_terminal=True, width=110, height=40, legacy_windows=False, _environ={"TERM": "xterm-256color"}
    ), stream


def test_a_pipe_gets_one_line_an_iteration_without_control_characters(rows: list[IterationMetrics]) -> None:
    console, stream = pipe()
    with RunDisplay("demo", 5, console=console) as display:
        display.status("starting\x1b[31m workers\r\nnow")
        for row in rows:
            display.status(f"iteration {row.iteration}: sampling")
            display.update(row)
        display.evaluation(EVALUATION)
    text = stream.getvalue()
    assert all(character == "\n" or character.isprintable() for character in text)
    lines = text.splitlines()
    assert lines[0] == "starting [31m workers  now"
    assert lines[1] == "iteration 0: sampling"
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["iteration 0 (1/5)", "iteration 1 (2/5)", "iteration 2 (3/5)"]
    assert lines[5:] == ["held-out after iteration 1: accuracy 0.625 [0.500, 0.750] (100 problems x 2), 33.2 tokens a response"]


def test_a_plain_line_tells_every_number_with_interval_and_count(rows: list[IterationMetrics]) -> None:
    row = dataclasses.replace(
        rows[0], accuracy=0.5, accuracy_low=0.25, accuracy_high=0.75, accuracy_n=96, reward_mean=0.4, reward_low=0.3, reward_high=0.5,
        length_mean=24.0, length_p2_5=8.0, length_p97_5=60.0, stops={"eos": 90, "budget": 6, "abort": 0}, tokens_per_second=1234.0,
        seconds={"total": 12.0},
    )  # fmt: skip
    console, stream = pipe()
    with RunDisplay("demo", 11, console=console) as display:
        display.update(row)
    assert stream.getvalue() == (
        "iteration 0 (1/11) | reward 0.400 [0.300, 0.500] | accuracy 0.500 [0.250, 0.750] n 96 | length 24.0 tokens (middle 95 %: 8 to 60) "
        "| stops eos 90, budget 6 | 1,234 tokens/s | 12.0 s | about 2:00 left\n"
    )


def test_an_iteration_in_which_nothing_finished_is_shown_as_not_measured(rows: list[IterationMetrics]) -> None:
    empty = dataclasses.replace(
        rows[0], accuracy=None, accuracy_low=None, accuracy_high=None, accuracy_n=0, reward_mean=None, reward_low=None, reward_high=None,
        length_mean=None, length_p2_5=None, length_p97_5=None, stops={}, tokens_per_second=None, seconds={},
    )  # fmt: skip
    console, stream = pipe()
    live, shown = terminal()
    for target in (console, live):
        with RunDisplay("demo", 5, console=target) as display:
            display.update(empty)
    assert stream.getvalue() == "iteration 0 (1/5) | reward not measured | accuracy not measured n 0 | length not measured | stops none\n"
    assert "not measured" in shown.getvalue()


def test_a_terminal_gets_one_panel_with_progress_results_and_times(rows: list[IterationMetrics]) -> None:
    now = [100.0]
    console, stream = terminal()
    with RunDisplay("demo run", 5, console=console, clock=lambda: now[0]) as display:
        for row in rows:
            display.update(dataclasses.replace(row, seconds={**row.seconds, "total": 30.0}))
        display.evaluation(EVALUATION)
        display.status("publishing weights")
        now[0] = 190.0
    last = stream.getvalue().rpartition("demo run")[2]
    for expected in (
        "3/5 iterations",
        "1:30 gone",
        "about 1:00 left",
        "after iteration 1: accuracy 0.625 [0.500, 0.750]",
        "publishing weights",
        f"n {rows[-1].accuracy_n} responses",
    ):
        assert expected in last
    assert f"{rows[-1].accuracy:.3f} [{rows[-1].accuracy_low:.3f}" in last


def test_a_terminal_is_refreshed_no_more_than_four_times_a_second(rows: list[IterationMetrics]) -> None:
    console, stream = terminal()
    start = time.monotonic()
    with RunDisplay("demo", 5, console=console) as display:
        while time.monotonic() - start < 1.0:
            display.update(rows[0])
            display.status("busy")
            time.sleep(0.001)
    seconds = time.monotonic() - start
    frames = stream.getvalue().count("iterations")
    assert 2 <= frames <= REFRESHES_PER_SECOND * seconds + 2  # one frame as it starts, one as it stops


@pytest.mark.parametrize("make", [pipe, terminal])
def test_an_exception_of_the_run_passes_through(make, rows: list[IterationMetrics]) -> None:
    console, _ = make()

    def run() -> None:
        with RunDisplay("demo", 5, console=console) as display:
            display.update(rows[0])
            raise RuntimeError("worker stayed dead")

    with pytest.raises(RuntimeError, match="worker stayed dead"):
        run()


class BrokenPipe(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError("reader went away")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_that_goes_away_neither_stops_the_run_nor_hides_its_error(
    is_terminal: bool, rows: list[IterationMetrics], capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(file=BrokenPipe(), force_terminal=is_terminal, _environ={"TERM": "xterm"})
    display = RunDisplay("demo", 5, console=console)

    def run() -> None:
        with display:
            display.update(rows[0])
            display.update(rows[1])
            raise ValueError("the run's own")

    with pytest.raises(ValueError, match="the run's own"):
        run()
    assert display.done == 2
    assert capsys.readouterr().err.count("drawing failed") == 1


def test_a_resumed_run_starts_from_what_is_done() -> None:
    console, stream = terminal()
    with RunDisplay("demo", 40, done=17, console=console):
        pass
    assert "17/40 iterations" in stream.getvalue()


def test_sparkline_spans_the_share_and_leaves_gaps() -> None:
    assert sparkline([0.0, None, 0.5, 1.0, float("nan")], 10) == "▁ ▅█ "
    assert sparkline([0.0] * 5 + [1.0] * 3, 3) == "███"


def test_standard_output_that_is_no_terminal_is_plain_even_when_colours_are_forced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: list[IterationMetrics]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with (tmp_path / "log").open("w") as handle:
        monkeypatch.setattr("sys.stdout", handle)
        with RunDisplay("demo", 5) as display:
            display.update(rows[0])
    text = (tmp_path / "log").read_text()
    assert text.count("\n") == 1
    assert "\x1b" not in text


def sft_steps(count: int) -> list[SFTStep]:
    return [SFTStep(step, 2.0 / (step + 1), 300, 1e-3, 0.5 * (step + 1)) for step in range(count)]


def test_a_warm_up_in_a_pipe_prints_about_twenty_lines_and_the_last_step() -> None:
    console, stream = pipe()
    with SFTDisplay(205, console=console) as display:
        for step in sft_steps(205):
            display.update(step)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("step 10/205 | loss 0.5858 nats per answer token (mean of the last 10 steps, 0.2000 to 2.0000)")
    assert lines[0].endswith("| learning rate 1.0e-03, 600 answer tokens/s | about 1:38 left")
    assert lines[-1].startswith("step 205/205 |")


def test_a_warm_up_on_a_terminal_is_one_panel() -> None:
    console, stream = terminal()
    with SFTDisplay(10, console=console) as display:
        for step in sft_steps(4):
            display.update(step)
    last = stream.getvalue().rpartition("warm-up")[2]
    for expected in ("4/10 steps", "about 0:03 left", "600 answer tokens/s", "█"):
        assert expected in last


def test_a_warm_up_whose_loss_is_zero_is_drawn() -> None:
    console, stream = terminal()
    with SFTDisplay(2, console=console) as display:
        display.update(SFTStep(0, 0.0, 1, 0.0, 0.0))
    assert "cannot draw" not in stream.getvalue()
    assert "1/2 steps" in stream.getvalue()
