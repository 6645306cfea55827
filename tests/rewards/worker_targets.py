"""What the workers of `test_workers.py` call: one function, told what to do."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import Any

from rewards.workers import WorkerPool

seen = 0


def act(order: tuple[str, Any]) -> Any:
    global seen
    seen += 1
    what, value = order
    match what:
        case "square":
            return value * value
        case "spin":
            while True:
                pass
        case "sleep":
            time.sleep(value)
        case "allocate":
            return len(bytearray(value << 20))
        case "raise":
            raise LookupError(value)
        case "segfault":
            ctypes.string_at(0)
        case "exit":
            sys.exit(value)
        case "recurse":
            return act(order)
        case "unpicklable":
            return lambda: None
        case "unreadable":
            return Unreadable()
        case "pid":
            return os.getpid()
        case "seen":
            return seen
        case "hash":
            return hash(value), [*{"a", "b", "c", "d"}]
        case "touch":
            with Path(value).open("a") as handle:
                handle.write("x")
    return None


class Unreadable:
    def __reduce__(self) -> Any:
        return (__import__, ("no_such_module_anywhere",))


def spend(seconds: float) -> bool:
    """Use that much processor time."""
    begun = time.process_time()
    while time.process_time() - begun < seconds:
        pass
    return True


_inner: WorkerPool | None = None


def nest(target: str) -> tuple[int, int]:
    """This worker, and a worker of its own."""
    global _inner
    _inner = WorkerPool(target, workers=1)
    return os.getpid(), _inner.submit(("pid", 0), deadline=10).result()
