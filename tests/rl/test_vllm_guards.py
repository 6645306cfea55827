"""The guards against a real vLLM engine: what is wrong after a sync is caught and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from openk15.errors import GuardError
from rl.config import RLConfig
from rl.fleet import LocalFleet
from rl.guards import Probes, check_sync, make_probes

pytestmark = [pytest.mark.vllm, pytest.mark.slow]


def open_fleet(dataset: Path, policy: Path, out: Path) -> LocalFleet:
    values = {"data": dataset, "policy": policy, "out": out, "engine": {"kind": "vllm", "max_model_len": 256}}
    return LocalFleet(RLConfig.model_validate(values), out, 0)


def nudge(fleet: LocalFleet) -> int:
    """Move every weight of the learner, as training would; returns the new version."""
    with torch.no_grad():
        for parameter in fleet._learner.model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    fleet._learner.version += 1
    return fleet._learner.version


def probes_of(fleet: LocalFleet, problems) -> Probes:
    return make_probes(problems.problems, problems.images, fleet._learner.processor, 4)


@pytest.fixture(scope="module")
def fleet(dataset, policy, tmp_path_factory) -> Iterator[LocalFleet]:
    torch.manual_seed(0)
    opened = open_fleet(dataset, policy, tmp_path_factory.mktemp("fleet"))
    yield opened
    opened.close()


def test_parity_holds_after_every_sync_of_changed_weights(fleet, problems):
    probes = probes_of(fleet, problems)
    for _ in range(3):
        version = nudge(fleet)
        fleet.publish(version)
        found = check_sync(fleet, probes, fleet._config.guards, version=version, seed=0)
        assert found.parity_max_abs <= 1e-4
        assert found.image_sensitivity is not None
        assert found.image_sensitivity > 1e-4


@pytest.mark.parametrize("name", ["language_model.model.norm.weight", "visual.patch_embed.proj.weight"])
def test_a_tensor_that_is_spoilt_in_the_engine_stops_the_run_and_is_named(fleet, problems, name):
    version = nudge(fleet)
    fleet.publish(version)
    fleet._worker.engine._corrupt_weight(name)
    with pytest.raises(GuardError, match=rf"sync of version {version}: log-probs .* first differing tensor: {name}"):
        check_sync(fleet, probes_of(fleet, problems), fleet._config.guards, version=version, seed=0)


def test_an_engine_that_missed_a_sync_is_caught(fleet, problems, monkeypatch):
    version = nudge(fleet)
    fleet.publish(version)
    stale = nudge(fleet)
    monkeypatch.setattr(fleet._worker.engine, "_version", stale)  # it says it has the new weights
    with pytest.raises(GuardError, match=rf"sync of version {stale}: log-probs .* first differing tensor: "):
        check_sync(fleet, probes_of(fleet, problems), fleet._config.guards, version=stale, seed=0)


def test_a_tied_output_head_is_synced_or_the_run_stops(dataset, policy, problems, tmp_path):
    """vLLM on CPU has been seen to keep a stale output head when it is tied; ours must never train on one."""
    from multimodal.policy import load_policy, save_policy

    model = load_policy(policy)
    model.config.tie_word_embeddings = True
    model.config.text_config.tie_word_embeddings = True
    model.lm_head.weight = model.get_input_embeddings().weight
    save_policy(model, policy, tmp_path / "tied")
    tied = open_fleet(dataset, tmp_path / "tied", tmp_path / "out")
    try:
        learner = tied._learner.model
        assert learner.lm_head.weight.data_ptr() == learner.get_input_embeddings().weight.data_ptr()
        version = nudge(tied)
        tied.publish(version)
        found = check_sync(tied, probes_of(tied, problems), tied._config.guards, version=version, seed=0)
        assert found.parity_max_abs <= 1e-4
        tied._worker.engine._corrupt_weight("language_model.model.embed_tokens.weight")
        with pytest.raises(GuardError, match=r"first differing tensor: .*embed_tokens\.weight"):
            check_sync(tied, probes_of(tied, problems), tied._config.guards, version=version, seed=0)
    finally:
        tied.close()
