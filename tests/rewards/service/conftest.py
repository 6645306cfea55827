"""A service in a process of its own, and ways to talk to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

TOKEN = "a-token-for-tests-only"


class Service:
    def __init__(self, repo_root: Path, *options: str, env: dict[str, str] | None = None):
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from rewards.cli import entry; entry()", "serve", "--port", "0", *options],
            cwd=repo_root,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(repo_root), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]),
                **(env or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        assert "serving on http" in line, line + self.stop()[1]
        self.url = line.split("serving on ")[1].split(",")[0]
        self.port = int(self.url.rpartition(":")[2])

    def client(self, **settings) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, **settings)

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code and stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            _, said = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, said = self.process.communicate()
        return self.process.returncode, said


@pytest.fixture(scope="module")
def start(repo_root: Path) -> Iterator[Callable[..., Service]]:
    running: list[Service] = []

    def make(*options: str, **settings) -> Service:
        running.append(Service(repo_root, *options, **settings))
        return running[-1]

    yield make
    for service in running:
        service.stop()


@pytest.fixture(scope="module")
def service(start) -> Service:
    """Two workers, small limits, little patience."""
    return start("--workers", "2", "--max-body-kb", "64", "--max-batch", "50", "--client-seconds", "1", "--request-seconds", "20")
