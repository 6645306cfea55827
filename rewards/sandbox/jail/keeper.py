"""Process 1 of a run. Trusted; the program is its child and cannot signal, trace or outlive it.

Written close to the system calls on purpose: a page of the helper's memory that this process touches is a page copied, and
those copies are most of what a run costs.

It is there before its job is, waiting, so that a job does not wait for namespaces to be made.

Tells main through a pipe, one JSON object a line: {"started"} right before the program starts, then {"ended"} with the
facts that only it can see. Its own end takes every process of the run with it.
"""

from __future__ import annotations

import _socket
import errno
import json
import marshal
import os
import resource
import signal
import stat
import time
from typing import Any

from . import linux, program, room, wrapped

FULL = 4096  # fewer free bytes than a page: the work folder is full


DESCRIPTORS = ("payload", "stdin", "stdout", "stderr", "collect")


def keep(orders: _socket.socket, tell: int, settings: dict[str, Any]) -> None:
    """Everything from an empty set of namespaces to the facts. Returns when the run is over, or there is to be none."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    mode = settings["mode"]
    if mode != "none":
        room.mount_proc(others_hidden=settings["is_root"] and mode == "jail")
    message, passed = linux.receive_with_files(orders, len(DESCRIPTORS))
    if not message:
        return
    job = marshal.loads(message)
    descriptors: dict[str, int] = dict(zip(DESCRIPTORS, passed, strict=False))
    order = read_payload(descriptors["payload"])
    if mode == "none":
        box, work = job["folder"], wrapped.open_folder(job["folder"], settings["uid"], settings["is_root"])
    else:
        box = settings["box"]
        work = room.open_box(box, settings["uid"], job["disk_mb"])
    if "files" in order:
        write_files(work, order, settings["uid"])
    if mode != "jail":
        order["argv"] = wrapped.argv_of(order, settings, work)
        if job["image"] == "host":
            order["argv"] = wrapped.find_program(order["argv"], program.ENVIRONMENT)
        if mode == "crun":
            wrapped.write_bundle(box, job, settings, order["argv"])
    space = os.statvfs(box)
    before = space.f_files - space.f_ffree
    begun = time.monotonic()
    watched = start(job, order, descriptors, settings, tell, box)
    wait_for(watched)
    ended = time.monotonic()
    delay = waited_for_processor(watched) if ended - begun > job["wall_seconds"] else 0.0
    _, status, usage = os.wait4(watched, 0)
    if mode != "none":  # there main does it, once this process is gone
        kill_the_rest()
    disk = file = "false"
    if mode != "none":
        space = os.statvfs(box)
        disk = "true" if space.f_bavail * space.f_frsize < FULL or space.f_ffree == 0 else "false"
        file = "true" if space.f_files - space.f_ffree > before and any_file_at_limit(box, job["file_mb"] << 20) else "false"
    collected = "[]"
    if "collect" in descriptors:
        found = collect(work, order["collect"], descriptors["collect"], job["file_mb"] << 20, settings["lift_memory"])
        collected = json.dumps(found)
    tell_line(
        tell,
        f'{{"ended": {ended!r}, "status": {status}, "cpu": {children_cpu()!r}, "resident": {usage.ru_maxrss / 1024!r}, "delay": {delay!r}, '
        f'"disk": {disk}, "file": {file}, "collected": {collected}}}',
    )


def tell_line(tell: int, line: str) -> None:
    os.write(tell, line.encode() + b"\n")


def tell_fault(tell: int, reason: str) -> None:
    tell_line(tell, json.dumps({"fault": reason}))


def read_payload(descriptor: int) -> dict[str, Any]:
    """{"python" | "argv", "files": {name: bytes}, "collect"}.

    As a file: P and a source that comes alone; or J, a line of JSON, the files' contents in its order, and the source.
    """
    size = os.fstat(descriptor).st_size
    data = b""
    while len(data) < size:
        data += os.pread(descriptor, size - len(data), len(data))
    if data[:1] == b"P":
        return {"python": str(data[1:], "utf-8", "surrogatepass")}
    at = data.index(b"\n") + 1
    order = json.loads(data[1:at])
    files = {}
    for name, length in order["files"]:
        files[name] = data[at : at + length]
        at += length
    order["files"] = files
    if "python" in order:
        order["python"] = str(data[at : at + order["python"]], "utf-8", "surrogatepass")
    return order


def write_files(work: int, order: dict[str, Any], uid: int) -> None:
    for name, content in order.pop("files").items():
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755, dir_fd=work)
        with open(descriptor, "wb") as handle:
            handle.write(content)
            os.fchown(handle.fileno(), uid, uid)


def start(job: dict[str, Any], order: dict[str, Any], descriptors: dict[str, int], settings: dict[str, Any], tell: int, box: str) -> int:
    """Start the program and report the moment; if it cannot be started, say why and leave."""
    ready_out, ready_in = os.pipe()
    cpu_before = settings["cpu_now"]()
    pid = linux.clone()
    if pid == 0:
        os.close(ready_out)
        begin(job, order, descriptors, settings, ready_in, box)
    os.close(ready_in)
    for name in ("stdin", "stdout", "stderr"):
        os.close(descriptors[name])
    told = b""
    while block := os.read(ready_out, 4096):
        told += block
    moment, _, problem = told.partition(b" ")
    if problem or not moment:
        tell_fault(tell, problem.decode("utf-8", "replace") or "the program's process ended before the program began")
        os._exit(0)
    tell_line(tell, f'{{"started": {moment.decode()}, "cpu_before": {cpu_before!r}}}')
    return pid


def begin(job: dict[str, Any], order: dict[str, Any], descriptors: dict[str, int], settings: dict[str, Any], ready: int, box: str) -> None:
    """In the program's process. Writes to `ready` the moment it begins and, should that fail, a blank and the reason.

    The clock starts here, not before the fork: the steps between wait for locks of the kernel that a busy machine holds.
    """
    in_jail = settings["mode"] == "jail"
    uses_python = in_jail and "python" in order
    try:
        os.setsid()
        for target, name in enumerate(("stdin", "stdout", "stderr")):
            os.dup2(descriptors[name], target)
            if settings["is_root"]:
                os.fchown(target, settings["uid"], settings["uid"])  # else /dev/stdout could not be opened by name
        os.dup2(ready, 3, inheritable=False)
        linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self belongs to root, whom a user namespace may lack
        program.be_killed_first()
        if in_jail:
            room.seal_proc()
        os.chdir(f"{box}/work")
        linux.close_from(4)
        program.set_limits(job, uses_python)
        if in_jail:
            program.become_nobody(settings["uid"], settings["is_root"])
            linux.install_filter(settings["filter"])
        os.write(3, repr(time.monotonic()).encode())
        if not in_jail:
            wrapped.start_wrapped(order["argv"], box, settings)
        if not uses_python:
            try:
                program.run_argv(order["argv"], program.ENVIRONMENT)
            except OSError as error:
                raise OSError(error.errno, f"cannot start {order['argv'][0]!r}: {os.strerror(error.errno or 0)}") from None
        os.close(3)
    except BaseException as error:
        os.write(3, f" {type(error).__name__}: {error}".encode())
        os._exit(1)
    program.run_python(order["python"])


def wait_for(pid: int) -> None:
    """Until the program has ended; it stays to be looked at. Orphans that end meanwhile are reaped and forgotten."""
    while True:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        if found is None or found.si_pid == pid:
            return
        os.waitpid(found.si_pid, 0)


def waited_for_processor(pid: int) -> float:
    """Seconds that the program's first thread wanted to run and did not; 0.0 where the kernel does not count them."""
    try:
        descriptor = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY)
        try:
            return int(os.read(descriptor, 256).split()[1]) * 1e-9
        finally:
            os.close(descriptor)
    except (OSError, IndexError):
        return 0.0


def kill_the_rest() -> None:
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return
    while True:
        try:
            os.wait3(0)
        except ChildProcessError:
            return


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def any_file_at_limit(box: str, limit: int) -> bool:
    """Whether some file of the box is as long as one may be: a program that ignored the signal for it."""
    for _, _, names, descriptor in os.fwalk(box):
        for name in names:
            facts = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode) and facts.st_size >= limit:
                return True
    return False


def collect(work: int, names: list[str], into: int, limit: int, lift_memory: list[tuple[int, str]]) -> list[list[Any]]:
    """Copy the named regular files into memory file `into`; [[name, size], ...] of those there were. Follows no link."""
    for descriptor, unlimited in lift_memory:
        os.write(descriptor, unlimited.encode())  # the copy counts as this run's memory, and the program is gone
    found: list[list[Any]] = []
    for name in names:
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=work)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
                continue
            raise
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > limit:
                continue
            size = 0
            while block := os.read(descriptor, 1 << 20):
                os.write(into, block)
                size += len(block)
            found.append([name, size])
        finally:
            os.close(descriptor)
    return found
