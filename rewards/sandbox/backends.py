"""Which sandboxes this machine can run, and `open_sandbox`, which opens one.

    zygote   pre-started helpers, a fork for each run; every guarantee as root with cgroups, fewer as a plain user
    crun     an OCI runtime: images with an overlay whose upper layer is a tmpfs
    bwrap    bubblewrap, nsjail: the same watch and cgroups, their own walls
    none     a plain subprocess with limits; only with allow_unsafe=True

`auto` takes the first of zygote and crun that keeps every guarantee. It never settles for less: it raises, and says what
is missing and how to accept that by name.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from openk15.errors import UserError
from rewards.sandbox import cgroups, wrappers
from rewards.sandbox.guarantees import Guarantee
from rewards.sandbox.images import HOST_BINDS
from rewards.sandbox.pool import SlotSandbox
from rewards.sandbox.worker import SandboxUnavailable, Setup

BACKENDS = ("zygote", "crun", "nsjail", "bwrap", "none")
SYSTEM_PYTHON = "/usr/bin/python3"
OLDEST_PYTHON = (3, 10)


def open_sandbox(
    backend: str = "auto", *, allow_unsafe: bool = False, workers: int | None = None, python: str | None = None
) -> SlotSandbox:
    """Open a sandbox; close it, or use it in a `with` statement.

    `workers` is how many runs go on at a time (default: one a core); `python` the interpreter that runs Python jobs
    (default: the system's). Raises UserError for an unknown or unsafe backend and when the machine cannot run it:
    the message names what is missing.
    """
    if backend not in ("auto", *BACKENDS):
        raise UserError(f"no sandbox backend is called {backend!r}; known: auto, {', '.join(BACKENDS)}")
    if workers is not None and workers < 1:
        raise UserError(f"a sandbox needs at least one worker, got {workers}")
    if backend == "none" and not allow_unsafe:
        raise UserError("backend 'none' runs untrusted programs without isolation; allow_unsafe=True says that this is wanted")
    count = workers or len(os.sched_getaffinity(0))
    if backend != "auto":
        try:
            return _open(backend, count, python)
        except SandboxUnavailable as error:
            raise UserError(f"sandbox backend {backend!r} does not work here: {error}") from None
    problems: list[str] = []
    for name in ("zygote", "crun"):
        try:
            sandbox = _open(name, count, python)
        except SandboxUnavailable as error:
            problems.append(f"{name} does not work here: {error}")
            continue
        if not sandbox.missing:
            return sandbox
        sandbox.close()
        lacks = "; ".join(f"{guarantee} ({why})" for guarantee, why in sandbox.missing.items())
        problems.append(f"{name} works but lacks {lacks}")
    raise UserError(
        "no sandbox on this machine keeps every guarantee: " + " | ".join(problems) + " | to accept one of these, name it as the backend"
    )


def _open(name: str, workers: int, python: str | None) -> SlotSandbox:
    layout = cgroups.find_layout()
    setup = zygote_setup(python) if name == "zygote" else wrappers.setup(name, python or SYSTEM_PYTHON)
    return SlotSandbox(name, setup, layout, workers, missing(name, setup, layout))


def zygote_setup(python: str | None) -> Setup:
    found, binds = _interpreter(python)
    # Without `site` the system's interpreter sees the standard library alone; one that was asked for keeps its packages.
    flags = ("-s", "-S") if python is None and found == SYSTEM_PYTHON else ("-s",)
    return Setup("jail", found, flags, (*HOST_BINDS, *binds), os.geteuid() == 0)


def _interpreter(asked: str | None) -> tuple[str, list[str]]:
    """The interpreter for the helper, and the folders it needs beyond the image's."""
    for candidate in [asked] if asked else [SYSTEM_PYTHON, sys.executable]:
        if not candidate or not Path(candidate).exists():
            continue
        told = subprocess.run(
            [candidate, "-s", "-c", "import sys; print(*sys.version_info[:2], sys.base_prefix, sys.prefix, sep='\\n')"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        lines = told.stdout.splitlines()
        if told.returncode == 0 and len(lines) == 4 and (int(lines[0]), int(lines[1])) >= OLDEST_PYTHON:
            return candidate, [prefix for prefix in dict.fromkeys(lines[2:]) if prefix != "/usr"]
        if asked:
            raise UserError(f"{asked} is not a Python of at least {'.'.join(map(str, OLDEST_PYTHON))}: {told.stderr.strip()[-200:]}")
    raise UserError(f"no Python of at least {'.'.join(map(str, OLDEST_PYTHON))} at {asked or SYSTEM_PYTHON}")


def missing(name: str, setup: Setup, layout: cgroups.Layout) -> dict[Guarantee, str]:
    """Which guarantees the backend cannot keep here, and why."""
    lacks: dict[Guarantee, str] = {}
    files = {ours for parent in layout.parents for ours in parent.files}
    for controller, guarantee in (("memory", Guarantee.MEMORY), ("pids", Guarantee.TASKS)):
        if controller in layout.missing:
            lacks[guarantee] = f"no {controller} cgroup: {layout.missing[controller]}; limits hold for each process and by sampling"
    if "cpu" not in files:
        lacks[Guarantee.CPU] = "no cgroup: CPU time of processes that end unseen between two samples is lost"
    if "pressure" not in files:
        lacks[Guarantee.STEADY] = "no pressure counters: time without a processor is read from live threads alone"
    if not setup.is_root and name == "zygote":
        lacks[Guarantee.IDENTITY] = "not root: outside its namespaces the program has the judge's user id"
    lacks.update(wrappers.missing(name))
    return lacks
