"""The judge's end of one slot: starts the helper, hands it a job, reads the program's output, makes the RunResult.

Nothing of the program is trusted: its output is bytes up to a cap, and how it ended comes from the helper alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewards.sandbox.cgroups import Slot
from rewards.sandbox.endings import make_result
from rewards.sandbox.job import Job, Limits, RunResult

CODE = Path(__file__).resolve().parent
BOX = "/box"
BOOT = "import sys; sys.path.insert(0, sys.argv[2]); from jail.main import main; main(sys.argv[1])"
# All that the helper inherits. LD_BIND_NOW: a symbol resolved here once is not resolved anew in every run.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LD_BIND_NOW": "1",
}
START_SECONDS = 60.0
# Beyond what main itself allows a starved run (see jail/main.py): then it is main that has stopped answering.
PATIENCE = (10.0, 90.0)
READ_BYTES = 1 << 18
PIPE_BYTES = 1 << 20  # most that an ordinary user may ask for
SEALS = 0x01 | 0x02 | 0x04 | 0x08  # no further seals, no shrinking, no growing, no writing


class SandboxUnavailable(RuntimeError):
    """This machine (or this user) cannot run the backend; the message says what failed."""


class WorkerLost(RuntimeError):
    """The helper died or stopped answering; the job may be run again elsewhere."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What every helper of a sandbox shares."""

    mode: str  # how keeper starts the program: see jail/main.py
    python: str  # the interpreter that runs the helper, and Python jobs
    python_flags: tuple[str, ...]
    binds: tuple[str, ...]  # paths of this machine that a run sees, read-only
    is_root: bool
    images: tuple[str, ...] = ("host",)
    job_python: tuple[str, ...] = ()  # command that runs a Python job where that is not the helper itself
    command: tuple[str, ...] = ()  # the wrapper's command line
    hide: tuple[str, ...] = ()  # mounts that the wrapper must not see
    bundles: Mapping[str, Any] = field(default_factory=dict)  # image name -> OCI bundle


def sealed_file(name: str, *parts: bytes) -> int:
    """A memory file that nobody can change: input for the jail."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        for part in parts:
            view = memoryview(part)
            while view:
                view = view[os.write(descriptor, view) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALS)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def payload(job: Job) -> int:
    """The job's content for keeper alone; its form stands in jail/keeper.py."""
    if job.python is not None and not job.files and not job.collect:
        return sealed_file("job", b"P", job.python.encode("utf-8", "surrogatepass"))
    files = [(name, bytes(content)) for name, content in job.files.items()]
    order: dict[str, Any] = {"files": [(name, len(content)) for name, content in files], "collect": list(job.collect)}
    tail: list[bytes] = [content for _, content in files]
    if job.python is None:
        order["argv"] = list(job.argv)
    else:
        source = job.python.encode("utf-8", "surrogatepass")
        order["python"] = len(source)
        tail.append(source)
    return sealed_file("job", b"J", json.dumps(order).encode() + b"\n", *tail)


class Worker:
    """One helper process and its slot. Not safe for several threads at once: the sandbox hands it to one at a time."""

    def __init__(self, setup: Setup, slot: Slot, uid: int):
        self.setup, self.slot, self.uid = setup, slot, uid
        self.facts: dict[str, Any] = {}
        self.box = BOX
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def settings(self, control: int) -> dict[str, Any]:
        v2 = self.slot.files.get("memory_limit", "").endswith("memory.max")
        unlimited = [("memory_limit", "max")] if v2 else [("memory_swap", "-1"), ("memory_limit", "-1")]
        return {
            "mode": self.setup.mode,
            "control": control,
            "judge": os.getpid(),
            "code": str(CODE),
            "uid": self.uid,
            "is_root": self.setup.is_root,
            "binds": list(self.setup.binds),
            "groups": [str(group) for group in self.slot.groups],
            "homes": [str(home) for home in self.slot.homes],
            "files": self.slot.files,
            "lift_memory": unlimited,
            "box": self.box,
            "python": list(self.setup.job_python),
            "command": list(self.setup.command),
            "hide": list(self.setup.hide),
            "bundles": dict(self.setup.bundles),
        }

    def start(self) -> None:
        """Start the helper and wait until it is ready; SandboxUnavailable with its reason when it cannot be."""
        if self.setup.mode not in ("jail", "none"):
            self.box = tempfile.mkdtemp(prefix="openk15-sandbox-")
            os.chmod(self.box, 0o755)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            command = [self.setup.python, *self.setup.python_flags, "-c", BOOT, json.dumps(self.settings(theirs.fileno())), str(CODE)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                cwd="/",
                pass_fds=[theirs.fileno(), *self.slot.locks],
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise SandboxUnavailable(f"{self.setup.python} cannot be started: {error}") from None
        finally:
            theirs.close()
        self._control = ours
        ours.settimeout(START_SECONDS)
        try:
            message = ours.recv(1 << 16)
        except OSError:
            message = b""
        answer = json.loads(message) if message else {}
        if "ready" not in answer:
            reason = answer.get("unavailable") or self._last_words() or f"no answer within {START_SECONDS:g} s"
            self.stop()
            raise SandboxUnavailable(reason)
        self.facts = answer["ready"]
        ours.setblocking(False)

    def _last_words(self) -> str:
        process = self._process
        if process is None or process.stderr is None:
            return ""
        if process.poll() is None:
            process.kill()
        lines = process.stderr.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def stop(self) -> None:
        """End the helper and all it runs; waits until it is gone."""
        if self._control is not None:
            self._control.close()
            self._control = None
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()  # keeper dies with it, and keeper's namespaces with keeper
                process.wait()
            if process.stderr is not None:
                process.stderr.close()
        if self.box != BOX:
            with contextlib.suppress(OSError):
                os.rmdir(self.box)
            self.box = BOX

    def abandon(self) -> None:
        """In a forked copy of the judge: close our copies, so that the helper still sees the judge's end."""
        if self._control is not None:
            self._control.close()
            self._control = None
        for lock in self.slot.locks:
            with contextlib.suppress(OSError):
                os.close(lock)
        self.slot.locks.clear()
        self._process = None

    @property
    def pid(self) -> int:
        """The helper's process id, 0 when it is not running."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def run(self, job: Job) -> RunResult:
        """WorkerLost when the helper fails in mid-run; the job has then left nothing behind and may be run again."""
        control = self._control
        if control is None:
            raise WorkerLost("the helper is not running")
        limits = job.limits
        with contextlib.ExitStack() as held:

            def own(descriptor: int) -> int:
                held.callback(os.close, descriptor)
                return descriptor

            sent = [own(payload(job)), own(sealed_file("stdin", bytes(job.stdin)))]
            reads = []
            for _ in range(2):
                out, into = os.pipe2(os.O_CLOEXEC)
                reads.append(own(out))
                os.set_blocking(out, False)
                # As large as the cap where that can be had: then a program never waits for a judge that is busy.
                with contextlib.suppress(OSError):
                    fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, min(limits.output_kb << 10, PIPE_BYTES))
                sent.append(into)
            collected = -1
            if job.collect:
                collected = own(os.memfd_create("collect", os.MFD_CLOEXEC))
                sent.append(collected)
            request = {"image": job.image, **{name: getattr(limits, name) for name in limits.__dataclass_fields__}}
            try:
                socket.send_fds(control, [json.dumps(request).encode()], sent)
            except OSError as error:
                raise WorkerLost(f"the helper cannot be reached: {error}") from None
            finally:
                for descriptor in sent[2:4]:
                    os.close(descriptor)
            facts, stdout, stderr = self._pump(control, reads, limits)
            return make_result(facts, limits, stdout, stderr, _read_collected(facts, collected))

    def _pump(self, control: socket.socket, reads: list[int], limits: Limits) -> tuple[dict[str, Any], bytes, bytes]:
        """Read until the helper says how the run ended, then what is left in the pipes."""
        poll = select.poll()
        for source in (control.fileno(), *reads):
            poll.register(source, select.POLLIN)
        caps = {reads[0]: limits.output_kb << 10, reads[1]: max(limits.output_kb << 6, 1024)}
        texts = {source: bytearray() for source in reads}
        deadline = time.monotonic() + limits.wall_seconds * PATIENCE[0] + PATIENCE[1]
        facts: dict[str, Any] | None = None
        told_to_stop = False
        while facts is None:
            for source, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                if source == control.fileno():
                    facts = _receive(control)
                elif not self._take(source, texts[source], caps[source]):
                    poll.unregister(source)
            if len(texts[reads[0]]) > caps[reads[0]] and not told_to_stop and facts is None:
                told_to_stop = True
                with contextlib.suppress(OSError):
                    control.send(b'{"kill": "output"}')
            if facts is None and time.monotonic() > deadline:
                self.stop()
                raise WorkerLost(f"the helper did not answer within {limits.wall_seconds * PATIENCE[0] + PATIENCE[1]:g} s")
        for source in reads:
            while self._take(source, texts[source], caps[source]):
                pass
        facts["output"] = len(texts[reads[0]]) > caps[reads[0]]
        return facts, bytes(texts[reads[0]][: caps[reads[0]]]), bytes(texts[reads[1]][: caps[reads[1]]])

    @staticmethod
    def _take(source: int, text: bytearray, cap: int) -> bool:
        """Move what is ready; keeps one byte more than the cap, to know that it was passed. False at the end."""
        try:
            block = os.read(source, READ_BYTES)
        except BlockingIOError:
            return False
        if len(text) <= cap:
            text += block[: cap + 1 - len(text)]
        return bool(block)


def _receive(control: socket.socket) -> dict[str, Any]:
    try:
        message = control.recv(1 << 20)
    except OSError as error:
        raise WorkerLost(f"the helper died: {error}") from None
    if not message:
        raise WorkerLost("the helper died in mid-run")
    return json.loads(message)


def _read_collected(facts: Mapping[str, Any], descriptor: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    offset = 0
    for name, size in facts.get("collected", ()):
        found[name] = os.pread(descriptor, size, offset)
        offset += size
    return found
