"""System calls that Python does not offer. Every failure is an OSError that names the call."""

from __future__ import annotations

import _socket
import array
import ctypes
import os
import signal

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SECUREBITS = 1, 4, 24, 28
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 36, 38, 47, 4
SECURE_ALL_LOCKED = 0b11101111  # NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, each locked; KEEP_CAPS locked off

_CALLS = {
    "x86_64": {"clone": 56, "capset": 126, "pivot_root": 155, "seccomp": 317, "close_range": 436, "mount_setattr": 442},
    "aarch64": {"clone": 220, "capset": 91, "pivot_root": 41, "seccomp": 277, "close_range": 436, "mount_setattr": 442},
}
MACHINE = os.uname().machine
_NUMBER = _CALLS.get(MACHINE, {})

_libc = ctypes.CDLL(None, use_errno=True)
# PyDLL keeps the interpreter lock during the call: a process must not be split while the lock is free.
_locked_libc = ctypes.PyDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.umount2.argtypes = (ctypes.c_char_p, ctypes.c_int)
_libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
_libc.syscall.restype = _locked_libc.syscall.restype = ctypes.c_long


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _syscall(name: str, *arguments: object) -> int:
    if name not in _NUMBER:
        raise OSError(38, f"{name}: not known on {MACHINE}")
    return _check(_libc.syscall(ctypes.c_long(_NUMBER[name]), *arguments), name)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    result = _libc.mount(source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None)
    _check(result, f"mount {kind or source} on {target}")


def umount(target: str, flags: int = MNT_DETACH) -> None:
    _check(_libc.umount2(target.encode(), flags), f"umount {target}")


def unshare(flags: int) -> None:
    _check(_libc.unshare(ctypes.c_int(flags)), f"unshare {flags:#x}")


def pivot_root(new: str, old: str) -> None:
    _syscall("pivot_root", ctypes.c_char_p(new.encode()), ctypes.c_char_p(old.encode()))


class _MountAttributes(ctypes.Structure):
    _fields_ = (("set", ctypes.c_uint64), ("clear", ctypes.c_uint64), ("propagation", ctypes.c_uint64), ("userns", ctypes.c_uint64))


def harden_mount(path: str, *, devices: bool = False) -> None:
    """Make the mount at `path` and all below it read-only, without set-uid programs and (unless `devices`) device files."""
    attributes = _MountAttributes(MS_RDONLY | MS_NOSUID | (0 if devices else MS_NODEV), 0, 0, 0)
    at_fdcwd, recursive = -100, 0x8000
    _syscall(
        "mount_setattr",
        ctypes.c_int(at_fdcwd),
        ctypes.c_char_p(path.encode()),
        ctypes.c_uint(recursive),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )


def prctl(option: int, first: int = 0, second: int = 0) -> None:
    _check(_libc.prctl(option, first, second, 0, 0), f"prctl {option}")


def close_from(first: int) -> None:
    _syscall("close_range", ctypes.c_uint(first), ctypes.c_uint(0xFFFFFFFF), ctypes.c_uint(0))


def set_hostname(name: str) -> None:
    _check(_libc.sethostname(name.encode(), ctypes.c_size_t(len(name))), "sethostname")


# `_socket`, not `socket`: the helper's every page is copied for every run, and the Python half of that module is large.


def open_socket(descriptor: int) -> _socket.socket:
    return _socket.socket(fileno=descriptor)


def socket_pair() -> tuple[_socket.socket, _socket.socket]:
    return _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)


def send_with_files(to: _socket.socket, message: bytes, descriptors: list[int]) -> None:
    to.sendmsg([message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", descriptors))])


def receive_with_files(source: _socket.socket, most: int) -> tuple[bytes, list[int]]:
    """A message and the descriptors that came with it; empty when the other end is closed."""
    room = _socket.CMSG_LEN(most * array.array("i").itemsize)
    message, extras, _, _ = source.recvmsg(1 << 16, room, _socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for _, _, data in extras:
        descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return message, list(descriptors)


def clone(flags: int = 0) -> int:
    """Like os.fork, with new namespaces, for a process of one thread.

    It runs none of the hooks that os.fork runs in the child: they re-make locks that no other thread can hold here, and
    touching all that memory costs more than the rest of a run. What a child must do anew it does itself.
    """
    pid = _locked_libc.syscall(ctypes.c_long(_NUMBER["clone"]), ctypes.c_long(flags | signal.SIGCHLD), None, None, None, None)
    return _check(pid, f"clone {flags:#x}")


def empty_bounding_set() -> None:
    """No exec after this gives any capability; those already held stay."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            if capability == 0:
                raise OSError(1, "prctl: the capability bounding set cannot be changed")
            return


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def drop_capabilities() -> None:
    header = _CapabilityHeader(0x20080522, 0)
    _syscall("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install_filter(program: bytes) -> None:
    """Install compiled BPF as this process's system-call filter; needs no_new_privs."""
    mode_filter = 1
    record = _FilterProgram(len(program) // 8, program)
    _syscall("seccomp", ctypes.c_uint(mode_filter), ctypes.c_uint(0), ctypes.byref(record))
