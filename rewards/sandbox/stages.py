"""Several runs that belong together (K120): compile, run, look at what came back, run again.

Each stage is a sandboxed run of its own; what passes from one to the next is named files, as bytes. The caller decides,
from a stage's result, what the next one is, so a model's edits between two stages are stages like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from rewards.sandbox.job import Job, RunResult, Sandbox

Stage = Job | Callable[[RunResult | None], Job]


def run_stages(sandbox: Sandbox, stages: Iterable[Stage], *, go_on: bool = False) -> Iterator[RunResult]:
    """Yield the result of each stage; stop after the first that is not clean, unless `go_on`.

    A stage is a Job, or a function of the last result that makes one. Files that a stage collected are handed to the
    next one, whose own files win where names meet.
    """
    last: RunResult | None = None
    for stage in stages:
        job = stage(last) if callable(stage) else stage
        if last is not None and last.collected:
            job = replace(job, files={**last.collected, **job.files})
        last = sandbox.run(job)
        yield last
        if not (last.clean or go_on):
            return
