"""Named tensors and their digests; the policy folder they come from."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from multimodal.policy import load_policy, save_policy
from multimodal.processing import PromptProcessor
from multimodal.weights import FolderWeights, MemoryWeights, checked, tensor_digest
from openk15.errors import GuardError, UserError


@pytest.fixture
def weights() -> MemoryWeights:
    return MemoryWeights.of({"a.weight": torch.arange(6.0).view(2, 3), "b.bias": torch.zeros(4), "c": torch.ones((), dtype=torch.bfloat16)})


def test_untouched_weights_arrive_whole(weights):
    assert [name for name, _ in checked(weights, 3)] == ["a.weight", "b.bias", "c"]


def test_a_changed_tensor_is_named_with_its_version_and_shape(weights):
    weights.state["b.bias"][2] = 1e-30
    arrived = checked(weights, 3)
    assert next(arrived)[0] == "a.weight"
    with pytest.raises(GuardError, match=r"version 3: tensor 'b\.bias' changed on the way \(shape \(4,\)"):
        next(arrived)


def test_a_missing_tensor_is_named(weights):
    kept = {name: tensor for name, tensor in weights.state.items() if name != "b.bias"}
    with pytest.raises(GuardError, match=r"tensor 'b\.bias' never arrived"):
        list(checked(MemoryWeights(kept, weights.digests), 3))


def test_an_unannounced_tensor_is_named(weights):
    more = {**weights.state, "d": torch.ones(1)}
    with pytest.raises(GuardError, match="'d' was not announced"):
        list(checked(MemoryWeights(more, weights.digests), 3))


def test_memory_weights_are_a_copy():
    tensor = torch.zeros(3)
    weights = MemoryWeights.of({"a": tensor})
    tensor += 1
    assert dict(checked(weights, 0))["a"].tolist() == [0, 0, 0]


def test_the_digest_is_of_values_shape_and_type_and_not_of_memory_layout():
    table = torch.arange(6.0).view(2, 3)
    assert tensor_digest(table.t().contiguous().t()) == tensor_digest(table)
    different = [table, table.view(3, 2), table.double(), table + 1, table.view(torch.int32), -0.0 * table, 0.0 * table]
    assert len({tensor_digest(tensor) for tensor in different}) == len(different)


def test_folder_weights_are_what_the_folder_holds(policy):
    arrived = dict(checked(FolderWeights(policy), 1))
    held = load_file(policy / "model.safetensors")
    assert arrived.keys() == held.keys()
    assert all(torch.equal(arrived[name], held[name]) for name in held)


def test_a_folder_without_weights_is_the_users_mistake(tmp_path):
    with pytest.raises(UserError, match=r"no \*\.safetensors file"):
        list(FolderWeights(tmp_path).tensors())


def test_a_policy_is_built_by_its_seed(policy, make_policy, tmp_path):
    again, other = make_policy(tmp_path / "again", 0), make_policy(tmp_path / "other", 1)
    for name in ("config.json", "tokenizer.json", "chat_template.jinja", "processor_config.json"):
        assert (again / name).read_bytes() == (policy / name).read_bytes()
    first, same, new = (load_file(folder / "model.safetensors") for folder in (policy, again, other))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["lm_head.weight"], new["lm_head.weight"])
    assert "lm_head.weight" in first, "the head must not be tied"


def test_building_leaves_the_callers_random_state_alone(make_policy, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make_policy(tmp_path / "policy", 3)
    assert torch.equal(torch.rand(3), expected)


def test_a_saved_policy_is_an_ordinary_folder_again(policy, tmp_path):
    model = load_policy(policy)
    with torch.no_grad():
        model.get_parameter("lm_head.weight").add_(1.0)
    save_policy(model, policy, tmp_path / "saved")
    assert torch.equal(load_policy(tmp_path / "saved").state_dict()["lm_head.weight"], model.state_dict()["lm_head.weight"])
    assert PromptProcessor.load(tmp_path / "saved").tokenizer.get_vocab() == PromptProcessor.load(policy).tokenizer.get_vocab()


def test_a_folder_that_is_no_policy_is_one_line(tmp_path):
    with pytest.raises(UserError, match="no such policy folder"):
        load_policy(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no config\.json"):
        load_policy(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_5_vl"}')
    with pytest.raises(UserError, match="does not load") as caught:
        load_policy(tmp_path)
    assert "\n" not in str(caught.value)
