"""What a sandbox promises. A backend states which of these it lacks and why; `doctor` attacks them."""

from __future__ import annotations

from enum import StrEnum


class Guarantee(StrEnum):
    NETWORK = "network"
    FILES = "files"
    ENVIRONMENT = "environment"
    ISOLATION = "isolation"
    IDENTITY = "identity"
    SYSCALLS = "system calls"
    CPU = "cpu"
    MEMORY = "memory"
    TASKS = "tasks"
    DISK = "disk"
    CLEAN = "clean"
    STEADY = "steady"


MEANING = {
    Guarantee.NETWORK: "no address can be reached, the machine's own included",
    Guarantee.FILES: "nothing of the machine can be written; nothing but its programs and libraries can be read",
    Guarantee.ENVIRONMENT: "no variable or open file of the judge is inherited",
    Guarantee.ISOLATION: "no process outside the run can be seen, signalled, traced or talked to",
    Guarantee.IDENTITY: "the program runs as a user of its own, without rights and without ways to gain any",
    Guarantee.SYSCALLS: "system calls that only an escape needs are refused",
    Guarantee.CPU: "CPU time is limited over all processes of the run together",
    Guarantee.MEMORY: "memory is limited over all processes of the run together",
    Guarantee.TASKS: "the number of processes and threads is limited",
    Guarantee.DISK: "the work folder is limited in bytes and in files",
    Guarantee.CLEAN: "no process, file, mount or cgroup of a run outlives it, also when the judge is killed",
    Guarantee.STEADY: "time spent waiting for a busy processor does not count against the program",
}
