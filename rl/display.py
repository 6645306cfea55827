"""A run as one watches it.

In: one `IterationMetrics` an iteration, status texts, evaluation rows. Out: on a terminal one live panel; in
a pipe, a log file or CI one plain line an iteration and an evaluation, without control characters.

Invariants: at most four refreshes a second; showing never changes the run: a fault while drawing is told
once and drawing stops, and an exception of the run passes through unchanged.
"""

from __future__ import annotations

import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rl.metrics import IterationMetrics

if TYPE_CHECKING:
    from rl.sft import SFTStep

REFRESHES_PER_SECOND = 4
RECENT = 10  # iterations over which the time left is reckoned
BLOCKS = "▁▂▃▄▅▆▇█"


class Display:
    """What both displays share: where to draw, when, and what happens when drawing fails."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic):
        if console is None:
            tty = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
            console = Console(force_terminal=tty, no_color=not tty, soft_wrap=not tty)
        self.console = console
        self._clock = clock
        self._started = clock()
        self._status = "starting"
        self._live: Live | None = None
        self._broken = False

    @property
    def plain(self) -> bool:
        return not self.console.is_terminal or self.console.is_dumb_terminal

    @property
    def elapsed(self) -> float:
        return self._clock() - self._started

    def __enter__(self) -> Self:
        self._started = self._clock()
        if not self.plain:
            self._live = Live(get_renderable=self._render, console=self.console, refresh_per_second=REFRESHES_PER_SECOND)
            self._guarded(self._live.start)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        live, self._live = self._live, None
        if live is not None:
            if kind is not None:
                self._status = f"stopped: {_one_line(str(error)) or kind.__name__}"
            with suppress(Exception):  # the terminal may be gone; the run's own error must be the one that is seen
                live.stop()

    def panel(self) -> RenderableType:
        """What the terminal shows now."""
        raise NotImplementedError

    def _line(self, text: str) -> None:
        self._guarded(lambda: self.console.print(Text(text), soft_wrap=True, highlight=False))

    def _guarded(self, draw: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            draw()
        except Exception as fault:
            self._broken = True
            with suppress(Exception):
                print(
                    f"display: drawing failed and is off from here on; the run goes on ({type(fault).__name__}: {fault})", file=sys.stderr
                )

    def _render(self) -> RenderableType:
        """Called by the refreshing thread, where an exception would end the panel in silence."""
        if self._broken:
            return Text("")
        try:
            return self.panel()
        except Exception as fault:
            return Text(f"display: cannot draw ({type(fault).__name__}: {fault}); the run goes on")


class RunDisplay(Display):
    """Shows a run called `name` of `total` iterations. Use as a context manager.

    `done`: iterations finished before this process (a resumed run). `console` and `clock` are for tests.
    """

    def __init__(
        self, name: str, total: int, *, done: int = 0, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ):
        super().__init__(console, clock)
        self.name, self.total, self.done = name, total, done
        self._history: list[IterationMetrics] = []
        self._evaluation: Mapping[str, Any] | None = None

    def update(self, metrics: IterationMetrics) -> None:
        """An iteration is done."""
        self._history.append(metrics)
        self.done = metrics.iteration + 1
        if self.plain:
            self._line(plain_line(metrics, self.total, self._left()))

    def evaluation(self, row: Mapping[str, Any]) -> None:
        """A periodic evaluation is done; the row is the one written to evals.jsonl."""
        self._evaluation = dict(row)
        if self.plain:
            self._line(f"held-out {evaluation_line(row)}")

    def status(self, text: str) -> None:
        """What is going on now. In plain output only until the first iteration ends: one line an iteration after that."""
        text = _one_line(text)
        if self.plain and not self._history and text != self._status:
            self._line(text)
        self._status = text

    def panel(self) -> RenderableType:
        return render_panel(self.name, self.total, self.done, self._status, self._history, self._evaluation, self.elapsed, self._left())

    def _left(self) -> float | None:
        """Seconds to go, from the median of the latest iterations; None before the first."""
        recent = [row.seconds["total"] for row in self._history[-RECENT:] if "total" in row.seconds]
        return statistics.median(recent) * (self.total - self.done) if recent else None


class SFTDisplay(Display):
    """Shows a warm-up of `total` steps: one panel, or about twenty plain lines."""

    def __init__(self, total: int, *, console: Console | None = None, clock: Callable[[], float] = time.monotonic):
        super().__init__(console, clock)
        self.total = total
        self._losses: list[float] = []
        self._tokens = 0
        self._last: SFTStep | None = None

    def update(self, step: SFTStep) -> None:
        """A step is done; steps count from 0 and `step.seconds` from the start of the first."""
        self._losses.append(step.loss)
        self._tokens += step.tokens
        self._last = step
        done = step.step + 1
        if self.plain and (done == self.total or done % max(1, self.total // 20) == 0):
            self._line(f"step {done}/{self.total} | {' | '.join(self._facts(step).values())} | about {clock(self._left(step))} left")

    def panel(self) -> RenderableType:
        step = self._last
        facts = _facts_table()
        if step is not None:
            for name, value in self._facts(step).items():
                facts.add_row(name, Text(value))
            width = 48
            shown = self._losses[:: max(1, len(self._losses) // width)][-width:]
            facts.add_row(
                "", Text(sparkline([loss / max(self._losses) for loss in shown] if max(self._losses) > 0 else [], width), style="cyan")
            )
        done = step.step + 1 if step is not None else 0
        top = _progress(f"{done}/{self.total} steps", done, self.total, self.elapsed, self._left(step) if step is not None else None)
        return Panel(Group(top, Text(""), facts), title=Text("warm-up"), title_align="left", border_style="blue")

    def _facts(self, step: SFTStep) -> dict[str, str]:
        recent = self._losses[-RECENT:]
        speed = f", {self._tokens / step.seconds:,.0f} answer tokens/s" if step.seconds > 0 else ""
        span = f"mean of the last {len(recent)} steps, {min(recent):.4f} to {max(recent):.4f}"
        return {
            "loss": f"loss {statistics.fmean(recent):.4f} nats per answer token ({span})",
            "speed": f"learning rate {step.learning_rate:.1e}{speed}",
        }

    def _left(self, step: SFTStep) -> float:
        return step.seconds / (step.step + 1) * (self.total - step.step - 1)


def _progress(title: str, done: int, total: int, elapsed: float, left: float | None) -> Table:
    top = Table.grid(padding=(0, 1), expand=True)
    top.add_column(no_wrap=True)
    top.add_column(ratio=1)
    top.add_column(no_wrap=True, justify="right")
    times = f"{clock(elapsed)} gone" + (f", about {clock(left)} left" if left is not None else "")
    top.add_row(Text(title, style="bold"), ProgressBar(total=max(total, 1), completed=done), Text(times))
    return top


def _facts_table() -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    return facts


def render_panel(
    name: str,
    total: int,
    done: int,
    status: str,
    history: Sequence[IterationMetrics],
    evaluation: Mapping[str, Any] | None,
    elapsed: float,
    left: float | None,
) -> RenderableType:
    """The live panel, a pure function of what is known."""
    top = _progress(f"{done}/{total} iterations", done, total, elapsed, left)
    facts = _facts_table()
    if history:
        last = history[-1]
        facts.add_row("accuracy", Text(estimate(last.accuracy, last.accuracy_low, last.accuracy_high) + f"  n {last.accuracy_n} responses"))
        facts.add_row("", Text(sparkline([row.accuracy for row in history], 48), style="cyan"))
        facts.add_row("reward", Text(estimate(last.reward_mean, last.reward_low, last.reward_high)))
        facts.add_row("length", Text(_length(last)))
        facts.add_row("segments end", Text(counts(last.stops)))
        ended = f"{last.trajectories_finished} finished, {last.trajectories_carried} carried over"
        facts.add_row("responses", Text(f"{ended}, {last.trained_trajectories} trained ({last.phase} problems)"))
        if last.tokens_per_second is not None:
            facts.add_row("speed", Text(f"{last.tokens_per_second:,.0f} tokens/s; {last.seconds.get('total', 0.0):.1f} s an iteration"))
    if evaluation is not None:
        facts.add_row("held-out", Text(evaluation_line(evaluation)))
    facts.add_row("now", Text(status))
    return Panel(Group(top, Text(""), facts), title=Text(name), title_align="left", border_style="blue")


def plain_line(metrics: IterationMetrics, total: int, left: float | None) -> str:
    parts = [
        f"iteration {metrics.iteration} ({metrics.iteration + 1}/{total})",
        f"reward {estimate(metrics.reward_mean, metrics.reward_low, metrics.reward_high)}",
        f"accuracy {estimate(metrics.accuracy, metrics.accuracy_low, metrics.accuracy_high)} n {metrics.accuracy_n}",
        f"length {_length(metrics)}",
        f"stops {counts(metrics.stops)}",
    ]
    if metrics.tokens_per_second is not None:
        parts.append(f"{metrics.tokens_per_second:,.0f} tokens/s")
    if "total" in metrics.seconds:
        parts.append(f"{metrics.seconds['total']:.1f} s")
    if left is not None:
        parts.append(f"about {clock(left)} left")
    return _one_line(" | ".join(parts))


def evaluation_line(row: Mapping[str, Any]) -> str:
    count = f"{row['n']} problems x {row.get('samples_per_problem', 1)}"
    more = f", {row['tokens']:.1f} tokens a response" if isinstance(row.get("tokens"), int | float) else ""
    when = f"after iteration {row['iteration']}" if row["iteration"] >= 0 else "before the first iteration"
    return _one_line(f"{when}: accuracy {estimate(row['accuracy'], row['low'], row['high'])} ({count}){more}")


def estimate(mean: float | None, low: float | None, high: float | None) -> str:
    if mean is None:
        return "not measured"
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]" if low is not None and high is not None else f"{mean:.3f} [no interval]"


def counts(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value) or "none"


def clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Shares in [0, 1] as blocks, the latest `width` of them; a blank where nothing was measured."""
    shown = values[-width:]
    return "".join(
        " " if value is None or not math.isfinite(value) else BLOCKS[round(min(max(value, 0.0), 1.0) * (len(BLOCKS) - 1))]
        for value in shown
    )


def _length(metrics: IterationMetrics) -> str:
    if metrics.length_mean is None:
        return "not measured"
    middle = (
        f" (middle 95 %: {metrics.length_p2_5:.0f} to {metrics.length_p97_5:.0f})"
        if metrics.length_p2_5 is not None and metrics.length_p97_5 is not None
        else ""
    )
    return f"{metrics.length_mean:.1f} tokens{middle}"


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).strip()
