"""A sandbox for the tests of the judge's own logic: plain subprocesses with rlimits, no isolation at all.

What programs can do to a *sandbox* is tested under tests/rewards/sandbox; here programs attack the judge.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openk15.errors import UserError
from rewards import Answer, Verdict, verify
from rewards.code import languages, use_sandbox
from rewards.sandbox.job import Ending, Job, RunResult, Sandbox


class PlainSandbox:
    name = "plain"

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def run(self, job: Job) -> RunResult:
        self.jobs.append(job)
        limits = job.limits
        with tempfile.TemporaryDirectory() as folder:
            for name, data in job.files.items():
                (Path(folder) / name).write_bytes(data)
            argv = list(job.argv)
            if job.python is not None:
                (Path(folder) / "__job__.py").write_bytes(job.python.encode("utf-8", "surrogatepass"))
                argv = [sys.executable, "-I", "__job__.py"]

            def limit() -> None:
                seconds = int(limits.cpu_seconds) or 1
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
                if job.python is not None:
                    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb << 20,) * 2)

            start = time.monotonic()
            process = subprocess.Popen(
                argv,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                preexec_fn=limit,
                start_new_session=True,
            )
            ending, code, number = Ending.EXITED, None, None
            try:
                out, err = process.communicate(job.stdin, timeout=limits.wall_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                ending = Ending.WALL
            if ending is Ending.EXITED:
                if process.returncode < 0:
                    number = -process.returncode
                    ending = Ending.CPU if number in (signal.SIGXCPU, signal.SIGKILL) else Ending.SIGNALED
                else:
                    code = process.returncode
                if len(out) > limits.output_kb << 10:
                    ending, code = Ending.OUTPUT, None
            collected = {name: (Path(folder) / name).read_bytes() for name in job.collect if (Path(folder) / name).is_file()}
            seconds = time.monotonic() - start
            return RunResult(ending, code, number, out[: limits.output_kb << 10], err[-4096:], seconds, 0.0, 0.0, collected)

    def run_many(self, jobs: Sequence[Job]) -> list[RunResult]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.run, jobs))

    def close(self) -> None:
        pass


@pytest.fixture
def plain() -> Iterator[PlainSandbox]:
    """Programs run as plain subprocesses meanwhile; `plain.jobs` is what was run."""
    with use_sandbox(PlainSandbox()) as sandbox:
        assert isinstance(sandbox, PlainSandbox)
        yield sandbox


@pytest.fixture
def judged() -> Callable[..., Verdict]:
    """The verdict on a program in a fenced block."""

    def judge(program: str, **params: object) -> Verdict:
        return verify(f"Here it is.\n\n```{params.get('language', 'python')}\n{program}\n```\n", Answer("code", None, params))

    return judge


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    """The real sandbox of this machine, for all tests of this folder; they skip, with its reason, where there is none."""
    from rewards.sandbox import open_sandbox

    try:
        sandbox = open_sandbox()
    except UserError as error:
        pytest.skip(str(error))
    yield sandbox
    sandbox.close()


@pytest.fixture
def boxed(box: Sandbox) -> Iterator[Sandbox]:
    """Programs run in the real sandbox meanwhile."""
    with use_sandbox(box) as sandbox:
        yield sandbox


@pytest.fixture
def needs() -> Callable[[str], None]:
    """Skip where a language's toolchain is not installed."""

    def check(language: str) -> None:
        found = languages.find(language)
        if not found.present:
            pytest.skip(f"no {language} here: {', '.join(found.missing)} not installed")

    return check
