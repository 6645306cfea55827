"""Threads for calls that keep their own limits; each is timed from when a thread takes it, not from when it is handed in.

    submit ──▶ queue (not timed) ──▶ a thread: the clock begins ──▶ the future

So the length of the queue changes no outcome. Nothing here can end a call: one past its limit is given up, and another
thread takes the place of the one that it holds, so that what queues behind it gets its turn.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class GaveUp(Exception):
    """No result within the limit; the text says so."""


@dataclass(eq=False, slots=True)
class _Call:
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    begun: float | None = None
    replaced: bool = False  # another thread has taken the place of the one it holds


class TimedThreads:
    def __init__(self, count: int, name: str):
        self._name = name
        self._queue: SimpleQueue[_Call | None] = SimpleQueue()
        self._calls: dict[Future[Any], _Call] = {}  # without a result
        self._running: set[_Call] = set()
        self._lock = threading.Lock()
        self._unstarted = count
        self._started = 0
        self._closed = False

    def submit(self, function: Callable[..., _Result], *arguments: Any) -> Future[_Result]:
        call = _Call(Future(), function, arguments)
        with self._lock:
            if self._closed:
                raise RuntimeError("the threads are closed")
            self._calls[call.future] = call
            if self._unstarted:
                self._unstarted -= 1
                self._add()
            self._queue.put(call)  # while it cannot be closed: what is put after that, no thread would ever take
        return call.future

    def wait(self, future: Future[_Result], limit: float) -> _Result:
        """The result of a future of these threads, within `limit` seconds of its start; of any other, whenever it comes."""
        while not future.done():
            try:
                return future.result(self._left(future, limit))
            except FutureTimeout:
                continue
        return future.result()

    async def wait_async(self, future: Future[_Result], limit: float) -> _Result:
        waited = asyncio.wrap_future(future)
        try:
            while not waited.done():
                await asyncio.wait({waited}, timeout=self._left(future, limit))
            return waited.result()
        finally:
            waited.cancel()

    def close(self) -> None:
        """What has not begun is cancelled; what has is left to end by itself."""
        with self._lock:
            self._closed = True
            threads = self._started
        try:
            while True:
                call = self._queue.get_nowait()
                if call is not None:
                    call.future.cancel()
                    self._calls.pop(call.future, None)
        except Empty:
            pass
        for _ in range(threads):
            self._queue.put(None)

    def _add(self) -> None:
        self._started += 1
        threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()

    def _work(self) -> None:
        while (call := self._queue.get()) is not None:
            with self._lock:
                if not call.future.set_running_or_notify_cancel():
                    del self._calls[call.future]
                    continue
                call.begun = time.monotonic()
                self._running.add(call)
            try:
                result = call.function(*call.arguments)
            except BaseException as error:
                call.future.set_exception(error)
            else:
                call.future.set_result(result)
            with self._lock:
                self._running.discard(call)
                del self._calls[call.future]
                if call.replaced:
                    return
            del call  # its future must not outlive its caller while this thread waits

    def _left(self, future: Future[Any], limit: float) -> float | None:
        """Seconds until it is worth looking again; None for a future of others. Raises GaveUp."""
        with self._lock:
            now = time.monotonic()
            for held in self._running:
                if not held.replaced and held.begun is not None and now - held.begun >= limit:
                    held.replaced = True
                    self._add()
            call = self._calls.get(future)
            if call is None:
                return None
            if call.begun is None:
                return limit
            if now - call.begun >= limit:
                raise GaveUp(f"no verdict within {limit:g} s")
            return limit - (now - call.begun)
