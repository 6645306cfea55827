"""Real processes, real Ray, real vLLM: SIGKILL of a rollout worker, the learner and the driver changes nothing.

An uninterrupted run and a run that is killed three times must train the same trajectories in the same order
and end with the same weights. The moments are drawn from a seed and counted in ledger rows.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openk15.files import read_jsonl
from rl.metrics import read_metrics

pytestmark = [pytest.mark.ray, pytest.mark.vllm, pytest.mark.slow]

ITERATIONS = 5
SETTINGS = [
    f"iterations={ITERATIONS}",
    "rollout.problems=4",
    "rollout.samples=4",
    "rollout.budget=6",
    "rollout.max_tokens=16",
    "engine.max_model_len=128",
    "engine.max_num_seqs=32",
    "curriculum.switch_iteration=3",
    "curriculum.hard_grade=2",
    "learner.learning_rate=1e-3",
    "evaluation.every=0",
    "length_reward.switch_iteration=2",
]
RL = Path(sys.executable).parent / "rl"


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([str(RL), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)


def finish(process: subprocess.Popen[str], run: Path, seconds: float = 400) -> str:
    """The process's output once it has ended well; where Ray's own server died under it, the run goes on once, as its user would."""
    out, _ = process.communicate(timeout=seconds)
    if process.returncode and "GCS may have been killed" in out:
        process = start("resume", str(run))
        out, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0, out
    return out


def train_command(repo_root: Path, dataset: Path, policy: Path, out: Path) -> list[str]:
    return ["train", str(repo_root / "configs/demo/rl.yaml"), f"data={dataset}", f"policy={policy}", f"out={out}", *SETTINGS]


def ledger_rows(run: Path) -> list[dict]:
    path = run / "ledger.jsonl"
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def wait_for_rows(run: Path, kind: str, count: int, process: subprocess.Popen[str], seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while sum(row["kind"] == kind for row in ledger_rows(run)) < count:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"{run}: fewer than {count} {kind} rows after {seconds} s"
        time.sleep(0.02)


def kill_worker(run: Path, name: str) -> int:
    pid = json.loads((run / "workers.json").read_text())[name]
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.fixture(scope="module")
def whole(repo_root, dataset, policy, tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    finish(start(*train_command(repo_root, dataset, policy, run)), run)
    return run


@pytest.mark.timeout(900)
def test_three_kills_change_nothing(whole, repo_root, dataset, policy, tmp_path):
    chance = random.Random(7)
    run = tmp_path / "run"
    driver = start(*train_command(repo_root, dataset, policy, run))
    wait_for_rows(run, "segment", chance.randrange(1, 16), driver)
    worker = kill_worker(run, "rollout-0")
    wait_for_rows(run, "train", 2, driver)
    learner = kill_worker(run, "learner")
    wait_for_rows(run, "segment", 50 + chance.randrange(1, 12), driver)
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    committed = sum(row["kind"] == "commit" for row in ledger_rows(run))
    assert committed < ITERATIONS, "the driver was killed too late to show anything"
    replaced = json.loads((run / "workers.json").read_text())
    assert replaced["rollout-0"] != worker
    assert replaced["learner"] != learner
    finish(start("resume", str(run)), run)

    def batches(of: Path) -> list[list[str]]:
        return [row["trajectories"] for row in read_jsonl(of / "ledger.jsonl") if row["kind"] == "train"]

    assert batches(run) == batches(whole)
    trained = [key for batch in batches(run) for key in batch]
    assert len(trained) == len(set(trained)) > 0
    tokens = {}
    for path in (run, whole):
        found = {
            (row["trajectory"], row["index"]): row["segment"]["token_ids"]
            for row in read_jsonl(path / "ledger.jsonl")
            if row["kind"] == "segment"
        }
        tokens[path] = found
    assert tokens[run] == tokens[whole]
    name = f"checkpoints/v{ITERATIONS:06d}/model.safetensors"
    assert (run / name).read_bytes() == (whole / name).read_bytes()
    assert [row.iteration for row in read_metrics(run)] == list(range(ITERATIONS))
    assert max(row.parity_max_abs or 1.0 for row in read_metrics(run)) <= 1e-4


@pytest.mark.timeout(300)
def test_ctrl_c_says_how_to_go_on_and_leaves_no_process(repo_root, dataset, policy, tmp_path):
    run = tmp_path / "run"
    driver = start(*train_command(repo_root, dataset, policy, run), "iterations=500", "engine.kind=torch")
    wait_for_rows(run, "train", 1, driver)
    pids = json.loads((run / "workers.json").read_text()).values()
    # At Ray's niceness of 15 busy neighbours would starve the workers, until a deadline ended the run.
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in pids} == {os.getpriority(os.PRIO_PROCESS, 0)}
    os.kill(driver.pid, signal.SIGINT)
    out, _ = driver.communicate(timeout=60)
    assert driver.returncode == 130, out
    assert f"go on with: rl resume {run}" in out
    assert "Traceback" not in out
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker outlived its driver"
        time.sleep(0.2)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
