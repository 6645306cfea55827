"""Killable workers: for calls that may hang, crash or eat memory. No signals: usable from any thread and from asyncio.

In: "module:function" and items, each one picklable argument. Out: for every item its result or why there is none.

    with WorkerPool("rewards.math.equal:compare", workers=2) as pool:
        outcomes = pool.map(pairs, deadline=1.0)          # result | WorkerTimeout | WorkerDied | WorkerRaised, in order
        future = pool.submit(pair, deadline=1.0)          # .result() raises those; asyncio.wrap_future(future) awaits

One daemon thread owns every socket, deadline and process; `submit` only pickles and queues. Invariants:

- every submitted item ends in exactly one outcome; an item that waits behind a death is given to another worker
- a deadline is processor time of the worker, so that a busy machine changes no outcome; a call that uses none
  (asleep, blocked) is cut off at `patience` times the deadline of wall time
- a worker past its deadline is killed with SIGKILL; a new one is a fork of a process that has imported the target
- a worker is replaced after `recycle_after` items, so that memory stays flat
- all workers hash strings alike in every run: same item, same outcome
- a forked copy of the pool starts workers of its own; workers end when the pool's process does
"""

from __future__ import annotations

import atexit
import math
import os
import pickle
import threading
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any

from rewards.worker_manager import Item, Manager
from rewards.worker_outcomes import Counts, WorkerDied, WorkerFailure, WorkerRaised, WorkerTimeout
from rewards.worker_process import in_worker

__all__ = ["Counts", "WorkerDied", "WorkerFailure", "WorkerPool", "WorkerRaised", "WorkerTimeout", "in_worker"]


class WorkerPool:
    """See the module's docstring.

    target         "package.module:function"; imported in the workers, never here
    workers        processes that work at a time
    memory_mb      MiB of address space a worker may take beyond what its imports took
    recycle_after  items after which a worker is replaced
    patience       wall seconds per second of deadline that a call without progress may take
    preload        further modules to import in the workers first
    """

    def __init__(
        self,
        target: str,
        *,
        workers: int,
        memory_mb: int = 1024,
        recycle_after: int = 10_000,
        patience: float = 4.0,
        preload: Sequence[str] = (),
    ):
        module, colon, name = target.partition(":")
        if not (module and colon and name):
            raise ValueError(f"target {target!r}: expected 'package.module:function'")
        for what, value in (("workers", workers), ("memory_mb", memory_mb), ("recycle_after", recycle_after)):
            if value < 1:
                raise ValueError(f"{what} must be at least 1, got {value}")
        if not patience >= 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        self.workers = workers
        self._settings = (target, workers, memory_mb, recycle_after, patience, tuple(preload))
        self._closed = False
        self._lock = threading.Lock()
        self._manager = Manager(*self._settings)
        self._finalizer = weakref.finalize(self, Manager.stop, self._manager)
        self._finalizer.atexit = False  # the managers' own atexit is enough
        _POOLS.add(self)

    @property
    def counts(self) -> Counts:
        return self._manager.counts

    @property
    def waiting(self) -> int:
        """Items that have no outcome yet."""
        return self._manager.waiting

    def start(self) -> None:
        """Import the target now, beside the caller; without it the first `submit` does."""
        self._manager.start()

    @property
    def ready(self) -> bool:
        """The target is imported: workers can be had."""
        return self._manager.ready

    def pids(self) -> list[int]:
        return [worker.pid for worker in list(self._manager.workers)]

    def submit(self, item: Any, deadline: float) -> Future[Any]:
        """Queue one item; `deadline` is in seconds of the worker's processor time. Raises what pickling the item raises."""
        if not 0 < deadline < math.inf:
            raise ValueError(f"deadline must be positive and finite, got {deadline}")
        entry = Item(pickle.dumps(item, pickle.HIGHEST_PROTOCOL), deadline, Future())
        with self._lock:
            if self._closed:
                raise RuntimeError("the worker pool is closed")
            self._manager.put(entry)
        return entry.future

    def map(self, items: Iterable[Any], deadline: float) -> list[Any]:
        """Outcomes in the order of the items; failures are values (`WorkerFailure`), not raised."""
        outcomes: list[Any] = []
        for future in [self.submit(item, deadline) for item in items]:
            failure = future.exception()
            outcomes.append(failure if failure is not None else future.result())
        return outcomes

    def close(self) -> None:
        """Kill the workers; what has no outcome yet ends as WorkerDied. May be called again."""
        with self._lock:
            self._closed = True
        self._manager.stop()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _after_fork(self) -> None:
        """In a forked child: let go of the parent's sockets and start anew when asked."""
        self._lock = threading.Lock()
        self._finalizer.detach()
        self._manager.abandon()
        self._manager = Manager(*self._settings)
        self._finalizer = weakref.finalize(self, Manager.stop, self._manager)
        self._finalizer.atexit = False


_POOLS: weakref.WeakSet[WorkerPool] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for pool in list(_POOLS):
        pool._after_fork()


def _close_all() -> None:
    for pool in list(_POOLS):
        pool.close()


os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_close_all)
