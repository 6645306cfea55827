"""The helper: one run after the other, each watched against its limits.

    argv: a JSON mapping of settings (see `worker.settings`)
    control socket, one message each way a run:
        judge ▶ {limits} with the descriptors payload, stdin, stdout, stderr [, collect]; {"kill": why} at any time
        judge ◀ {"ready": ...} once, then the facts of each run

Leaves when the judge's end of the socket closes or the judge dies, whichever comes first, and removes its cgroups.
"""

from __future__ import annotations

import _socket
import contextlib
import gc
import importlib
import json
import marshal
import os
import resource
import select
import signal
import sys
import time
from typing import Any, NamedTuple

from . import keeper, linux, program, room, seccomp, wrapped
from .meter import Meter

# What contest programs import; loading them here once saves every run their time. Not `random`, and nothing that
# imports it: each run must seed it anew, and does so by importing it.
WARM = (
    "abc array bisect builtins cmath codecs collections collections.abc contextlib copy datetime decimal enum fractions "
    "functools heapq io itertools json linecache math numbers operator os queue re string struct sys textwrap threading time traceback "
    "types typing"
)
OWN_TASKS = {"jail": 2, "none": 2, "crun": 4, "bwrap": 5, "nsjail": 4}  # helper, keeper and wrapper stand in the run's group
SHORTEST_TICK, LONGEST_TICK = 0.01, 0.1
STRETCH, STRETCH_MORE = 10.0, 30.0  # a starved run may last wall_seconds * STRETCH + STRETCH_MORE in all
DEATH_TOGETHER = linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWIPC
NAMESPACES = {
    "jail": DEATH_TOGETHER | linux.CLONE_NEWNET | linux.CLONE_NEWUTS,
    "crun": DEATH_TOGETHER,  # these three make further ones of their own
    "bwrap": DEATH_TOGETHER,
    "nsjail": DEATH_TOGETHER,
    "none": 0,
}


class Ready(NamedTuple):
    """A keeper that waits for its job. No dataclass: that module is as large as all else the helper loads."""

    pid: int
    orders: _socket.socket
    told: int  # where it says what happens


class Helper:
    def __init__(self, settings: dict[str, Any]):
        self.settings = settings
        self.control = linux.open_socket(settings["control"])
        self.waiting: Ready | None = None
        self.judge = os.pidfd_open(settings["judge"])
        self.homes = [os.open(path, os.O_WRONLY) for path in settings["homes"]]
        self.parents = [os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY) for path in settings["groups"]]
        proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        for path in settings["groups"]:
            with open(f"{path}/cgroup.procs", "w") as handle:
                handle.write("0")
        self.meter = Meter(settings["files"], proc)
        self.cores = len(os.sched_getaffinity(0))
        self.mode = settings["mode"]
        self.inside = {name: settings[name] for name in ("mode", "uid", "is_root", "box", "command", "python", "bundles")}
        self.inside["filter"] = seccomp.compile_filter(linux.MACHINE)
        self.inside["cpu_now"] = self.meter.group_cpu
        lifted = [(name, value) for name, value in settings["lift_memory"] if self.meter.group.has(name)]
        self.lifted = [name for name, _ in lifted]
        self.inside["lift_memory"] = [(self.meter.group.descriptor(name), value) for name, value in lifted]

    def prepare(self) -> None:
        """Leave the machine: own mounts, own root, no way to gain rights by exec."""
        program.set_common_limits()
        if self.mode == "none":
            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
            return
        if self.settings["is_root"]:
            linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWUTS)
        else:
            own_user_namespace(self.settings["uid"])
        room.private_mounts()
        if self.mode != "jail":
            for path in self.settings["hide"]:
                linux.umount(path)
            return
        linux.set_hostname("sandbox")  # a run's copy takes its name from here
        room.build_root(self.settings["binds"], self.settings["uid"], keep_proc=not self.settings["is_root"])
        program.give_up_ways_back(self.settings["is_root"])
        linux.prctl(linux.PR_SET_DUMPABLE, 0)
        for name in WARM.split():
            importlib.import_module(name)
        program.prepare_python()
        gc.collect()
        gc.disable()
        gc.freeze()  # a collection in a run would write to, and so copy, every page of the helper

    def serve(self) -> None:
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.judge, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self.judge in ready:
                return
            message, descriptors = linux.receive_with_files(self.control, len(keeper.DESCRIPTORS))
            if not message:
                return
            job = json.loads(message)
            if "kill" in job:  # came after the run it meant had ended
                continue
            facts = self.run(job, descriptors)
            if facts is None:
                return
            self.control.send(json.dumps(facts).encode())
            if self.mode == "jail":
                self.waiting = self.make_keeper()

    def make_keeper(self) -> Ready:
        told, tell = os.pipe()
        ours, theirs = linux.socket_pair()
        pid = linux.clone(NAMESPACES[self.mode])
        if pid == 0:
            self.control.close()
            ours.close()
            os.close(told)
            try:
                keeper.keep(theirs, tell, self.inside)
            except BaseException as error:
                keeper.tell_fault(tell, f"{type(error).__name__}: {error}")
            os._exit(0)
        os.close(tell)
        theirs.close()
        return Ready(pid, ours, told)

    def give(self, job: dict[str, Any], descriptors: list[int]) -> Ready:
        """Hand the job to the keeper that waits, or to a new one should that have died meanwhile."""
        message = marshal.dumps(job)
        if self.waiting is not None:
            keeper_of_job, self.waiting = self.waiting, None
            try:
                linux.send_with_files(keeper_of_job.orders, message, descriptors)
                return keeper_of_job
            except OSError:
                os.waitpid(keeper_of_job.pid, 0)
                os.close(keeper_of_job.told)
                keeper_of_job.orders.close()
        keeper_of_job = self.make_keeper()
        linux.send_with_files(keeper_of_job.orders, message, descriptors)
        return keeper_of_job

    def run(self, job: dict[str, Any], descriptors: list[int]) -> dict[str, Any] | None:
        """The facts of one run; None when the judge is gone. On return nothing of the run is left."""
        job["groups"], job["own_tasks"] = self.meter.limits, OWN_TASKS[self.mode]
        self.meter.begin(job["memory_mb"] << 20, job["processes"] + job["own_tasks"])
        if self.mode == "none":
            job["folder"] = wrapped.make_folder()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        given = self.give(job, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.meter.watch(given.pid)
        try:
            facts = Watch(self, job, given.pid, given.told).until_over()
        finally:
            os.close(given.told)
            given.orders.close()
            os.waitpid(given.pid, 0)
            if self.mode == "none":
                wrapped.kill_left_over(self.settings["groups"])
                wrapped.remove_folder(job["folder"])
        if facts is None:
            return None
        if len(descriptors) == len(keeper.DESCRIPTORS):  # keeper lifted the memory limit to collect files
            for name in self.lifted:
                self.meter.group.forget(name)
        if not self.meter.group.has("cpu") and "cpu" not in facts:
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            facts["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return facts

    def leave(self) -> None:
        """Give the cgroups back to the machine; the judge may be dead and cannot."""
        for home in self.homes:
            os.write(home, b"0")
        for parent, path in zip(self.parents, self.settings["groups"], strict=False):
            with contextlib.suppress(OSError):  # the judge may be faster
                os.rmdir(os.path.basename(path), dir_fd=parent)
        if self.mode not in ("jail", "none"):
            with contextlib.suppress(OSError):
                os.rmdir(self.settings["box"])


class Watch:
    """Holds one run to its limits. Keeper's facts and the meter's decide; a kill only shortens the wait."""

    def __init__(self, helper: Helper, job: dict[str, Any], pid: int, told: int):
        self.helper, self.meter, self.job, self.pid, self.told = helper, helper.meter, job, pid, told
        self.facts: dict[str, Any] = {}
        self.buffer = b""
        self.killed = False
        self.delay = 0.0
        self.stolen_before: float | None = None  # read at the first look: most runs are over by then

    def until_over(self) -> dict[str, Any] | None:
        poll = select.poll()
        for source in (self.told, self.helper.control, self.helper.judge):
            poll.register(source, select.POLLIN)
        pause = 2 * SHORTEST_TICK
        over = judge_gone = False
        while not over:
            ready = dict(poll.poll(None if self.killed else pause * 1000))
            if self.helper.judge in ready:
                judge_gone = True
            if self.helper.control.fileno() in ready:
                judge_gone |= not self.hear()
            if judge_gone:
                self.kill()
            if self.told in ready:
                over = not self.listen()
            elif not self.killed:
                pause = self.check()
        return None if judge_gone else self.sum_up()

    def kill(self) -> None:
        if not self.killed:
            self.killed = True
            os.kill(self.pid, signal.SIGKILL)

    def stop(self, why: str) -> None:
        self.facts["stopped"] = why
        self.kill()

    def hear(self) -> bool:
        """A message of the judge in mid-run; False when there will be no more."""
        message = self.helper.control.recv(1 << 16)
        if not message:
            return False
        if not self.killed:
            self.stop(json.loads(message)["kill"])
        return True

    def listen(self) -> bool:
        """Keeper's facts; False at their end."""
        block = os.read(self.told, 1 << 16)
        self.buffer += block
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self.facts.update(json.loads(line))
        return bool(block)

    def asleep_too_long(self, elapsed: float) -> bool:
        """Whether the wall limit is passed, time without a processor not counted.

        A run of which some thread computes, or waits to, is not asleep: it is asked again at the next look, and stays
        subject to the CPU limit.
        """
        delay, wants = self.meter.waiting()
        self.delay = max(self.delay, delay)
        return not wants and elapsed - self.waited() > self.job["wall_seconds"]

    def waited(self) -> float:
        """Seconds in which the run could have computed but had no processor."""
        before = self.stolen_before
        stolen = self.meter.stolen() - before if before is not None else 0.0
        return max(self.meter.stalled(), self.delay, self.facts.get("delay", 0.0)) + stolen

    def check(self) -> float:
        """Stop the run if it passed a limit; seconds until the next look."""
        job, meter = self.job, self.meter
        started = self.facts.get("started")
        if started is None or "ended" in self.facts:
            return LONGEST_TICK
        if self.stolen_before is None:
            self.stolen_before = meter.stolen()
        elapsed, used = time.monotonic() - started, meter.cpu(self.facts["cpu_before"])
        if meter.tasks_refused(job["processes"]):
            self.stop("processes")
        elif meter.out_of_memory(job["memory_mb"] << 20):
            self.stop("memory")
        elif used > job["cpu_seconds"]:
            self.stop("cpu")
        elif elapsed > job["wall_seconds"] and self.asleep_too_long(elapsed):
            self.stop("wall")
        elif elapsed > job["wall_seconds"] * STRETCH + STRETCH_MORE:
            self.stop("starved")
        soonest = min(
            (job["cpu_seconds"] - used) / self.helper.cores,
            job["wall_seconds"] - elapsed if elapsed < job["wall_seconds"] else LONGEST_TICK,
        )
        return min(max(soonest, SHORTEST_TICK), LONGEST_TICK)

    def sum_up(self) -> dict[str, Any]:
        meter, facts, job = self.meter, self.facts, self.job
        facts.setdefault("ended", time.monotonic())
        facts["stalled"] = self.waited()
        if meter.group.has("cpu"):
            facts["cpu"] = meter.cpu(facts.get("cpu_before", 0.0)) if "started" in facts else 0.0
        if meter.group.has("memory_limit"):
            facts["out_of_memory"] = meter.out_of_memory(job["memory_mb"] << 20)
        if meter.group.has("pids_max"):
            facts["tasks_refused"] = meter.tasks_refused(job["processes"])
        peak = meter.peak()
        facts["memory"] = facts.get("resident", 0.0) if peak is None else peak / 2**20
        return facts


def own_user_namespace(uid: int) -> None:
    """Rights over namespaces of our own, for a judge without rights: its user becomes `uid` inside."""
    outside_user, outside_group = os.getuid(), os.getgid()
    linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWUTS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {outside_user} 1"), ("gid_map", f"{uid} {outside_group} 1")):
        with open(f"/proc/self/{name}", "w") as handle:
            handle.write(text)


def main(text: str) -> None:
    settings = json.loads(text)
    sys.path[:] = [path for path in sys.path if path and path != settings["code"]]
    helper = Helper(settings)
    try:
        try:
            helper.prepare()
        except BaseException as error:
            helper.control.send(json.dumps({"unavailable": f"{type(error).__name__}: {error}"}).encode())
            return
        helper.meter.settle()
        version = ".".join(map(str, sys.version_info[:3]))
        helper.control.send(json.dumps({"ready": {"python": version, "limits": helper.meter.limits, "base": helper.meter.base}}).encode())
        helper.serve()
    finally:
        helper.leave()
