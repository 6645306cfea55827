"""Runs one script once for each case, each in a process and a folder of its own. Sent into the sandbox as text.

In: task.json in the work folder (see batch.py, which writes it), and packages.zip with the packages that the script may
import. Out: a JSON line for each case as soon as it is done: [number, bytes as base64, null, CPU seconds] or
[number, null, reason, CPU seconds]. The bytes are what the script printed, or where files count the one .in file that it wrote.
Standard library only: it runs under the sandbox's Python.
"""

import base64
import contextlib
import gc
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback

PACKAGES = "/tmp/packages"
EXCERPT = 300  # characters of a reason


def main():
    with open("task.json") as handle:
        task = json.load(handle)
    if os.path.exists("packages.zip"):
        shutil.unpack_archive("packages.zip", PACKAGES)
        sys.path.append(PACKAGES)
    try:
        code = compile(task["script"], task["name"], "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        for case in task["cases"]:
            tell(case["number"], None, "not Python: " + one_line(error), 0.0)
        return
    for name in task["warm"]:  # once for all cases: they are forks of this process
        with contextlib.suppress(Exception):  # then every case fails by itself and says why
            __import__(name)
    gc.freeze()  # so that a fork does not copy every page when it counts references
    for case in task["cases"]:
        data, reason, seconds = one_case(task, code, case)
        tell(case["number"], data, reason, seconds)


def tell(number, data, reason, seconds):
    text = None if data is None else base64.b64encode(data).decode()
    sys.stdout.write(json.dumps([number, text, reason, round(seconds, 4)]) + "\n")
    sys.stdout.flush()


def one_line(error):
    return " ".join((type(error).__name__ + ": " + str(error)).split())[:EXCERPT]


def one_case(task, code, case):
    """(bytes, None, CPU seconds) or (None, reason, CPU seconds)."""
    folder = os.path.join(os.getcwd(), f"case{case['number']}")
    os.mkdir(folder)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setsid()
            os.chdir(folder)
            status = play(task, code, case)
        finally:
            os._exit(status)
    status, seconds = wait(child, task["wall_seconds"])
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    try:
        data, reason = verdict(task, folder, status)
        return data, reason, seconds
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(task, code, case):
    """In the child: the script as the main program, its stdout in the file `printed`, its last words in `error`."""
    cpu = int(task["cpu_seconds"] + 0.999) or 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    if task["space_mb"]:
        resource.setrlimit(resource.RLIMIT_AS, (task["space_mb"] << 20,) * 2)
    with open("stdin", "wb") as handle:
        handle.write(base64.b64decode(case["stdin"]))
    for name, descriptor, flags in (("stdin", 0, os.O_RDONLY), ("printed", 1, os.O_RDWR | os.O_CREAT), ("said", 2, os.O_RDWR | os.O_CREAT)):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.unlink("stdin")
    sys.argv[:] = [task["name"], *case["arguments"]]
    if case["seed"] is not None:
        random.seed(case["seed"])
    module = type(sys)("__main__")
    module.__dict__.update(__builtins__=__builtins__, __file__=task["name"])
    sys.modules["__main__"] = module
    status, reason = 0, ""
    try:
        exec(code, module.__dict__)
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
    except SystemExit as stop:
        if stop.code not in (None, 0):
            status, reason = 1, f"exit: {stop.code}"
    except BaseException as error:
        status, reason = 1, one_line(error)
        rows = [row.lineno for row in traceback.extract_tb(error.__traceback__) if row.filename == task["name"]]
        if rows:
            reason = f"line {rows[-1]}: {reason}"
    if task["files"]:
        module.__dict__.clear()  # CYaRon's IO writes what it holds when it goes
        gc.collect()
    with contextlib.suppress(ValueError):  # the script may have closed it
        sys.stdout.flush()
    if status:
        with open("error", "w") as handle:
            handle.write(reason[:EXCERPT])
    return status


def wait(child, seconds):
    """(status of the child's end, None when it idled longer than `seconds`; its CPU seconds)."""
    left, pause, before = seconds, 0.0005, time.monotonic()
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return status, usage.ru_utime + usage.ru_stime
        if left <= 0:
            os.kill(child, signal.SIGKILL)
            _, _, usage = os.wait4(child, 0)
            return None, usage.ru_utime + usage.ru_stime
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)
        now = time.monotonic()
        if not computes(child):  # CPU time has a limit of its own, and a busy machine must not end a case
            left -= now - before
        before = now


def computes(child):
    """Does it run, or wait for a processor?"""
    try:
        with open(f"/proc/{child}/stat") as handle:
            return handle.read().rpartition(") ")[2].startswith("R")
    except OSError:
        return False


def verdict(task, folder, status):
    if status is None:
        return None, f"not done after {task['wall_seconds']:g} s"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGXCPU, signal.SIGKILL):
            return None, f"more than {task['cpu_seconds']:g} s of CPU time"
        return None, f"killed by signal {number}"
    if os.WEXITSTATUS(status):
        said = read(os.path.join(folder, "error"), EXCERPT)
        return None, said.decode("utf-8", "replace") or f"exit code {os.WEXITSTATUS(status)}"
    written = []
    if task["files"]:
        written = sorted(name for name in os.listdir(folder) if name.endswith(".in") and os.path.isfile(os.path.join(folder, name)))
    if len(written) > 1:
        return None, f"{len(written)} .in files were written; a run makes one case"
    most = task["most_bytes"]
    data = read(os.path.join(folder, written[0] if written else "printed"), most + 1)
    if len(data) > most:
        return None, f"more than {most >> 10} KiB were written"
    return data, None


def read(path, most):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as handle:
        return handle.read(most)


main()
