"""Where pure functions run: on this machine's cores, or on a Ray cluster. The results never depend on which.

`map(function, tasks)` yields results in the order of the tasks. A task may run twice (a worker died), so
functions are pure; everything that is kept is written by the one process that asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from data_recipes.row import ShardRef
from openk15.cluster import connect
from openk15.errors import RunError, UserError

Task = TypeVar("Task")
Result = TypeVar("Result")
ATTEMPTS = 3  # times a task is given to a worker that dies of it


class Executor(Protocol):
    """Runs a picklable pure function over tasks, in order, a bounded number ahead of the reader."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]: ...

    def close(self) -> None: ...


class LocalExecutor:
    """`workers` processes here; with one worker everything runs in the caller's process."""

    def __init__(self, workers: int = 1):
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        if self._workers == 1:
            yield from map(function, tasks)
            return
        waiting: deque[tuple[Task, Future[Result]]] = deque()
        try:
            for task in tasks:
                waiting.append((task, self._submit(function, task)))
                if len(waiting) > 2 * self._workers:
                    yield self._first(function, waiting)
            while waiting:
                yield self._first(function, waiting)
        finally:  # the reader has enough: what was started in advance is not needed
            for _, future in waiting:
                future.cancel()

    def _submit(self, function: Callable[[Task], Result], task: Task) -> Future[Result]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"))
        try:
            return self._pool.submit(function, task)
        except BrokenProcessPool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
            return self._submit(function, task)

    def _first(self, function: Callable[[Task], Result], waiting: deque[tuple[Task, Future[Result]]]) -> Result:
        task, future = waiting.popleft()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return future.result()
            except BrokenProcessPool:
                if attempt == ATTEMPTS:
                    name = getattr(function, "__name__", repr(function))
                    raise RunError(f"a worker process died {ATTEMPTS} times while it ran {name}; memory is the usual cause") from None
                future = self._submit(function, task)
        raise AssertionError("unreachable")

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


class RayExecutor:
    """Ray Data over a cluster, or over this machine when no address is given. Nodes need no shared disk."""

    def __init__(self, address: str | None = None, wave: int | None = None):
        import ray

        self._owns = not ray.is_initialized()
        if self._owns:
            connect(address, "--address")
        self._wave = wave or max(8, 4 * int(ray.cluster_resources().get("CPU", 1)))

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        import ray

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        pending = iter(tasks)
        while wave := list(islice(pending, self._wave)):
            items = [{"index": index, "task": _Box(_travelling(task))} for index, task in enumerate(wave)]
            call = _Call(function)
            found: list[Any] = [None] * len(wave)
            for row in ray.data.from_items(items, override_num_blocks=len(items)).map(call).iter_rows():
                found[row["index"]] = row["result"].value
            yield from found

    def close(self) -> None:
        import ray

        if self._owns and ray.is_initialized():
            ray.shutdown()


class _Box:
    """Keeps Ray Data from looking into a value: it would turn lists and dicts into columns of its own."""

    def __init__(self, value: Any):
        self.value = value


class _Call:
    def __init__(self, function: Callable[[Any], Any]):
        self._function = function

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"index": row["index"], "result": _Box(self._function(row["task"].value))}


def _travelling(task: Any) -> Any:
    """The task with the bytes of every shard in it, for a worker on another machine."""
    if isinstance(task, ShardRef):
        return task.travelling()
    if isinstance(task, tuple):
        return tuple(_travelling(part) for part in task)
    return task


def open_executor(kind: str, workers: int, address: str | None = None) -> Executor:
    if kind == "local":
        return LocalExecutor(workers)
    if kind == "ray":
        return RayExecutor(address)
    raise UserError(f"executor {kind!r}: expected local or ray")
