"""The file system of a run.

    /                 tmpfs of the helper, read-only: mount points and a few made-up files
    /usr, /lib, ...   the machine's, read-only, as the image's `binds` list them
    /dev              null, zero, full, random, urandom and nothing else
    /proc             the run's own processes only
    /box              the run's tmpfs, limited in bytes and files: work (current folder), tmp, shm; gone with the run

The root is built once for each helper, which then lives in it and cannot see the machine's files any more; a run copies
the helper's short mount table and adds /proc and /box.
"""

from __future__ import annotations

import os

from . import linux

BOX = "/box"
WORK = f"{BOX}/work"
STAGE = "/sys"  # an existing folder that the root is built on and that no image needs
DEVICES = ("null", "zero", "full", "random", "urandom")
LINKS = {
    "/tmp": "box/tmp",
    "/var/tmp": "../box/tmp",
    "/dev/shm": "../box/shm",
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}
FILES_PER_MB = 64  # inodes of the work folder for each MiB of it
QUIET = linux.MS_NOSUID | linux.MS_NODEV


def accounts(uid: int) -> dict[str, str]:
    """The machine's account files stay outside; programs that look up their own user find these."""
    return {
        "/etc/passwd": f"sandbox:x:{uid}:{uid}:sandbox:{WORK}:/bin/sh\n",
        "/etc/group": f"sandbox:x:{uid}:\n",
        "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    }


def private_mounts() -> None:
    """Nothing mounted from here on is seen outside, and nothing mounted outside is seen here."""
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)


def build_root(binds: list[str], uid: int, keep_proc: bool) -> None:
    """Make the root that runs see out of the machine's `binds`, and move into it.

    `keep_proc`: in a user namespace the kernel lets a run mount its own /proc only where one is already in sight; the run's
    lies on top of it.
    """
    linux.mount("sandbox", STAGE, "tmpfs", QUIET, "size=1m,nr_inodes=4096,mode=0755")
    for folder in ("/proc", "/dev", "/box", "/etc", "/var", "/old"):
        os.mkdir(STAGE + folder, 0o755)
    for path, text in accounts(uid).items():
        with open(STAGE + path, "w") as handle:
            handle.write(text)
    for path, target in LINKS.items():
        os.symlink(target, STAGE + path)
    for device in DEVICES:
        _bind(f"/dev/{device}", devices=True)
    for path in binds:
        if os.path.islink(path) and not os.path.realpath(path).startswith(STAGE):
            os.makedirs(os.path.dirname(STAGE + path), exist_ok=True)
            os.symlink(os.readlink(path), STAGE + path)
        elif os.path.exists(path):
            _bind(path)
    if keep_proc:
        linux.mount("/proc", STAGE + "/proc", flags=linux.MS_BIND | linux.MS_REC)
    os.chdir(STAGE)
    linux.pivot_root(".", "old")
    os.chdir("/")
    linux.umount("/old")
    os.rmdir("/old")
    linux.harden_mount("/", devices=True)


def _bind(path: str, devices: bool = False) -> None:
    target = STAGE + path
    os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
    if os.path.isdir(path):
        os.makedirs(target, mode=0o755, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    linux.mount(path, target, flags=linux.MS_BIND | linux.MS_REC)
    linux.harden_mount(target, devices=devices)


def open_box(at: str, uid: int, disk_mb: int) -> int:
    """Mount the run's own tmpfs at `at`; returns a descriptor of its work folder that no rename can redirect."""
    options = f"size={disk_mb}m,nr_inodes={disk_mb * FILES_PER_MB + 16},mode=0755"
    linux.mount("box", at, "tmpfs", QUIET, options)
    for name, mode in (("work", 0o755), ("tmp", 0o1777), ("shm", 0o1777)):
        os.mkdir(f"{at}/{name}")
        os.chmod(f"{at}/{name}", mode)
        os.chown(f"{at}/{name}", uid, uid)
    return os.open(f"{at}/work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def mount_proc(others_hidden: bool) -> None:
    linux.mount("proc", "/proc", "proc", QUIET | linux.MS_NOEXEC, "hidepid=2" if others_hidden else "")


def seal_proc() -> None:
    linux.mount("none", "/proc", flags=QUIET | linux.MS_NOEXEC | linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY)
