"""The system-call filter: a deny list, compiled to BPF here so that no library is needed.

Denied are the calls with which a program could leave its namespaces, reach other processes or exercise rarely used
kernel code; they fail with EPERM (clone3 and io_uring with ENOSYS, so that callers fall back). Sockets are limited to
UNIX and IP: vsock, for one, would reach a hypervisor past every network namespace.
"""

from __future__ import annotations

import struct

ARCHITECTURES = {"x86_64": 0xC000003E}  # audit names of the machines whose numbers stand below

# fmt: off
DENIED = {  # x86_64
    "ptrace": 101, "syslog": 103, "uselib": 134, "personality": 135, "ustat": 136, "sysfs": 139, "vhangup": 153,
    "modify_ldt": 154, "pivot_root": 155, "_sysctl": 156, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171,
    "iopl": 172, "ioperm": 173, "create_module": 174, "init_module": 175, "delete_module": 176, "get_kernel_syms": 177,
    "query_module": 178, "quotactl": 179, "nfsservctl": 180, "lookup_dcookie": 212, "clock_settime": 227, "kexec_load": 246,
    "add_key": 248, "request_key": 249, "keyctl": 250, "migrate_pages": 256, "unshare": 272, "move_pages": 279,
    "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "kexec_file_load": 320,
    "bpf": 321, "userfaultfd": 323, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447, "statmount": 457,
    "listmount": 458,
}
ABSENT = {"clone3": 435, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}  # answered with ENOSYS
# fmt: on
CLONE, IOCTL, SOCKET = 56, 16, 41
NAMESPACE_FLAGS = 0x7E020000  # every CLONE_NEW* that clone itself takes
SOCKET_FAMILIES = (1, 2, 10)  # UNIX, INET, INET6
TERMINAL_REQUESTS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into a terminal
X32_BIT = 0x40000000

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4


def _argument_at(index: int) -> int:
    return 16 + 8 * index  # the low half, on a little-endian machine; the arguments we test are 32 bits wide


def compile_filter(machine: str) -> bytes:
    """BPF for seccomp(2) on `machine`; ValueError where the call numbers are not known."""
    if machine not in ARCHITECTURES:
        raise ValueError(f"no system-call filter for {machine}; known: {', '.join(ARCHITECTURES)}")

    def line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    deny = line(_RETURN, _ERRNO | _EPERM)
    program = [
        line(_LOAD, _ARCHITECTURE_AT),
        line(_EQUAL, ARCHITECTURES[machine], 1, 0),
        line(_RETURN, _KILL),
        line(_LOAD, _NUMBER_AT),
        line(_AT_LEAST, X32_BIT, 0, 1),
        deny,
    ]
    for number in sorted(DENIED.values()):
        program += [line(_EQUAL, number, 0, 1), deny]
    for number in sorted(ABSENT.values()):
        program += [line(_EQUAL, number, 0, 1), line(_RETURN, _ERRNO | _ENOSYS)]
    program += [line(_EQUAL, CLONE, 0, 4), line(_LOAD, _argument_at(0)), line(_ANY_BIT, NAMESPACE_FLAGS, 0, 1), deny]
    program += [line(_RETURN, _ALLOW)]
    families = [line(_EQUAL, family, len(SOCKET_FAMILIES) - at, 0) for at, family in enumerate(SOCKET_FAMILIES)]
    program += [line(_EQUAL, SOCKET, 0, len(families) + 3), line(_LOAD, _argument_at(0)), *families]
    program += [line(_RETURN, _ERRNO | _EAFNOSUPPORT), line(_RETURN, _ALLOW)]
    requests = [part for request in TERMINAL_REQUESTS for part in (line(_EQUAL, request, 0, 1), deny)]
    program += [line(_EQUAL, IOCTL, 0, len(requests) + 1), line(_LOAD, _argument_at(1)), *requests]
    program += [line(_RETURN, _ALLOW)]
    return b"".join(program)
