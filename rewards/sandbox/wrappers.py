"""How crun, bubblewrap and nsjail are told to build the same walls as the zygote's, and what they leave out.

All three stand inside a keeper's namespaces and the slot's cgroup (see jail/wrapped.py), with the same work folder, watch and
system-call filter. None of them tells a signal from an exit code above 128.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rewards.sandbox.guarantees import Guarantee
from rewards.sandbox.images import HOST_BINDS, Image, images
from rewards.sandbox.jail import program, room, seccomp
from rewards.sandbox.worker import SandboxUnavailable, Setup

HOST_PYTHON_FLAGS = ("-s", "-S", "-B")
UNIFIED = Path("/sys/fs/cgroup/unified")
NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97


def setup(name: str, python: str) -> Setup:
    """Raises SandboxUnavailable when the wrapper is absent or needs rights that this process lacks."""
    is_root = os.geteuid() == 0
    run_python = (python, *HOST_PYTHON_FLAGS)
    if name == "none":
        return Setup("none", python, ("-s", "-S"), (), is_root, job_python=run_python)
    tool = shutil.which(name)
    if tool is None:
        raise SandboxUnavailable(f"the program {name} is not on PATH")
    if name == "crun":
        if not is_root:
            raise SandboxUnavailable("crun is used as root only: its user namespaces would need subordinate ids")
        _check_crun(tool)
        known = {image.name: image for image in images().values() if image.here}
        bundles = {image.name: _bundle(image) for image in known.values()}
        hide = (str(UNIFIED),) if UNIFIED.is_dir() else ()  # crun refuses machines that mount both cgroup versions
        command = (tool, "--cgroup-manager", "disabled")
        return Setup("crun", python, ("-s", "-S"), (), is_root, tuple(known), run_python, command, hide, bundles)
    command = _bubblewrap(tool) if name == "bwrap" else _nsjail(tool)
    return Setup(name, python, ("-s", "-S"), (), is_root, job_python=run_python, command=command)


def missing(name: str) -> dict[Guarantee, str]:
    """What the wrapper leaves out here, beyond what every backend lacks."""
    if name in ("bwrap", "nsjail"):
        own = "its process 1 has the program's user and can be read; it was started with a clean environment"
        return {Guarantee.ISOLATION: own} if name == "bwrap" else {}
    if name != "none":
        return {}
    why = "backend 'none' builds no walls"
    kept = (Guarantee.CPU, Guarantee.MEMORY, Guarantee.TASKS, Guarantee.STEADY, Guarantee.ENVIRONMENT)
    return {guarantee: why for guarantee in Guarantee if guarantee not in kept}


def _check_crun(tool: str) -> None:
    told = subprocess.run([tool, "--version"], capture_output=True, text=True, timeout=60, check=False)
    if "+SECCOMP" not in told.stdout:
        raise SandboxUnavailable(f"{tool} is built without seccomp")


def _host_links() -> dict[str, str]:
    """Links in a host image's root: those that stand in for folders, and the machine's own at its top (/bin -> usr/bin)."""
    links = {path: target for path, target in room.LINKS.items() if path.startswith("/dev/") and path != "/dev/shm"}
    links["/var/tmp"] = "../tmp"
    links.update({path: os.readlink(path) for path in HOST_BINDS if os.path.islink(path)})
    return links


def _host_binds() -> list[str]:
    return [path for path in HOST_BINDS if os.path.exists(path) and not os.path.islink(path)]


def _bundle(image: Image) -> dict[str, Any]:
    """The image-dependent part of an OCI bundle; keeper adds the command, the user and the work folder."""
    read_only = ["rbind", "ro", "nosuid", "nodev"]
    mounts: list[dict[str, Any]] = [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "nodev", "noexec", "hidepid=2"]}
    ]
    mounts += [
        {"destination": path, "type": "bind", "source": path, "options": read_only} for path in (_host_binds() if image.binds else ())
    ]
    devices = [f"/dev/{device}" for device in room.DEVICES]
    mounts += [{"destination": path, "type": "bind", "source": path, "options": ["bind", "nosuid", "noexec"]} for path in devices]
    environment = {**program.ENVIRONMENT, "PATH": image.path, **dict(image.environment)}
    none: list[str] = []
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "cwd": room.WORK,
            "env": [f"{key}={value}" for key, value in environment.items()],
            "capabilities": dict.fromkeys(("bounding", "effective", "inheritable", "permitted", "ambient"), none),
            "noNewPrivileges": True,
        },
        "hostname": "sandbox",
        "mounts": mounts,
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/acpi", "/proc/scsi", "/sys/firmware"],
            "readonlyPaths": ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"],
            "seccomp": _oci_filter(),
        },
    }
    return {"rootfs": None if image.binds else str(image.rootfs), "links": _host_links(), "config": config}


def _oci_filter() -> dict[str, Any]:
    """The deny list of jail/seccomp.py in the form of an OCI run-time."""

    def rule(names: Iterable[str], errno: int, *args: dict[str, Any]) -> dict[str, Any]:
        return {"names": list(names), "action": "SCMP_ACT_ERRNO", "errnoRet": errno, "args": list(args)}

    def masked(flag: int) -> dict[str, Any]:
        return {"index": 0, "value": flag, "valueTwo": flag, "op": "SCMP_CMP_MASKED_EQ"}

    rules = [rule(seccomp.DENIED, EPERM), rule(seccomp.ABSENT, ENOSYS)]
    rules += [rule(["clone"], EPERM, masked(flag)) for flag in NAMESPACE_FLAGS]
    highest = max(seccomp.SOCKET_FAMILIES)
    rules += [rule(["socket"], EAFNOSUPPORT, {"index": 0, "value": highest, "op": "SCMP_CMP_GT"})]
    other = [family for family in range(highest) if family not in seccomp.SOCKET_FAMILIES]
    rules += [rule(["socket"], EAFNOSUPPORT, {"index": 0, "value": family, "op": "SCMP_CMP_EQ"}) for family in other]
    requests = seccomp.TERMINAL_REQUESTS
    rules += [rule(["ioctl"], EPERM, {"index": 1, "value": request, "op": "SCMP_CMP_EQ"}) for request in requests]
    return {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": rules}


def _bubblewrap(tool: str) -> tuple[str, ...]:
    command = [tool, "--unshare-all", "--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for key, value in program.ENVIRONMENT.items():
        command += ["--setenv", key, value]
    for path in _host_binds():
        command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dir", "/dev", "--bind", "{box}", room.BOX]
    for device in room.DEVICES:
        command += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    links = {path: target for path, target in _host_links().items() if path != "/var/tmp"} | room.LINKS
    for path, target in links.items():
        command += ["--symlink", target, path]
    # The root is a tmpfs without a limit of its own: nobody may write to it.
    command += ["--remount-ro", "/", "--chdir", room.WORK, "--cap-drop", "ALL", "--seccomp", "4", "--"]
    return tuple(command)


def _nsjail(tool: str) -> tuple[str, ...]:
    command = [tool, "-Mo", "--really_quiet", "--user", "65534", "--group", "65534", "--hostname", "sandbox", "--iface_no_lo"]
    for limit in ("as", "core", "cpu", "fsize", "nofile", "nproc", "stack", "memlock", "msgqueue"):
        command += [f"--rlimit_{limit}", "hard"]
    command += ["--time_limit", "0", "--cwd", room.WORK]
    for key, value in program.ENVIRONMENT.items():
        command += ["-E", f"{key}={value}"]
    for path in _host_binds():
        command += ["-R", path]
    for device in room.DEVICES:
        command += ["-B", f"/dev/{device}"]
    command += ["-B", f"{{box}}:{room.BOX}"]
    links = {path: target for path, target in _host_links().items() if path != "/var/tmp"} | room.LINKS
    for path, target in links.items():
        command += ["-s", f"{target}:{path}"]
    return (*command, "--seccomp_string", _kafel(), "--")


def _kafel() -> str:
    """The deny list in nsjail's policy language, by number: its names stop at older kernels."""

    def numbers(values: Iterable[int]) -> str:
        return ", ".join(f"SYSCALL[{value}]" for value in sorted(values))

    families = " && ".join(f"family != {family}" for family in seccomp.SOCKET_FAMILIES)
    blocks = (
        f"ERRNO({EPERM}) {{ {numbers(seccomp.DENIED.values())} }}",
        f"ERRNO({ENOSYS}) {{ {numbers(seccomp.ABSENT.values())} }}",
        f"ERRNO({EPERM}) {{ SYSCALL[{seccomp.CLONE}](flags) {{ (flags & {seccomp.NAMESPACE_FLAGS}) != 0 }} }}",
        f"ERRNO({EAFNOSUPPORT}) {{ SYSCALL[{seccomp.SOCKET}](family) {{ {families} }} }}",
    )
    return f"POLICY jail {{ {', '.join(blocks)} }} USE jail DEFAULT ALLOW"
