"""Faults of ours in the reward never train, through the whole loop: real workers are killed, hang, crash, find the disk full.

Each becomes an `error` with its cause and no score; the trainer masks and counts it and trains the others of the group;
the run stops only when the error rate passes its limit, and when it is resumed they are judged again.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openk15.errors import GuardError, UserError
from openk15.files import read_jsonl
from rewards import registry
from rewards.verdict import Answer, Status
from rl.config import RewardsConfig, RLConfig
from rl.fleet import LocalFleet, pool_settings
from rl.ledger import Ledger
from rl.loop import train
from rl.metrics import MetricsWriter, read_evals, read_metrics
from rl.run import Run, create_run, resume_run

HERE = Path(__file__).parent
# What becomes of a group's samples, by their number, and the cause that the verdict must give.
ORDERS = ("killed", "hang", "sleep", "crash", "disk full", "memory", "right", "wrong", "right")
CAUSES = {
    "killed": "the verifier's process died: the worker was killed by SIGKILL",
    "hang": "the verifier was killed: no answer within 0.3 s of processor time",
    "sleep": "the verifier was killed: no answer within 0.3 s of processor time",
    "crash": "the verifier's process died: the worker was killed by SIGSEGV",
    "disk full": "OSError: [Errno 28] No space left on device",
    "memory": "MemoryError",
}
PROBLEMS = 2
JUDGED = PROBLEMS * len(ORDERS)
ERRORS = PROBLEMS * len(CAUSES)

Assign = Callable[[int, str], tuple[str, Answer]]


class AssigningFleet(LocalFleet):
    """Gives every response the answer (and text) that the test wants for a sample of its number."""

    def __init__(self, config: RLConfig, checkpoint: Path, version: int, assign: Assign):
        super().__init__(config, checkpoint, version)
        self._assign = assign

    def submit(self, items):
        super().submit([(key, *self._assign(int(key.rpartition("/")[2]), text)) for key, text, _ in items])


def go(run: Run, assign: Assign) -> None:
    fleet = AssigningFleet(run.config, run.checkpoint(run.ledger.committed), run.ledger.committed, assign)
    writer = MetricsWriter(run.folder)
    try:
        train(run, fleet, writer)
    finally:
        fleet.close()
        writer.close()
        run.close()


def rows(run: Path, kind: str) -> list[dict]:
    return [row for row in read_jsonl(run / "ledger.jsonl") if row["kind"] == kind]


def verdicts(run: Path) -> dict[int, list[dict]]:
    """By the number of the sample."""
    found: dict[int, list[dict]] = {}
    for row in rows(run, "verdict"):
        found.setdefault(int(row["trajectory"].rpartition("/")[2]), []).append(row["verdict"])
    return found


def assert_masked(run: Path) -> None:
    """Errors have no score and are in no batch, the rest of their groups is, and the metrics count both."""
    found = rows(run, "verdict")
    errors = {row["trajectory"] for row in found if row["verdict"]["status"] == "error"}
    assert errors
    assert all((row["verdict"]["score"] is None) == (row["trajectory"] in errors) for row in found)
    trained = {key for row in rows(run, "train") for key in row["trajectories"]}
    dropped = {key for row in rows(run, "train") for key in row["dropped"]}
    assert not trained & errors
    assert errors <= dropped
    assert trained | dropped == {row["trajectory"] for row in found}
    assert trained, "the others of a group with an error train"
    counted: Counter[str] = Counter()
    for row in read_metrics(run):
        counted.update(row.verdicts)
    assert +counted == Counter(row["verdict"]["status"] for row in found)
    assert sum(row.accuracy_n for row in read_metrics(run)) == len(found) - len(errors)


@pytest.fixture
def faulty(monkeypatch) -> Iterator[None]:
    """`faulty_verifiers` can be imported, here and in worker processes, and is forgotten afterwards."""
    registry.names()
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    monkeypatch.setattr(sys, "path", [*sys.path, str(HERE)])
    yield
    sys.modules.pop("faulty_verifiers", None)


def changed(config: RLConfig, **values: Any) -> RLConfig:
    small = {
        "iterations": 1,
        "evaluation": {"every": 0},
        "rollout": {"problems": PROBLEMS, "samples": len(ORDERS), "budget": 8, "max_tokens": 8},
        "rewards": {"workers": 1, "deadline": 0.3, "modules": ["faulty_verifiers"]},
        "guards": {"probes": 3, "probe_tokens": 4, "max_error_rate": ERRORS / JUDGED},
    }
    return RLConfig.model_validate({**config.model_dump(), **small, **values})


def as_ordered(sample: int, text: str) -> tuple[str, Answer]:
    return text, Answer("faulty", ORDERS[sample])


def test_killed_hanging_and_crashing_verifiers_are_errors_that_the_trainer_masks(config, faulty):
    guards = {"probes": 3, "probe_tokens": 4, "max_error_rate": 6 / 8}  # 6 of the evaluation's 8
    config = changed(config, evaluation={"every": 1, "problems": 8}, guards=guards)
    go(create_run(config), as_ordered)
    for sample, found in verdicts(config.out).items():
        assert len(found) == PROBLEMS
        for verdict in found:
            if ORDERS[sample] in CAUSES:
                assert (verdict["status"], verdict["score"], verdict["extracted"]) == ("error", None, None)
                assert CAUSES[ORDERS[sample]] in verdict["reason"]
                assert verdict["verifier"] == "faulty@1"
            else:
                assert verdict["status"] == {"right": "correct", "wrong": "wrong"}[ORDERS[sample]]
    assert_masked(config.out)
    assert [row.verdicts["error"] for row in read_metrics(config.out)] == [ERRORS]
    evaluations = read_evals(config.out)
    assert len(evaluations) == 2, "a verifier that hangs does not hang an evaluation either"
    assert {(row["verdicts"]["error"], row["verdicts"]["correct"], row["n"]) for row in evaluations} == {(6, 1, 2)}


def test_errors_above_the_limit_stop_the_run_and_are_judged_again_when_it_is_resumed(config, faulty):
    config = changed(config, guards={"probes": 3, "probe_tokens": 4, "max_error_rate": ERRORS / JUDGED - 0.01})
    with pytest.raises(GuardError, match=rf"{ERRORS} of {JUDGED} verdicts are verifier errors .*the first: faulty@1: "):
        go(create_run(config), as_ordered)
    assert not any(row["verdict"]["status"] == "error" for row in rows(config.out, "verdict"))
    assert not rows(config.out, "train")
    mended = resume_run(config.out, ["rewards.deadline=5"])
    go(mended, lambda sample, text: (text, Answer("faulty", "right" if sample % 2 else "wrong")))
    assert [row.verdicts["error"] for row in read_metrics(config.out)] == [0]
    assert len(rows(config.out, "verdict")) == JUDGED


def test_errors_above_the_limit_in_an_evaluation_stop_the_run_and_leave_no_row(config, faulty):
    rewards = {"workers": 0, "modules": ["faulty_verifiers"]}
    config = changed(config, evaluation={"every": 1, "problems": 8}, rewards=rewards)
    with pytest.raises(GuardError, match=r"8 of 8 verdicts are verifier errors .*the first: faulty@1: OSError"):
        go(create_run(config), lambda sample, text: (text, Answer("faulty", "disk full")))
    assert read_evals(config.out) == []
    go(resume_run(config.out), lambda sample, text: (text, Answer("faulty", "right" if sample % 2 else "wrong")))
    assert [row["verdicts"]["error"] for row in read_evals(config.out)] == [0, 0]


def test_a_run_that_died_before_its_few_errors_were_recorded_goes_on(config, faulty, monkeypatch):
    config = changed(config)
    record = Ledger.verdicts

    def dying(self, iteration, items):
        if any(verdict.status is Status.ERROR for _, _, verdict in items):
            raise KeyboardInterrupt
        record(self, iteration, items)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "verdicts", dying)
        with pytest.raises(KeyboardInterrupt):
            go(create_run(config), as_ordered)
    assert len(rows(config.out, "verdict")) == JUDGED - ERRORS, "only errors are left to be asked for"
    go(resume_run(config.out), as_ordered)
    assert [row.verdicts["error"] for row in read_metrics(config.out)] == [ERRORS]
    assert_masked(config.out)


def test_a_timer_that_fails_off_the_main_thread_is_an_error(config, faulty):
    def assign(sample: int, text: str) -> tuple[str, Answer]:
        return text, Answer("faulty", ("timer", "right", "wrong", "right")[sample % 4])

    rewards = {"workers": 0, "modules": ["faulty_verifiers"]}
    config = changed(config, rewards=rewards, rollout={"problems": 2, "samples": 4, "budget": 8, "max_tokens": 8})
    run, failed = create_run(config), []

    def work() -> None:
        try:
            go(run, assign)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
    assert {verdict["status"] for verdict in verdicts(config.out)[0]} == {"error"}
    assert {verdict["reason"] for verdict in verdicts(config.out)[0]} == {
        "ValueError: signal only works in main thread of the main interpreter"
    }
    assert_masked(config.out)


def test_a_worker_process_has_a_main_thread_for_timers_wherever_the_loop_runs(faulty):
    from rewards.pool import RewardPool

    found = []
    with RewardPool(**pool_settings(RewardsConfig(workers=1, modules=("faulty_verifiers",)))) as pool:
        thread = threading.Thread(target=lambda: found.extend(pool.score([("x", Answer("faulty", "timer"))])))
        thread.start()
        thread.join()
    assert [verdict.status for verdict in found] == ["correct"]


def test_a_disk_that_is_full_where_the_sandbox_keeps_its_jobs_is_an_error(config, monkeypatch):
    from rewards.code import use_sandbox
    from rewards.sandbox import open_sandbox, worker

    try:
        sandbox = open_sandbox("zygote", workers=1)
    except UserError as error:
        pytest.skip(str(error))
    sealed_file, calls = worker.sealed_file, Counter()

    def full_at_times(name: str, *parts: bytes) -> int:
        calls[name] += 1
        if name == "job" and calls[name] % 4 == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return sealed_file(name, *parts)

    def assign(sample: int, text: str) -> tuple[str, Answer]:
        program = f"```python\nprint(int(input()) + {sample % 2})\n```"
        return program, Answer("code", None, {"language": "python", "tests": [{"stdin": "1\n", "stdout": "2\n"}]})

    monkeypatch.setattr(worker, "sealed_file", full_at_times)
    config = changed(config, rewards={"workers": 1}, guards={"probes": 3, "probe_tokens": 4, "max_error_rate": 0.5})
    with sandbox, use_sandbox(sandbox):
        go(create_run(config), assign)
    found = [(sample % 2, verdict) for sample, group in verdicts(config.out).items() for verdict in group]
    errors = [verdict for _, verdict in found if verdict["status"] == "error"]
    assert len(errors) == JUDGED // 4
    assert {verdict["reason"] for verdict in errors} == {"OSError: [Errno 28] No space left on device"}
    assert {(right, verdict["status"]) for right, verdict in found} - {(0, "error"), (1, "error")} == {(0, "wrong"), (1, "correct")}
    assert_masked(config.out)


def test_the_judging_processes_are_there_by_default_and_a_module_that_is_not_there_is_named():
    assert pool_settings(RewardsConfig())["workers"] >= 1
    assert pool_settings(RewardsConfig(workers=0))["workers"] == 0
    from rewards.pool import RewardPool

    with pytest.raises(UserError, match="module 'no_such_verifiers', which is to register verifiers, cannot be imported"):
        RewardPool(**pool_settings(RewardsConfig(modules=("no_such_verifiers",))))


@pytest.mark.ray
@pytest.mark.slow
def test_a_hanging_and_a_killed_verifier_cost_the_ray_fleet_one_sample_each(config, faulty, monkeypatch):
    from rl.ray_fleet import RayFleet

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    for not_asked in ("_new_learner", "_new_worker"):  # and slow to start: another pool stands in
        monkeypatch.setattr(RayFleet, not_asked, RayFleet._new_pool)
    config = changed(config)
    fleet = RayFleet(config, lambda version: config.policy, 0)
    try:
        fleet.submit([(f"a/{sample}", *as_ordered(sample, "text")) for sample in range(len(ORDERS))])
        found = [verdict for judged in fleet.verdicts() for _, _, verdict in judged]
    finally:
        fleet.close()
    assert [verdict.status for verdict in found] == ["error"] * 6 + ["correct", "wrong", "correct"]
    assert all(CAUSES[order] in verdict.reason for order, verdict in zip(ORDERS, found, strict=True) if order in CAUSES)
