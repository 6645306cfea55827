"""Progress of the warm-up: a bar on a terminal, one plain line every fifty steps elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rl.sft import SFTStep

EVERY = 50


class SFTProgress:
    def __init__(self, steps: int, console: Console | None = None):
        self._steps = steps
        self._console = console or Console()
        columns = (
            TextColumn("warm-up"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f} nats/token"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=self._console, refresh_per_second=4) if self._console.is_terminal else None
        self._task = self._bar.add_task("warm-up", total=steps, loss=float("nan")) if self._bar else None

    def __enter__(self) -> SFTProgress:
        if self._bar:
            self._bar.start()
        return self

    def update(self, step: SFTStep) -> None:
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=step.step + 1, loss=step.loss)
        elif (step.step + 1) % EVERY == 0 or step.step + 1 == self._steps:
            self._console.print(f"warm-up step {step.step + 1}/{self._steps}  loss {step.loss:.4f} nats/token  {step.seconds:.0f} s")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()
