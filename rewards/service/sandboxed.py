"""Programs for /v1/run (K118): in this process's sandbox, called from threads."""

from __future__ import annotations

from dataclasses import replace

from openk15.errors import OpenK15Error
from rewards.sandbox.job import Ending, Job, Limits, RunResult, Sandbox
from rewards.service.models import CommandIn, ProgramIn


class NoSandbox(Exception):
    """This machine cannot run programs safely; the message says why."""


class BadRun(ValueError):
    """The request names what is not here, or says something the sandbox cannot be told."""


def languages() -> list[str]:
    """Languages with a toolchain on this machine; python alone where that cannot be asked."""
    try:
        from rewards.code import toolchains
    except ImportError:
        return ["python"]
    return sorted({"python", *(found.language for found in toolchains() if found.present)})


def images() -> list[str]:
    """Root file systems that this machine has."""
    try:
        from rewards.sandbox.images import images as defined
    except ImportError:
        return ["host"]
    return sorted({"host", *(name for name, image in defined().items() if image.here)})


def run(request: ProgramIn | CommandIn) -> RunResult:
    """Run to the end. Raises NoSandbox or BadRun; whatever the program does is in the result."""
    try:
        from rewards.code.shared import current

        sandbox = current()
    except (ImportError, OpenK15Error) as error:
        raise NoSandbox(" ".join(str(error).split())) from None
    try:
        if isinstance(request, CommandIn):
            return sandbox.run(_with_files(Job(argv=tuple(request.argv), limits=request.limits.record(), image=request.image), request))
        return _program(request, sandbox)
    except (OpenK15Error, UnicodeEncodeError) as error:
        raise BadRun(" ".join(str(error).split())) from None


def _program(request: ProgramIn, sandbox: Sandbox) -> RunResult:
    from rewards.code.program import Program, build
    from rewards.code.verifier import drive

    limits: Limits = request.limits.record()
    program = drive(build(request.language, request.code, request.image), sandbox)
    if not isinstance(program, Program):
        ending = Ending.FAULT if program.status == "error" else Ending.EXITED
        return RunResult(ending, 1, None, b"", program.reason.encode("utf-8", "replace"), 0.0, 0.0, 0.0, detail="not compiled, not run")
    return sandbox.run(_with_files(program.job(b"", limits, request.image), request))


def _with_files(job: Job, request: ProgramIn | CommandIn) -> Job:
    files = {name: text.encode() for name, text in request.files.items()}
    return replace(job, files={**files, **job.files}, stdin=request.stdin.encode(), collect=(*job.collect, *request.collect))
