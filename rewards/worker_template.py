"""The pool's end of the template process: the one that has imported the target and forks workers (see worker_process)."""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import subprocess
import sys
import time
from typing import Any

from rewards.worker_process import HEADER, READY, REAP, SPAWN, frame

STOP_SECONDS = 5.0
_BOOT = "import sys; sys.path[:] = {path!r}; from rewards.worker_process import template; template({descriptor})"


class Template:
    """A started template. Its messages are small: they never fill a socket, so saying something never waits."""

    def __init__(self, target: str, preload: tuple[str, ...], memory_mb: int):
        self.control, theirs = socket.socketpair()
        self.ready = False
        self.started = time.monotonic()
        self._got = bytearray()
        with theirs:
            # One hash seed for all: the order of a set of strings must not change a verdict from run to run.
            environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ, "PYTHONHASHSEED": "0"}
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT.format(path=sys.path, descriptor=theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if os.environ.get("OPENK15_TRACEBACK") else subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
                start_new_session=True,  # Ctrl-C is for the pool's process; it closes the workers
            )
        self._tell(frame(READY, (target, preload, memory_mb)))

    @property
    def pid(self) -> int:
        return self._process.pid

    def _tell(self, message: bytes) -> bool:
        try:
            self.control.sendall(message)
        except OSError:  # it is gone; its end of file is on the way
            return False
        return True

    def fork(self) -> socket.socket | None:
        """Ask for a worker; our end of its socket, or None when the template is gone."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        message = frame(SPAWN, None)
        with theirs:
            try:
                socket.send_fds(self.control, [message[: HEADER.size]], [theirs.fileno()])
            except OSError:
                ours.close()
                return None
        self._tell(message[HEADER.size :])
        return ours

    def reap(self, pid: int) -> bool:
        """Ask how a worker ended; False when nobody can tell."""
        return self.ready and self._tell(frame(REAP, pid))

    def read(self) -> list[tuple[bytes, Any]] | None:
        """What it said since; None at end of file. To be called when its socket is readable."""
        try:
            data = self.control.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            return None
        self._got += data
        return [(kind, pickle.loads(body)) for kind, body in take_frames(self._got)]

    def close(self) -> None:
        self.control.close()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # then it is in the kernel's hands
            self._process.wait(STOP_SECONDS)


def take_frames(buffer: bytearray) -> list[tuple[bytes, bytes]]:
    """Take the whole frames off the front of `buffer`: (kind, body)."""
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while len(buffer) - at >= HEADER.size:
        kind, length = HEADER.unpack_from(buffer, at)
        end = at + HEADER.size + length
        if len(buffer) < end:
            break
        found.append((kind, bytes(memoryview(buffer)[at + HEADER.size : end])))
        at = end
    del buffer[:at]
    return found
