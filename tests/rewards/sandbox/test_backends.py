"""The other backends keep the same promises with other walls, and the doctor finds out what holds."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from openk15.errors import UserError
from rewards.sandbox import Ending, Guarantee, Job, Limits, backends, cgroups, open_sandbox, pool
from rewards.sandbox.attacks import HOST, RESOURCES, Canaries, failed
from rewards.sandbox.doctor import Examination, Finding, examine, render
from rewards.sandbox.images import Image, get_image, images
from rewards.sandbox.worker import SandboxUnavailable


@pytest.fixture(params=["crun", "nsjail", "bwrap"])
def wrapper(request, own_temporary):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not on PATH")
    try:
        sandbox = open_sandbox(request.param, workers=2)
    except UserError as error:
        pytest.skip(str(error))
    with sandbox:
        yield sandbox


@pytest.mark.slow
def test_wrappers_withstand_the_attacks(wrapper, canaries):
    attacks = [attack for attack in HOST + RESOURCES if attack.guarantee not in wrapper.missing]
    results = wrapper.run_many([canaries.job(attack) for attack in attacks])
    wrong = [
        f"{attack.number} {attack.name}: {why}" for attack, result in zip(attacks, results, strict=True) if (why := failed(attack, result))
    ]
    assert wrong == []
    assert len(attacks) > 35
    assert canaries.touched() == []
    assert wrapper.strays() == []


def test_wrappers_run_programs_and_hand_files_back(wrapper):
    job = Job(
        python="import sys; print(sys.stdin.read(), open('data').read()); open('out', 'w').write('made')",
        stdin=b"in",
        files={"data": b"x"},
        collect=["out"],
    )
    result = wrapper.run(job)
    assert (result.ending, result.exit_code, result.stdout, result.collected) == (Ending.EXITED, 0, b"in x\n", {"out": b"made"}), result
    assert wrapper.run(Job(argv=["sh", "-c", "exit 5"])).exit_code == 5
    absent = wrapper.run(Job(argv=["no-such-program"]))
    assert absent.ending is Ending.FAULT
    assert "cannot start 'no-such-program'" in absent.detail


def test_a_wrapper_leaves_nothing(wrapper, own_temporary):
    result = wrapper.run(Job(python="import time; time.sleep(60)", limits=Limits(wall_seconds=0.5)))
    assert result.ending is Ending.WALL
    assert wrapper.strays() == []
    assert list(own_temporary.iterdir()) != []
    wrapper.close()
    assert list(own_temporary.iterdir()) == []


def test_none_limits_and_cleans_but_promises_little():
    with open_sandbox("none", allow_unsafe=True, workers=1) as sandbox:
        assert Guarantee.NETWORK in sandbox.missing
        assert sandbox.run(Job(python="print(input())", stdin=b"x")).stdout == b"x\n"
        asks = "import os, time\nprint(os.getcwd(), flush=True)\nos.fork() or os.setsid()\ntime.sleep(60)"
        result = sandbox.run(Job(python=asks, limits=Limits(wall_seconds=1)))
        assert result.ending is Ending.WALL
        assert sandbox.strays() == []
    work = Path(result.stdout.decode().strip())
    assert work.name == "work"
    assert not work.parent.exists()


HELLO = rb"""
#include <stdio.h>
int main(void) {
    FILE *mark = fopen("/mark", "r");
    printf("mark %d\n", mark != 0);
    FILE *file = fopen("/mark", "w");
    char block[65536] = {0};
    long written = 0;
    for (int i = 0; file && i < 1000; i++) written += fwrite(block, 1, sizeof block, file);
    if (file && fclose(file) != 0) written = -1;
    printf("written %ld\n", written);
    return 0;
}
"""


def test_an_image_is_an_overlay_that_forgets(tmp_path, monkeypatch):
    """K119, K124: writes go to a tmpfs of the run's own, no larger than its disk limit, and the image stays as it is."""
    if shutil.which("crun") is None or shutil.which("gcc") is None or os.geteuid() != 0:
        pytest.skip("needs crun, gcc and root")
    root = tmp_path / "tiny"
    for name in ("dev", "proc", "tmp", "box"):
        (root / name).mkdir(parents=True)
    root.chmod(0o777)  # the run's user, not root, writes at the top
    (tmp_path / "hello.c").write_bytes(HELLO)
    built = subprocess.run(["gcc", "-static", "-o", str(root / "hello"), str(tmp_path / "hello.c")], capture_output=True, check=False)
    if built.returncode:
        pytest.skip(f"no static C library here: {built.stderr.decode()[-100:]}")
    (tmp_path / "tiny.yaml").write_text("about: one program\npython: ''\n")
    tmp_path.chmod(0o755)
    monkeypatch.setenv("OPENK15_SANDBOX_IMAGES", str(tmp_path))
    with open_sandbox("crun", workers=1) as sandbox:
        job = Job(argv=["/hello"], image="tiny", limits=Limits(disk_mb=8, file_mb=64))
        for _ in range(2):
            result = sandbox.run(job)
            assert result.stdout.startswith(b"mark 0\n"), result
            assert result.ending is Ending.DISK
        small = sandbox.run(replace(job, limits=Limits(disk_mb=128, file_mb=128, memory_mb=256)))
        assert (small.ending, small.stdout) == (Ending.EXITED, b"mark 0\nwritten 65536000\n")
    assert sorted(path.name for path in root.iterdir()) == ["box", "dev", "hello", "proc", "tmp"]


def test_images_are_records_and_what_is_absent_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENK15_SANDBOX_IMAGES", str(tmp_path))
    assert {"host", "multipl-e", "lean", "jupyter", "dmoj"} <= set(images())
    assert get_image("host").here
    with pytest.raises(UserError, match=r"'lean' is not on this machine: .*unpack docker.io/leanprovercommunity/lean4 there"):
        get_image("lean")
    with pytest.raises(UserError, match="no sandbox image is called 'leen'"):
        get_image("leen")
    (tmp_path / "own.yaml").write_text("about: mine\nenvironment: {A: 1}\n")
    (tmp_path / "own").mkdir()
    assert get_image("own") == Image("own", "mine", environment=(("A", "1"),))
    (tmp_path / "own.yaml").write_text("about: mine\nbind: [/usr]\n")
    with pytest.raises(UserError, match=r"own.yaml: unknown key 'bind'; valid keys"):
        images()


def test_auto_takes_what_keeps_every_guarantee_or_says_what_is_missing(monkeypatch):
    def broken(name, workers, python):
        raise SandboxUnavailable(f"{name} is broken")

    monkeypatch.setattr(backends, "_open", broken)
    with pytest.raises(UserError, match=r"zygote does not work here: zygote is broken \| crun does not work here: crun is broken"):
        open_sandbox()
    monkeypatch.undo()
    monkeypatch.setattr(cgroups, "find_layout", lambda: cgroups.Layout((), {"memory": "gone", "pids": "gone"}))
    with pytest.raises(UserError, match=r"zygote works but lacks memory \(no memory cgroup: gone"):
        open_sandbox()


def test_a_sandbox_that_lacks_a_guarantee_still_opens_by_name(box, monkeypatch):
    monkeypatch.setattr(cgroups, "find_layout", lambda: cgroups.Layout((), {"memory": "gone", "pids": "gone"}))
    with open_sandbox("zygote", workers=1) as weak:
        assert {Guarantee.MEMORY, Guarantee.TASKS, Guarantee.CPU, Guarantee.STEADY} == set(weak.missing)
        assert weak.run(Job(python="print(1)")).stdout == b"1\n"
        assert weak.run(Job(python="while True: pass", limits=Limits(cpu_seconds=0.3))).ending is Ending.CPU
        assert (
            weak.run(Job(python="import time\nx = b'x' * (90 << 20)\ntime.sleep(9)", limits=Limits(memory_mb=64))).ending is Ending.MEMORY
        )


def test_the_doctor_reports_what_it_found(strong_box):
    (found,) = examine("zygote")
    assert found.sound, render([found])
    assert {finding.guarantee for finding in found.findings} == set(Guarantee)
    text = render([found])
    assert "sandbox zygote: every guarantee holds" in text
    assert "held: TCP to a port of this machine" in text
    assert "python (Python 3" in text


def test_the_doctor_is_not_fooled_by_a_sandbox_that_leaks():
    found = examine("none", allow_unsafe=True)[0]
    assert not found.sound
    assert not {finding.guarantee: finding for finding in found.findings}[Guarantee.NETWORK].holds


def test_a_broken_wall_is_shown(strong_box, monkeypatch):
    """The attacks decide, not what the backend says of itself."""
    monkeypatch.setattr(backends, "missing", lambda *_: {})
    (found,) = examine("none", allow_unsafe=True)
    lacking = {finding.guarantee: finding.evidence for finding in found.findings if not finding.holds}
    assert {Guarantee.NETWORK, Guarantee.FILES, Guarantee.SYSCALLS} <= set(lacking)
    assert "the attack succeeded" in lacking[Guarantee.FILES]


def test_what_cannot_be_opened_is_rendered_with_its_reason():
    text = render(
        [
            Examination("crun", False, "the program crun is not on PATH"),
            Examination("x", True, "here", (Finding(Guarantee.CPU, False, "why"),)),
        ]
    )
    assert "sandbox crun: not here\n  the program crun is not on PATH" in text
    assert "NOT every guarantee holds" in text
    assert "LACKS  cpu" in text


HYBRID = """
30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw
31 30 0:27 / {root}/memory rw,relatime shared:9 - cgroup cgroup rw,memory
32 30 0:28 / {root}/pids rw - cgroup cgroup rw,pids
33 30 0:29 / {root}/unified rw - cgroup2 cgroup2 rw
"""


def test_layouts_of_both_cgroup_versions_are_found(tmp_path):
    for path in ("memory/job/7", "pids", "unified"):
        (tmp_path / path).mkdir(parents=True)
    found = cgroups.find_layout(HYBRID.format(root=tmp_path), "3:memory:/job/7\n2:pids:/\n0::/\n")
    assert {parent.folder.relative_to(tmp_path).as_posix() for parent in found.parents} == {"unified", "memory/job/7", "pids"}
    assert found.missing == {}
    unified = tmp_path / "unified"
    (unified / "a" / "b").mkdir(parents=True)
    (unified / "a" / "cgroup.subtree_control").write_text("memory pids cpu\n")
    found = cgroups.find_layout(f"33 30 0:29 / {unified} rw - cgroup2 cgroup2 rw\n", "0::/a/b\n")
    (parent,) = found.parents
    assert parent.folder == unified / "a", "the nearest group that hands the controllers on"
    assert parent.home == unified / "a" / "b" / "cgroup.procs"
    assert parent.files["memory_limit"] == "memory.max"
    assert found.missing == {}
    (unified / "a" / "cgroup.subtree_control").unlink()
    found = cgroups.find_layout(f"33 30 0:29 / {unified} rw - cgroup2 cgroup2 rw\n", "0::/a/b\n")
    assert set(found.missing) == {"memory", "pids"}


def test_a_container_sees_its_own_part_of_the_tree(tmp_path):
    (tmp_path / "memory" / "inner").mkdir(parents=True)
    table = f"31 30 0:27 /docker/abc {tmp_path}/memory rw - cgroup cgroup rw,memory\n"
    found = cgroups.find_layout(table, "3:memory:/docker/abc/inner\n")
    assert [parent.folder for parent in found.parents] == [tmp_path / "memory" / "inner"]


def test_a_slot_that_cannot_be_made_is_unavailable(monkeypatch):
    bad = cgroups.Parent(Path("/proc/nowhere"), Path("/proc/nowhere/cgroup.procs"), {"cpu": "cpu.stat"})
    monkeypatch.setattr(cgroups, "find_layout", lambda: cgroups.Layout((bad,), {}))
    with pytest.raises(UserError, match="backend 'zygote' does not work here"):
        open_sandbox("zygote", workers=1)
    assert pool.TRIES > 1


def test_canaries_clean_up():
    with Canaries() as canaries:
        folder = canaries.folder
        assert Canaries.VARIABLE in os.environ
    assert not folder.exists()
    assert Canaries.VARIABLE not in os.environ
