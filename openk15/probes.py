"""What this machine and this environment hold, asked without trusting them.

In: nothing but the machine. Out: small records of plain values for `openk15.doctor` to judge.
Invariants: packages are imported in child processes with a deadline, so a broken one can neither stop nor kill the caller;
no function here decides whether what it found is good.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MARK = "openk15-probe:"


@dataclass(frozen=True)
class Answered:
    """A child's answer: `value` if it printed one, otherwise why not."""

    value: dict[str, Any] | None
    why: str = ""


def ask(code: str, seconds: float, env: Mapping[str, str] | None = None) -> Answered:
    """Run `code`, whose `answer` dict comes back, in a child Python that is killed with its children after `seconds`."""
    output, status = _run(f"{code}\nimport json\nprint('\\n{MARK}' + json.dumps(answer), flush=True)\n", seconds, env)
    return Answered(None, f"no answer within {seconds:g} s") if status is None else read_answer(output, status)


IN_TURN = """
import json
answers = {{}}
for name, code in {codes!r}.items():
    scope = {{}}
    try:
        exec(code, scope)
    except Exception:
        continue
    answers[name] = scope['answer']
    print({mark!r} + json.dumps(answers), flush=True)
"""


def ask_in_turn(codes: Mapping[str, str], seconds: float, env: Mapping[str, str] | None = None) -> dict[str, Answered]:
    """Name -> what `ask` says of its code, from one child for all: libraries import each other, and so each is imported once.

    What does not answer there, within `seconds` for all, is asked again in a child of its own: none can hide another.
    """
    output, _ = _run(IN_TURN.format(codes=dict(codes), mark=f"\n{MARK}"), seconds, env)
    together = read_answer(output, 0).value or {}
    return {name: Answered(together[name]) if name in together else ask(code, seconds, env) for name, code in codes.items()}


def _run(script: str, seconds: float, env: Mapping[str, str] | None) -> tuple[str, int | None]:
    """What a child Python printed, and its status: None if it was killed for taking more than `seconds`."""
    # A file, not a pipe: whatever a library leaves running may hold a pipe open long after the child has ended.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )
        status: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = child.wait(seconds)
        _end(child)
        output.seek(0)
        return output.read(), status


def read_answer(output: str, status: int) -> Answered:
    """The answer among everything a child printed, or the line that says best why there is none."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marked = [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
    if marked:
        return Answered(json.loads(marked[-1]))
    if status < 0:
        return Answered(None, f"killed by {signal.Signals(-status).name}")
    raised = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Interrupt)\b", line)]
    return Answered(None, (raised or lines or [f"ended with status {status} and said nothing"])[-1][:200])


def _end(child: subprocess.Popen[bytes]) -> None:
    # SIGTERM first: Ray's driver stops the processes it started when it may end in its own time.
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(5)


def locked_versions(lock: Path) -> dict[str, str]:
    """Normalised name -> version of every `name==version` line."""
    pins = {}
    for line in lock.read_text("utf-8").splitlines():
        name, found, version = line.partition("#")[0].strip().partition("==")
        if found:
            pins[normalise(name)] = version.strip()
    return pins


def installed_versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        if name := distribution.metadata["Name"]:
            found.setdefault(normalise(name), distribution.version)
    return found


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def differences(pins: Mapping[str, str], installed: Mapping[str, str]) -> list[str]:
    """`name wanted, have found` for each pin that is not installed as locked; a local label such as +cpu does not count."""
    wrong = []
    for name, version in sorted(pins.items()):
        have = installed.get(name)
        if have is None:
            wrong.append(f"{name} {version}, not installed")
        elif have.partition("+")[0] != version:
            wrong.append(f"{name} {version}, have {have}")
    return wrong


def lock_in_use(installed: Mapping[str, str]) -> str:
    """The main lock this environment was made from: the two differ in which vLLM they hold."""
    return "gpu.txt" if "vllm" in installed else "cpu.txt"


@dataclass(frozen=True)
class Cores:
    usable: tuple[int, ...]
    total: int
    quota: float | None


def cores() -> Cores:
    return Cores(tuple(sorted(os.sched_getaffinity(0))), os.cpu_count() or 1, cgroup_quota(_read("/sys/fs/cgroup/cpu.max")))


def cgroup_quota(text: str) -> float | None:
    """Cores a control group may use at once; None where it sets no limit."""
    quota, _, period = text.partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.strip().isdigit() else None


@dataclass(frozen=True)
class Memory:
    total: int
    available: int


def memory() -> Memory:
    """Bytes, with a control group's limit taken into account."""
    sizes = {}
    for line in _read("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if rest.split():
            sizes[name] = int(rest.split()[0]) * 1024
    total, available = sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0)
    limit, used = _read("/sys/fs/cgroup/memory.max").strip(), _read("/sys/fs/cgroup/memory.current").strip()
    if limit.isdigit():
        total = min(total, int(limit))
        available = min(available, int(limit) - int(used or 0))
    return Memory(total, available)


def free_bytes(folder: Path) -> int | None:
    """Free bytes where `folder` is, or would be made; None where there is no such place."""
    while not folder.exists():
        if folder == folder.parent:
            return None
        folder = folder.parent
    return shutil.disk_usage(folder).free


def refusal_to_write(folder: Path) -> str:
    """Why a file cannot be made in `folder` (or in what would hold it); empty if it can."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".openk15-"):
            return ""
    except OSError as error:
        return f"{folder}: {error.strerror}"


def gpus() -> list[str]:
    """Names of the NVIDIA GPUs the driver lists."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    try:
        listed = subprocess.run([command, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.split(":", 1)[1].partition("(")[0].strip() for line in listed.stdout.splitlines() if line.startswith("GPU ")]


OMP_CODE = """
import os, torch
torch.zeros(1 << 22).add_(1)
bound = set()
for thread in os.listdir('/proc/self/task'):
    mask = os.sched_getaffinity(int(thread))
    if len(mask) == 1:
        bound |= mask
answer = {'threads': torch.get_num_threads(), 'bound': sorted(bound)}
"""


def omp_binding(usable: Iterable[int], seconds: float) -> Answered:
    """Which cores torch's OpenMP threads stand on when told to bind to `usable`, as vLLM tells them."""
    listed = [str(core) for core in usable]
    places = ",".join(f"{{{core}}}" for core in listed)
    return ask(OMP_CODE, seconds, {"OMP_NUM_THREADS": str(len(listed)), "OMP_PLACES": places, "OMP_PROC_BIND": "true"})


RAY_CODE = """
import os
os.environ.update(RAY_USAGE_STATS_ENABLED='0', RAY_AUTH_MODE='disabled', RAY_worker_niceness='0')
import ray
ray.init(address='local', num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level='ERROR',
         object_store_memory=80 * 2**20)
@ray.remote
def work():
    import torch
    return float((torch.eye(3) @ torch.ones(3)).sum())
answer = {'sum': ray.get(work.remote())}
ray.shutdown()
"""


def start_ray(seconds: float) -> Answered:
    """Start Ray on this machine, run one small torch operation in a worker, stop it."""
    return ask(RAY_CODE, seconds)


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""
