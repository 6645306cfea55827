"""The learner on a real (tiny) vision-language policy: exact ratios, split-independent gradients, masks, resets."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from data_recipes.store import ProblemSet
from multimodal.processing import PromptProcessor
from openk15.errors import RunError
from rl.config import LearnerConfig
from rl.learner import Learner, TrainItem


@pytest.fixture(scope="module")
def prompts(policy, problems: ProblemSet):
    processor = PromptProcessor.load(policy)
    return {problem.id: processor.prompt(problem.messages, problems.images) for problem in problems.problems[:40:5]}


def items_for(prompts, mask_all=True) -> list[list[TrainItem]]:
    made = []
    for at, key in enumerate(prompts):
        for sample in range(2):
            tokens = tuple(20 + (at * 7 + sample * 3 + step) % 200 for step in range(4 + at + 2 * sample))
            mask = tuple(mask_all or step >= 2 for step in range(len(tokens)))
            made.append(TrainItem(f"{key}/{sample}", key, tokens, mask, 0.5 if sample else -0.5, 1 / (2 * len(prompts))))
    return [made[: len(made) // 2], made[len(made) // 2 :]]


def learner(policy, **changes) -> Learner:
    return Learner(policy, LearnerConfig(**{"learning_rate": 1e-3, "row_tokens": 256, **changes}))


def test_the_first_log_ratio_is_exactly_zero_and_later_ones_are_not(policy, prompts):
    stats = learner(policy).train(0, items_for(prompts), prompts)
    assert stats.steps == 2
    assert stats.log_ratio_first_abs_max == 0.0
    assert stats.log_ratio_abs_max > 0.0


def test_the_gradient_does_not_depend_on_how_rows_are_planned(policy, prompts):
    grads = []
    for row_tokens in (96, 1024):
        one = learner(policy, row_tokens=row_tokens)
        step = one._lay_out([item for part in items_for(prompts) for item in part], prompts)
        with torch.no_grad():
            for row in step:
                row.reference_B = one._sums(row) + 0.3  # a reference off by a constant: the regulariser takes part
        one.model.zero_grad()
        one._accumulate(step)
        grads.append({name: parameter.grad.clone() for name, parameter in one.model.named_parameters() if parameter.grad is not None})
    assert grads[0].keys() == grads[1].keys()
    largest = max(float(grad.abs().max()) for grad in grads[0].values())
    for name, grad in grads[0].items():
        assert float((grad - grads[1][name]).abs().max()) <= 1e-4 * largest, name


def test_masked_tokens_give_no_gradient(policy, prompts):
    one = learner(policy)
    parts = items_for(prompts)
    masked = [
        [TrainItem(i.trajectory, i.prompt, i.token_ids, (False,) * len(i.mask), i.advantage, i.weight) for i in part] for part in parts
    ]
    before = one.weights(0).digests
    stats = one.train(0, masked, prompts)
    assert stats.grad_norm == 0.0
    assert stats.tokens == 0
    assert one.weights(1).digests == before


def test_stale_tokens_left_out_change_the_gradient(policy, prompts):
    every, some = learner(policy), learner(policy)
    assert every.train(0, items_for(prompts), prompts).tokens > some.train(0, items_for(prompts, mask_all=False), prompts).tokens
    assert every.weights(1).digests != some.weights(1).digests


def test_training_is_repeatable_and_the_optimizer_starts_fresh(policy, prompts, tmp_path):
    one = learner(policy)
    one.train_and_save(0, items_for(prompts), prompts, tmp_path / "v1", {"version": 1})
    one.train_and_save(1, items_for(prompts), prompts, tmp_path / "v2", {"version": 2})
    other = learner(policy)
    other.restore(tmp_path / "v1", 1)  # knows nothing of the first iteration's optimizer
    other.train(1, items_for(prompts), prompts)
    assert other.weights(2).digests == one.weights(2).digests
    assert (tmp_path / "v2" / "state.json").is_file()


def test_equal_rewards_move_nothing_at_the_reference(policy, prompts):
    one = learner(policy, minibatches=1)
    flat = [[TrainItem(i.trajectory, i.prompt, i.token_ids, i.mask, 0.0, i.weight) for part in items_for(prompts) for i in part]]
    assert one.train(0, flat, prompts).grad_norm == 0.0


def test_the_wrong_version_is_refused(policy, prompts):
    with pytest.raises(RunError, match="holds version 0, asked to train from version 3"):
        learner(policy).train(3, items_for(prompts), prompts)


def test_nothing_to_train_is_a_new_version_with_the_same_weights(policy, prompts):
    one = learner(policy)
    before = one.weights(0).digests
    assert one.train(0, [], prompts).steps == 0
    assert one.version == 1
    assert one.weights(1).digests == before


def test_no_value_head_is_in_the_training_graph(policy):
    names = [name for name, _ in learner(policy).model.named_parameters()]
    assert not [name for name in names if "value_head" in name or "v_head" in name or "score" in name]


def test_a_loss_that_is_no_number_stops_the_run(policy, prompts):
    parts = [[replace(item, advantage=float("nan")) for item in part] for part in items_for(prompts)]
    with pytest.raises(RunError, match=r"version 0: loss nan.*lower learner.learning_rate"):
        learner(policy).train(0, parts, prompts)


def test_weights_are_handed_out_only_as_the_version_they_are(policy):
    with pytest.raises(RunError, match="holds version 0, asked to publish version 3"):
        learner(policy).weights(3)
