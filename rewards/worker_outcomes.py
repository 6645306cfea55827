"""What can become of an item that a worker was given, and how often it did. Picklable: they cross process borders."""

from __future__ import annotations

from dataclasses import dataclass

from openk15.errors import RunError


class WorkerFailure(RunError):
    """Why an item has no result."""


class WorkerTimeout(WorkerFailure):
    """The item passed its deadline and its worker was killed."""


class WorkerDied(WorkerFailure):
    """The worker's process ended in the middle of the item: a crash, a kill, or no memory left."""


class WorkerRaised(WorkerFailure):
    """The target raised; the message is `Type: message`, `kind` the exception's type name."""

    def __init__(self, message: str, kind: str = "Exception"):
        super().__init__(message, kind)
        self.kind = kind

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass
class Counts:
    """What happened since the pool was made."""

    done: int = 0
    raised: int = 0
    timeouts: int = 0
    died: int = 0
    forked: int = 0
    recycled: int = 0
