"""Scores batches: every answer goes to the verifier it names, on processes that can be killed.

    (response, Answer) ──▶ route by answer.verifier ─┬─▶ worker processes      what may hang is killed
                                                     ├─▶ threads               `isolated` verifiers, and those only known here
                                                     └─▶ this thread           RewardPool() without workers
                                          verdicts, in the order of the items ◀─┘

A plain class: a unit test builds it in process, Ray places it as an actor. Stateless: any copy gives the same
verdicts. Invariants: every item gets exactly one verdict; whatever goes wrong with us (a worker killed, a verifier
that hangs, no memory, no disk) is status `error` with its cause, never a score; at most `max_waiting` items are open.

A verifier may offer two things beside `verify`: `isolated = True` says that it keeps what may hang in processes of
its own and so is called from threads here; `verify_many(items) -> list[Verdict]` judges many at once.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from openk15.errors import UserError
from rewards.registry import BUILTIN, get, names, verify
from rewards.timed_threads import GaveUp, TimedThreads
from rewards.verdict import Answer, Status, Verdict
from rewards.workers import WorkerDied, WorkerFailure, WorkerPool, WorkerTimeout

Item = tuple[str, Answer]

DEADLINE = 20.0  # seconds of processor time: far beyond what any verifier allows itself
MEMORY_MB = 2048
MAX_WAITING = 4096
# From when a thread takes the item, for a verifier that keeps its own limits: a program with many tests takes its time.
THREAD_SECONDS = 900.0


def judge(item: Item | None) -> Verdict | list[str]:
    """What the workers run; None asks which verifiers they know."""
    return names() if item is None else verify(*item)


class RewardPool:
    """See the module's docstring.

    workers      worker processes; 0: judge in the calling thread, where nothing can be killed
    deadline     seconds of processor time after which a worker is killed and its item is an `error`
    memory_mb    MiB a worker may take beyond what its imports took
    max_waiting  items open at a time; more wait their turn
    preload      modules that register further verifiers, imported here and in the workers; UserError when one cannot be
    """

    def __init__(
        self,
        workers: int = 0,
        *,
        deadline: float = DEADLINE,
        memory_mb: int = MEMORY_MB,
        max_waiting: int = MAX_WAITING,
        preload: Sequence[str] = (),
    ):
        if workers < 0 or max_waiting < 1 or not deadline > 0:
            raise ValueError(
                f"RewardPool needs workers >= 0, max_waiting >= 1 and deadline > 0, got {workers}, {max_waiting} and {deadline}"
            )
        for module in preload:
            try:
                importlib.import_module(module)
            except ImportError as error:
                raise UserError(f"module {module!r}, which is to register verifiers, cannot be imported: {error}") from error
        self.workers, self.max_waiting = workers, max_waiting
        self._deadline = deadline
        self._processes: WorkerPool | None = None
        self._threads: TimedThreads | None = None
        self._remote: frozenset[str] = frozenset()  # verifiers that the workers know
        self._lock = threading.Lock()
        if workers:
            self._processes = WorkerPool("rewards.pool:judge", workers=workers, memory_mb=memory_mb, preload=(*BUILTIN, *preload))
            self._threads = TimedThreads(max(4, 2 * workers), "verifier")

    # -- batches ---------------------------------------------------------------------------------------------

    def score(self, items: Sequence[Item]) -> list[Verdict]:
        """Verdicts in the order of the items. UserError when one names no verifier: nothing has been judged then."""
        several: dict[str, list[int]] = {}  # of verifiers that judge many at once: their items
        for at, (_, answer) in enumerate(items):
            verifier = get(answer.verifier)
            if hasattr(verifier, "verify_many") and (not self.workers or getattr(verifier, "isolated", False)):
                several.setdefault(answer.verifier, []).append(at)
        verdicts: dict[int, Verdict] = {}
        for name, places in several.items():
            verdicts.update(zip(places, verify_many(name, [items[at] for at in places]), strict=True))
        rest = [at for at in range(len(items)) if at not in verdicts]
        verdicts.update(zip(rest, self.stream(items[at] for at in rest), strict=True))
        return [verdicts[at] for at in range(len(items))]

    def stream(self, items: Iterable[Item]) -> Iterator[Verdict]:
        """Verdicts in order while `items` is still being read; at most `max_waiting` are open."""
        if not self.workers:
            for response, answer in items:
                yield verify(response, answer)
            return
        open_items: deque[tuple[Answer, Future[Verdict]]] = deque()
        for response, answer in items:
            open_items.append((answer, self.submit(response, answer)))
            while open_items and (len(open_items) >= self.max_waiting or open_items[0][1].done()):
                yield self._result(*open_items.popleft())
        while open_items:
            yield self._result(*open_items.popleft())

    async def score_async(self, items: Sequence[Item]) -> list[Verdict]:
        """`score` for asyncio: nothing here blocks the event loop."""
        if not self.workers:
            return await asyncio.to_thread(self.score, items)
        try:
            await asyncio.to_thread(self._learn_remote)
        except WorkerFailure as failure:
            return [_not_started(answer, failure) for _, answer in items]
        places = asyncio.Semaphore(self.max_waiting)
        threads = self._threads

        async def one(response: str, answer: Answer) -> Verdict:
            async with places:
                future = self.submit(response, answer)
                try:
                    return await (threads.wait_async(future, THREAD_SECONDS) if threads else asyncio.wrap_future(future))
                except GaveUp as reason:
                    return fault(answer, str(reason), THREAD_SECONDS)

        return list(await asyncio.gather(*(one(*item) for item in items)))

    # -- single items ----------------------------------------------------------------------------------------

    def submit(self, response: str, answer: Answer) -> Future[Verdict]:
        """The future verdict of one item; it never raises, but for UserError here when no verifier has the name."""
        verifier = get(answer.verifier)
        future: Future[Verdict] = Future()
        if self._processes is None or self._threads is None:
            future.set_result(verify(response, answer))
            return future
        try:
            here = getattr(verifier, "isolated", False) or answer.verifier not in self._learn_remote()
        except WorkerFailure as failure:
            future.set_result(_not_started(answer, failure))
            return future
        if here:
            return self._threads.submit(verify, response, answer)
        return _verdicts(self._processes.submit((response, answer), self._deadline), answer, self._deadline)

    def start(self) -> None:
        """Start the workers now instead of with the first item."""
        if self.workers:
            self._learn_remote()

    @property
    def waiting(self) -> int:
        """Items on worker processes that have no verdict yet."""
        return self._processes.waiting if self._processes else 0

    @property
    def restarts(self) -> int:
        """Workers that were killed or died."""
        return self._processes.counts.timeouts + self._processes.counts.died if self._processes else 0

    def ping(self) -> int:
        """The process it lives in."""
        return os.getpid()

    def close(self) -> None:
        if self._processes:
            self._processes.close()
        if self._threads:
            self._threads.close()

    def __enter__(self) -> RewardPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- inside ----------------------------------------------------------------------------------------------

    def _result(self, answer: Answer, future: Future[Verdict]) -> Verdict:
        try:
            return self._threads.wait(future, THREAD_SECONDS) if self._threads else future.result()
        except GaveUp as reason:
            return fault(answer, str(reason), THREAD_SECONDS)

    def _learn_remote(self) -> frozenset[str]:
        """Which verifiers the workers know; one registered by hand in this process is not among them."""
        with self._lock:
            if not self._remote and self._processes:
                self._remote = frozenset(self._processes.submit(None, self._deadline).result())
            return self._remote


def verify_many(name: str, items: Sequence[Item]) -> list[Verdict]:
    """A verifier's own way with many; one by one when that fails, so that each fault stays with its item."""
    many: Any = get(name)
    try:
        verdicts = list(many.verify_many(items))
    except Exception:
        verdicts = []
    return verdicts if len(verdicts) == len(items) else [verify(*item) for item in items]


def fault(answer: Answer, cause: str, seconds: float) -> Verdict:
    """An error of ours."""
    return Verdict(Status.ERROR, None, None, cause, seconds, f"{answer.verifier}@{get(answer.verifier).version}")


def _not_started(answer: Answer, failure: WorkerFailure) -> Verdict:
    return fault(answer, f"no process could be had for the verifier: {failure}", 0.0)


def _verdicts(outcome: Future[Any], answer: Answer, deadline: float) -> Future[Verdict]:
    """A worker's outcome as a verdict."""
    begun = time.monotonic()
    verdict: Future[Verdict] = Future()

    def settle(done: Future[Any]) -> None:
        if done.cancelled():
            verdict.cancel()
            return
        failure = done.exception()
        if not verdict.set_running_or_notify_cancel():
            return
        match failure:
            case None:
                verdict.set_result(done.result())
            case WorkerTimeout():
                verdict.set_result(fault(answer, f"the verifier was killed: {failure}", deadline))
            case WorkerDied():
                verdict.set_result(fault(answer, f"the verifier's process died: {failure}", time.monotonic() - begun))
            case _:
                verdict.set_result(fault(answer, f"the verifier failed: {failure}", time.monotonic() - begun))

    outcome.add_done_callback(settle)
    verdict.add_done_callback(lambda given: outcome.cancel() if given.cancelled() else None)
    return verdict
