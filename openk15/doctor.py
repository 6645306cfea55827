"""`openk15 doctor`: what works on this machine, what does not, and what to do about it.

In: `openk15.probes`, which asks the machine. Out: one table, and exit code 0 exactly if nothing the demo needs has failed.
Invariants: every check ends (each child has a deadline); a check that is not `ok` says what to do.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openk15 import probes
from openk15.cli import main, new_app

GIB = 1024**3
IMPORT_SECONDS = 120.0
RAY_SECONDS = 90.0
REINSTALL = "make setup; if that changes nothing: rm -rf .venv && make setup"


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One row: what was looked at, how it stands, what was found, what to do."""

    name: str
    state: State
    found: str
    advice: str = ""


def least(name: str, value: float | None, unit: str, fail_below: float, warn_below: float, advice: str) -> Check:
    """A quantity with a lower bound; None means it could not be measured."""
    if value is None:
        return Check(name, State.WARN, "could not be measured", advice)
    state = State.FAIL if value < fail_below else State.WARN if value < warn_below else State.OK
    return Check(name, state, f"{value:.1f} {unit}", "" if state is State.OK else advice)


def check_python(version: Sequence[int]) -> Check:
    found = ".".join(map(str, version))
    if tuple(version[:2]) == (3, 11):
        return Check("python", State.OK, found)
    return Check("python", State.FAIL, found, "the locks are for Python 3.11: make setup PYTHON=python3.11")


def check_environment(prefix: str, base_prefix: str) -> Check:
    if prefix != base_prefix:
        return Check("environment", State.OK, prefix)
    return Check("environment", State.WARN, f"{prefix} (not a virtual environment)", "run .venv/bin/openk15 doctor, or make doctor")


def check_import(name: str, answered: probes.Answered, advice: str = REINSTALL) -> Check:
    """A package that answered with `text`, or the reason it did not."""
    if answered.value is None:
        return Check(name, State.FAIL, answered.why, advice)
    return Check(name, State.OK, str(answered.value["text"]))


def check_torchvision(answered: probes.Answered) -> Check:
    shim_advice = "make setup (it installs packaging/torchvision-cpu-shim)"
    if answered.value is None:
        return Check("torchvision", State.FAIL, f"broken: {answered.why}", shim_advice)
    return Check("torchvision", State.OK, f"{answered.value['version']}, {answered.value['state']}")


def check_cores(cores: probes.Cores) -> Check:
    usable = len(cores.usable)
    found = f"{usable} of {cores.total} usable"
    if cores.quota is not None and cores.quota < usable:
        found += f", limited to {cores.quota:g} at a time"
    if min(usable, cores.quota or usable) < 2:
        return Check("cores", State.WARN, found, "it works, but slowly: give the process at least 2 cores")
    return Check("cores", State.OK, found)


def check_threads(cores: probes.Cores, answered: probes.Answered, environ: Mapping[str, str]) -> Check:
    name = "thread binding"
    if answered.value is None:
        return Check(name, State.WARN, answered.why, "threads cannot be bound to cores; vLLM may leave cores idle")
    bound = answered.value["bound"]
    if bound != list(cores.usable):
        missing = sorted(set(cores.usable) - set(bound))
        return Check(name, State.WARN, f"cores {missing} of {list(cores.usable)} stay idle", "vLLM will be slower than it could be")
    limit = environ.get("OMP_NUM_THREADS", "")
    if limit.isdigit() and int(limit) < len(cores.usable):
        return Check(name, State.WARN, f"OMP_NUM_THREADS={limit} for {len(cores.usable)} cores", "unset OMP_NUM_THREADS for full speed")
    return Check(name, State.OK, f"OpenMP reaches all {len(bound)} usable cores")


def check_gpus(names: Sequence[str], lock: str) -> Check:
    if names and lock == "cpu.txt":
        advice = "to use it: make setup REQUIREMENTS=requirements/gpu.txt VENV=.venv-gpu"
        return Check("gpu", State.WARN, f"{len(names)}: {names[0]}; the environment is the CPU one", advice)
    if not names and lock == "gpu.txt":
        return Check("gpu", State.FAIL, "none, but the environment is the CUDA one", "make setup REQUIREMENTS=requirements/cpu.txt")
    return Check("gpu", State.OK, f"{len(names)}: {names[0]}" if names else "none; everything runs on the CPU")


def check_locks(root: Path, lock: str, installed: Mapping[str, str]) -> Check:
    files = [root / "requirements" / lock, root / "requirements" / "dev.txt"]
    if absent := [file for file in files if not file.is_file()]:
        return Check("locks", State.WARN, f"{absent[0]}: no such file", "run from a checkout to compare versions")
    main_pins, dev_pins = (probes.locked_versions(file) for file in files)
    wrong = probes.differences(main_pins, installed)
    wrong_dev = probes.differences(dev_pins, installed)
    if not wrong and not wrong_dev:
        return Check("locks", State.OK, f"{len(main_pins) + len(dev_pins)} versions as in {lock} and dev.txt")
    listed = wrong + wrong_dev
    found = f"{len(listed)} differ: " + "; ".join(listed[:6]) + (f"; and {len(listed) - 6} more" if len(listed) > 6 else "")
    return Check("locks", State.WARN, found, "rm -f .venv/.setup-*.stamp && make setup")


def check_writing(folder: Path, refusal: str) -> Check:
    if refusal:
        return Check("runs folder", State.FAIL, refusal, "run from a folder you may write to, or mend its permissions")
    return Check("runs folder", State.OK, f"{folder} can be written")


def check_ray_start(answered: probes.Answered) -> Check:
    if answered.value is None:
        return Check("ray start", State.FAIL, answered.why, "look at /tmp/ray/session_latest/logs; is another Ray running (ray stop)?")
    return Check("ray start", State.OK, f"a worker ran torch (sum {answered.value['sum']:g})")


TORCH = """
import torch
torch.ones(2).sum()
answer = {'text': '%s, %s' % (torch.__version__, 'CUDA ' + torch.version.cuda if torch.version.cuda else 'CPU')}
"""
TORCHVISION = """
import torchvision
try:
    from openk15_torchvision_shim import state
    how = state()
except ImportError:
    how = 'native'
if how == 'unused':
    how = 'native'
answer = {'version': torchvision.__version__, 'state': how}
"""
TRANSFORMERS = """
import transformers
from transformers import AutoModelForImageTextToText, Qwen2VLImageProcessor, Qwen2_5_VLForConditionalGeneration
answer = {'text': transformers.__version__}
"""
VLLM = """
import vllm
from vllm import LLM
from vllm.platforms import current_platform
current_platform.import_kernels()
import torch
# Not by module name: the AVX2 and AVX-512 libraries register their kernels and then fail as modules, which vLLM ignores.
if not hasattr(torch.ops._C, 'rms_norm'):
    raise ImportError('none of the compiled kernels loads on this processor')
answer = {'text': '%s, platform %s' % (vllm.__version__, current_platform.device_type or 'unknown')}
"""
RAY = "import ray\nanswer = {'text': ray.__version__}"


LIBRARIES = {"torch": TORCH, "torchvision": TORCHVISION, "transformers": TRANSFORMERS, "vllm": VLLM, "ray": RAY}


def check_libraries() -> list[Check]:
    quiet = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
    said = probes.ask_in_turn(LIBRARIES, IMPORT_SECONDS, quiet)
    another_build = "another build than the lock means? see TORCH_INDEX in docs/install.md"
    return [
        check_import("torch", said["torch"], another_build),
        check_torchvision(said["torchvision"]),
        *(check_import(name, said[name]) for name in ("transformers", "vllm", "ray")),
    ]


def examine(*, deep: bool = False, runs: Path | None = None) -> list[Check]:
    """All checks, in the order they are shown."""
    runs = runs or Path.cwd() / "runs"
    installed = probes.installed_versions()
    lock = probes.lock_in_use(installed)
    cores = probes.cores()
    jobs: list[Callable[[], list[Check]]] = [
        check_libraries,
        lambda: [check_threads(cores, probes.omp_binding(cores.usable, IMPORT_SECONDS), os.environ)],
        lambda: [check_gpus(probes.gpus(), lock)],
    ]
    if deep:
        jobs.append(lambda: [check_ray_start(probes.start_ray(RAY_SECONDS))])
    memory = probes.memory()
    with ThreadPoolExecutor(max_workers=min(4, len(cores.usable))) as pool:
        libraries, threads, *others = [future.result() for future in [pool.submit(job) for job in jobs]]
    return [
        check_python(sys.version_info[:3]),
        check_environment(sys.prefix, sys.base_prefix),
        check_locks(probes.ROOT, lock, installed),
        *libraries,
        check_cores(cores),
        *threads,
        least(
            "memory",
            memory.available / GIB,
            f"GiB available of {memory.total / GIB:.1f}",
            4,
            8,
            "close other programs: with little memory the system kills workers",
        ),
        least("disk", _gib(probes.free_bytes(runs)), "GiB free for runs", 1, 4, "free some space, or run from another disk"),
        least(
            "/dev/shm", _gib(probes.free_bytes(Path("/dev/shm"))), "GiB free", 0, 1, "Ray falls back to slow disk: docker run --shm-size=4g"
        ),
        *(check for checks in others for check in checks),
        _lscpu(),
        check_writing(runs, probes.refusal_to_write(runs)),
    ]


def _gib(size: int | None) -> float | None:
    return None if size is None else size / GIB


def _lscpu() -> Check:
    # vLLM on a CPU reads the layout of the cores from it.
    where = shutil.which("lscpu")
    return (
        Check("lscpu", State.OK, where)
        if where
        else Check("lscpu", State.WARN, "not found", "install util-linux; vLLM binds threads by it")
    )


def verdict(checks: Sequence[Check]) -> str:
    """The closing line: fine, or what is in the way."""
    failed = [check.name for check in checks if check.state is State.FAIL]
    warned = sum(check.state is State.WARN for check in checks)
    if failed:
        return f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}. The demo will not run until they are mended."
    warnings = f", {warned} with a warning" if warned else ""
    return f"{len(checks)} checks{warnings}, none failed: the demo can run."


COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


def table(checks: Sequence[Check]) -> Table:
    grid = Table("check", "state", "found", "what to do", title="openk15 doctor", title_justify="left")
    for check in checks:
        grid.add_row(Text(check.name), Text(check.state, style=COLOURS[check.state]), Text(check.found), Text(check.advice))
    return grid


def as_json(checks: Sequence[Check]) -> dict[str, Any]:
    ok = not any(check.state is State.FAIL for check in checks)
    return {"ok": ok, "checks": [{"name": c.name, "state": str(c.state), "found": c.found, "advice": c.advice} for c in checks]}


app = new_app("openk15's own commands; the work is done by `data_recipes`, `rewards`, `rl` and `benchmark`.")


@app.callback()
def _group() -> None:
    """openk15's own commands; the work is done by `data_recipes`, `rewards`, `rl` and `benchmark`."""


@app.command(epilog="Example: openk15 doctor --deep")
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="also start Ray and run torch in a worker")] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON for machines instead of the table")] = False,
) -> None:
    """Check this machine and environment; exit 1 if something the demo needs does not work."""
    # Without a terminal rich would take 80 columns and fold every row.
    console = Console(stderr=json, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 140)
    with console.status("importing torch, transformers, vllm and ray in another process ..."):
        checks = examine(deep=deep)
    if json:
        import json as codec

        print(codec.dumps(as_json(checks), indent=2))
    else:
        console.print(table(checks))
        console.print(verdict(checks), highlight=False)
    raise typer.Exit(0 if as_json(checks)["ok"] else 1)


def entry() -> None:
    main(app, "openk15")
