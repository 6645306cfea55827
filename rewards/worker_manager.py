"""The thread that owns a `WorkerPool`'s processes: one selector loop, no locks around its state.

    put ──▶ queue ──deal──▶ worker.sent ──answer──▶ future        first of `sent`: what the worker is doing now
              ▲                  │ end of file, deadline
              └── the rest ──────┴── the first: WorkerDied or WorkerTimeout

Who waits for whom: the thread waits for sockets, for the next deadline and for `put`; nobody waits for it but the
futures' owners. If the loop itself fails, every open future says so.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import selectors
import signal
import socket
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from rewards.worker_outcomes import Counts, WorkerDied, WorkerFailure, WorkerRaised, WorkerTimeout
from rewards.worker_process import HEADER, MAX_BODY, MEMORY, RAISED, READY, REAP, RESULT, SPAWN
from rewards.worker_template import STOP_SECONDS, Template, take_frames

START_SECONDS = 120.0  # for the target's import, in wall time
FORK_TRIES = 20  # refused forks or dead templates in a row before waiting items are given up
FORK_PAUSE = 0.1
AHEAD = 16  # items sent to a busy worker before it asks, at most


@dataclass(eq=False, slots=True)
class Item:
    body: bytes  # pickled
    deadline: float  # seconds of processor time
    future: Future[Any]


@dataclass(eq=False, slots=True)
class _Worker:
    connection: socket.socket
    pid: int = 0  # 0 until the template has answered
    handle: int = -1  # of the process: stays its own even when the pid is used again
    sent: deque[Item] = field(default_factory=deque)
    out: bytearray = field(default_factory=bytearray)
    got: bytearray = field(default_factory=bytearray)
    handled: int = 0
    begun: float = 0.0  # wall and processor clock when the first of `sent` began
    cpu: float = 0.0
    check: float = math.inf  # when to look at its deadline next
    late: Item | None = None  # what it was killed for
    leaving: bool = False  # takes no more items

    @property
    def free(self) -> bool:
        return bool(self.pid) and not self.leaving and self.late is None


def _processor_seconds(pid: int) -> float:
    """Processor time of another process (clock id as clock_getcpuclockid(3) makes it); 0 when it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _runnable(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as handle:
            return handle.read().rpartition(b")")[2].split()[0] == b"R"
    except OSError:
        return False


class Manager:
    def __init__(self, target: str, workers: int, memory_mb: int, recycle_after: int, patience: float, preload: tuple[str, ...]):
        self._target, self._size, self._memory_mb = target, workers, memory_mb
        self._recycle_after, self._patience, self._preload = recycle_after, patience, preload
        self.counts = Counts()
        self.workers: list[_Worker] = []
        self._submitted = self._finished = 0
        self._queue: deque[Item] = deque()
        self._guard = threading.Lock()  # of the thread's beginning and end, against `put` and `stop`
        self._thread: threading.Thread | None = None
        self._stopping = self._ended = self._called = False
        self._end = "the worker pool was closed"
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._selector = selectors.DefaultSelector()
        self._template: Template | None = None
        self._refused = 0  # forks or templates that failed in a row
        self._fork_at = 0.0
        self._asked: deque[_Worker] = deque()  # forks that the template has not answered
        self._ending: dict[int, Item | None] = {}  # pid whose exit status was asked for -> item that waits for it

    # -- any thread ------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        return self._submitted - self._finished

    @property
    def ready(self) -> bool:
        template = self._template
        return template is not None and template.ready

    def start(self) -> None:
        with self._guard:
            self._start()

    def put(self, item: Item) -> None:
        with self._guard:
            self._start()
            self._submitted += 1
            self._queue.append(item)
            if not self._called:  # once for all that the thread has not seen
                self._called = True
                os.eventfd_write(self._wake, 1)

    def _start(self) -> None:
        if self._stopping or self._ended:
            raise RuntimeError(self._end)
        if self._thread is None:
            self._thread = threading.Thread(target=self._main, name=f"workers {self._target}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        with self._guard:
            self._stopping = True
            thread = self._thread
            if thread is None:
                self._close()
            elif not self._ended:
                os.eventfd_write(self._wake, 1)
        if thread is not None and thread is not threading.current_thread():
            thread.join(STOP_SECONDS)

    def abandon(self) -> None:
        """In a forked child: close its copies of the parent's descriptors. Nothing is said to the processes."""
        self._stopping = True
        self._close()

    def _close(self) -> None:
        if self._ended:
            return
        self._ended = True
        for worker in (*self.workers, *self._asked):
            worker.connection.close()
            if worker.handle >= 0:
                with contextlib.suppress(OSError):
                    os.close(worker.handle)
        if self._template is not None:
            self._template.control.close()
        self._selector.close()
        os.close(self._wake)

    # -- the thread ------------------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            self._selector.register(self._wake, selectors.EVENT_READ, self._woken)
            while not self._stopping:
                self._staff()
                self._deal()
                for key, mask in self._selector.select(self._pause()):
                    key.data(mask)
                self._check_deadlines()
        except BaseException as error:
            self._end = f"the worker pool failed: {type(error).__name__}: {error}"
            raise
        finally:
            with self._guard:
                self._stopping = True
                self._shut()

    def _woken(self, _: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        self._called = False  # before the queue is looked at: what comes from now on calls again

    def _pause(self) -> float | None:
        """Seconds until something is due; None when only a socket or `put` can bring news."""
        now = time.monotonic()
        due = [worker.check for worker in self.workers]
        if self._template is not None and not self._template.ready:
            due.append(self._template.started + START_SECONDS)
        if self._fork_at > now:
            due.append(self._fork_at)
        soonest = min(due, default=math.inf)
        return None if soonest == math.inf else max(0.0, soonest - now)

    def _shut(self) -> None:
        for worker in self.workers:
            self._kill(worker)
        if self._template is not None:
            self._template.close()
        open_items = [item for worker in self.workers for item in worker.sent]
        open_items += [item for item in self._ending.values() if item is not None]
        open_items += self._queue
        self._queue.clear()
        self._close()
        self.workers = []
        for item in open_items:
            self._fail(item, WorkerDied(self._end))

    # -- staff -----------------------------------------------------------------------------------------------

    def _staff(self) -> None:
        """A template, and as many workers as the pool has places."""
        now = time.monotonic()
        template = self._template
        if template is None:
            if now >= self._fork_at:
                self._template = Template(self._target, self._preload, self._memory_mb)
                self._selector.register(self._template.control, selectors.EVENT_READ, self._heard)
        elif not template.ready:
            if now >= template.started + START_SECONDS:
                self._lose_template(f"{self._target} was not imported in {START_SECONDS:.0f} s", give_up=True)
        elif now >= self._fork_at:
            present = sum(not worker.leaving for worker in self.workers) + len(self._asked)
            for _ in range(self._size - present):
                if (connection := template.fork()) is not None:
                    self._asked.append(_Worker(connection))

    def _heard(self, _: int) -> None:
        template = self._template
        assert template is not None
        heard = template.read()
        if heard is None:
            self._lose_template("the process that starts workers died", give_up=False)
            return
        for kind, value in heard:
            if kind == READY:
                template.ready = True
            elif kind == SPAWN:
                self._refused = 0
                self._hire(self._asked.popleft(), value)
            elif kind == REAP:
                pid, status = value
                item = self._ending.pop(pid, None)
                if item is not None:
                    self._fail(item, WorkerDied(_cause(status)))
            elif not template.ready:
                self._lose_template(value, give_up=True)
                return
            else:  # no fork: the machine is out of processes or memory
                self._asked.popleft().connection.close()
                self._postpone(value)

    def _hire(self, worker: _Worker, pid: int) -> None:
        worker.pid = pid
        with contextlib.suppress(OSError):  # gone already: end of file will tell
            worker.handle = os.pidfd_open(pid)
        self.counts.forked += 1
        self.workers.append(worker)
        self._selector.register(worker.connection, selectors.EVENT_READ, lambda mask: self._traffic(worker, mask))

    def _postpone(self, cause: str) -> None:
        self._refused += 1
        self._fork_at = time.monotonic() + FORK_PAUSE
        if self._refused >= FORK_TRIES and not self.workers:
            self._give_up(cause)

    def _give_up(self, cause: str) -> None:
        self._refused = 0
        items, self._queue = list(self._queue), deque()
        for item in items:
            self._fail(item, WorkerDied(cause))

    def _lose_template(self, cause: str, *, give_up: bool) -> None:
        """Its workers die with it; they say so themselves."""
        assert self._template is not None
        self._selector.unregister(self._template.control)
        self._template.close()
        self._template = None
        for worker in self._asked:
            worker.connection.close()
        self._asked.clear()
        ending, self._ending = self._ending, {}
        for item in ending.values():
            if item is not None:
                self._fail(item, WorkerDied(cause))
        if give_up:
            self._give_up(cause)
            self._fork_at = time.monotonic() + FORK_PAUSE
        else:
            self._postpone(cause)

    # -- items -----------------------------------------------------------------------------------------------

    def _deal(self) -> None:
        """One item to whoever has none; more ahead of time only while the queue is long enough to keep everyone busy."""
        for worker in self.workers:
            if worker.free and not worker.sent:
                self._send(worker, 1)
        ahead = min(AHEAD, len(self._queue) // (2 * self._size))
        if ahead > 1:
            for worker in self.workers:
                if worker.free and len(worker.sent) <= ahead // 2:
                    self._send(worker, ahead - len(worker.sent))

    def _send(self, worker: _Worker, count: int) -> None:
        count = min(count, self._recycle_after - worker.handled - len(worker.sent))
        idle = not worker.sent
        while count > 0 and self._queue:
            item = self._queue.popleft()
            if not item.future.running() and not item.future.set_running_or_notify_cancel():
                self._finished += 1
                continue
            worker.sent.append(item)
            worker.out += HEADER.pack(RESULT, len(item.body))
            worker.out += item.body
            count -= 1
        if worker.sent and idle:
            self._begin(worker)
        self._flush(worker)

    def _begin(self, worker: _Worker) -> None:
        worker.begun, worker.cpu = time.monotonic(), _processor_seconds(worker.pid)
        worker.check = worker.begun + worker.sent[0].deadline

    def _flush(self, worker: _Worker) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while worker.out:
                del worker.out[: worker.connection.send(memoryview(worker.out)[: 1 << 20])]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.out else 0)
        key = self._selector.get_key(worker.connection)
        if key.events != events:
            self._selector.modify(worker.connection, events, key.data)

    def _traffic(self, worker: _Worker, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush(worker)
        if not mask & selectors.EVENT_READ:
            return
        try:
            data = worker.connection.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost(worker)
            return
        worker.got += data
        if len(worker.got) >= HEADER.size and HEADER.unpack_from(worker.got)[1] > MAX_BODY:
            self._kill(worker)
            return
        for kind, body in take_frames(worker.got):
            self._answered(worker, kind, body)
        if not worker.sent and (worker.leaving or worker.handled >= self._recycle_after):
            self.counts.recycled += 1
            self._part(worker, None)

    def _answered(self, worker: _Worker, kind: bytes, body: bytes) -> None:
        item = worker.sent.popleft()
        worker.handled += 1
        worker.check = math.inf
        if kind == MEMORY:
            self._fail(item, WorkerDied(f"out of memory: more than {self._memory_mb} MiB"))
            self._requeue(worker)
            worker.leaving = True
        else:
            try:
                value = pickle.loads(body)
            except Exception as error:
                kind, value = RAISED, (type(error).__name__, f"the worker's answer cannot be read here: {error}")
            if kind == RESULT:
                self.counts.done += 1
                self._finished += 1
                item.future.set_result(value)
            else:
                self._fail(item, WorkerRaised(f"{value[0]}: {value[1]}", value[0]))
        if worker.sent:
            self._begin(worker)

    def _check_deadlines(self) -> None:
        now = time.monotonic()
        for worker in self.workers:
            if now < worker.check:
                continue
            item = worker.sent[0]
            left = item.deadline - (_processor_seconds(worker.pid) - worker.cpu)
            patience = worker.begun + self._patience * item.deadline - now
            if left > 0 and patience <= 0 and _runnable(worker.pid):  # it waits for a processor, not for an event
                worker.begun, patience = now, self._patience * item.deadline
            if left <= 0 or patience <= 0:
                worker.late, worker.check = item, math.inf
                self._kill(worker)
            else:
                worker.check = now + max(0.002, min(left, patience))

    def _kill(self, worker: _Worker) -> None:
        if worker.handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(worker.handle, signal.SIGKILL)

    def _lost(self, worker: _Worker) -> None:
        """End of file: what it was doing has its outcome, what waited behind that goes back to the queue's head."""
        first = worker.sent.popleft() if worker.sent else None
        if first is not None and first is worker.late:
            limit = f"{first.deadline:g} s of processor time, or {self._patience * first.deadline:g} s in all"
            self._fail(first, WorkerTimeout(f"no answer within {limit}"))
            first = None
        elif first is not None and worker.late is not None:  # it had answered just before the kill arrived
            worker.sent.appendleft(first)
            first = None
        self._requeue(worker)
        self._part(worker, first)

    def _requeue(self, worker: _Worker) -> None:
        self._queue.extendleft(reversed(worker.sent))
        worker.sent.clear()

    def _part(self, worker: _Worker, item: Item | None) -> None:
        """Let go of a worker and ask the template how it ended; `item` waits for that."""
        self.workers.remove(worker)
        self._selector.unregister(worker.connection)
        worker.connection.close()
        if worker.handle >= 0:
            os.close(worker.handle)
        self._ending[worker.pid] = item
        if self._template is None or not self._template.reap(worker.pid):
            del self._ending[worker.pid]
            if item is not None:
                self._fail(item, WorkerDied("the process that starts workers died, and its workers with it"))

    def _fail(self, item: Item, failure: WorkerFailure) -> None:
        if isinstance(failure, WorkerTimeout):
            self.counts.timeouts += 1
        elif isinstance(failure, WorkerRaised):
            self.counts.raised += 1
        else:
            self.counts.died += 1
        self._finished += 1
        if item.future.running() or item.future.set_running_or_notify_cancel():
            item.future.set_exception(failure)


def _cause(status: int | None) -> str:
    if status is None:
        return "the worker vanished"
    if status >= 0:
        return f"the worker exited with code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"the worker was killed by {name}"
