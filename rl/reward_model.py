"""Reward models: a value head (K50) or a generative judge (K51) on any backbone, from judged answers.

    judged answers ──▶ screen, quote ──▶ prompt ──┬─ classic: last state ▸ value head ▸ BCE on right or wrong
                                                  └─ cot: reasoning + JSON verdict as the answer ▸ warm-up loss on it alone

In: an `RMConfig`. Out: OUT/model (the backbone's folder, reward_model.json, for classic value_head.safetensors),
OUT/metrics.jsonl, OUT/run.json. Packing, schedule, optimizers and the loss on answers are the warm-up's (rl/sft.py).

Invariants: the examples of step t depend on (seed, t) and the data only; the saved prompt settings are those trained with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multimodal.packing import Example, pack_row, plan_rows
from multimodal.processing import PromptProcessor
from multimodal.scoring import predictor_states
from openk15.errors import RunError, UserError
from openk15.files import AppendLog, atomic_folder, atomic_write_json, read_json, sha256_file
from openk15.seeds import derive_seed, digest
from rewards.extract import after_thoughts
from rewards.models.prompt import JudgePrompt
from rewards.models.screen import screened
from rl.rm_backbone import Reader, freeze_lower, load_backbone, read_backbone, write_backbone
from rl.rm_config import RMConfig, RMKind, RMPromptConfig
from rl.rm_data import JudgedAnswer, read_judged, target
from rl.sft import SFTStep, batch_loss, learning_rate_at, make_optimizers

if TYPE_CHECKING:
    import torch

CARD, HEAD = "reward_model.json", "value_head.safetensors"


@dataclass(frozen=True, slots=True)
class RewardModelCard:
    """What a reward model's folder says of itself."""

    kind: RMKind
    prompt: RMPromptConfig
    threshold: float
    digest: str  # of the weights; names the model in every verdict's version


@dataclass(frozen=True, slots=True)
class Labelled:
    """An example and its label; a classic example's response is one token that stands for "here the head reads"."""

    example: Example
    correct: bool


def examples_of(rows: Sequence[JudgedAnswer], kind: RMKind, reader: Reader, prompt: JudgePrompt) -> list[Labelled]:
    """Prompts as serving will build them. What never reaches the model when it serves does not train it either."""
    found: list[Labelled] = []
    for row in rows:
        said = after_thoughts(row.response)
        if said is None or screened(said, row.reference):
            continue
        text = prompt.text(row.question, row.reference, said.strip())
        answer = reader.answer(target(row)) if kind is RMKind.COT else reader.eos_ids[:1]
        found.append(Labelled(Example(reader.prompt(text), answer), row.correct))
    if not found:
        raise UserError("no judged answer is left to learn from: every response says nothing or never ends its thoughts")
    return found


def step_indices(count: int, batch_size: int, seed: int, step: int) -> list[int]:
    """Which examples step `step` sees: whole epochs, each in its own order."""
    orders: dict[int, np.ndarray] = {}
    picked: list[int] = []
    for at in range(step * batch_size, (step + 1) * batch_size):
        epoch, place = divmod(at, count)
        if epoch not in orders:
            orders[epoch] = np.random.Generator(np.random.Philox(derive_seed("rm-epoch", seed, epoch))).permutation(count)
        picked.append(int(orders[epoch][place]))
    return picked


def new_head(width: int) -> torch.nn.Linear:
    """Starts at probability one half for everything."""
    import torch

    head = torch.nn.Linear(width, 1)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    return head


def logits_of(model: Any, head: Any, reader: Reader, examples: Sequence[Example], row_tokens: int) -> list[tuple[list[int], torch.Tensor]]:
    """For each packed row the examples in it and their logits, differentiable; rows are longer where an example is."""
    longest = max(len(example) for example in examples)
    found: list[tuple[list[int], torch.Tensor]] = []
    for row in plan_rows([len(example) for example in examples], max(row_tokens, longest)):
        batch = pack_row(model, examples, row, reader.image_token_id)
        logits = head(predictor_states(model, batch).float())[:, 0]
        found.append((batch.owners_N.tolist(), logits))
    return found


def bce_loss(model: Any, head: Any, reader: Reader, batch: Sequence[Labelled], row_tokens: int) -> float:
    """Accumulate gradients of the mean binary cross-entropy, in nats per judged answer; returns it."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    total = 0.0
    examples = [item.example for item in batch]
    for row in plan_rows([len(example) for example in examples], row_tokens):
        (owners, logits), *_ = logits_of(model, head, reader, [examples[at] for at in row], row_tokens)
        labels = torch.tensor([float(batch[row[owner]].correct) for owner in owners])
        loss = binary_cross_entropy_with_logits(logits, labels, reduction="sum") / len(batch)
        loss.backward()
        total += float(loss.detach())
    return total


def train_reward_model(config: RMConfig, report: Callable[[SFTStep], None] = lambda _: None) -> Path:
    """Train as `config` says; returns OUT/model. A step's `tokens` are answer tokens (cot) or judged answers (classic)."""
    import torch

    rows = read_judged(config.data)
    reader = read_backbone(config.backbone)
    prompt = config.prompt.for_reader(reader.specials)
    try:
        data = examples_of(rows, config.kind, reader, prompt)
    except ValueError as error:
        raise UserError(f"{config.data}: {error}") from None
    model: Any = load_backbone(config.backbone)
    learning = freeze_lower(model, config.freeze_layers)
    sft = config.as_sft()
    optimizers = make_optimizers(model, sft)
    head = new_head(model.config.get_text_config().hidden_size)
    if config.kind is RMKind.CLASSIC:
        optimizers.append((torch.optim.AdamW(head.parameters(), lr=config.learning_rate, weight_decay=0.0), config.head_factor))
    config.out.mkdir(parents=True, exist_ok=True)
    (config.out / "metrics.jsonl").unlink(missing_ok=True)
    log = AppendLog(config.out / "metrics.jsonl")
    record = {"config": config.model_dump(mode="json"), "data_digest": sha256_file(config.data), "learning_parameters": learning}
    atomic_write_json(config.out / "run.json", {**record, "examples": len(data), "skipped": len(rows) - len(data)})
    start = time.monotonic()
    for step in range(config.steps):
        batch = [data[at] for at in step_indices(len(data), config.batch_size, config.seed, step)]
        rate = learning_rate_at(step, sft)
        for optimizer, factor in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.zero_grad(set_to_none=True)
        if config.kind is RMKind.CLASSIC:
            loss, count = bce_loss(model, head, reader, batch, config.row_tokens), len(batch)
        else:  # the loss asks of its processor what a Reader has
            loss, count = batch_loss(model, cast("PromptProcessor", reader), [item.example for item in batch], config.row_tokens)
        if not math.isfinite(loss):
            raise RunError(f"reward model step {step}: the loss is {loss}; lower learning_rate (now {config.learning_rate})")
        torch.nn.utils.clip_grad_norm_([*model.parameters(), *head.parameters()], config.grad_clip)
        for optimizer, _ in optimizers:
            optimizer.step()
        row = SFTStep(step, loss, count, rate, time.monotonic() - start)
        log.append({"step": step, "loss": loss, "count": count, "learning_rate": rate, "seconds": row.seconds})
        report(row)
    log.close()
    save_reward_model(model, head if config.kind is RMKind.CLASSIC else None, reader, config, config.out / "model")
    return config.out / "model"


def save_reward_model(model: Any, head: torch.nn.Linear | None, reader: Reader, config: RMConfig, out: Path) -> None:
    """An ordinary Hugging Face folder with the card and, for a classic model, the head; it appears whole or not at all."""
    from safetensors.torch import save_file

    with atomic_folder(out) as folder:
        write_backbone(model, reader, folder)
        if head is not None:
            save_file({name: tensor.detach().contiguous() for name, tensor in head.state_dict().items()}, folder / HEAD)
        card = {"format": 1, "kind": str(config.kind), "prompt": config.prompt.model_dump(mode="json"), "threshold": config.threshold}
        atomic_write_json(folder / CARD, {**card, "config": config.model_dump(mode="json")})


def read_card(folder: Path) -> RewardModelCard:
    """UserError when `folder` is no reward model that this version reads."""
    if not (folder / CARD).is_file():
        raise UserError(f"{folder}: no {CARD}; expected the model folder that `rl rm train` wrote (OUT/model)")
    row = read_json(folder / CARD)
    try:
        if row["format"] != 1:
            raise ValueError(f"format {row['format']!r} is not 1")
        kind, prompt, threshold = RMKind(row["kind"]), RMPromptConfig.model_validate(row["prompt"]), float(row["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / CARD}: {type(error).__name__}: {' '.join(str(error).split())}; train the model again") from None
    if kind is RMKind.CLASSIC and not (folder / HEAD).is_file():
        raise UserError(f"{folder}: a classic reward model needs {HEAD} beside its backbone")
    weights = [sha256_file(file) for file in sorted(folder.glob("*.safetensors"))]
    return RewardModelCard(kind, prompt, threshold, digest(row["prompt"], threshold, weights, size=6))


def load_head(folder: Path, width: int) -> torch.nn.Linear:
    """The value head for a backbone of hidden size `width`; UserError when it belongs to another."""
    from safetensors.torch import load_file

    head = new_head(width)
    try:
        head.load_state_dict(load_file(folder / HEAD))
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(f"{folder / HEAD}: does not fit a backbone of hidden size {width}: {' '.join(str(error).split())[:200]}") from None
    return head
