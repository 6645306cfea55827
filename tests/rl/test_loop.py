"""The whole loop on a tiny real policy, in this process: budgets, bookkeeping, and resumption after a death anywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from openk15.errors import GuardError, UserError
from openk15.files import AppendLog, read_jsonl
from rl.config import RLConfig
from rl.fleet import LocalFleet
from rl.loop import train
from rl.metrics import MetricsWriter, read_evals, read_metrics
from rl.run import Run, create_run, resume_run


class Died(BaseException):
    """Stands for a SIGKILL: nothing catches it, nothing is cleaned up by it."""


def go(run: Run) -> None:
    fleet = LocalFleet(run.config, run.checkpoint(run.ledger.committed), run.ledger.committed)
    writer = MetricsWriter(run.folder)
    try:
        train(run, fleet, writer)
    finally:
        fleet.close()
        writer.close()
        run.close()


def die_at_append(count: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run until the so-manieth append to a file, of which only some rows arrive."""
    appended, append = 0, AppendLog.append

    def dying(self, *given):
        nonlocal appended
        appended += 1
        if appended == count:
            append(self, *given[: len(given) // 2])
            raise Died
        append(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(AppendLog, "append", dying)
        with pytest.raises(Died):
            go(run)


@pytest.fixture(scope="module")
def finished(dataset, policy, tmp_path_factory) -> Path:
    """An uninterrupted run."""
    config = small_config(dataset, policy, tmp_path_factory.mktemp("whole") / "run")
    go(create_run(config))
    return config.out


def small_config(dataset: Path, policy: Path, out: Path, **changes) -> RLConfig:
    values = {
        "data": dataset,
        "policy": policy,
        "out": out,
        "iterations": 4,
        "rollout": {"problems": 3, "samples": 3, "budget": 6, "max_tokens": 16},
        "curriculum": {"switch_iteration": 2, "hard_grade": 2},
        "length_reward": {"weight": 0.2, "switch_iteration": 1},
        "learner": {"learning_rate": 1e-3, "minibatches": 2, "row_tokens": 256},
        "engine": {"kind": "torch", "max_model_len": 128},
        "evaluation": {"every": 2, "problems": 6},
        "guards": {"probes": 3, "probe_tokens": 4},
        "rewards": {"workers": 0},
        **changes,
    }
    return RLConfig.model_validate(values)


def rows(run: Path, kind: str) -> list[dict]:
    return [row for row in read_jsonl(run / "ledger.jsonl") if row["kind"] == kind]


def trained(run: Path) -> list[list[str]]:
    return [row["trajectories"] for row in rows(run, "train")]


def last_weights(run: Path) -> bytes:
    return sorted((run / "checkpoints").glob("v*"))[-1].joinpath("model.safetensors").read_bytes()


def test_no_trajectory_samples_more_than_the_budget_in_an_iteration(finished):
    spent: dict[tuple[str, int], int] = {}
    for row in rows(finished, "segment"):
        key = (row["trajectory"], row["iteration"])
        assert key not in spent, "extended twice in one iteration"
        spent[key] = len(row["segment"]["token_ids"])
        assert row["segment"]["version"] == row["iteration"]
    assert max(spent.values()) <= 6


def test_long_responses_are_carried_over_and_their_segments_make_the_response(finished, policy):
    from multimodal.processing import PromptProcessor

    processor = PromptProcessor.load(policy)
    tokens: dict[str, list[int]] = {}
    for row in rows(finished, "segment"):
        assert row["index"] == sum(
            1 for other in rows(finished, "segment") if other["trajectory"] == row["trajectory"] and other["index"] < row["index"]
        )
        tokens.setdefault(row["trajectory"], []).extend(row["segment"]["token_ids"])
    verdicts = rows(finished, "verdict")
    assert verdicts
    for row in verdicts:
        assert processor.decode(tokens[row["trajectory"]]) == row["text"]
    assert any(row["index"] >= 2 for row in rows(finished, "segment"))
    assert sum(metrics.trajectories_carried for metrics in read_metrics(finished)) > 0


def test_nothing_is_lost_and_nothing_trained_twice(finished):
    started = [row["trajectory"] for row in rows(finished, "start")]
    batch = [key for ids in trained(finished) for key in ids]
    assert len(set(started)) == len(started) == 4 * 9
    assert len(set(batch)) == len(batch)
    assert set(batch) <= set(started)


def test_metrics_can_be_recomputed_from_the_ledger(finished):
    metrics = read_metrics(finished)
    assert [row.iteration for row in metrics] == [0, 1, 2, 3]
    assert [row.phase for row in metrics] == ["uniform", "uniform", "hard", "hard"]
    assert [row.length_weight for row in metrics] == [0.0, 0.2, 0.2, 0.2]
    for row in metrics:
        generated = sum(
            len(segment["segment"]["token_ids"]) for segment in rows(finished, "segment") if segment["iteration"] == row.iteration
        )
        assert row.generated_tokens == generated
        assert row.trained_trajectories == len(trained(finished)[row.iteration])
        assert row.parity_max_abs is not None
        assert row.parity_max_abs <= 1e-4
        assert row.image_sensitivity is not None
        assert row.image_sensitivity > 1e-4
    assert [row["iteration"] for row in read_evals(finished)] == [-1, 1, 3]
    assert all(row["n"] == 6 for row in read_evals(finished))


@pytest.fixture(scope="module")
def overlapped(dataset, policy, tmp_path_factory) -> Path:
    config = small_config(dataset, policy, tmp_path_factory.mktemp("overlapped") / "run", overlap="train")
    go(create_run(config))
    return config.out


def test_overlapped_training_takes_the_groups_that_were_complete_when_the_iteration_began(overlapped):
    plans = trained(overlapped)
    assert plans[0] == []
    assert sum(len(ids) for ids in plans) >= 9
    ended = {row["trajectory"]: row["iteration"] for row in rows(overlapped, "segment")}  # the last segment's iteration
    for iteration, ids in enumerate(plans):
        assert all(ended[key] < iteration for key in ids)
        group_ends = {key.rpartition("/")[0]: [] for key in ids}
        for key, end in ended.items():
            if key.rpartition("/")[0] in group_ends:
                group_ends[key.rpartition("/")[0]].append(end)
        assert all(max(ends) == iteration - 1 for ends in group_ends.values()), "a complete group waits one iteration, not more"
    kinds = [row["kind"] for row in read_jsonl(overlapped / "ledger.jsonl")]
    assert kinds.index("train") < kinds.index("segment"), "the batch is on its way before anything is sampled"


@pytest.mark.parametrize("after", [3, 8, 13, 18])
def test_an_overlapped_run_that_died_goes_on_with_the_same_batches(after, overlapped, dataset, policy, tmp_path, monkeypatch):
    config = small_config(dataset, policy, tmp_path / "run", overlap="train")
    die_at_append(after, create_run(config), monkeypatch)
    go(resume_run(config.out))
    assert trained(config.out) == trained(overlapped)
    assert last_weights(config.out) == last_weights(overlapped)


def test_overlap_refuses_to_leave_out_all_that_it_trains(dataset, policy, tmp_path):
    with pytest.raises(ValueError, match=r"set learner\.stale_segments=train"):
        small_config(dataset, policy, tmp_path / "run", overlap="train", learner={"row_tokens": 256, "stale_segments": "exclude"})


def test_a_budget_of_the_whole_length_is_a_run_without_partial_rollouts(dataset, policy, tmp_path):
    rollout = {"problems": 3, "samples": 3, "budget": 16, "max_tokens": 16}
    config = small_config(dataset, policy, tmp_path / "run", rollout=rollout, iterations=2)
    go(create_run(config))
    assert {row["index"] for row in rows(config.out, "segment")} == {0}
    assert [len(ids) for ids in trained(config.out)] == [9, 9]
    assert {row.multi_segment_share for row in read_metrics(config.out)} == {0.0}


@pytest.mark.parametrize("after", [1, 4, 9, 14, 19, 23])
def test_a_death_between_any_two_writes_changes_nothing(after, finished, dataset, policy, tmp_path, monkeypatch):
    config = small_config(dataset, policy, tmp_path / "run")
    die_at_append(after, create_run(config), monkeypatch)
    go(resume_run(config.out))
    assert trained(config.out) == trained(finished)
    assert last_weights(config.out) == last_weights(finished)
    assert [row["segment"]["token_ids"] for row in sorted(rows(config.out, "segment"), key=lambda r: (r["trajectory"], r["index"]))] == [
        row["segment"]["token_ids"] for row in sorted(rows(finished, "segment"), key=lambda r: (r["trajectory"], r["index"]))
    ]
    mine, theirs = read_metrics(config.out), read_metrics(finished)
    for one, other in zip(mine, theirs, strict=True):
        changing = {"seconds", "tokens_per_second"}
        assert {k: v for k, v in one.to_dict().items() if k not in changing} == {
            k: v for k, v in other.to_dict().items() if k not in changing
        }
    strip = [{key: value for key, value in row.items() if key != "seconds"} for row in read_evals(config.out)]
    assert strip == [{key: value for key, value in row.items() if key != "seconds"} for row in read_evals(finished)]


def test_a_death_while_training_goes_back_to_the_last_version(finished, dataset, policy, tmp_path, monkeypatch):
    config = small_config(dataset, policy, tmp_path / "run")
    real = LocalFleet.train

    def dying(self, version, *rest):
        stats = real(self, version, *rest)
        if version == 2:
            raise Died  # after the checkpoint, before the commit
        return stats

    monkeypatch.setattr(LocalFleet, "train", dying)
    with pytest.raises(Died):
        go(create_run(config))
    monkeypatch.setattr(LocalFleet, "train", real)
    go(resume_run(config.out))
    assert trained(config.out) == trained(finished)
    assert last_weights(config.out) == last_weights(finished)


def test_more_iterations_go_on_where_the_run_ended(finished, dataset, policy, tmp_path):
    config = small_config(dataset, policy, tmp_path / "run", iterations=2)
    go(create_run(config))
    go(resume_run(config.out, ["iterations=4"]))
    assert trained(config.out) == trained(finished)


def test_resume_names_the_checkpoint_that_the_ledger_goes_on_from(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    shutil.rmtree(folder / "checkpoints" / "v000004")
    with pytest.raises(UserError, match=r"v000004: ledger\.jsonl goes on from this checkpoint, .* \(there: v000003\); restore it"):
        resume_run(folder, ["iterations=6"])


def test_resume_refuses_a_changed_config_and_names_the_key(finished):
    with pytest.raises(
        UserError,
        match=r"keeps its config, but learner would change .* only guards, iterations, keep_checkpoints, placement, rewards may change",
    ):
        resume_run(finished, ["learner.tau=0.5"])


def test_resume_refuses_an_edited_record(finished, tmp_path):
    record = json.loads((finished / "run.json").read_text())
    record["config"]["learner"]["tau"] = 0.9
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="its config was edited since the run began"):
        resume_run(folder)


def test_resume_refuses_a_changed_dataset(finished, tmp_path):
    record = json.loads((finished / "run.json").read_text())
    record["dataset"]["fingerprint"] = "0" * 64
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"the dataset changed since the run began .* was 000000000000"):
        resume_run(folder)


def test_a_second_driver_is_refused(dataset, policy, tmp_path):
    run = create_run(small_config(dataset, policy, tmp_path / "run"))
    with pytest.raises(UserError, match="another process is working on this run"):
        resume_run(run.folder)
    run.close()


def test_a_corrupted_tensor_stops_the_run_and_is_named(dataset, policy, tmp_path, monkeypatch):
    config = small_config(dataset, policy, tmp_path / "run")
    publish = LocalFleet.publish

    def corrupting(self, version):
        publish(self, version)
        if version == 1:
            self._worker.engine._model.lm_head.weight.data.mul_(1.5)

    monkeypatch.setattr(LocalFleet, "publish", corrupting)
    with pytest.raises(GuardError, match=r"sync of version 1: log-probs .* differ by .* first differing tensor: lm_head.weight"):
        go(create_run(config))


def test_a_blind_policy_stops_the_run(dataset, policy, tmp_path, monkeypatch):
    import rl.guards

    monkeypatch.setattr(rl.guards, "negative_of", lambda data: data)  # the other picture is the picture: nothing can move
    with pytest.raises(GuardError, match="the policy does not see its pictures"):
        go(create_run(small_config(dataset, policy, tmp_path / "run")))


def test_too_many_verifier_errors_stop_the_run(dataset, policy, tmp_path, monkeypatch):
    from rewards.math.number import NumberVerifier

    def broken(self, response, answer):
        raise RuntimeError("no luck")

    monkeypatch.setattr(NumberVerifier, "verify", broken)
    with pytest.raises(GuardError, match=r"verdicts are verifier errors .*no luck"):
        go(create_run(small_config(dataset, policy, tmp_path / "run")))


def test_log_probs_that_are_no_numbers_stop_the_run(dataset, policy, tmp_path, monkeypatch):
    score = LocalFleet.score
    monkeypatch.setattr(LocalFleet, "score", lambda self, items: [[float("nan")] * len(one) for one in score(self, items)])
    with pytest.raises(GuardError, match=r"sync of version 0: log-probs .* differ by inf"):
        go(create_run(small_config(dataset, policy, tmp_path / "run")))
