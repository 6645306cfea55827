"""Nothing survives: not a run, not a killed helper, not a killed judge; and two judges do not meet."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from rewards.sandbox import Ending, Job, cgroups, open_sandbox

ROOT = Path(__file__).resolve().parents[3]
GROUPS = Path("/sys/fs/cgroup")
PATIENCE = 30.0


def groups_of(pid):
    return [str(path) for path in GROUPS.rglob(f"{cgroups.PREFIX}-{pid}-*")]


@pytest.fixture(autouse=True, scope="module")
def own_temporary(tmp_path_factory):
    """Temporary entries are counted where no other test process makes any."""
    folder = tmp_path_factory.mktemp("own")
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    yield
    tempfile.tempdir = before


def counts(sandbox=None):
    """What runs could leave behind on this machine: processes, mounts, groups, temporary entries, descriptors."""
    return {
        "processes": sandbox.strays() if sandbox else [],
        "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
        "groups": len(groups_of(os.getpid())),
        "temporary": sorted(name for name in os.listdir(tempfile.gettempdir()) if "openk15" in name),
        "shared": sorted(os.listdir("/dev/shm")),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def wait_until(true, what):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.02)


def alive(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


MESS = [
    "import os\nif os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(600)",
    "open('/tmp/left', 'w').write('x' * 100_000)\nimport ctypes; ctypes.CDLL(None).shmget(7, 4096, 0o1666)",
    "import multiprocessing.shared_memory as m; m.SharedMemory(create=True, size=4096)",
    "import os; os.abort()",
    "1/0",
]


@pytest.mark.slow
def test_three_hundred_runs_leave_nothing(box):
    box.run_many([Job(python=source) for source in MESS] * 2)
    before = counts(box)
    results = box.run_many([Job(python=source) for source in MESS] * 60)
    assert Ending.FAULT not in {result.ending for result in results}
    assert counts(box) == before
    assert before["processes"] == []


def test_closing_leaves_nothing():
    before = counts()
    sandbox = open_sandbox("zygote", workers=2)
    sandbox.run_many([Job(python="print(1)")] * 4)
    helpers = [worker.pid for worker in sandbox._workers if worker.alive]
    sandbox.close()
    assert not any(alive(pid) for pid in helpers)
    after = counts()
    assert after["groups"] == before["groups"]
    assert after["descriptors"] == before["descriptors"]
    with pytest.raises(RuntimeError, match="is closed"):
        sandbox.run(Job(python="print(1)"))


JUDGE = """
import json, threading, time
from rewards.sandbox import Job, Limits, open_sandbox
box = open_sandbox("zygote", workers=2)
jobs = [Job(python="import os, time\\nos.fork()\\ntime.sleep(300)", limits=Limits(wall_seconds=300))] * 2
threading.Thread(target=box.run_many, args=(jobs,), daemon=True).start()
def members():
    return [(worker.slot.groups[-1] / "cgroup.procs").read_text().split() for worker in box._workers]
while not all(worker.alive for worker in box._workers) or any(len(group) < 4 for group in members()):
    time.sleep(0.01)
print(json.dumps([[worker.pid for worker in box._workers], sum(members(), [])]), flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_judge_leaves_nothing(strong_box, number):
    judge = subprocess.Popen([sys.executable, "-c", JUDGE], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert judge.stdout is not None
    helpers, everyone = json.loads(judge.stdout.readline())
    assert len(everyone) >= 8  # a helper, a keeper and two of the program in each slot
    assert groups_of(judge.pid)
    judge.send_signal(number)
    judge.wait()
    judge.stdout.close()
    wait_until(lambda: not any(alive(int(pid)) for pid in [*helpers, *everyone]), "the killed judge's processes to be gone")
    wait_until(lambda: not groups_of(judge.pid), "the killed judge's cgroups to be gone")


def test_judge_and_helpers_killed_at_once_are_swept_by_the_next(strong_box):
    judge = subprocess.Popen([sys.executable, "-c", JUDGE], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert judge.stdout is not None
    helpers, everyone = json.loads(judge.stdout.readline())
    for pid in (judge.pid, *helpers):
        os.kill(pid, signal.SIGSTOP)  # so that none of them can clean up
    for pid in (judge.pid, *helpers):
        os.kill(pid, signal.SIGKILL)
    judge.wait()
    judge.stdout.close()
    wait_until(lambda: not any(alive(int(pid)) for pid in everyone), "the runs to die with their helpers")
    assert groups_of(judge.pid)
    open_sandbox("zygote", workers=1).close()
    assert not groups_of(judge.pid)
    assert strong_box.run(Job(python="print(1)")).clean, "a live judge's groups are not swept"


def test_a_helper_killed_in_mid_run_is_replaced_and_the_job_runs_again(box):
    before = box.respawned
    results = []
    thread = threading.Thread(target=lambda: results.append(box.run(Job(python="import time; time.sleep(2); print('done')"))))
    thread.start()
    until = time.monotonic() + 30
    while not (running := box.strays()):
        assert time.monotonic() < until, "the program never began"
        time.sleep(0.01)
    busy = {worker.pid for worker in box._workers if worker.alive}
    assert not busy & set(running)
    for pid in busy:
        os.kill(pid, signal.SIGKILL)
    thread.join(60)
    assert [(result.ending, result.stdout) for result in results] == [(Ending.EXITED, b"done\n")]
    assert box.respawned > before
    assert [result.stdout for result in box.run_many([Job(python="print(2)")] * 4)] == [b"2\n"] * 4


def test_a_job_whose_helper_dies_every_time_is_a_fault(monkeypatch):
    with open_sandbox("zygote", workers=1) as sandbox:
        (worker,) = sandbox._workers
        send = worker._pump

        def kill_first(*arguments):
            assert worker._process is not None
            worker._process.kill()
            return send(*arguments)

        monkeypatch.setattr(worker, "_pump", kill_first)
        result = sandbox.run(Job(python="import time; time.sleep(5)"))
        assert result.ending is Ending.FAULT
        assert "3 tries" in result.detail
        monkeypatch.undo()
        assert sandbox.run(Job(python="print(1)")).clean


def test_a_forked_copy_of_the_judge_cannot_use_or_hurt_the_sandbox(box):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            box.run(Job(python="print(1)"))
        except RuntimeError:
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert box.run(Job(python="print(1)")).clean


LOOK = "import os; print(sorted(os.listdir('/tmp')), os.getpid())"
OTHER = f"""
from rewards.sandbox import Job, open_sandbox
with open_sandbox("zygote", workers=2) as other:
    print({{(result.ending.value, result.stdout) for result in other.run_many([Job(python={LOOK!r})] * 40)}})
"""


def test_two_judges_at_once_do_not_meet(box):
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    other = subprocess.Popen([sys.executable, "-c", OTHER], stdout=subprocess.PIPE, cwd=tempfile.gettempdir(), env=surroundings)
    own = {(result.ending.value, result.stdout) for result in box.run_many([Job(python=LOOK)] * 40)}
    told, _ = other.communicate(timeout=120)
    assert own == {("exited", b"[] 2\n")}
    assert told.decode().strip() == repr(own)


NOBODY = """
import sys
from rewards.sandbox import Job, Guarantee, open_sandbox
from openk15.errors import UserError
try:
    open_sandbox("auto")
    print("auto opened")
except UserError as error:
    print("auto refused" if "identity" in str(error) else error)
from rewards.sandbox.attacks import HOST, RESOURCES, Canaries, failed
with Canaries() as canaries, open_sandbox("zygote", workers=2) as box:
    print(sorted(map(str, box.missing)))
    attacks = [a for a in HOST + RESOURCES if a.guarantee not in box.missing]
    for attack, result in zip(attacks, box.run_many([canaries.job(a) for a in attacks])):
        why = failed(attack, result)
        if why:
            print(attack.number, attack.name, why)
    print(len(attacks) > 30, canaries.touched())
"""


def test_an_ordinary_user_gets_the_same_walls_and_is_told_what_is_missing():
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip(f"{python} is not here, and this interpreter may be out of another user's reach")
    told = subprocess.run(
        [python, "-B", "-c", NOBODY],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        user=65534,
        group=65534,
        extra_groups=[],
        timeout=120,
        check=False,
    )
    lines = told.stdout.splitlines()
    if "user namespace" in told.stderr or "unshare" in told.stderr:
        pytest.skip(f"no user namespaces here: {told.stderr.splitlines()[-1]}")
    assert told.returncode == 0, told.stderr
    assert lines[0] == "auto refused"
    assert "identity" in lines[1]
    assert lines[2:] == ["True []"]
