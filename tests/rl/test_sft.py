"""The warm-up: what a step sees, what its loss covers, and that it learns."""

from __future__ import annotations

import shutil
from collections import Counter
from itertools import pairwise

import pytest
import torch

from multimodal.packing import Example
from multimodal.policy import load_for_training
from multimodal.processing import PromptProcessor
from openk15.errors import UserError
from openk15.files import read_jsonl
from rl.config import SFTConfig, SFTOptimizer, StyleShares
from rl.sft import SFTStep, batch_loss, learning_rate_at, make_optimizers, pick, response_ids, run_sft


def test_an_epoch_sees_every_problem_once_and_the_next_in_another_order(problems):
    count = len(problems.problems)
    steps = [pick(problems.problems, StyleShares(), count, 5, step) for step in range(2)]
    assert [sorted(index for index, _ in step) for step in steps] == [list(range(count))] * 2
    assert [index for index, _ in steps[0]] != [index for index, _ in steps[1]]
    assert pick(problems.problems, StyleShares(), count, 5, 1) == steps[1]


def test_styles_come_in_their_shares(problems):
    picked = [text for step in range(20) for _, text in pick(problems.problems, StyleShares(reasoned=3, direct=1), 60, 0, step)]
    share = sum(text.startswith("<think>") for text in picked) / len(picked)
    assert 0.70 < share < 0.80
    only = pick(problems.problems, StyleShares(reasoned=0, direct=1), 60, 0, 0)
    assert Counter(text.startswith("\\boxed") for _, text in only) == {True: 60}


def test_the_learning_rate_rises_then_falls_to_its_end(tmp_path):
    config = SFTConfig(data=tmp_path, out=tmp_path, steps=100, warmup_steps=10, learning_rate=1e-3, final_learning_rate=1e-4)
    rates = [learning_rate_at(step, config) for step in range(101)]
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == rates[9] == rates[10] == pytest.approx(1e-3)
    assert rates[100] == pytest.approx(1e-4)
    assert all(a >= b for a, b in pairwise(rates[10:]))


def test_the_packed_loss_equals_the_loss_of_each_example_alone(problems, policy):
    processor, model = PromptProcessor.load(policy), load_for_training(policy)
    examples = [
        Example(processor.prompt(problem.messages, problems.images), response_ids(processor, problem.solutions[0].text))
        for problem in problems.problems[:9]
    ]
    packed, tokens = batch_loss(model, processor, examples, 512)
    grad = model.lm_head.weight.grad.clone()
    model.zero_grad()
    alone = [batch_loss(model, processor, [example], 512) for example in examples]
    assert tokens == sum(count for _, count in alone) == sum(len(example.response) for example in examples)
    assert packed == pytest.approx(sum(loss * count for loss, count in alone) / tokens, rel=1e-5)
    assert grad.abs().max() > 0


def test_loss_is_on_the_answer_only(problems, policy):
    """Asking another question with the same answer tokens changes the loss, but its own tokens are no targets."""
    processor = PromptProcessor.load(policy)
    problem = next(one for one in problems.problems if not one.images)
    text = problem.solutions[1].text
    ids = response_ids(processor, text)
    assert processor.decode(ids) == text
    assert ids[-1] in processor.eos_ids


def test_muon_takes_the_matrices_inside_and_adamw_the_rest(policy, tmp_path):
    model = load_for_training(policy)
    config = SFTConfig(data=tmp_path, out=tmp_path, optimizer=SFTOptimizer.MUON)
    (muon, _), (adamw, _) = make_optimizers(model, config)
    ids = [id(p) for optimizer in (muon, adamw) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in model.parameters())
    assert id(model.lm_head.weight) not in {id(p) for group in muon.param_groups for p in group["params"]}


@pytest.mark.parametrize("optimizer", list(SFTOptimizer))
def test_a_warm_up_learns_is_repeatable_and_leaves_an_ordinary_folder(dataset, policy, tmp_path, optimizer):
    seen: list[SFTStep] = []
    config = SFTConfig(
        data=dataset, out=tmp_path / "a", policy=policy, steps=20, batch_size=8, optimizer=optimizer, learning_rate=4e-3, warmup_steps=2
    )
    folder = run_sft(config, seen.append)
    assert [step.step for step in seen] == list(range(20))
    assert seen[-1].loss < 0.8 * seen[0].loss
    assert [row["loss"] for row in read_jsonl(tmp_path / "a" / "metrics.jsonl")] == [step.loss for step in seen]
    again = run_sft(config.model_copy(update={"out": tmp_path / "b"}))
    assert (folder / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
    from transformers import AutoModelForImageTextToText, AutoProcessor

    assert AutoProcessor.from_pretrained(folder).tokenizer.chat_template
    model = AutoModelForImageTextToText.from_pretrained(folder)
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_a_warm_up_that_is_killed_leaves_no_older_policy_beside_its_config(dataset, policy, tmp_path):
    config = SFTConfig(data=dataset, out=tmp_path / "a", policy=policy, steps=1, batch_size=2, warmup_steps=1)
    made = run_sft(config)

    def killed(_: SFTStep) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sft(config.model_copy(update={"seed": 1}), killed)
    assert not made.exists()


def test_a_warm_up_does_not_start_from_the_folder_it_would_replace(dataset, policy, tmp_path):
    start = shutil.copytree(policy, tmp_path / "a" / "policy")
    with pytest.raises(UserError, match=r"is what out=.* would replace"):
        run_sft(SFTConfig(data=dataset, out=tmp_path / "a", policy=start, steps=1))
    assert (start / "model.safetensors").is_file()


def test_a_file_where_the_warm_up_s_folder_should_be_is_named(dataset, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match=r"out=.*file: is a file or lies under one"):
        run_sft(SFTConfig(data=dataset, out=tmp_path / "file"))


def test_no_solutions_is_a_clear_error(dataset, tmp_path, monkeypatch):
    from dataclasses import replace

    import rl.sft

    load = rl.sft.load_problems

    def bare(folder, split):
        found = load(folder, split)
        return replace(found, problems=tuple(replace(problem, solutions=()) for problem in found.problems))

    monkeypatch.setattr(rl.sft, "load_problems", bare)
    with pytest.raises(UserError, match="split 'train' has no worked solutions to learn from"):
        run_sft(SFTConfig(data=dataset, out=tmp_path / "a"))
