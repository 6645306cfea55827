"""The last steps before untrusted code runs, in its own process: streams, limits, identity, filter; then the code.

Order matters: each step needs rights that a later one gives up.
"""

from __future__ import annotations

import atexit
import builtins
import gc
import io
import linecache
import os
import resource
import signal
import site
import sys
import threading
import traceback
from typing import Any, NoReturn

from . import linux, room

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": room.WORK,
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "USER": "sandbox",
    "PYTHONHASHSEED": "0",  # else the order of sets of strings, and with it a verdict, changes from run to run
    "PYTHONDONTWRITEBYTECODE": "1",
}
# A limit of 1, unlike 0, also keeps the kernel from handing a dump to a program that core_pattern names.
NO_CORE = 1
PYTHON_STACK = 64 << 20  # fits in the gap that the kernel leaves below the stack of an already running process
OPEN_FILES = 512
main = type(sys)("__main__")


def set_common_limits() -> None:
    """Those that are the same for every run and do not bind the helper: set once, inherited."""
    wanted = {
        resource.RLIMIT_CORE: NO_CORE,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_MEMLOCK: 64 << 10,
        resource.RLIMIT_MSGQUEUE: 800 << 10,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_SIGPENDING: 1024,
    }
    for name, value in wanted.items():
        _limit(name, value, value)


def set_limits(limits: dict[str, Any], uses_python: bool) -> None:
    """Per-process limits. CPU is a backstop: the exact limit is kept by the watcher, over all processes of the run."""
    cpu = int(limits["cpu_seconds"]) + 2
    memory = limits["memory_mb"] << 20
    _limit(resource.RLIMIT_CPU, cpu, cpu + 1)
    _limit(resource.RLIMIT_FSIZE, limits["file_mb"] << 20, limits["file_mb"] << 20)
    stack = PYTHON_STACK if uses_python else max(memory, 8 << 20)
    if not limits["groups"]["memory"]:
        # Address space is a poor stand-in: per process, and virtual machines reserve far more than they use.
        stack = PYTHON_STACK
        kind, more = (resource.RLIMIT_AS, 64 << 20) if uses_python else (resource.RLIMIT_DATA, 0)
        _limit(kind, memory + more, memory + more)
    if not limits["groups"]["pids"]:
        tasks = limits["processes"] + limits["own_tasks"]
        _limit(resource.RLIMIT_NPROC, tasks, tasks)
    _limit(resource.RLIMIT_STACK, stack, stack)


def _limit(name: int, soft: int, hard: int) -> None:
    ceiling = resource.getrlimit(name)[1]
    if ceiling != resource.RLIM_INFINITY:  # a lower limit of the machine's own stays
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(name, (soft, hard))


def be_killed_first() -> None:
    """When the run is out of memory the kernel must choose the program, never keeper or main."""
    descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(descriptor, b"1000")
    os.close(descriptor)


def give_up_ways_back(is_root: bool) -> None:
    """Done once by the helper, which keeps what rights it holds but never execs: its runs inherit that nothing raises rights."""
    linux.empty_bounding_set()
    linux.prctl(linux.PR_CAP_AMBIENT, linux.PR_CAP_AMBIENT_CLEAR_ALL)
    linux.prctl(linux.PR_SET_SECUREBITS, linux.SECURE_ALL_LOCKED)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if is_root:
        os.setgroups([])
    os.umask(0o022)


def become_nobody(uid: int, is_root: bool) -> None:
    if is_root:
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self, and with it /dev/stdin, belongs to root


def default_signals() -> None:
    """Python ignores these two; a program that passes a limit should die of it, and exec hands ignored signals on."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def run_argv(argv: list[str], environment: dict[str, str]) -> NoReturn:
    """Raises OSError when the program cannot be started."""
    default_signals()
    os.execvpe(argv[0], argv, environment)


def prepare_python() -> None:
    """Done once by the helper, so that a run finds the interpreter as a fresh one would be."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for add in ("setquit", "setcopyright", "sethelper"):  # the helper may run without `site`, programs expect its names
        getattr(site, add)()
    os.environ.clear()
    os.environ.update(ENVIRONMENT)
    sys.argv[:] = ["main.py"]
    sys.path.insert(0, room.WORK)
    # The streams find out on making what they stand on; a run has a regular file and two pipes.
    os.dup2(os.memfd_create("stdin"), 0)
    for descriptor in (1, 2):
        os.dup2(os.pipe()[1], descriptor)
    sys.stdin = sys.__stdin__ = _text(0, "r", "surrogateescape")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _text(1, "w", "surrogateescape")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, "w", "backslashreplace")  # type: ignore[misc]
    main.__dict__.update(__builtins__=builtins, __file__="main.py")
    sys.modules["__main__"] = main
    for name in [name for name in sys.modules if name == "jail" or name.startswith("jail.")]:
        del sys.modules[name]


def _text(descriptor: int, mode: str, errors: str) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, "utf-8", errors, line_buffering=descriptor == 2)


def run_python(source: str) -> NoReturn:
    """Run `source` as the main module, then end the process as the interpreter would."""
    gc.enable()
    os._exit(_finish(_execute(source)))


def _execute(source: str) -> int:
    try:
        exec(compile(source, "main.py", "exec", dont_inherit=True), main.__dict__)
    except SystemExit as stop:
        return _exit_code(stop.code)
    except BaseException as error:
        linecache.cache["main.py"] = (len(source), None, source.splitlines(keepends=True), "main.py")
        own = error.__traceback__
        error = error.with_traceback(own.tb_next if own else None)  # without the line above
        if sys.excepthook is sys.__excepthook__:
            traceback.print_exception(error)  # the built-in hook would look for the source in a file
        else:
            sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _finish(code: int) -> int:
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # waits for the program's own threads, as the interpreter does
        atexit._run_exitfuncs()  # type: ignore[attr-defined]
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException:
            code = code or 120  # what the interpreter returns when its last flush fails
    return code
