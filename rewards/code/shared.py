"""The one sandbox of a process: opened when first needed, closed when the process ends.

A forked child opens its own: it must neither use nor close its parent's. Safe from any thread.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rewards.sandbox.job import Sandbox

_lock = threading.Lock()
_opened: Sandbox | None = None
_owner = 0  # the process that opened it
_override: Sandbox | None = None


def _forget_in_child() -> None:
    global _lock, _opened
    _lock = threading.Lock()  # another thread may have held it when the process forked
    _opened = None


os.register_at_fork(after_in_child=_forget_in_child)


def current() -> Sandbox:
    """The sandbox that programs run in; raises what `open_sandbox` raises when there is none to be had."""
    global _opened, _owner
    if _override is not None:
        return _override
    with _lock:
        if _opened is None:
            from rewards.sandbox import open_sandbox

            _opened, _owner = open_sandbox(), os.getpid()
            atexit.register(close)
        return _opened


@contextmanager
def use_sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Run programs in `sandbox` meanwhile, in every thread of this process; who gave it closes it."""
    global _override
    before, _override = _override, sandbox
    try:
        yield sandbox
    finally:
        _override = before


def close() -> None:
    """Close this process's own sandbox, if it opened one; the next program opens another."""
    global _opened
    with _lock:
        opened, _opened = _opened, None
    if opened is not None and _owner == os.getpid():
        opened.close()
