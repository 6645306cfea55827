"""Real processes, real Ray, real vLLM: what a SIGKILL or a Ctrl-C does to a run.

An uninterrupted run, all in this process, and a run on Ray whose rollout worker, learner and driver are killed must train the
same trajectories in the same order and come to the same weights. The moments are drawn from a seed and counted in ledger rows.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from openk15.config import load_config
from rl.config import RLConfig
from rl.fleet import LocalFleet
from rl.loop import train
from rl.metrics import MetricsWriter, read_metrics
from rl.run import create_run

pytestmark = [pytest.mark.ray, pytest.mark.vllm, pytest.mark.slow]

ITERATIONS = 5
SETTINGS = [
    "keep_checkpoints=100",
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


@dataclass
class Killed:
    """A run whose workers and driver were killed, and what its last driver said when Ctrl-C ended it."""

    run: Path
    first: dict[str, int]  # process ids of its workers by name
    second: dict[str, int]  # once one rollout worker and the learner had been replaced
    last: dict[str, int]  # of the resumed run
    niceness: set[int]  # of those
    committed: int  # iterations, when the driver was killed
    code: int | None
    said: str


def settings(dataset: Path, policy: Path, out: Path, iterations: int) -> list[str]:
    return [f"data={dataset}", f"policy={policy}", f"out={out}", f"iterations={iterations}", *SETTINGS]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([str(RL), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)


def ledger_rows(run: Path, kind: str) -> list[dict]:
    path = run / "ledger.jsonl"
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    return [row for row in map(json.loads, whole.splitlines()) if row["kind"] == kind]


def wait_for_rows(run: Path, kind: str, count: int, process: subprocess.Popen[str], seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while len(ledger_rows(run, kind)) < count:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"{run}: fewer than {count} {kind} rows after {seconds} s"
        time.sleep(0.02)


def resume_until(run: Path, commits: int) -> subprocess.Popen[str]:
    """A driver that went on with the run; where Ray's own server died under it, a second one, as its user would start it."""
    driver = start("resume", str(run))
    try:
        wait_for_rows(run, "commit", commits, driver)
    except AssertionError as error:
        if "GCS may have been killed" not in str(error):
            raise
        driver = start("resume", str(run))
        wait_for_rows(run, "commit", commits, driver)
    return driver


def workers(run: Path) -> dict[str, int]:
    return json.loads((run / "workers.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """The sums of both runs are rounded in the same order only with as many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def whole(repo_root, dataset, policy, tmp_path_factory) -> Path:
    """Never interrupted, and without Ray."""
    out = tmp_path_factory.mktemp("whole") / "run"
    config = load_config(RLConfig, repo_root / "configs/demo/rl.yaml", [*settings(dataset, policy, out, ITERATIONS), "rewards.workers=0"])
    run, writer = create_run(config), MetricsWriter(out)
    fleet = LocalFleet(config, policy, 0)
    train(run, fleet, writer)
    fleet.close()
    writer.close()
    run.close()
    return out


@pytest.fixture(scope="module")
def killed(repo_root, dataset, policy, tmp_path_factory) -> Killed:
    chance = random.Random(7)
    run = tmp_path_factory.mktemp("killed") / "run"
    driver = start("train", str(repo_root / "configs/demo/rl.yaml"), *settings(dataset, policy, run, 500))
    wait_for_rows(run, "segment", chance.randrange(1, 16), driver)
    first = workers(run)
    os.kill(first["rollout-0"], signal.SIGKILL)
    wait_for_rows(run, "train", 2, driver)
    os.kill(first["learner"], signal.SIGKILL)
    wait_for_rows(run, "segment", 50 + chance.randrange(1, 12), driver)
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    committed, second = len(ledger_rows(run, "commit")), workers(run)
    driver = resume_until(run, ITERATIONS)
    last = workers(run)
    niceness = {os.getpriority(os.PRIO_PROCESS, pid) for pid in last.values()}
    os.kill(driver.pid, signal.SIGINT)
    said, _ = driver.communicate(timeout=60)
    return Killed(run, first, second, last, niceness, committed, driver.returncode, said)


@pytest.mark.timeout(900)
def test_three_kills_change_nothing(killed, whole):
    assert killed.committed < ITERATIONS, "the driver was killed too late to show anything"
    assert killed.second["rollout-0"] != killed.first["rollout-0"]
    assert killed.second["learner"] != killed.first["learner"]

    def batches(run: Path) -> list[list[str]]:
        return [row["trajectories"] for row in ledger_rows(run, "train")][:ITERATIONS]

    assert batches(killed.run) == batches(whole)
    trained = [row["trajectories"] for row in ledger_rows(killed.run, "train")]
    keys = [key for batch in trained for key in batch]
    assert len(keys) == len(set(keys)) > 0

    def tokens(run: Path) -> dict[tuple[str, int], list[int]]:
        return {
            (row["trajectory"], row["index"]): row["segment"]["token_ids"]
            for row in ledger_rows(run, "segment")
            if row["iteration"] < ITERATIONS
        }

    assert tokens(killed.run) == tokens(whole)
    name = f"checkpoints/v{ITERATIONS:06d}/model.safetensors"
    assert (killed.run / name).read_bytes() == (whole / name).read_bytes()
    metrics = read_metrics(killed.run)
    assert [row.iteration for row in metrics] == list(range(len(metrics)))
    assert len(metrics) >= ITERATIONS
    assert max(row.parity_max_abs or 1.0 for row in metrics) <= 1e-4


@pytest.mark.timeout(900)
def test_ctrl_c_says_how_to_go_on_and_leaves_no_process(killed):
    assert killed.code == 130, killed.said
    assert f"go on with: rl resume {killed.run}" in killed.said
    assert "Traceback" not in killed.said
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in killed.last.values()):
        assert time.monotonic() < deadline, "a worker outlived its driver"
        time.sleep(0.2)


@pytest.mark.timeout(900)
def test_workers_run_at_the_priority_of_the_command(killed):
    """At Ray's niceness of 15 busy neighbours would starve them, until a deadline ended the run."""
    assert killed.niceness == {os.getpriority(os.PRIO_PROCESS, 0)}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
