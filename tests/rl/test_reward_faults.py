"""Faults of ours in the reward never train: the loop masks and counts those samples, and trains the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from openk15.files import read_jsonl
from rewards.math.number import NumberVerifier
from rewards.pool import RewardPool
from rewards.verdict import Answer, Status, Verdict
from rl.config import RLConfig
from rl.fleet import LocalFleet
from rl.loop import train
from rl.metrics import MetricsWriter, read_metrics
from rl.run import create_run


def go(config: RLConfig) -> None:
    run = create_run(config)
    fleet = LocalFleet(run.config, run.checkpoint(0), 0)
    writer = MetricsWriter(run.folder)
    try:
        train(run, fleet, writer)
    finally:
        fleet.close()
        writer.close()
        run.close()


def rows(run: Path, kind: str) -> list[dict]:
    return [row for row in read_jsonl(run / "ledger.jsonl") if row["kind"] == kind]


def failing(every: int, cause: str, verdicts: Callable[[RewardPool, list], list[Verdict]]) -> Callable[[RewardPool, list], list[Verdict]]:
    """A pool that has a fault at every so-manieth item."""
    judged = 0

    def score(self: RewardPool, items: list[tuple[str, Answer]]) -> list[Verdict]:
        nonlocal judged
        found = []
        for verdict in verdicts(self, items):
            judged += 1
            fault = Verdict(Status.ERROR, None, None, cause, 0.1, verdict.verifier)
            found.append(fault if judged % every == 0 else verdict)
        return found

    return score


def test_a_few_errors_are_masked_and_counted_and_the_rest_of_the_group_trains(config, monkeypatch):
    values = {
        "iterations": 2,
        "evaluation": {"every": 0},
        "rollout": {"problems": 3, "samples": 4, "budget": 16, "max_tokens": 16},
        "guards": {"probes": 3, "probe_tokens": 4, "max_error_rate": 0.5},
    }
    config = RLConfig.model_validate({**config.model_dump(), **values})
    monkeypatch.setattr(RewardPool, "score", failing(5, "the verifier's process died: killed by SIGKILL", RewardPool.score))
    go(config)
    verdicts = {row["trajectory"]: row["verdict"] for row in rows(config.out, "verdict")}
    errors = {key for key, verdict in verdicts.items() if verdict["status"] == "error"}
    assert len(errors) == 24 // 5
    assert all(verdicts[key]["score"] is None for key in errors)
    trained = {key for row in rows(config.out, "train") for key in row["trajectories"]}
    dropped = {key for row in rows(config.out, "train") for key in row["dropped"]}
    assert trained & errors == set()
    assert errors <= dropped
    assert len(trained) == 24 - len(dropped)
    mates = {key.rpartition("/")[0] for key in errors}
    assert any(key.rpartition("/")[0] in mates for key in trained), "the others of a group with an error train"
    assert sum(row.verdicts.get("error", 0) for row in read_metrics(config.out)) == len(errors)


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ValueError("signal only works in main thread"), MemoryError()])
def test_a_fault_inside_the_verifier_is_an_error_in_the_ledger_and_no_zero(config, monkeypatch, fault):
    values = {
        "iterations": 1,
        "evaluation": {"every": 0},
        "rollout": {"problems": 3, "samples": 4, "budget": 16, "max_tokens": 16},
        "guards": {"probes": 3, "probe_tokens": 4, "max_error_rate": 1.0},
    }
    config = RLConfig.model_validate({**config.model_dump(), **values})

    def broken(self, response, answer):
        raise fault

    monkeypatch.setattr(NumberVerifier, "verify", broken)
    go(config)
    verdicts = [row["verdict"] for row in rows(config.out, "verdict")]
    failed = [verdict for verdict in verdicts if verdict["verifier"].startswith("number")]
    assert failed
    assert {(verdict["status"], verdict["score"]) for verdict in failed} == {("error", None)}
    assert all(type(fault).__name__ in verdict["reason"] for verdict in failed)
    errors = {row["trajectory"] for row in rows(config.out, "verdict") if row["verdict"]["status"] == "error"}
    assert not errors & {key for row in rows(config.out, "train") for key in row["trajectories"]}
