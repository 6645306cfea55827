"""A program ready to run, and what a run's end says about it.

In: a language and a source. Out: a `Program` that makes jobs, or why it cannot be compiled. Plans are generators: they
yield the jobs they want run and are sent the results, so that one driver can run many of them together.
"""

from __future__ import annotations

import signal
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rewards.code import languages
from rewards.sandbox.job import Ending, Job, Limits, RunResult
from rewards.verdict import Status

_T = TypeVar("_T")
Plan = Generator[list[Job], list[RunResult], _T]

COMPILE = Limits(wall_seconds=120.0, cpu_seconds=40.0, memory_mb=2048, processes=128, output_kb=256, file_mb=64, disk_mb=256)


@dataclass(frozen=True, slots=True)
class Found:
    """What one test found. `score` is 1 for correct and 0 otherwise unless a checker grades."""

    status: Status
    reason: str = ""
    score: float | None = None

    @property
    def points(self) -> float:
        return self.score if self.score is not None else float(self.status is Status.CORRECT)


@dataclass(frozen=True, slots=True)
class Program:
    """Compiled where the language is compiled."""

    chain: languages.Toolchain
    files: Mapping[str, bytes] = field(default_factory=dict)
    python: str | None = None

    def job(self, stdin: bytes, limits: Limits, image: str) -> Job:
        if self.python is not None:
            return Job(python=self.python, stdin=stdin, limits=limits, image=image)
        return Job(argv=shell(self.chain.run), files=self.files, stdin=stdin, limits=self.limits(limits), image=image)

    def limits(self, limits: Limits) -> Limits:
        """The program's own limits, and what its runtime takes on top."""
        chain = self.chain
        return replace(
            limits,
            memory_mb=limits.memory_mb + chain.memory_mb,
            cpu_seconds=limits.cpu_seconds + chain.cpu_seconds,
            processes=limits.processes + chain.processes,
        )


class ToolchainMissing(RuntimeError):
    """A language's programs are not on this machine: the verifier cannot judge, and the program is not to blame."""


def shell(line: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", f"PATH={languages.SEARCH}; LANG=C.UTF-8; export PATH LANG; {line}")


def build(language: str, source: str, image: str = "host") -> Plan[Program | Found]:
    """Compile `source`; a `Found` says why it cannot be. Raises ToolchainMissing."""
    found = languages.find(language)
    chain = found.toolchain
    if chain is None:
        if image == "host":
            raise ToolchainMissing(f"no toolchain for {language}: install {' or '.join(found.missing)}")
        chain = next(one for one in languages.TOOLCHAINS if one.language == language)
    if language == "python":
        return Program(chain, python=source)
    try:
        data = source.encode()
    except UnicodeEncodeError:
        return Found(Status.WRONG, "the program holds half a surrogate pair")
    name = languages.java_file(source) if language == "java" else chain.source
    if not chain.compile:
        return Program(chain, {name: data})
    line = chain.compile.replace("$SOURCE", name)
    job = Job(argv=shell(line), files={name: data}, limits=COMPILE, collect=(chain.artifact,), image=image)
    (result,) = yield [job]
    end = ended(result, job.limits)
    if end is None and chain.artifact in result.collected:
        return Program(chain, {chain.artifact: result.collected[chain.artifact]})
    if end is not None and end.status is Status.ERROR:
        return end
    if result.ending is Ending.EXITED:
        return Found(Status.WRONG, f"does not compile: {_first_error(result)}")
    assert end is not None, "a run that was not exited has an end"
    return Found(end.status, f"does not compile: {end.reason}")


def _first_error(result: RunResult) -> str:
    rows = [row for row in excerpts(result.stderr + b"\n" + result.stdout) if row]
    return next((row for row in rows if "error" in row.lower()), rows[0] if rows else "no message")


def ended(result: RunResult, limits: Limits) -> Found | None:
    """What the end of a run says by itself; None when it ended well."""
    if result.clean:
        return None
    ending = result.ending
    if ending is Ending.FAULT:
        return Found(Status.ERROR, f"the sandbox failed: {result.detail or 'no detail'}")
    if ending is Ending.WALL:
        return Found(Status.TIMEOUT, f"not done after {limits.wall_seconds:g} s")
    if ending is Ending.CPU:
        return Found(Status.TIMEOUT, f"more than {limits.cpu_seconds:g} s of CPU time")
    if ending is Ending.EXITED:
        said = [row for row in excerpts(result.stderr) if row]
        return Found(Status.WRONG, f"exit code {result.exit_code}" + (f": {said[-1]}" if said else ""))
    if ending is Ending.SIGNALED:
        return Found(Status.WRONG, f"killed by {_signal_name(result.signal)}")
    limit = {
        Ending.MEMORY: f"more than {limits.memory_mb} MiB of memory",
        Ending.PROCESSES: f"more than {limits.processes} processes",
        Ending.OUTPUT: f"more than {limits.output_kb} KiB of output",
        Ending.FILE: f"a file of more than {limits.file_mb} MiB",
        Ending.DISK: f"more than {limits.disk_mb} MiB of files",
    }
    return Found(Status.WRONG, limit.get(ending, str(ending)))


def _signal_name(number: int | None) -> str:
    try:
        return signal.Signals(number or 0).name
    except ValueError:
        return f"signal {number}"


def excerpts(output: bytes, width: int = 160) -> list[str]:
    """The last rows of what a program said, short and printable."""
    rows = output[-4096:].decode("utf-8", "replace").splitlines()
    return ["".join(char if char.isprintable() else " " for char in row).strip()[:width] for row in rows]


def together(plans: Sequence[Plan[_T]]) -> Plan[list[_T]]:
    """Run plans side by side: each step runs the jobs that all of them want."""
    done: dict[int, _T] = {}
    wants: dict[int, list[Job]] = {}

    def step(number: int, results: list[RunResult] | None) -> None:
        wants.pop(number, None)
        try:
            wants[number] = next(plans[number]) if results is None else plans[number].send(results)
        except StopIteration as stop:
            done[number] = stop.value

    for number in range(len(plans)):
        step(number, None)
    while wants:
        batch = dict(wants)
        results = yield [job for jobs in batch.values() for job in jobs]
        at = 0
        for number, jobs in batch.items():
            step(number, results[at : at + len(jobs)])
            at += len(jobs)
    return [done[number] for number in range(len(plans))]
