"""Programs that try to get out, to starve the machine or to outlive their run, and what a sandbox must answer.

Each prints PWNED when it got what it wanted and `refused` when it was kept from it, so an attack that did not run at all is
not mistaken for one that failed. `doctor` plays them against the backend it found; the tests play all of them.
The numbers are those of the attack list in docs/sandbox.md.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from rewards.sandbox.guarantees import Guarantee
from rewards.sandbox.job import Ending, Job, Limits, RunResult

WON, REFUSED = b"PWNED", b"refused"

PRELUDE = """
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def won(what): print("PWNED", what, flush=True)
def attempt(what, action):
    try:
        if action() is False:
            raise OSError("no")
    except BaseException as error:
        print("refused", what, type(error).__name__, error, flush=True)
    else:
        won(what)
def call(number, *arguments):
    def action():
        if libc.syscall(ctypes.c_long(number), *arguments) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return action
def opened(path, mode="rb"):
    def action():
        with open(path, mode) as handle:
            if "r" in mode:
                handle.read(1)
    return action
def connected(family, kind, address):
    def action():
        with socket.socket(family, kind) as s:
            s.settimeout(2)
            s.connect(address)
            s.send(b"x")
    return action
"""


@dataclass(frozen=True, slots=True)
class Attack:
    number: int
    name: str
    guarantee: Guarantee
    source: str  # follows PRELUDE and the canaries' values
    endings: tuple[Ending, ...] = (Ending.EXITED,)  # those that a sandbox which holds may answer with
    limits: Limits = field(default_factory=lambda: SMALL)
    stdin: bytes = b""


SMALL = Limits(wall_seconds=5.0, cpu_seconds=2.0, memory_mb=128, processes=16, output_kb=64, file_mb=8, disk_mb=16)
SHORT = Limits(wall_seconds=0.5, cpu_seconds=0.3, memory_mb=128, processes=16, output_kb=64, file_mb=8, disk_mb=16)
PATIENT = replace(SHORT, wall_seconds=20.0)
N, F, E, I = Guarantee.NETWORK, Guarantee.FILES, Guarantee.ENVIRONMENT, Guarantee.ISOLATION  # noqa: E741
D, S = Guarantee.IDENTITY, Guarantee.SYSCALLS

# fmt: off
HOST: tuple[Attack, ...] = (
    Attack(1, "TCP to a port of this machine", N, """
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
    attempt(host, connected(family, socket.SOCK_STREAM, (host, PORT)))
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
"""),
    Attack(2, "UDP and name look-up", N, """
attempt("name server", connected(socket.AF_INET, socket.SOCK_DGRAM, ("8.8.8.8", 53)))
try:
    connected(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", UDP))()  # a loopback of the run's own swallows it; the canary tells
except OSError as error:
    print("refused", error)
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
attempt("netlink", lambda: socket.socket(16, socket.SOCK_RAW))
"""),
    Attack(3, "abstract UNIX socket", N, """
attempt("abstract", connected(socket.AF_UNIX, socket.SOCK_STREAM, "\\0" + ABSTRACT))
"""),
    Attack(4, "write outside the work folder", F, """
for folder in ("/", "/etc", "/usr", "/usr/bin", "/usr/local", "/var", "/root", "/home", "/opt", "/dev", "/proc", "/sys", FOLDER):
    attempt(folder, opened(folder + "/openk15-canary", "wb"))
attempt("device", lambda: os.mknod("/box/work/disk", 0o60600, os.makedev(8, 0)))
"""),
    Attack(5, "plant code in the Python installation", F, """
folders = [path for path in sys.path if path and not path.startswith("/box")]
for folder in dict.fromkeys([*folders, "/usr/lib/python3/dist-packages", os.path.dirname(os.__file__)]):
    attempt(folder, opened(folder + "/openk15-canary.pth", "wb"))
attempt("replace", opened(os.__file__, "r+b"))
"""),
    Attack(6, "read expected outputs, open or not", F, """
for path in (FOLDER + "/expected.txt", FOLDER + "/private.txt"):
    attempt(path, opened(path))
for top in (FOLDER, "/tmp", "/work", "/var/tmp", "/dev/shm"):  # or see them, there or under another name
    if any("expected.txt" in names for _, _, names in os.walk(top)):
        won(top)
        break
"""),
    Attack(7, "read account files and homes", F, """
def accounts():
    return "root:" in open("/etc/passwd").read()
attempt("passwd", accounts)
for path in ("/etc/shadow", "/etc/gshadow", "/etc/ssh/sshd_config", "/etc/machine-id", "/root/.bashrc"):
    attempt(path, opened(path))
for folder in ("/root", "/home", "/opt", "/var/log", "/srv", "/mnt", "/work"):
    attempt(folder, lambda: bool(os.listdir(folder)))
"""),
    Attack(8, "environment of other processes", I, """
def scan():
    found = False
    for pid in os.listdir("/proc"):
        if pid.isdigit() and pid != str(os.getpid()):
            try:
                found |= CANARY.encode() in open(f"/proc/{pid}/environ", "rb").read()
            except OSError:
                pass
    return found
attempt("environ", scan)
"""),
    Attack(9, "inherited environment", E, """
attempt("environ", lambda: CANARY in repr(os.environ))
attempt("block", lambda: CANARY.encode() in open("/proc/self/environ", "rb").read())
"""),
    Attack(10, "see other processes", I, """
attempt("list", lambda: any(pid.isdigit() and int(pid) not in (1, os.getpid()) for pid in os.listdir("/proc")))
attempt("judge", lambda: os.stat(f"/proc/{JUDGE}"))
"""),
    Attack(11, "memory of other processes", I, """
for pid in {1, JUDGE} - {os.getpid()}:
    attempt(pid, opened(f"/proc/{pid}/mem"))
    attempt(f"{pid} maps", lambda: bool(open(f"/proc/{pid}/maps").read()))
    buffer = ctypes.create_string_buffer(8)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
    attempt(f"{pid} readv", call(310, pid, ctypes.byref(vector), 1, ctypes.byref(vector), 1, 0))
"""),
    Attack(12, "root, folder and files of other processes", I, """
for pid in {1, JUDGE} - {os.getpid()}:
    for name in ("root", "cwd", "exe"):
        attempt(f"{pid} {name}", lambda: os.readlink(f"/proc/{pid}/{name}"))
    attempt(f"{pid} fd", lambda: bool(os.listdir(f"/proc/{pid}/fd")))
"""),
    Attack(13, "signal other processes", I, """
attempt("judge", lambda: os.kill(JUDGE, 0))
signal.signal(signal.SIGCONT, signal.SIG_IGN)
for pid in (1, os.getppid(), -1):
    for number in (signal.SIGSTOP, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError as error:
            print("refused", pid, error, flush=True)
print("alive", flush=True)
"""),
    Attack(14, "trace another process", S, """
for pid in (1, os.getppid()):
    attempt(pid, call(101, 16, pid, 0, 0))
attempt("me", call(101, 0, 0, 0, 0))
"""),
    Attack(15, "nested namespaces", S, """
attempt("unshare", call(272, 0x10000000))
attempt("unshare net", call(272, 0x40000000))
def split(number, *arguments):
    def action():
        pid = libc.syscall(ctypes.c_long(number), *arguments)
        if pid == 0:
            os._exit(0)
        if pid < 0:
            raise OSError(ctypes.get_errno(), "clone")
        os.waitpid(pid, 0)
    return action
attempt("clone", split(56, ctypes.c_ulong(0x10000000 | 17), None, None, None, None))
record = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
attempt("clone3", split(435, ctypes.byref(record), 88))
attempt("setns", lambda: call(308, os.open("/proc/self/ns/user", os.O_RDONLY), 0)())
"""),
    Attack(16, "mount, pivot and chroot out", S, """
attempt("mount", call(165, b"tmpfs", b"/box/tmp", b"tmpfs", 0, None))
attempt("umount", call(166, b"/proc", 2))
attempt("remount", call(165, b"none", b"/", None, 32 | 4096, None))
attempt("pivot", call(155, b"/box/work", b"/box/work"))
attempt("chroot", lambda: os.chroot("/box/work"))
attempt("open_tree", call(428, -100, b"/", 1))
"""),
    Attack(17, "become root", D, """
for name, action in (("setuid", lambda: os.setuid(0)), ("setgid", lambda: os.setgid(0)), ("groups", lambda: os.setgroups([0]))):
    attempt(name, action)
import subprocess
for command in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["newgrp"], ["unshare", "-r", "id", "-u"]):
    attempt(command[0], lambda: subprocess.run(command, capture_output=True, input=b"", timeout=3).stdout.strip() == b"0")
attempt("user", lambda: os.getuid() == 0 or os.geteuid() == 0)
attempt("rights", lambda: any(int(line.split()[1], 16) for line in open("/proc/self/status") if line.startswith("Cap")))
attempt("new privileges", lambda: "NoNewPrivs:\\t1" not in open("/proc/self/status").read())
"""),
    Attack(18, "raw devices", F, """
for path in ("/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/net/tun",
             "/proc/kcore", "/proc/kmsg"):
    attempt(path, opened(path))
"""),
    Attack(19, "io_uring", S, "attempt('io_uring', call(425, 8, ctypes.byref((ctypes.c_char * 256)())))\n"),
    Attack(20, "kernel key rings", S, """
attempt("add_key", call(248, b"user", b"openk15", b"x", 1, -3))
attempt("keyctl", call(250, 0, -3, 1))
"""),
    Attack(21, "bpf", S, "attempt('bpf', call(321, 0, ctypes.byref((ctypes.c_uint32 * 32)(2, 4, 4, 1)), 128))\n"),
    Attack(22, "perf events", S, "attempt('perf', call(298, ctypes.byref((ctypes.c_uint32 * 32)(1, 128)), 0, -1, -1, 0))\n"),
    Attack(23, "clock, host name and kernel settings", S, """
attempt("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
attempt("hostname", lambda: socket.sethostname("canary"))
for path in ("/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sys/net/ipv4/ip_forward", "/proc/sysrq-trigger"):
    attempt(path, opened(path, "r+b"))
"""),
    Attack(24, "leave the cgroup", D, """
for folder in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"):
    attempt(folder, opened(folder + "/cgroup.procs", "r+b"))
attempt("mount", call(165, b"none", b"/box/tmp", b"cgroup2", 0, None))
"""),
    Attack(25, "leave a core dump", F, """
pid = os.fork()
if pid == 0:
    os.abort()
attempt("core", lambda: os.WCOREDUMP(os.waitpid(pid, 0)[1]))
attempt("file", lambda: any("core" in name for name in os.listdir(".")))
"""),
    Attack(26, "userfaultfd, kexec and modules", S, """
attempt("userfaultfd", call(323, 1))
attempt("kexec", call(246, 0, 0, None, 0))
attempt("module", call(175, b"", 0, b""))
attempt("finit", call(313, 0, b"", 0))
attempt("personality", call(135, 0x0040000))
"""),
)

RESOURCES: tuple[Attack, ...] = (
    Attack(27, "fork bomb", Guarantee.TASKS, """
while True:
    try:
        os.fork()
    except OSError:
        pass
""", (Ending.PROCESSES,)),
    Attack(28, "thread bomb", Guarantee.TASKS, """
import threading
while True:
    try:
        threading.Thread(target=time.sleep, args=(60,)).start()
    except RuntimeError:
        time.sleep(0.01)
""", (Ending.PROCESSES,)),
    Attack(29, "memory bomb in one process", Guarantee.MEMORY, """
held = []
while True:
    held.append(bytearray(b"x" * (1 << 20)))
""", (Ending.MEMORY,)),
    Attack(29, "memory bomb in many processes", Guarantee.MEMORY, """
for _ in range(8):
    if os.fork() == 0:
        block = bytearray(b"x" * (40 << 20))
        time.sleep(60)
while True:
    time.sleep(1)
""", (Ending.MEMORY,)),
    Attack(30, "fill the disk", Guarantee.DISK, """
for number in range(1000):
    with open(f"/tmp/block{number}", "wb") as handle:
        handle.write(b"x" * (4 << 20))
won("more than the limit")
""", (Ending.DISK,)),
    Attack(30, "fill shared memory", Guarantee.DISK, """
for number in range(1000):
    with open(f"/dev/shm/block{number}", "wb") as handle:
        handle.write(b"x" * (4 << 20))
won("more than the limit")
""", (Ending.DISK,)),
    Attack(30, "more files than allowed", Guarantee.DISK, """
for number in range(200_000):
    open(f"file{number}", "wb").close()
won("200,000 files")
""", (Ending.DISK,)),
    Attack(30, "one file too long", Guarantee.DISK, """
with open("long", "wb") as handle:
    for _ in range(1000):
        handle.write(b"x" * (1 << 20))
won("a gigabyte")
""", (Ending.FILE,)),
    Attack(31, "open every file descriptor", Guarantee.ISOLATION, """
held = []
attempt("descriptors", lambda: [held.append(os.dup(0)) for _ in range(100_000)])
"""),
    Attack(32, "endless output", Guarantee.ISOLATION, "while True: print('x' * 1000)\n", (Ending.OUTPUT,)),
    Attack(32, "endless output without a line's end", Guarantee.ISOLATION, "while True: os.write(1, b'x' * 65536)\n", (Ending.OUTPUT,)),
    Attack(32, "endless errors", Guarantee.ISOLATION, "while True: os.write(2, b'x' * 65536)\n", (Ending.CPU,), PATIENT),
    Attack(33, "sleep for ever", Guarantee.CLEAN, "while True: time.sleep(60)\n", (Ending.WALL,), SHORT),
    Attack(34, "busy loop that ignores every signal", Guarantee.CPU, """
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
""", (Ending.CPU,), SHORT),
    Attack(34, "busy loop in many short processes", Guarantee.CPU, """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass
        os._exit(0)
    time.sleep(0.05)
""", (Ending.CPU,), SHORT),
    Attack(35, "daemon", Guarantee.CLEAN, """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for name in range(3):
            os.close(name)
        time.sleep(600)
    os._exit(0)
os.wait()
print("refused", "parent leaves", flush=True)
"""),
    Attack(36, "close the output and hang", Guarantee.CLEAN, """
os.close(1); os.close(2)
while True: time.sleep(60)
""", (Ending.WALL,), SHORT),
    Attack(37, "never read the input", Guarantee.CLEAN, "print('refused', 'to read', flush=True)\n", stdin=b"x\n" * (1 << 20)),
    Attack(38, "segmentation fault", Guarantee.ISOLATION, "ctypes.string_at(0)\n", (Ending.SIGNALED,)),
    Attack(38, "deep recursion", Guarantee.ISOLATION, """
sys.setrecursionlimit(10**9)
class Deep:
    def __repr__(self):
        return repr(self)
repr(Deep())
""", (Ending.SIGNALED, Ending.EXITED, Ending.MEMORY)),
    Attack(39, "huge integer to text", Guarantee.CPU, "attempt('digits', lambda: str(10 ** 5000))\n"),
    Attack(39, "regular expression that blows up", Guarantee.CPU, "import re\nre.match('(a+)+$', 'a' * 60 + 'b')\n", (Ending.CPU,), SHORT),
)
# fmt: on


class Canaries:
    """Things on this machine that no run may reach; a context manager. The judge's environment holds one of them."""

    VARIABLE = "OPENK15_SANDBOX_CANARY"

    def __init__(self) -> None:
        self.word = f"canary-{secrets.token_hex(8)}"
        self._stack = ExitStack()
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Canaries:
        stack = self._stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openk15-canary-")))
        self.folder.chmod(0o777)
        for name, mode in (("expected.txt", 0o644), ("private.txt", 0o600)):
            (self.folder / name).write_text(self.word)
            (self.folder / name).chmod(mode)
        self.port = self._listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))[1]
        self.udp = self._listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))[1]
        self._listen(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.word)
        os.environ[self.VARIABLE] = self.word
        stack.callback(os.environ.pop, self.VARIABLE, None)
        lure = stack.enter_context(subprocess.Popen(["sleep", "3600"], start_new_session=True))  # has the word in its environment
        stack.callback(lure.kill)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _listen(self, family: int, kind: int, address: object) -> tuple[str, int]:
        listener = self._stack.enter_context(socket.socket(family, kind))
        listener.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.setblocking(False)
        self._sockets.append(listener)
        return listener.getsockname()

    def source(self, attack: Attack) -> str:
        values = {
            "CANARY": self.word,
            "FOLDER": str(self.folder),
            "PORT": self.port,
            "UDP": self.udp,
            "ABSTRACT": self.word,
            "JUDGE": os.getpid(),
        }
        lines = [f"{name} = {value!r}\n" for name, value in values.items()]
        return PRELUDE + "".join(lines) + attack.source

    def job(self, attack: Attack) -> Job:
        return Job(python=self.source(attack), stdin=attack.stdin, limits=attack.limits)

    def touched(self) -> list[str]:
        """Signs on this machine that something got through."""
        signs = [str(path) for path in (self.folder / "openk15-canary", Path("/usr/openk15-canary")) if path.exists()]
        for listener in self._sockets:
            try:
                listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()
            except OSError:
                continue
            signs.append(f"a connection to {listener.getsockname()!r}")
        return signs


def failed(attack: Attack, result: RunResult, touched: Sequence[str] = ()) -> str:
    """Why the sandbox did not hold, or "" when it did."""
    if touched:
        return f"the attack left {', '.join(touched)}"
    for line in result.stdout.splitlines():
        if line.startswith(WON):
            return f"the attack succeeded: {line.decode('utf-8', 'replace')}"
    # crun, bubblewrap and nsjail report a signal as an exit code.
    as_code = Ending.SIGNALED in attack.endings and result.ending is Ending.EXITED and (result.exit_code or 0) > 128
    if result.ending not in attack.endings and not as_code:
        return (
            f"ended as {result.ending} ({result.detail or result.stderr[-200:].decode('utf-8', 'replace')}), expected {attack.endings[0]}"
        )
    if attack.endings == (Ending.EXITED,) and REFUSED not in result.stdout:
        return f"the attack did not run: {result.stderr[-200:].decode('utf-8', 'replace')}"
    return ""
