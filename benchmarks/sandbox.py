"""Start-up time and throughput of sandboxes for `print(1)`, side by side in one run, and what many runs leave behind.

    python benchmarks/sandbox.py                        the table
    python benchmarks/sandbox.py --json out.json        and {claim, ours, peer, ratio, goal, runs}
    python benchmarks/sandbox.py --leftovers 10000      count processes, mounts, groups and files before and after

Peers run the same interpreter with the same flags: a plain subprocess, bubblewrap, nsjail and crun, each with the walls that
its usual command line gives. They need `bwrap`, `nsjail` and `crun` on PATH; a peer that is absent is left out and named.
Rounds of all contestants alternate, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rewards.sandbox import Ending, Job, SlotSandbox, open_sandbox

PYTHON = ["/usr/bin/python3", "-S", "-E", "-c", "print(1)"]
BINDS = ["/usr", "/bin", "/sbin", "/lib", "/lib64"]
GOAL_PER_CORE, GOAL_P50_MS = 125.0, 6.0
Run = Callable[[], None]


def command(argv: list[str], **kwargs: object) -> Run:
    def run() -> None:
        done = subprocess.run(argv, capture_output=True, env={"PATH": os.environ["PATH"]}, check=False, **kwargs)  # type: ignore[call-overload]
        if done.stdout != b"1\n":
            raise RuntimeError(f"{argv[0]}: {done.stderr.decode('utf-8', 'replace').strip()[-300:] or done}")

    return run


def bubblewrap() -> Run:
    binds = [part for path in BINDS if os.path.exists(path) for part in ("--ro-bind", path, path)]
    walls = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    return command(["bwrap", *walls, *binds, "--", *PYTHON])


def nsjail() -> Run:
    binds = [part for path in BINDS if os.path.exists(path) for part in ("-R", path)]
    return command(["nsjail", "-Mo", "--really_quiet", "--user", "65534", "--group", "65534", *binds, "-T", "/tmp", "--", *PYTHON])


def crun(folder: Path) -> Run:
    """One bundle, one container a run. Hybrid cgroup machines need the v2 mount out of crun's sight."""
    bundle = folder / "bundle"
    for name in ("rootfs/dev", "rootfs/proc", "rootfs/tmp", *(f"rootfs{path}" for path in BINDS)):
        (bundle / name).mkdir(parents=True, exist_ok=True)
    mounts = [{"destination": path, "type": "bind", "source": path, "options": ["rbind", "ro"]} for path in BINDS if os.path.exists(path)]
    mounts += [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},  # runs share the rootfs
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["size=16m"]},
    ]
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 65534, "gid": 65534},
            "args": PYTHON,
            "cwd": "/",
            "env": ["PATH=/usr/bin:/bin"],
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": True},
        "mounts": mounts,
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "resources": {"memory": {"limit": 256 << 20}, "pids": {"limit": 64}},
        },
    }
    (bundle / "config.json").write_text(json.dumps(config))
    hide = "umount /sys/fs/cgroup/unified 2>/dev/null; " if Path("/sys/fs/cgroup/unified").exists() else ""
    prefix = [] if not hide else ["unshare", "-m", "sh", "-c", f'{hide}exec "$0" "$@"']
    counter = iter(range(1 << 30))

    def run() -> None:
        name = f"bench-{os.getpid()}-{next(counter)}"
        command([*prefix, "crun", "--root", str(folder / "state"), "run", "--bundle", str(bundle), name])()

    return run


def contestants(folder: Path, only: set[str]) -> tuple[dict[str, Run], dict[str, str], Callable[[], None]]:
    """(name -> one run, name -> why it is left out, what to call at the end)."""
    sandbox = open_sandbox("zygote", workers=len(os.sched_getaffinity(0)))

    def ours(job: Job) -> Run:
        def run() -> None:
            result = sandbox.run(job)
            if result.ending is not Ending.EXITED or result.stdout != b"1\n":
                raise RuntimeError(f"ours: {result}")

        return run

    found: dict[str, Run] = {
        "plain subprocess": command(PYTHON),
        "bubblewrap": bubblewrap(),
        "nsjail": nsjail(),
        "crun": crun(folder),
        "ours": ours(Job(python="print(1)")),
        "ours, other program": ours(Job(argv=PYTHON)),
    }
    tools = {"bubblewrap": "bwrap", "nsjail": "nsjail", "crun": "crun"}
    absent: dict[str, str] = {}
    for name, tool in tools.items():
        if shutil.which(tool) is None:
            absent[name] = f"{tool} is not on PATH"
    for name in list(found):
        if only and name not in only:
            del found[name]
    for name, run in list(found.items()):
        if name in absent:
            del found[name]
            continue
        try:
            run()
        except RuntimeError as error:
            absent[name] = str(error)
            del found[name]
    return found, absent, sandbox.close


def one_by_one(run: Run, count: int) -> list[float]:
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def rate(run: Run, count: int, workers: int) -> float:
    with ThreadPoolExecutor(workers) as pool:
        start = time.perf_counter()
        for done in [pool.submit(run) for _ in range(count)]:
            done.result()
        return count / (time.perf_counter() - start)


def compare(rounds: int, only: set[str]) -> list[dict[str, object]]:
    cores = len(os.sched_getaffinity(0))
    folder = Path(tempfile.mkdtemp(prefix="sandbox-bench-"))
    runs, absent, close = contestants(folder, only)
    times: dict[str, list[float]] = {name: [] for name in runs}
    rates: dict[str, list[float]] = {name: [] for name in runs}
    try:
        for _ in range(rounds):
            for name, run in runs.items():
                times[name] += one_by_one(run, 20)
                rates[name].append(rate(run, 20 * cores, cores))
    finally:
        close()
        shutil.rmtree(folder, ignore_errors=True)
    rows: list[dict[str, object]] = []
    print(f"{cores} cores, {rounds} rounds; load average {os.getloadavg()[0]:.1f}")
    print(f"{'sandbox':22} {'p50 ms':>8} {'p95 ms':>8} {'runs/s':>8} {'per core':>9}")
    for name in runs:
        p50, p95 = statistics.median(times[name]), statistics.quantiles(times[name], n=20)[18]
        speed = statistics.median(rates[name])
        rows.append(
            {"name": name, "p50_ms": p50, "p95_ms": p95, "runs_per_second": speed, "per_core": speed / cores, "count": len(times[name])}
        )
        print(f"{name:22} {p50:8.2f} {p95:8.2f} {speed:8.1f} {speed / cores:9.1f}")
    for name, why in absent.items():
        print(f"{name:22} left out: {why}")
    return rows


def leftovers(count: int) -> dict[str, object]:
    """Run `count` programs, well- and ill-behaved, and compare what the machine holds before and after."""

    def state(sandbox: SlotSandbox | None = None) -> dict[str, object]:
        own = f"openk15-sandbox-{os.getpid()}-"
        groups = list(Path("/sys/fs/cgroup").rglob(own + "*"))
        return {
            "processes of runs": len(sandbox.strays()) if sandbox else 0,
            "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
            "cgroups": len(groups),
            "temporary entries": len([name for name in os.listdir(tempfile.gettempdir()) if name.startswith("openk15-sandbox")]),
            "shared memory entries": len(os.listdir("/dev/shm")),
            "descriptors": len(os.listdir("/proc/self/fd")),
        }

    sources = [
        "print(1)",
        "import os\nif os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(600)",
        "open('/tmp/left', 'w').write('x' * 100_000)\nopen('/dev/shm/left', 'w').write('x')",
        "import ctypes; ctypes.CDLL(None).shmget(7, 4096, 0o1666)",
        "1 / 0",
    ]
    jobs = [Job(python=source) for source in sources]
    outside = state()
    with open_sandbox("zygote") as sandbox:
        sandbox.run_many(jobs * 4)
        before = state(sandbox)
        start = time.perf_counter()
        endings: dict[str, int] = {}
        done = 0
        while done < count:
            for result in sandbox.run_many(jobs * min(100, -(-(count - done) // len(jobs)))):
                endings[result.ending] = endings.get(result.ending, 0) + 1
                done += 1
        seconds = time.perf_counter() - start
        after = state(sandbox)
        respawned = sandbox.respawned
    ended = state()
    print(f"{done} runs in {seconds:.0f} s: {endings}; helpers started again: {respawned}")
    for name in before:
        print(f"{name:22} open: {before[name]} -> {after[name]}    closed: {outside[name]} -> {ended[name]}")
    return {
        "runs": done,
        "before": before,
        "after": after,
        "outside": outside,
        "ended": ended,
        "left": int(before != after or outside != ended),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=20, help="20 single runs and 20 a core at once in each (default 20)")
    parser.add_argument("--only", action="append", default=[], help="a contestant's name; may be repeated")
    parser.add_argument("--leftovers", type=int, default=0, metavar="N", help="count what N runs leave behind, and nothing else")
    arguments = parser.parse_args()
    if arguments.leftovers:
        found = leftovers(arguments.leftovers)
        record = {"claim": "a run leaves nothing behind", "ours": found["left"], "peer": None, "ratio": None, "goal": 0, "runs": [found]}
    else:
        rows = compare(arguments.rounds, set(arguments.only))
        by_name = {str(row["name"]): row for row in rows}
        ours = float(by_name["ours"]["per_core"])  # type: ignore[arg-type]
        peer = by_name.get("crun")
        ratio = ours / float(peer["per_core"]) if peer else None  # type: ignore[arg-type]
        record = {
            "claim": "runs a second and core, every layer on",
            "ours": ours,
            "peer": peer["per_core"] if peer else None,
            "ratio": ratio,
            "goal": GOAL_PER_CORE,
            "p50_ms": by_name["ours"]["p50_ms"],
            "p50_goal_ms": GOAL_P50_MS,
            "runs": rows,
        }
        against = f", {ratio:.1f} times crun" if ratio else ""
        p50 = by_name["ours"]["p50_ms"]
        print(f"ours: {ours:.0f} runs/s and core (goal {GOAL_PER_CORE:g}), p50 {p50:.1f} ms (goal {GOAL_P50_MS:g}){against}")
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
