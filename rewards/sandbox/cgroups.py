"""The cgroup pool: one group a slot, made once, used by one run after the other (K123), v1 and v2.

The slot's helper lives in its group, so every run starts inside it: no process is ever moved, which costs a
kernel-wide pause of milliseconds. A slot may stand in several hierarchies: memory and pids under v1 where the machine
has them there, and always under v2 where that is mounted, for its CPU time and pressure counters.

A group is named by its judge and locked (flock) by it and its helper while either lives. What a killed judge could not
remove, the next pool on the machine does: it removes the groups that nobody holds locked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "openk15-sandbox"
CONTROLLERS = ("memory", "pids")
V1_FILES = {
    "memory": {
        "memory_limit": "memory.limit_in_bytes",
        "memory_swap": "memory.memsw.limit_in_bytes",
        "memory_peak": "memory.max_usage_in_bytes",
        "memory_usage": "memory.usage_in_bytes",
        "memory_oom": "memory.oom_control",
        "memory_reclaim": "memory.force_empty",
    },
    "pids": {"pids_max": "pids.max", "pids_events": "pids.events"},
    "cpuacct": {"cpu": "cpuacct.usage"},
}
V2_FILES = {
    "memory": {
        "memory_limit": "memory.max",
        "memory_swap": "memory.swap.max",
        "memory_peak": "memory.peak",
        "memory_usage": "memory.current",
        "memory_oom": "memory.events",
        "memory_reclaim": "memory.reclaim",
    },
    "pids": {"pids_max": "pids.max", "pids_events": "pids.events"},
    "": {"cpu": "cpu.stat", "pressure": "cpu.pressure"},
}


@dataclass(frozen=True, slots=True)
class Parent:
    """A folder of a cgroup hierarchy in which this process may make groups."""

    folder: Path
    home: Path  # cgroup.procs of the group that this process is in
    files: dict[str, str]  # our name of a file -> the kernel's


@dataclass(frozen=True, slots=True)
class Layout:
    parents: tuple[Parent, ...]
    missing: dict[str, str]  # controller -> why there is none


@dataclass(slots=True)
class Slot:
    groups: list[Path]
    homes: list[Path]
    files: dict[str, str]  # our name -> path
    locks: list[int] = field(default_factory=list)

    def remove(self) -> None:
        """Remove the groups; processes still in them (none, unless something went wrong) are killed first."""
        for lock in self.locks:
            os.close(lock)
        self.locks.clear()
        for group in self.groups:
            remove_group(group)


def remove_group(group: Path) -> bool:
    for _ in range(100):
        try:
            group.rmdir()
            return True
        except FileNotFoundError:
            return True
        except OSError:
            members = _read(group / "cgroup.procs").split()
            for pid in members:
                with contextlib.suppress(OSError):
                    os.kill(int(pid), 9)
            time.sleep(0.01)
    return False


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _mounts(table: str) -> Iterator[tuple[str, str, str, set[str]]]:
    """(kind, root, mount point, options) of every cgroup mount in a mountinfo table."""
    for line in table.splitlines():
        left, _, right = line.partition(" - ")
        fields, tail = left.split(), right.split()
        if len(tail) >= 3 and tail[0] in ("cgroup", "cgroup2"):
            yield tail[0], fields[3], fields[4].replace("\\040", " "), set(tail[2].split(","))


def _own(table: str) -> dict[str, str]:
    """controller -> this process's group; "" is the v2 hierarchy."""
    own: dict[str, str] = {}
    for line in table.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            own[controller] = path
    return own


def _folder(mount_root: str, mount_point: str, group: str) -> Path:
    relative = group.removeprefix(mount_root.rstrip("/")) if group.startswith(mount_root) else "/"
    return Path(mount_point) / relative.lstrip("/")


def find_layout(mountinfo: str | None = None, membership: str | None = None) -> Layout:
    """Where this process can make groups, found from its mount table and its own groups."""
    mounts = list(_mounts(_read(Path("/proc/self/mountinfo")) if mountinfo is None else mountinfo))
    own = _own(_read(Path("/proc/self/cgroup")) if membership is None else membership)
    parents: list[Parent] = []
    missing: dict[str, str] = {}
    v2 = next(((root, point) for kind, root, point, _ in mounts if kind == "cgroup2"), None)
    v2_has: set[str] = set()
    if v2 is not None:
        folder = _folder(*v2, own.get("", "/"))
        chosen, v2_has = _v2_parent(folder, Path(v2[1]))
        if chosen is not None:
            files = dict(V2_FILES[""])
            for controller in v2_has:
                files.update(V2_FILES[controller])
            parents.append(Parent(chosen, folder / "cgroup.procs", files))
    wanted = [*CONTROLLERS] + ([] if parents else ["cpuacct"])
    for controller in wanted:
        if controller in v2_has:
            continue
        mount = next(((root, point) for kind, root, point, options in mounts if kind == "cgroup" and controller in options), None)
        if mount is None:
            missing[controller] = "the machine offers this controller neither under cgroup v1 nor to this process's v2 group"
            continue
        folder = _folder(*mount, own.get(controller, "/"))
        if _may_make(folder):
            parents.append(Parent(folder, folder / "cgroup.procs", V1_FILES[controller]))
        else:
            missing[controller] = f"{folder} is not writable for user {os.geteuid()}"
    return Layout(tuple(parents), missing)


def _v2_parent(own: Path, top: Path) -> tuple[Path | None, set[str]]:
    """The nearest group, from our own upwards, that hands memory and pids to its children; else any that takes children."""
    fallback: Path | None = None
    folder = own
    while True:
        if _may_make(folder):
            fallback = fallback or folder
            given = set(_read(folder / "cgroup.subtree_control").split())
            offered = set(_read(folder / "cgroup.controllers").split())
            for controller in set(CONTROLLERS) & offered - given:
                with contextlib.suppress(OSError):  # busy: the group has processes of its own
                    (folder / "cgroup.subtree_control").write_text(f"+{controller}")
                    given.add(controller)
            if given >= set(CONTROLLERS):
                return folder, set(CONTROLLERS)
        if folder == top or folder == folder.parent:
            return fallback, set()
        folder = folder.parent


def _may_make(folder: Path) -> bool:
    probe = folder / f"{PREFIX}-probe-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True


def make_slot(layout: Layout, name: str) -> Slot:
    """Make and lock the groups of one slot; OSError when the machine refuses."""
    slot = Slot([], [], {})
    try:
        for parent in layout.parents:
            group = parent.folder / f"{PREFIX}-{name}"
            for _ in range(3):  # a sweep may take it before it is locked
                with contextlib.suppress(FileExistsError):
                    group.mkdir()
                try:
                    lock = os.open(group, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                except FileNotFoundError:
                    continue
                fcntl.flock(lock, fcntl.LOCK_SH)
                if group.exists():
                    slot.locks.append(lock)
                    break
                os.close(lock)
            slot.groups.append(group)
            slot.homes.append(parent.home)
            slot.files.update({ours: str(group / theirs) for ours, theirs in parent.files.items() if (group / theirs).exists()})
    except BaseException:
        slot.remove()
        raise
    return slot


def sweep(layout: Layout) -> int:
    """Remove groups whose judge and helper are gone; how many there were."""
    removed = 0
    for parent in layout.parents:
        for group in parent.folder.glob(f"{PREFIX}-*"):
            try:
                lock = os.open(group, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                removed += remove_group(group)
            except BlockingIOError:
                pass
            finally:
                os.close(lock)
    return removed
