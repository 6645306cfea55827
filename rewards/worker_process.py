"""The other side of `rewards.workers`: what runs in the template process and in the workers it forks.

    pool process ──control socket──▶ template: imports the target once, then forks a worker for every socket it is sent
         └────────one socket a worker────────▶ worker: reads an item, calls the target, answers, reads the next

A worker is a fork of a process that has one thread and has imported what it needs, so a new one costs
milliseconds. End of file on its socket ends either of them; a worker in the middle of an item is killed by the
kernel when its template is gone. Nothing of a worker outlives the pool's process.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import pickle
import resource
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

HEADER = struct.Struct("!cQ")  # kind, length of the body
RESULT, RAISED, MEMORY, READY, SPAWN, REAP = b"r", b"x", b"m", b"y", b"s", b"w"
MAX_BODY = 1 << 28  # bytes: a longer answer than this is no answer
REAP_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


_in_worker = False


def in_worker() -> bool:
    """Whether this process is a worker: what hangs here is killed, so nothing here needs workers of its own."""
    return _in_worker


def frame(kind: bytes, value: Any) -> bytes:
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(kind, len(body)) + body


def _read(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def load(target: str) -> Callable[[Any], Any]:
    """`package.module:function`."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def template(descriptor: int) -> None:
    """Main of the template: first message (target, preload, memory_mb), then spawn and reap requests until end of file."""
    control = socket.socket(fileno=descriptor)
    with contextlib.suppress(EOFError, ConnectionError):
        _, length = HEADER.unpack(_read(control, HEADER.size))
        target, preload, memory_mb = pickle.loads(_read(control, length))
        try:
            for module in preload:
                importlib.import_module(module)
            function = load(target)
        except BaseException as error:
            control.sendall(frame(RAISED, f"cannot import {target}: {type(error).__name__}: {error}"))
            return
        gc.collect()
        gc.freeze()  # forks share these pages for as long as no collection touches them
        control.sendall(frame(READY, os.getpid()))
        while True:
            head, descriptors, _, _ = socket.recv_fds(control, HEADER.size, 1)
            if len(head) < HEADER.size:
                return
            kind, length = HEADER.unpack(head)
            value = pickle.loads(_read(control, length))
            if kind == REAP:
                control.sendall(frame(REAP, (value, _reap(value))))
            else:
                control.sendall(_fork(control, descriptors[0], function, memory_mb))


def _fork(control: socket.socket, descriptor: int, function: Callable[[Any], Any], memory_mb: int) -> bytes:
    """Fork a worker for the socket `descriptor`; in the template, the reply that names its process."""
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(descriptor)
        return frame(RAISED, f"cannot fork a worker: {error}")
    if pid:
        os.close(descriptor)
        return frame(SPAWN, pid)
    global _in_worker
    _in_worker, code = True, 1
    try:
        control.close()
        _restrict(memory_mb)
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:  # else it died before the line above took hold
            serve(socket.socket(fileno=descriptor), function)
            code = 0
    finally:
        os._exit(code)


def _restrict(memory_mb: int) -> None:
    """At most `memory_mb` MiB of address space beyond what the imports took; no core files; first to go when memory is short."""
    with open("/proc/self/statm") as handle:
        taken = int(handle.read().split()[0]) * resource.getpagesize()
    limit = taken + (memory_mb << 20)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard != resource.RLIM_INFINITY:  # a worker of a worker: what holds its maker holds it too
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as handle:
        handle.write("500")


def _reap(pid: int) -> int | None:
    """Exit status of a worker as os.waitstatus_to_exitcode gives it; one that does not end by itself is killed."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    try:
        if not select.select([handle], [], [], REAP_SECONDS)[0]:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except (ChildProcessError, ProcessLookupError):
        return None
    finally:
        os.close(handle)


def serve(connection: socket.socket, function: Callable[[Any], Any]) -> None:
    """Answer items until end of file. One that ran out of memory is answered and the worker ends: its heap is in shreds."""
    while True:
        try:
            _, length = HEADER.unpack(_read(connection, HEADER.size))
            body = _read(connection, length)
        except (EOFError, ConnectionError):
            return
        last = False
        try:
            answer = frame(RESULT, function(pickle.loads(body)))
        except MemoryError:
            answer, last = HEADER.pack(MEMORY, 0), True
        except RecursionError as error:
            answer = frame(RAISED, (type(error).__name__, str(error)))
        except Exception as error:
            answer = frame(RAISED, (type(error).__name__, str(error)[:2000]))
        del body
        try:
            connection.sendall(answer)
        except ConnectionError:
            return
        if last:
            return


if __name__ == "__main__":
    template(int(sys.argv[1]))
