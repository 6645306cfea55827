"""A run's folder: where it may begin, what a failed start leaves, where it is resumed."""

from __future__ import annotations

import json

import pytest

from openk15.errors import UserError
from openk15.files import AppendLog, atomic_write_json, read_json
from rl import run
from rl.config import RLConfig, SFTConfig
from rl.run import create_run, resume_run
from rl.sft import run_sft
from rl.trajectory import new_group


def begun(config: RLConfig) -> None:
    """A run that has drawn a group."""
    made = create_run(config)
    made.ledger.start(new_group(0, 0, 0, made.data.problems[0].id, 2, 16))
    made.close()


def tau(config: RLConfig, value: float) -> RLConfig:
    return config.model_copy(update={"learner": config.learner.model_copy(update={"tau": value})})


def test_a_run_that_drew_samples_is_not_begun_again(config):
    begun(config)
    with pytest.raises(UserError, match="holds a run already; continue it with `rl resume"):
        create_run(config)


def test_a_run_that_drew_nothing_gives_way_to_a_corrected_one(config):
    create_run(config).close()
    for name in ("evals.jsonl", "metrics.jsonl"):
        log = AppendLog(config.out / name)
        log.append({"iteration": -1})
        log.close()
    (config.out / "ledger.jsonl").write_bytes(b'{"kind":"sta')
    create_run(tau(config, 0.2)).close()
    assert read_json(config.out / "run.json")["config"]["learner"]["tau"] == 0.2
    assert not (config.out / "evals.jsonl").exists()
    resume_run(config.out).close()


def test_a_run_and_a_warm_up_do_not_replace_each_other(config, tmp_path):  # their records and metrics have the same names
    begun(config)
    before = (config.out / "run.json").read_bytes()
    with pytest.raises(UserError, match=r"holds a run of `rl train`.* choose another out="):
        run_sft(SFTConfig(data=config.data, out=config.out, policy=config.policy, steps=1))
    assert (config.out / "run.json").read_bytes() == before
    warm = SFTConfig(data=config.data, out=tmp_path / "sft", policy=config.policy, steps=1, batch_size=2)
    run_sft(warm)
    with pytest.raises(UserError, match=r"holds a warm-up of `rl sft`.* choose another out="):
        create_run(config.model_copy(update={"out": warm.out}))
    assert (warm.out / "metrics.jsonl").is_file()


def test_a_wrong_ray_address_leaves_nothing_behind(config, monkeypatch):
    def refusing(address, named):
        raise UserError(f"{named}={address}: nothing answers there")

    monkeypatch.setattr(run, "connect", refusing)
    placed = config.model_copy(update={"placement": config.placement.model_copy(update={"ray_address": "10.0.0.5:6379"})})
    with pytest.raises(UserError, match=r"placement\.ray_address=10\.0\.0\.5:6379"):
        create_run(placed)
    assert not config.out.exists()


def test_the_ledger_of_a_run_without_run_json_is_not_adopted(config):
    begun(config)
    (config.out / "run.json").unlink()
    ledger = (config.out / "ledger.jsonl").read_bytes()
    with pytest.raises(UserError, match=r"its ledger without run\.json; restore the file, delete the folder, or choose another out="):
        create_run(config)
    assert (config.out / "ledger.jsonl").read_bytes() == ledger


def test_checkpoints_without_a_ledger_are_not_adopted(config):
    (config.out / "checkpoints" / "v000012").mkdir(parents=True)
    with pytest.raises(UserError, match="checkpoints without a ledger"):
        create_run(config)


def test_a_file_where_the_folder_should_be_is_named(config, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(UserError, match=r"out=.*file.*: is a file or lies under one"):
            create_run(config.model_copy(update={"out": out}))


def test_resume_refuses_to_go_elsewhere(config, tmp_path):
    begun(config)
    with pytest.raises(UserError, match=r"out=.*other: a run is resumed where it is, in .*run"):
        resume_run(config.out, [f"out={tmp_path / 'other'}"])
    assert not (tmp_path / "other").exists()
    resume_run(config.out, [f"out={config.out}"]).close()


def test_a_run_that_was_moved_is_resumed_where_it_is_now(config, tmp_path):
    begun(config)
    moved = config.out.rename(tmp_path / "moved")
    resumed = resume_run(moved)
    assert resumed.folder == resumed.config.out == moved
    assert len(resumed.ledger.live) == 2
    resumed.close()
    assert not config.out.exists()


def test_the_context_may_grow_and_not_shrink_on_resume(config):
    begun(config)
    resumed = resume_run(config.out, ["engine.max_model_len=200"])
    assert resumed.config.engine.max_model_len == 200
    resumed.close()
    for refused in ("engine.max_model_len=100", "engine.temperature=0.5"):
        with pytest.raises(UserError, match=r"engine would change .* and engine\.max_model_len may grow"):
            resume_run(config.out, [refused])


def test_what_a_resumed_run_was_told_holds_for_the_next_resume(config):
    begun(config)
    resume_run(config.out, ["iterations=9", "engine.max_model_len=200", "guards.max_error_rate=0.5"]).close()
    again = resume_run(config.out)
    again.close()
    assert (again.config.iterations, again.config.engine.max_model_len, again.config.guards.max_error_rate) == (9, 200, 0.5)
    assert read_json(config.out / "run.json")["config"]["out"] == str(config.out)
    with pytest.raises(UserError, match=r"engine would change .* and engine\.max_model_len may grow"):
        resume_run(config.out, ["engine.max_model_len=128"])


@pytest.mark.parametrize("key", ["threads", "config", "config_hash", "policy_digest", "dataset"])
def test_a_record_that_lacks_a_key_is_named(config, key):
    create_run(config).close()
    file = config.out / "run.json"
    record = read_json(file)
    del record[key]
    atomic_write_json(file, record)
    with pytest.raises(UserError, match=rf"run\.json: {key} is missing or damaged"):
        resume_run(config.out)


@pytest.mark.parametrize("record", [[], "run", {"threads": "two"}, None])
def test_a_record_that_is_none_is_named(tmp_path, record):
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"run\.json: "):
        resume_run(tmp_path)
