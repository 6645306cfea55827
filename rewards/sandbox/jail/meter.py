"""What a run has used so far, from its cgroup where there is one and from /proc where there is not.

Seconds, bytes and counts since `begin`. Everything opened here is opened before the helper leaves the machine's root,
and stays readable after.
"""

from __future__ import annotations

import contextlib
import os

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
KEEPERS = 4 << 20  # what keeper and the kernel's records of a run take
KEEP_CACHE = 32 << 20  # file cache that earlier runs may leave charged to the group before it is dropped


class Group:
    """The slot's cgroup: one open descriptor a file. Missing files (controllers the machine lacks) read as None."""

    def __init__(self, files: dict[str, str]):
        self._open: dict[str, int] = {}
        for name, path in files.items():
            writes = name in ("memory_limit", "memory_swap", "memory_reclaim", "memory_peak", "pids_max")
            try:
                self._open[name] = os.open(
                    path, (os.O_RDWR if writes and name != "memory_reclaim" else os.O_WRONLY if writes else os.O_RDONLY)
                )
            except PermissionError:
                if name != "memory_peak":  # read-only before Linux 6.12: then there is no peak for each run
                    raise
        self._set: dict[str, str] = {}

    def has(self, name: str) -> bool:
        return name in self._open

    def read(self, name: str) -> str:
        return os.pread(self._open[name], 8192, 0).decode()

    def write(self, name: str, value: str, *, remember: bool = False) -> None:
        if name in self._open and not (remember and self._set.get(name) == value):
            os.pwrite(self._open[name], value.encode(), 0)
            self._set[name] = value

    def forget(self, name: str) -> None:
        self._set.pop(name, None)

    def descriptor(self, name: str) -> int:
        return self._open[name]

    def number(self, name: str, key: str) -> int:
        """The number after `key` and a blank at the start of a line; 0 without such a line."""
        for line in self.read(name).splitlines():
            if line.startswith(key + " "):
                return int(line[len(key) + 1 :])
        return 0


class Meter:
    def __init__(self, files: dict[str, str], proc: int):
        self.group = Group(files)
        self._proc = proc
        self._cpu_scale = 1e-9 if files.get("cpu", "").endswith("cpuacct.usage") else 1e-6
        self._keeper = 0
        self.base = 0

    def settle(self) -> None:
        """Call once the helper has loaded all it needs: its pages, and keeper's, are in the group beside a run's."""
        self.base = self._usage() + KEEPERS

    @property
    def limits(self) -> dict[str, bool]:
        return {"memory": self.group.has("memory_limit"), "pids": self.group.has("pids_max")}

    def _usage(self) -> int:
        return int(self.group.read("memory_usage")) if self.group.has("memory_usage") else 0

    def begin(self, memory: int, tasks: int) -> None:
        """Return the group to its first state and set the limits of the run to come."""
        group = self.group
        if group.has("memory_limit"):
            if self._usage() > self.base + KEEP_CACHE:
                with contextlib.suppress(OSError):  # less was to be had than asked for; the rest gives way under the limit
                    group.write("memory_reclaim", str(self._usage() - self.base))
            limit = str(memory + self.base)
            self._set_memory(limit)
            group.write("memory_peak", "0")
            self._oom = group.number("memory_oom", "oom_kill")
            self._usage_before = self._usage()
        if group.has("pids_max"):
            group.write("pids_max", str(tasks), remember=True)
            self._refused = group.number("pids_events", "max")
        self._stalled = self._group_stalled() if group.has("pressure") else 0.0

    def _set_memory(self, limit: str) -> None:
        # Memory plus swap must never be below memory: raise it first, lower it last.
        try:
            self.group.write("memory_limit", limit, remember=True)
            self.group.write("memory_swap", limit, remember=True)
        except OSError:
            self.group.write("memory_swap", limit, remember=True)
            self.group.write("memory_limit", limit, remember=True)

    def watch(self, keeper: int) -> None:
        self._keeper = keeper

    def group_cpu(self) -> float:
        """CPU seconds of the group since it was made; 0.0 without a group."""
        if not self.group.has("cpu"):
            return 0.0
        text = self.group.read("cpu")
        return (int(text) if text.strip().isdigit() else self.group.number("cpu", "usage_usec")) * self._cpu_scale

    def _group_stalled(self) -> float:
        some = self.group.read("pressure").partition("\n")[0]  # "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"
        return int(some.rpartition("=")[2]) * 1e-6

    def cpu(self, before: float) -> float:
        """CPU seconds of all processes of the run, dead ones included; `before` is `group_cpu` when the program started."""
        return self.group_cpu() - before if self.group.has("cpu") else self._tree_cpu()

    def stalled(self) -> float:
        """Seconds in which the run could have computed but got no processor, by the group's pressure counter.

        The counter is an average over processors, weighted by their use, and so too low for a run that moves between them:
        it gets a quarter of benefit.
        """
        return 1.25 * (self._group_stalled() - self._stalled) if self.group.has("pressure") else 0.0

    def waiting(self) -> tuple[float, bool]:
        """(longest time that a live thread of the run has waited for a processor, whether one computes or waits right now)."""
        longest, wants = 0, False
        for task in self._tasks():
            fields = self._lines(f"{task}/schedstat").split()
            longest = max(longest, int(fields[1]) if len(fields) > 1 else 0)
            wants = wants or self._lines(f"{task}/stat").rpartition(")")[2].lstrip()[:1] == "R"
        return longest * 1e-9, wants

    def stolen(self) -> float:
        """Seconds that a hypervisor gave to others, over all processors since boot. The pressure counters do not see it."""
        fields = self._lines("stat").partition("\n")[0].split()
        return int(fields[8]) / TICK if len(fields) > 8 else 0.0

    def out_of_memory(self, limit: int) -> bool:
        if self.group.has("memory_limit"):
            return self.group.number("memory_oom", "oom_kill") > self._oom
        return self._tree_resident() > limit

    def tasks_refused(self, limit: int) -> bool:
        if self.group.has("pids_max"):
            return self.group.number("pids_events", "max") > self._refused
        return len(self._tasks()) >= limit

    def peak(self) -> float | None:
        """Bytes at the highest, None where the machine keeps no peak for each run."""
        if not self.group.has("memory_peak"):
            return None
        return max(0.0, int(self.group.read("memory_peak")) - self._usage_before)

    # Without a cgroup: what /proc says of keeper's descendants. Samples, so short-lived processes slip through.

    def _lines(self, path: str) -> str:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
        except OSError:
            return ""
        try:
            return os.read(descriptor, 65536).decode("utf-8", "replace")
        except OSError:
            return ""
        finally:
            os.close(descriptor)

    def _threads(self, pid: str) -> list[str]:
        try:
            descriptor = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
        except OSError:
            return []
        try:
            return os.listdir(descriptor)
        except OSError:
            return []
        finally:
            os.close(descriptor)

    def _processes(self) -> list[str]:
        """Process ids of the run, keeper left out."""
        found: list[str] = []
        waiting = [str(self._keeper)]
        while waiting:
            pid = waiting.pop()
            for thread in self._threads(pid):
                children = self._lines(f"{pid}/task/{thread}/children").split()
                found += children
                waiting += children
        return found

    def _tasks(self) -> list[str]:
        return [f"{pid}/task/{thread}" for pid in self._processes() for thread in self._threads(pid)]

    def _tree_cpu(self) -> float:
        total = 0
        for pid in (str(self._keeper), *self._processes()):
            fields = self._lines(f"{pid}/stat").rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])  # own and reaped children's, user and system
        return total / TICK

    def _tree_resident(self) -> int:
        fields = (self._lines(f"{pid}/statm").split() for pid in self._processes())
        return sum(int(field[1]) - int(field[2]) for field in fields if len(field) > 2) * PAGE
