"""The learner: gradient steps of the exact objective on one iteration's batch.

In: TrainItems (prompt, response, loss mask, advantage, weight). Out: new weights and what was measured.
A plain class: a unit test builds it in process, Ray places it as an actor. Critic-free (K29).

Invariants: the reference is the policy at the iteration's start, recomputed here (never the engine's
values), with the rows of the step that uses it, so the first step's log-ratio is exactly 0 (K25-K28); the
optimizer is fresh in every call (K27); a sequence is never split over rows, so the gradient does not depend
on how rows are planned.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multimodal.packing import Example, PackedBatch, pack_row, plan_rows
from multimodal.policy import load_for_training, write_policy
from multimodal.processing import ProcessedPrompt, PromptProcessor
from multimodal.scoring import token_logprobs
from multimodal.weights import MemoryWeights
from openk15.errors import RunError
from openk15.files import atomic_folder, atomic_write_json
from rl.config import LearnerConfig
from rl.objective import surrogate

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class TrainItem:
    """One finished response as the learner needs it."""

    trajectory: str
    prompt: str  # key into the prompts that come with the batch
    token_ids: tuple[int, ...]
    mask: tuple[bool, ...]  # which tokens train; same length as token_ids
    advantage: float
    weight: float  # 1 / (k * problems of the minibatch)

    def __post_init__(self) -> None:
        if len(self.token_ids) != len(self.mask):
            raise ValueError(f"{self.trajectory}: {len(self.token_ids)} tokens but a mask of {len(self.mask)}")


@dataclass(frozen=True, slots=True)
class TrainStats:
    """Means over an iteration's steps; log-ratios are of whole sequences, in nats, before each step."""

    steps: int
    loss: float
    grad_norm: float
    log_ratio_first_abs_max: float  # of the first step: exactly 0
    log_ratio_mean: float  # of the last step
    log_ratio_abs_max: float  # over all steps
    tokens: int  # response tokens that trained


class Learner:
    """Holds the policy that is being trained."""

    def __init__(
        self, folder: Path, config: LearnerConfig, *, temperature: float = 1.0, threads: int | None = None, dtype: str = "float32"
    ):
        import torch

        if threads:
            torch.set_num_threads(threads)
        self.config = config
        self.folder = folder
        self.temperature = temperature
        self.processor = PromptProcessor.load(folder)
        self._dtype = dtype
        self.model: Any = load_for_training(folder, dtype)
        self.version = 0

    def ping(self) -> int:
        """The process it lives in."""
        return os.getpid()

    def restore(self, folder: Path, version: int) -> None:
        """Take the weights of a checkpoint."""
        self.model = load_for_training(folder, self._dtype)
        self.version = version

    def weights(self, version: int) -> MemoryWeights:
        """All tensors by transformers name, each with the digest an engine checks; RunError if they are of another version."""
        if version != self.version:
            raise RunError(f"the learner holds version {self.version}, asked to publish version {version}")
        return MemoryWeights.of(self.model.state_dict())

    def save(self, out: Path, state: Mapping[str, Any]) -> None:
        """An ordinary Hugging Face folder with `state.json` beside; whole or not there at all."""
        with atomic_folder(out) as temporary:
            write_policy(self.model, self.folder, temporary)
            atomic_write_json(temporary / "state.json", dict(state))

    def score(self, items: Sequence[tuple[ProcessedPrompt, tuple[int, ...]]]) -> list[list[float]]:
        """Log-probability of each given token after its prompt, under the current weights."""
        import torch

        examples = [Example(prompt, token_ids) for prompt, token_ids in items]
        found: list[list[float]] = [[] for _ in examples]
        with torch.no_grad():
            for row in plan_rows([len(example) for example in examples], self.config.row_tokens):
                batch = pack_row(self.model, examples, row, self.processor.image_token_id)
                values = self._logprobs(batch)
                for index in row:
                    found[index] = values[batch.owners_N == index].tolist()
        return found

    def train(self, version: int, minibatches: Sequence[Sequence[TrainItem]], prompts: Mapping[str, ProcessedPrompt]) -> TrainStats:
        """`epochs` passes over `minibatches`, one gradient step each; the result is version + 1.

        Raises RunError when these are not the weights of `version` or when loss or gradient is not finite.
        """
        import torch

        if version != self.version:
            raise RunError(f"the learner holds version {self.version}, asked to train from version {version}")
        steps = [self._lay_out(items, prompts) for items in minibatches if items]
        with torch.no_grad():
            for row in (row for step in steps for row in step):
                row.reference_B = self._sums(row)
        optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay, betas=(0.9, 0.95)
        )
        losses: list[float] = []
        norms: list[float] = []
        ratios: list[torch.Tensor] = []
        for _ in range(self.config.epochs):
            for step in steps:
                optimizer.zero_grad(set_to_none=True)
                loss, ratio_N = self._accumulate(step)
                limit = self.config.grad_clip or math.inf
                norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit))
                if not (math.isfinite(loss) and math.isfinite(norm)):
                    raise RunError(f"version {version}: loss {loss}, gradient norm {norm}; lower learner.learning_rate")
                optimizer.step()
                losses.append(loss)
                norms.append(norm)
                ratios.append(ratio_N)
        self.version = version + 1
        if not losses:
            return TrainStats(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
        tokens = sum(sum(item.mask) for items in minibatches for item in items)
        return TrainStats(
            steps=len(losses),
            loss=sum(losses) / len(losses),
            grad_norm=sum(norms) / len(norms),
            log_ratio_first_abs_max=float(ratios[0].abs().max()),
            log_ratio_mean=float(ratios[-1].mean()),
            log_ratio_abs_max=max(float(ratio.abs().max()) for ratio in ratios),
            tokens=tokens,
        )

    def train_and_save(
        self,
        version: int,
        minibatches: Sequence[Sequence[TrainItem]],
        prompts: Mapping[str, ProcessedPrompt],
        out: Path,
        state: Mapping[str, Any],
    ) -> TrainStats:
        """`train`, then the checkpoint of version + 1: one call, so a death in between leaves nothing half done."""
        stats = self.train(version, minibatches, prompts)
        self.save(out, state)
        return stats

    def _lay_out(self, items: Sequence[TrainItem], prompts: Mapping[str, ProcessedPrompt]) -> list[_Row]:
        examples = [Example(prompts[item.prompt], item.token_ids) for item in items]
        rows = plan_rows([len(example) for example in examples], self.config.row_tokens)
        image = self.processor.image_token_id
        return [_Row.of(pack_row(self.model, examples, row, image), [items[index] for index in row]) for row in rows]

    def _accumulate(self, step: Sequence[_Row]) -> tuple[float, torch.Tensor]:
        """Gradients of one step's objective; returns (loss, sequence log-ratios)."""
        import torch

        total = 0.0
        ratios: list[torch.Tensor] = []
        for row in step:
            lp_B = self._sums(row)
            loss = surrogate(lp_B, row.reference_B, row.advantage_B, row.weight_B, self.config.tau)
            loss.backward()
            total += float(loss.detach())
            ratios.append((lp_B - row.reference_B).detach())
        return total, torch.cat(ratios)

    def _sums(self, row: _Row) -> torch.Tensor:
        """lp_B: summed log-probability of each response in the row, masked tokens left out."""
        values_N = self._logprobs(row.batch) * row.mask_N
        return values_N.new_zeros(len(row.advantage_B)).index_add(0, row.owner_N, values_N)

    def _logprobs(self, batch: PackedBatch) -> torch.Tensor:
        return token_logprobs(self.model, batch, temperature=self.temperature, forbidden=self.processor.forbidden_ids)


@dataclass(slots=True)
class _Row:
    """One packed row of B responses with N tokens, and what the objective needs beside them."""

    batch: PackedBatch
    owner_N: torch.Tensor  # place in the row of the response that each token belongs to
    mask_N: torch.Tensor  # 1.0 where the token trains
    advantage_B: torch.Tensor
    weight_B: torch.Tensor
    reference_B: torch.Tensor  # filled before the first step

    @classmethod
    def of(cls, batch: PackedBatch, items: Sequence[TrainItem]) -> _Row:
        import torch

        owner = torch.repeat_interleave(torch.arange(len(items)), torch.tensor([len(item.token_ids) for item in items]))
        mask = torch.tensor([flag for item in items for flag in item.mask], dtype=torch.float32)
        advantage = torch.tensor([item.advantage for item in items])
        return cls(batch, owner, mask, advantage, torch.tensor([item.weight for item in items]), torch.zeros_like(advantage))
