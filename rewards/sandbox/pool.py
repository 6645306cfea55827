"""A sandbox of several slots: one run at a time in each, callers take turns in the order in which they came.

A helper that dies is started again and its job is run again; only a job that fails twice so ends as FAULT.
"""

from __future__ import annotations

import os
import secrets
import threading
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from openk15.errors import DeadlineError, UserError
from rewards.sandbox import cgroups
from rewards.sandbox.guarantees import Guarantee
from rewards.sandbox.job import Ending, Job, RunResult
from rewards.sandbox.turns import Turns
from rewards.sandbox.worker import SandboxUnavailable, Setup, Worker, WorkerLost

TRIES = 3
SLOT_SECONDS = 3600.0  # how long a caller waits for a free slot
FIRST_UID = 1 << 30  # far above the users of any machine
_LIVE: weakref.WeakSet[SlotSandbox] = weakref.WeakSet()


class SlotSandbox:
    """See `rewards.sandbox.job.Sandbox`. Opened by `open_sandbox`; also a context manager."""

    def __init__(self, name: str, setup: Setup, layout: cgroups.Layout, workers: int, missing: Mapping[Guarantee, str]):
        self.name, self.setup, self.missing = name, setup, dict(missing)
        self._owner = os.getpid()
        self._layout = layout
        self._idle: Turns[Worker] = Turns()
        self._workers: list[Worker] = []
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.respawned = 0  # helpers that had to be started again
        cgroups.sweep(layout)
        tag = f"{os.getpid()}-{secrets.token_hex(4)}"
        first_uid = FIRST_UID + secrets.randbelow(1 << 29)
        try:
            for number in range(workers):
                # A user of its own for each slot: limits that the kernel counts by user then bind one run, not all.
                uid = first_uid + number if setup.is_root else 65534
                worker = Worker(setup, cgroups.make_slot(layout, f"{tag}-{number}"), uid)
                self._workers.append(worker)
                if number == 0:
                    worker.start()  # find out now whether it works here; the others start with their first job
                self._idle.put(worker)
        except OSError as error:
            self._remove()
            raise SandboxUnavailable(f"{name}: {error}") from None
        except BaseException:
            self._remove()
            raise
        _LIVE.add(self)
        self._finalizer = weakref.finalize(self, _remove_all, self._workers)

    def __enter__(self) -> SlotSandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def workers(self) -> int:
        return len(self._workers)

    @property
    def facts(self) -> Mapping[str, object]:
        """What the first helper said of itself: its Python version, the limits its cgroups enforce."""
        return self._workers[0].facts

    def strays(self) -> list[int]:
        """Processes of programs in the slots' cgroups; none while no run is going on."""
        found: list[int] = []
        for worker in self._workers:
            for group in worker.slot.groups[:1]:
                pids = (group / "cgroup.procs").read_text().split()
                found += [int(pid) for pid in pids if _user_of(pid) == worker.uid]
        return found

    def run(self, job: Job) -> RunResult:
        """Blocks until the run is over. Raises UserError for an image that this backend or machine does not have."""
        self._check(job)
        try:
            worker = self._idle.get(timeout=SLOT_SECONDS)
        except TimeoutError:
            raise DeadlineError(f"no slot of the {self.name} sandbox ({self.workers} slots) came free in {SLOT_SECONDS:g} s") from None
        try:
            return self._run_on(worker, job)
        finally:
            self._idle.put(worker)

    def run_many(self, jobs: Sequence[Job]) -> list[RunResult]:
        """Results in the order of the jobs; as many at a time as there are slots."""
        for job in jobs:
            self._check(job)
        if len(jobs) == 1:
            return [self.run(jobs[0])]
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix=f"sandbox-{self.name}")
        return list(self._threads.map(self.run, jobs))

    def _check(self, job: Job) -> None:
        if self._closed:
            raise RuntimeError(f"the {self.name} sandbox is closed")
        if os.getpid() != self._owner:
            raise RuntimeError(f"this sandbox belongs to process {self._owner}; open one in each process that needs it")
        if job.image not in self.setup.images:
            raise UserError(f"image {job.image!r} does not run in the {self.name} sandbox; it runs: {', '.join(self.setup.images)}")

    def _run_on(self, worker: Worker, job: Job) -> RunResult:
        problem = ""
        for _ in range(TRIES):
            try:
                if not worker.alive:
                    worker.stop()
                    worker.start()
                return worker.run(job)
            except (WorkerLost, SandboxUnavailable) as error:
                problem = str(error)
                worker.stop()
                self.respawned += 1
        return RunResult(Ending.FAULT, None, None, b"", b"", 0.0, 0.0, 0.0, detail=f"{problem} ({TRIES} tries)")

    def close(self) -> None:
        """Waits for the runs still going, then ends every helper; on return they and their cgroups are gone."""
        if self._closed:
            return
        self._closed = True
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        for _ in self._workers:
            try:
                self._idle.get(timeout=SLOT_SECONDS)
            except TimeoutError:
                break
        self._finalizer()

    def _remove(self) -> None:
        _remove_all(self._workers)

    def _abandon(self) -> None:
        self._closed = True
        self._finalizer.detach()
        for worker in self._workers:
            worker.abandon()


def _user_of(pid: str) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None


def _remove_all(workers: list[Worker]) -> None:
    for worker in workers:
        worker.stop()
        worker.slot.remove()


def _abandon_all() -> None:
    for sandbox in list(_LIVE):
        sandbox._abandon()


os.register_at_fork(after_in_child=_abandon_all)
