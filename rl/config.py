"""Typed configs of warm-up and RL. Importing this module imports neither torch, vLLM nor Ray."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from pydantic import Field, model_validator

from multimodal.engines.base import EngineConfig
from multimodal.policy import PolicyConfig
from openk15.config import StrictModel
from rl.curriculum import CurriculumConfig
from rl.objective import Baseline
from rl.trajectory import StaleSegments


class StyleShares(StrictModel):
    """Shares of solution styles in the warm-up; they are normalised."""

    reasoned: float = Field(default=0.5, ge=0.0)
    direct: float = Field(default=0.5, ge=0.0)

    @model_validator(mode="after")
    def _some(self) -> StyleShares:
        if self.reasoned + self.direct <= 0:
            raise ValueError("at least one style needs a share above 0")
        return self


class SFTOptimizer(StrEnum):
    ADAMW = "adamw"
    MUON = "muon"  # for the matrices inside, AdamW for embeddings, head and vectors: fewer steps from scratch


class SFTConfig(StrictModel):
    """`rl sft`: supervised warm-up on the worked solutions of a built dataset."""

    data: Path
    out: Path
    split: str = "train"
    modules: tuple[str, ...] = Field(default=(), description="Python modules that register further verifiers which the data name")
    policy: Path | None = Field(default=None, description="a Hugging Face folder to start from; leave out to build one")
    build: PolicyConfig = PolicyConfig()
    seed: int = 0
    steps: int = Field(default=700, gt=0)
    batch_size: int = Field(default=64, gt=0, description="examples per step")
    row_tokens: int = Field(default=1024, gt=0, description="length of a packed row, tokens")
    styles: StyleShares = StyleShares()
    last_styles: StyleShares | None = Field(default=None, description="shares in the last part of the steps; leave out to keep `styles`")
    last_part: float = Field(default=0.25, ge=0, le=1, description="how long that part is, as a share of all steps")
    optimizer: SFTOptimizer = SFTOptimizer.ADAMW
    muon_factor: float = Field(default=6.0, gt=0, description="Muon's learning rate as a multiple of learning_rate")
    learning_rate: float = Field(default=1e-3, gt=0)
    final_learning_rate: float = Field(default=1e-4, ge=0)
    warmup_steps: int = Field(default=40, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    grad_clip: float = Field(default=1.0, gt=0)

    def styles_at(self, step: int) -> StyleShares:
        if self.last_styles is not None and step >= self.steps * (1 - self.last_part):
            return self.last_styles
        return self.styles


class LengthRewardConfig(StrictModel):
    """R = r + weight * length reward, from `switch_iteration` on (K30-K32)."""

    weight: float = Field(default=0.1, ge=0.0)
    switch_iteration: int = Field(default=30, ge=0)


class ShapingConfig(StrictModel):
    """What a response earns that did not end by itself (K101, K62)."""

    repeat_penalty: float = Field(default=0.0, ge=0, description="a response that repeats itself earns 0 minus this, whatever its verdict")
    cut_earns: bool = Field(default=True, description="whether a response cut at rollout.max_tokens keeps its score; false: it earns 0")


class RolloutConfig(StrictModel):
    problems: int = Field(default=16, gt=0, description="problems drawn per iteration")
    samples: int = Field(default=8, gt=1, description="k: responses per problem")
    budget: int = Field(default=48, gt=0, description="tokens a trajectory may sample per iteration (partial rollouts)")
    max_tokens: int = Field(default=160, gt=0, description="greatest response length")
    workers: int = Field(default=1, gt=0, description="rollout workers, each with an engine")


class LearnerConfig(StrictModel):
    """The exact sequence-level objective and its steps."""

    tau: float = Field(default=0.1, gt=0)
    baseline: Baseline = Baseline.MEAN
    learning_rate: float = Field(default=5e-5, gt=0)
    minibatches: int = Field(default=2, gt=0, description="parts into which an iteration's problems are cut, one step each")
    epochs: int = Field(default=1, gt=0, description="times the iteration's data is gone through; steps = minibatches * epochs")
    weight_decay: float = Field(default=0.0, ge=0)
    grad_clip: float | None = Field(default=1.0, gt=0)
    row_tokens: int = Field(default=1024, gt=0)
    stale_segments: StaleSegments = StaleSegments.TRAIN


class GuardConfig(StrictModel):
    parity_limit: float = Field(default=1e-4, gt=0, description="greatest |log-prob difference| between engine and learner")
    image_sensitivity_min: float = Field(default=1e-4, ge=0, description="a swapped picture must move some log-prob by this much")
    probes: int = Field(default=4, gt=0, description="problems in the probe batch")
    probe_tokens: int = Field(default=16, gt=0)
    max_error_rate: float = Field(default=0.05, ge=0, le=1, description="share of verifier errors that stops the run")


class RewardsConfig(StrictModel):
    """Where responses are judged, and how long one may take. A response that gets no verdict is an `error`: masked, counted, never a 0."""

    workers: int | None = Field(
        default=None,
        ge=0,
        description="processes that judge and can be killed; leave out for half of the cores, 4 at most; "
        "0: none, a verifier that hangs or crashes then takes the reward pool with it",
    )
    deadline: float = Field(default=20.0, gt=0, description="processor seconds of one verdict, after which its process is killed")
    memory_mb: int = Field(default=2048, gt=0, description="MiB one verdict may take")
    modules: tuple[str, ...] = Field(default=(), description="Python modules that register further verifiers")

    def processes(self) -> int:
        if self.workers is not None:
            return self.workers
        return min(4, max(1, len(os.sched_getaffinity(0)) // 2))


class Overlap(StrEnum):
    """What the learner does while an iteration's responses are sampled."""

    NONE = "none"  # it waits, then trains on every group that is complete
    TRAIN = "train"  # it trains on the groups that were complete before; the others are one iteration later


class EvalConfig(StrictModel):
    every: int = Field(default=10, ge=0, description="iterations between evaluations; 0: never")
    problems: int = Field(default=100, gt=0)
    samples: int = Field(default=1, gt=0)
    split: str = "heldout"


class PlacementConfig(StrictModel):
    """Where workers run."""

    ray_address: str | None = Field(default=None, description="address of a running Ray cluster; leave out for this machine")
    start_seconds: float = Field(default=180.0, gt=0, description="deadline for workers to start")
    step_seconds: float = Field(default=600.0, gt=0, description="deadline for one rollout, scoring or training call")
    restarts: int = Field(default=3, ge=0, description="times a dead worker is replaced before the run stops")


class RLConfig(StrictModel):
    """`rl train`."""

    data: Path
    policy: Path
    out: Path
    split: str = "train"
    seed: int = 0
    iterations: int = Field(default=60, gt=0)
    keep_checkpoints: int = Field(default=2, ge=1)
    overlap: Overlap = Field(default=Overlap.NONE, description="train: sample and train side by side, on cores or GPUs of their own")
    rollout: RolloutConfig = RolloutConfig()
    curriculum: CurriculumConfig = CurriculumConfig()
    length_reward: LengthRewardConfig = LengthRewardConfig()
    shaping: ShapingConfig = ShapingConfig()
    learner: LearnerConfig = LearnerConfig()
    engine: EngineConfig = EngineConfig()
    guards: GuardConfig = GuardConfig()
    rewards: RewardsConfig = RewardsConfig()
    evaluation: EvalConfig = EvalConfig()
    placement: PlacementConfig = PlacementConfig()

    @model_validator(mode="after")
    def _fits(self) -> RLConfig:
        if self.rollout.max_tokens >= self.engine.max_model_len:
            raise ValueError(
                f"rollout.max_tokens={self.rollout.max_tokens} leaves a prompt no room in engine.max_model_len={self.engine.max_model_len}"
            )
        if self.learner.row_tokens < self.engine.max_model_len:
            raise ValueError(
                f"learner.row_tokens={self.learner.row_tokens} is less than engine.max_model_len={self.engine.max_model_len}: "
                "a longest response would fit no row"
            )
        if self.overlap is Overlap.TRAIN and self.learner.stale_segments is StaleSegments.EXCLUDE:
            raise ValueError(
                "overlap=train trains only on responses of earlier versions, and learner.stale_segments=exclude leaves all of them out; "
                "set learner.stale_segments=train"
            )
        if self.learner.minibatches > self.rollout.problems:
            raise ValueError(f"learner.minibatches={self.learner.minibatches} is more than rollout.problems={self.rollout.problems}")
        return self
