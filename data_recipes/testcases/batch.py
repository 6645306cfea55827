"""Many short runs of one script in one sandbox run: a process and a folder for each case (runner.py is what runs there).

In: a script and cases. Out: by case number, what it printed, or why there is nothing. Cases share one room: a case that wants
to can disturb the others of its own script, never those of another script or the judge.
"""

from __future__ import annotations

import base64
import functools
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.machinery import PathFinder
from pathlib import Path

from openk15.errors import RunError, UserError
from rewards.code.program import ended
from rewards.sandbox.job import Ending, Job, Limits, RunResult
from rewards.verdict import Status

# What a generator may import beyond the standard library, and what that needs: pure Python, so it can be carried in.
PACKAGES = ("cyaron", "colorful", "xeger")
_IMPORTS = re.compile(r"^\s*(?:from|import)\s+cyaron\b", re.MULTILINE)
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Case:
    number: int
    stdin: bytes = b""
    arguments: tuple[str, ...] = ()
    seed: int | None = None  # of `random`


@dataclass(frozen=True, slots=True)
class CaseLimits:
    """Of one case; `all_cpu_seconds` of all cases of a run together."""

    cpu_seconds: float = 5.0
    wall_seconds: float = 10.0
    space_mb: int = 0  # address space of a case; 0: only what the whole run may use counts
    memory_mb: int = 512  # of the whole run
    output_kb: int = 64
    all_cpu_seconds: float = 60.0

    def run(self, cases: int) -> Limits:
        room = cases * (self.output_kb * 4 // 3 + 2) + 64  # base64
        return Limits(wall_seconds=2 * self.all_cpu_seconds, cpu_seconds=self.all_cpu_seconds, memory_mb=self.memory_mb, output_kb=room)


@dataclass(frozen=True, slots=True)
class Ran:
    """`output` is None exactly when the case did not end well; then `reason` says how."""

    output: bytes | None
    reason: str = ""
    cpu_seconds: float = 0.0


def batch_job(script: str, cases: Sequence[Case], limits: CaseLimits, *, name: str = "main.py", files: bool = False) -> Job:
    """`files`: an .in file that a case writes is its output instead of what it printed, and CYaRon may be imported."""
    wanted = files and _IMPORTS.search(script) is not None
    task = {
        "script": script,
        "name": name,
        "files": files,
        "warm": ["cyaron"] if wanted else [],
        "cases": [
            {
                "number": case.number,
                "stdin": base64.b64encode(case.stdin).decode(),
                "arguments": case.arguments,
                "seed": case.seed,
            }
            for case in cases
        ],
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
        "space_mb": limits.space_mb,
        "most_bytes": limits.output_kb * 1024,
    }
    carried = {"task.json": json.dumps(task).encode()}
    if wanted:
        carried["packages.zip"] = packages()
    return Job(python=_runner(), files=carried, limits=limits.run(len(cases)))


def read_batch(result: RunResult, job: Job, cases: Sequence[Case], where: str) -> dict[int, Ran]:
    """What became of each case. RunError, beginning with `where`, when the sandbox failed."""
    end = ended(result, job.limits)
    if end is not None and end.status is Status.ERROR:
        raise RunError(f"{where}: {end.reason}")
    found: dict[int, Ran] = {}
    for line in result.stdout.split(b"\n"):
        if (row := _row(line)) is not None:
            found.setdefault(*row)
    cut = end.reason if end is not None and result.ending is not Ending.EXITED else "the run ended before this case"
    return {case.number: found.get(case.number, Ran(None, cut)) for case in cases}


def _row(line: bytes) -> tuple[int, Ran] | None:
    """None for a line that is not the runner's: the script may have written there too."""
    try:
        number, text, reason, seconds = json.loads(line)
        data = None if text is None else base64.b64decode(text, validate=True)
    except (ValueError, TypeError, RecursionError):
        return None
    if type(number) is not int or not isinstance(reason, str | None) or not isinstance(seconds, int | float):
        return None
    return number, Ran(data, (reason or "no reason") if data is None else "", float(seconds))


@functools.cache
def _runner() -> str:
    return resources.files("data_recipes.testcases").joinpath("runner.py").read_text("utf-8")


@functools.cache
def packages() -> bytes:
    """CYaRon and what it needs as a zip file: the sandbox's Python sees the standard library alone."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in PACKAGES:
            spec = PathFinder.find_spec(name)  # not importlib.util: an imported colorful has no __spec__
            if spec is None or not spec.submodule_search_locations:
                raise UserError(f"a generator imports cyaron, but the package {name!r} is not installed: pip install {' '.join(PACKAGES)}")
            home = Path(next(iter(spec.submodule_search_locations)))
            for path in sorted(path for path in home.rglob("*") if path.is_file() and path.suffix in (".py", ".txt", ".json")):
                inside = path.relative_to(home)
                if "tests" not in inside.parts:
                    archive.writestr(zipfile.ZipInfo(f"{name}/{inside.as_posix()}", _STAMP), path.read_bytes())
    return made.getvalue()


def summary(reasons: Mapping[int, str]) -> str:
    """Reasons by case in one line, the most frequent first."""
    counts: dict[str, list[int]] = {}
    for number, reason in reasons.items():
        counts.setdefault(re.sub(r"\bcase \d+\b", "an earlier case", reason), []).append(number)
    ranked = sorted(counts.items(), key=lambda item: (-len(item[1]), item[1][0]))
    return "; ".join(f"{len(numbers)} x {reason}" for reason, numbers in ranked[:3])
