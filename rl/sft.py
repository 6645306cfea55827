"""Long-CoT warm-up: supervised steps on worked solutions (section 2.2, K14-K17).

In: a built dataset, a policy folder or a shape to build one from. Out: OUT/policy (a Hugging Face folder),
OUT/metrics.jsonl, OUT/run.json. Packed rows, no attention between examples, loss on the answer's tokens only.

Invariant: the examples of step t depend on (seed, t) and the dataset only.
"""

from __future__ import annotations

import math
import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data_recipes.problem import Problem
from data_recipes.store import ProblemSet, load_problems
from eval.modules import import_verifiers
from multimodal.packing import Example, pack_row, plan_rows
from multimodal.policy import build_policy, load_for_training, save_policy
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.scoring import token_logprobs
from openk15.errors import RunError, UserError
from openk15.files import AppendLog, atomic_write_json
from openk15.seeds import derive_seed
from rl.config import SFTConfig, SFTOptimizer, StyleShares
from rl.inputs import make_folder

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class SFTStep:
    """One step as reported: mean loss in nats per answer token."""

    step: int
    loss: float
    tokens: int  # answer tokens in the step
    learning_rate: float
    seconds: float  # since the start


def learning_rate_at(step: int, config: SFTConfig) -> float:
    """Linear warm-up, then cosine decay from `learning_rate` to `final_learning_rate`."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    span = max(1, config.steps - config.warmup_steps)
    cosine = 0.5 * (1.0 + math.cos(math.pi * (step - config.warmup_steps) / span))
    return config.final_learning_rate + (config.learning_rate - config.final_learning_rate) * cosine


def pick(problems: Sequence[Problem], styles: StyleShares, batch_size: int, seed: int, step: int) -> list[tuple[int, str]]:
    """(problem index, solution text) of one step: whole epochs in shuffled order, style by share."""
    picked: list[tuple[int, str]] = []
    for at in range(step * batch_size, (step + 1) * batch_size):
        epoch, place = divmod(at, len(problems))
        index = int(_epoch_order(len(problems), seed, epoch)[place])
        chance = derive_seed("sft-style", seed, at) / 2**63
        wanted = "reasoned" if chance * (styles.reasoned + styles.direct) < styles.reasoned else "direct"
        by_style = {solution.style: solution.text for solution in problems[index].solutions}
        picked.append((index, by_style.get(wanted) or next(iter(by_style.values()))))
    return picked


_orders: dict[tuple[int, int, int], np.ndarray] = {}


def _epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    key = (count, seed, epoch)
    if key not in _orders:
        _orders.clear()
        _orders[key] = np.random.Generator(np.random.Philox(derive_seed("sft-epoch", seed, epoch))).permutation(count)
    return _orders[key]


def response_ids(processor: PromptProcessor, text: str) -> tuple[int, ...]:
    """Tokens of an assistant turn as the chat template would give them: the text, then the end of turn."""
    return (*processor.tokenizer(text, add_special_tokens=False)["input_ids"], processor.eos_ids[0])


def batch_loss(model: Any, processor: PromptProcessor, examples: Sequence[Example], row_tokens: int) -> tuple[float, int]:
    """Accumulate gradients of the mean loss per answer token; returns (loss, tokens)."""
    tokens = sum(len(example.response) for example in examples)
    total = 0.0
    for row in plan_rows([len(example) for example in examples], row_tokens):
        batch = pack_row(model, examples, row, processor.image_token_id)
        loss = -token_logprobs(model, batch).sum() / tokens
        loss.backward()
        total += float(loss.detach())
    return total, tokens


def make_optimizers(model: Any, config: SFTConfig) -> list[tuple[torch.optim.Optimizer, float]]:
    """(optimizer, factor on the learning rate): AdamW for everything, or Muon for the matrices inside and AdamW for the rest.

    Inside are the blocks and the vision tower's merger: without the merger the demo's policy took twice the steps to see.
    """
    import torch

    from rl.muon import Muon

    if config.optimizer is SFTOptimizer.ADAMW:
        return [(torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.95)), 1.0)]
    within = re.compile(r"\.(layers|blocks)\.\d+\.|\.merger\.")
    inside = [p for name, p in model.named_parameters() if p.ndim == 2 and within.search(name)]
    chosen = {id(parameter) for parameter in inside}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    muon = Muon(inside, lr=config.learning_rate)
    return [
        (muon, config.muon_factor),
        (torch.optim.AdamW(rest, lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.95)), 1.0),
    ]


def run_sft(config: SFTConfig, report: Callable[[SFTStep], None] = lambda _: None) -> Path:
    """Warm the policy up; returns the folder of the result."""
    import torch

    import_verifiers(config.modules, "modules")
    data = load_problems(config.data, config.split)
    problems = [problem for problem in data.problems if problem.solutions]
    if not problems:
        raise UserError(f"{config.data}: split {config.split!r} has no worked solutions to learn from")
    result = config.out / "policy"
    if config.policy is not None and config.policy.resolve() == result.resolve():
        raise UserError(f"policy={config.policy}: is what out={config.out} would replace; choose another out=")
    if (config.out / "ledger.jsonl").exists():
        raise UserError(f"{config.out}: holds a run of `rl train`, whose record and metrics the warm-up would replace; choose another out=")
    make_folder(config.out)
    start_folder = config.policy or _build(config, data, problems)
    processor = PromptProcessor.load(start_folder)
    model: Any = load_for_training(start_folder)
    optimizers = make_optimizers(model, config)
    prompts: dict[int, ProcessedPrompt] = {}
    made: dict[tuple[int, str], Example] = {}  # later epochs ask for most of them again
    if result.exists():  # of an earlier warm-up: if this one is killed, it would stand beside this one's config
        shutil.rmtree(result)
    metrics_path = config.out / "metrics.jsonl"
    metrics_path.unlink(missing_ok=True)
    log = AppendLog(metrics_path)
    atomic_write_json(config.out / "run.json", {"config": config.model_dump(mode="json"), "fingerprint": data.fingerprint})
    start = time.monotonic()
    pending: list[dict[str, Any]] = []
    for step in range(config.steps):
        picked = pick(problems, config.styles_at(step), config.batch_size, config.seed, step)
        new = [index for index in dict.fromkeys(index for index, _ in picked) if index not in prompts]
        prompts.update(zip(new, processor.prompts([problems[index].messages for index in new], data.images), strict=True))
        for index, text in picked:
            if (index, text) not in made:
                made[index, text] = Example(prompts[index], response_ids(processor, text))
        examples = [made[one] for one in picked]
        rate = learning_rate_at(step, config)
        for optimizer, scale in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.zero_grad(set_to_none=True)
        loss, tokens = batch_loss(model, processor, examples, config.row_tokens)
        if not math.isfinite(loss):
            raise RunError(f"warm-up step {step}: the loss is {loss}; lower learning_rate (now {config.learning_rate})")
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.grad_clip)
        for optimizer, _ in optimizers:
            optimizer.step()
        row = SFTStep(step, loss, tokens, rate, time.monotonic() - start)
        pending.append(
            {"step": row.step, "loss": row.loss, "tokens": row.tokens, "learning_rate": row.learning_rate, "seconds": row.seconds}
        )
        if len(pending) == 10 or step == config.steps - 1:
            log.append(*pending)
            pending = []
        report(row)
    log.close()
    save_policy(model, start_folder, result)
    return result


def _build(config: SFTConfig, data: ProblemSet, problems: Sequence[Problem]) -> Path:
    """A policy from scratch, its tokenizer trained on the questions and solutions."""
    texts = [
        text for problem in problems for text in (*(message.text for message in problem.messages), *(s.text for s in problem.solutions))
    ]
    folder = config.out / "initial"
    build_policy(config.build, ["user\n", "assistant\n", *texts], folder, derive_seed("policy", config.seed))
    return folder
