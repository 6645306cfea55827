"""Runs whose walls another program builds: crun, bubblewrap, nsjail, or none at all.

Keeper still is process 1 of namespaces of its own (except with `none`), so that everything dies with it, and still owns the
work folder and the cgroup; the program that builds the walls stands where a jail's program would.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import Any, NoReturn

from . import linux, program, room

KILL_SECONDS = 20.0
FILTER_AT = 4  # the descriptor at which bubblewrap finds the system-call filter


def argv_of(order: dict[str, Any], settings: dict[str, Any], work: int) -> list[str]:
    """The program's command line; Python source becomes a file of the work folder."""
    if "python" not in order:
        return order["argv"]
    descriptor = os.open("main.py", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=work)
    with open(descriptor, "wb") as handle:
        handle.write(order["python"].encode("utf-8", "surrogatepass"))
    return [*settings["python"], "main.py"]


def find_program(argv: list[str], environment: dict[str, str]) -> list[str]:
    """`argv` with the program's path, as nsjail wants it. OSError where this machine lacks it: the wrappers' words for that vary."""
    import shutil

    if "/" in argv[0]:
        return argv
    path = shutil.which(argv[0], path=environment["PATH"])
    if path is None:
        raise OSError(2, f"cannot start {argv[0]!r}: No such file or directory")
    return [path, *argv[1:]]


def write_bundle(box: str, job: dict[str, Any], settings: dict[str, Any], argv: list[str]) -> None:
    """crun's bundle. The upper layer of an overlay is the run's own tmpfs (K124); crun's own files stand in another."""
    bundle = settings["bundles"][job["image"]]
    os.mkdir(f"{box}/oci", 0o700)
    linux.mount("oci", f"{box}/oci", "tmpfs", room.QUIET, "size=4m,mode=0755")
    root = f"{box}/oci/root"
    os.mkdir(root, 0o755)
    if bundle["rootfs"]:
        for name in ("upper", "overlay"):
            os.mkdir(f"{box}/{name}", 0o755)
        top = os.stat(bundle["rootfs"])  # the upper folder's owner and mode are those of the merged root
        os.chown(f"{box}/upper", top.st_uid, top.st_gid)
        os.chmod(f"{box}/upper", top.st_mode & 0o7777)
        linux.mount("overlay", root, "overlay", 0, f"lowerdir={bundle['rootfs']},upperdir={box}/upper,workdir={box}/overlay")
    else:
        for folder in ("proc", "dev", "etc", "tmp", "box/work", "dev/shm", "var"):
            os.makedirs(f"{root}/{folder}", 0o755, exist_ok=True)
        for path, target in bundle["links"].items():
            os.symlink(target, root + path)
        for path, text in room.accounts(settings["uid"]).items():
            with open(root + path, "w") as handle:
                handle.write(text)
    config = json.loads(json.dumps(bundle["config"]))
    config["process"].update(args=argv, user={"uid": settings["uid"], "gid": settings["uid"]})
    config["root"] = {"path": root, "readonly": not bundle["rootfs"]}
    places = (("work", room.WORK), ("tmp", "/tmp"), ("shm", "/dev/shm"))
    config["mounts"] += [
        {"destination": inside, "type": "bind", "source": f"{box}/{name}", "options": ["bind", "nosuid", "nodev"]}
        for name, inside in places
    ]
    with open(f"{box}/oci/config.json", "w") as handle:
        json.dump(config, handle)


def start_wrapped(argv: list[str], box: str, settings: dict[str, Any]) -> NoReturn:
    """In the program's process: become what the wrapper wants to be started as, and start it."""
    kind = settings["mode"]
    if kind == "crun":
        command = [*settings["command"], "--root", f"{box}/oci/state", "run", "--bundle", f"{box}/oci", "run"]
    elif kind == "none":
        command = argv
    else:
        command = [part.replace("{box}", box) for part in settings["command"]] + argv
    if kind in ("bwrap", "nsjail", "none"):
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if settings["is_root"]:
            os.setgroups([])
            os.setresgid(*(settings["uid"],) * 3)
            os.setresuid(*(settings["uid"],) * 3)
    if kind == "bwrap":
        descriptor = os.memfd_create("filter", 0)
        os.write(descriptor, settings["filter"])
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.dup2(descriptor, FILTER_AT)
        linux.close_from(FILTER_AT + 1)
    environment = {**program.ENVIRONMENT, "HOME": f"{box}/work", "TMPDIR": f"{box}/tmp"} if kind == "none" else program.ENVIRONMENT
    program.run_argv(command, environment)


# `tempfile` and `shutil` stay out of the zygote, which loads this module too: the one seeds `random`, both are large.


def make_folder() -> str:
    box = f"/tmp/openk15-sandbox-{os.urandom(8).hex()}"
    os.mkdir(box, 0o755)
    return box


def remove_folder(box: str) -> None:
    import shutil

    shutil.rmtree(box, ignore_errors=True)


def open_folder(box: str, uid: int, is_root: bool) -> int:
    """Without namespaces the work folder is an ordinary temporary one, which main has made and will remove."""
    os.chmod(box, 0o755)
    for name in ("work", "tmp", "shm"):
        os.mkdir(f"{box}/{name}")
        if is_root:
            os.chown(f"{box}/{name}", uid, uid)
    return os.open(f"{box}/work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def kill_left_over(groups: list[str]) -> None:
    """Without a namespace whose end would do it: kill whoever shares the helper's cgroup, or descends from it, until none does.

    Raises OSError when some will not die; the helper then ends, and with it the claim that the slot is clean.
    """
    deadline = time.monotonic() + KILL_SECONDS
    me = os.getpid()
    while True:
        if groups:
            with open(f"{groups[0]}/cgroup.procs") as handle:
                left = [int(pid) for pid in handle.read().split() if int(pid) != me]
        else:
            left = _descendants(me)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return
        if time.monotonic() > deadline:
            raise OSError(16, f"{len(left)} processes of the run did not die within {KILL_SECONDS:g} s")
        time.sleep(0.001)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            with open(f"/proc/{parent}/task/{parent}/children") as handle:
                children = [int(child) for child in handle.read().split()]
            found += children
            waiting += children
    return found
