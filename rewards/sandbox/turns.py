"""Things that one caller holds at a time, handed out in the order in which they were asked for.

A queue from the standard library gives what comes back to whoever asks next, and the thread that has just put it back
asks first: under load the others starve.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Generic, TypeVar

_Thing = TypeVar("_Thing")


class Turns(Generic[_Thing]):
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[_Thing] = []  # the last one put back goes out first: it is warm
        self._waiting: deque[Future[_Thing]] = deque()

    def put(self, thing: _Thing) -> None:
        with self._lock:
            while self._waiting:
                turn = self._waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(thing)
                    return
            self._free.append(thing)

    def get(self, timeout: float) -> _Thing:
        """Raises TimeoutError when none came in time."""
        turn: Future[_Thing] = Future()
        with self._lock:
            if self._free:
                return self._free.pop()
            self._waiting.append(turn)
        try:
            return turn.result(timeout)
        except FutureTimeout:
            if turn.cancel():
                raise
            return turn.result()
        except BaseException:  # an interrupt: what was handed over meanwhile goes on to the next
            if not turn.cancel():
                self.put(turn.result())
            raise
