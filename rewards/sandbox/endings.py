"""How a run ended, from its facts: a pure function, so that the same facts always give the same ending.

The facts are those of jail/main.py: times, the program's wait status, counters of the cgroup, which limit stopped it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from rewards.sandbox.job import Ending, Limits, RunResult

SIGXCPU, SIGXFSZ = 24, 25


def make_result(
    facts: Mapping[str, Any], limits: Limits, stdout: bytes = b"", stderr: bytes = b"", collected: Mapping[str, bytes] | None = None
) -> RunResult:
    """The verdict on a run, from facts alone and in a fixed order, so that load and chance do not choose among limits."""
    ending, detail = ending_of(facts, limits)
    status = facts.get("status")
    exited = status is not None and os.WIFEXITED(status)
    code = os.WEXITSTATUS(status) if exited and status is not None else None
    return RunResult(
        ending=ending,
        exit_code=code if ending is Ending.EXITED else None,
        signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
        stdout=stdout,
        stderr=stderr,
        wall_seconds=max(0.0, facts.get("ended", 0.0) - facts["started"]) if "started" in facts else 0.0,
        cpu_seconds=max(0.0, facts.get("cpu", 0.0)),
        memory_mb=facts.get("memory", 0.0),
        collected=dict(collected or {}),
        detail=detail,
    )


def ending_of(facts: Mapping[str, Any], limits: Limits) -> tuple[Ending, str]:
    """Which limit, if any, the run passed. Limits that fill up come before time: a full one leads to the other, not back."""
    stopped = facts.get("stopped")
    status = facts.get("status")
    signal = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None
    if "fault" in facts:
        return Ending.FAULT, facts["fault"]
    if facts.get("tasks_refused") or stopped == "processes":
        return Ending.PROCESSES, f"more than {limits.processes} processes and threads at a time"
    if facts.get("out_of_memory") or stopped == "memory":
        return Ending.MEMORY, f"more than {limits.memory_mb} MiB"
    if facts.get("output") or stopped == "output":
        return Ending.OUTPUT, f"more than {limits.output_kb} KiB on standard output"
    if facts.get("file") or signal == SIGXFSZ:
        return Ending.FILE, f"a file reached {limits.file_mb} MiB"
    if facts.get("disk"):
        return Ending.DISK, f"the work folder's {limits.disk_mb} MiB are full"
    if stopped == "cpu" or signal == SIGXCPU or facts.get("cpu", 0.0) > limits.cpu_seconds:
        return Ending.CPU, f"{facts.get('cpu', 0.0):.2f} s of CPU time, {limits.cpu_seconds:g} s allowed"
    elapsed = facts["ended"] - facts["started"] if "started" in facts and "ended" in facts else 0.0
    waited = facts.get("stalled", 0.0)
    if stopped == "wall" or elapsed - waited > limits.wall_seconds:
        return Ending.WALL, f"{elapsed:.2f} s, {waited:.2f} of them waiting for a processor; {limits.wall_seconds:g} s allowed"
    if stopped == "starved":
        return Ending.FAULT, f"the machine is overloaded: {facts.get('cpu', 0.0):.2f} s of CPU time in {elapsed:.1f} s"
    if status is None:
        return Ending.FAULT, "the run's first process ended without a report"
    if signal is not None:
        return Ending.SIGNALED, f"signal {signal}"
    return Ending.EXITED, ""
