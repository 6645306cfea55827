"""What a sandbox is asked and what it answers. Frozen records; nothing here starts a process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Ending(StrEnum):
    """How a run ended; each limit has its own."""

    EXITED = "exited"  # by itself; look at exit_code
    SIGNALED = "signaled"  # died of a signal that no limit explains
    WALL = "wall"
    CPU = "cpu"
    MEMORY = "memory"
    PROCESSES = "processes"
    OUTPUT = "output"  # stdout or stderr passed its cap
    FILE = "file"  # one file passed file_mb
    DISK = "disk"  # the work folder is full
    FAULT = "fault"  # the sandbox's own failure: `detail` says what; never the program's


@dataclass(frozen=True, slots=True)
class Limits:
    wall_seconds: float = 10.0
    cpu_seconds: float = 5.0
    memory_mb: int = 512
    processes: int = 64  # tasks (processes and threads) at a time
    output_kb: int = 1024  # stdout; stderr is capped at a sixteenth of it and cut, not punished
    file_mb: int = 32
    disk_mb: int = 64

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if not getattr(self, name) > 0:
                raise ValueError(f"Limits.{name} must be positive, got {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True)
class Job:
    """One run. Exactly one of `python` (source, run as __main__ by the fast path where there is one) and `argv`."""

    python: str | None = None
    argv: Sequence[str] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)  # name in the work folder -> content; no path separators
    stdin: bytes = b""
    limits: Limits = Limits()
    collect: Sequence[str] = ()  # files of the work folder to hand back, if they exist and are regular
    image: str = "host"  # a named root file system; "host" is this machine's, read-only

    def __post_init__(self) -> None:
        if (self.python is None) == (not self.argv):
            raise ValueError("a Job has either python source or an argv, not both and not neither")
        for name in (*self.files, *self.collect):
            if not name or "/" in name or "\0" in name or name in (".", ".."):
                raise ValueError(f"Job file {name!r}: a plain file name is needed")


@dataclass(frozen=True, slots=True)
class RunResult:
    ending: Ending
    exit_code: int | None  # when it exited
    signal: int | None  # when a signal ended it
    stdout: bytes
    stderr: bytes  # at most its cap
    wall_seconds: float
    cpu_seconds: float
    memory_mb: float  # peak, 0.0 where it cannot be measured
    collected: Mapping[str, bytes] = field(default_factory=dict)
    detail: str = ""  # one line for a person

    @property
    def clean(self) -> bool:
        return self.ending is Ending.EXITED and self.exit_code == 0


class Sandbox(Protocol):
    """Runs jobs; safe to call from several threads. Nothing of a run survives it."""

    name: str

    def run(self, job: Job) -> RunResult: ...
    def run_many(self, jobs: Sequence[Job]) -> list[RunResult]: ...
    def close(self) -> None: ...
