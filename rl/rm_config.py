"""Typed config of `rl rm train`. Importing this module imports neither torch nor transformers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from openk15.config import StrictModel
from rewards.models.prompt import INSTRUCTION, JudgePrompt
from rl.config import SFTConfig, SFTOptimizer


class RMKind(StrEnum):
    CLASSIC = "classic"  # value head: a scalar (K50)
    COT = "cot"  # reasons, then a JSON verdict (K51)


class RMPromptConfig(StrictModel):
    """What the model reads. It is saved with the model, because serving must ask as training did."""

    instruction: str = INSTRUCTION
    question_chars: int = Field(default=4000, gt=0, description="longer questions lose their beginning")
    reference_chars: int = Field(default=2000, gt=0, description="longer references are refused")
    response_chars: int = Field(default=8000, gt=0, description="longer responses lose their beginning")

    def for_reader(self, specials: tuple[str, ...]) -> JudgePrompt:
        return JudgePrompt(self.instruction, self.question_chars, self.reference_chars, self.response_chars, specials)


class RMConfig(StrictModel):
    """`rl rm train`: a reward model from judged answers."""

    kind: RMKind
    data: Path = Field(description="JSON lines: question, reference, response, correct (`rl rm data` writes them)")
    backbone: Path = Field(description="a Hugging Face folder: vision-language, or a text-only causal language model")
    out: Path
    seed: int = 0
    prompt: RMPromptConfig = RMPromptConfig()
    steps: int = Field(default=200, gt=0)
    batch_size: int = Field(default=16, gt=0, description="judged answers per step")
    row_tokens: int = Field(default=2048, gt=0, description="length of a packed row, tokens")
    freeze_layers: int = Field(default=0, ge=0, description="embeddings and this many layers from below do not learn")
    threshold: float = Field(default=0.5, gt=0, lt=1, description="classic: probability from which an answer counts as right")
    head_factor: float = Field(default=10.0, gt=0, description="classic: the value head's learning rate as a multiple of learning_rate")
    optimizer: SFTOptimizer = SFTOptimizer.ADAMW
    muon_factor: float = Field(default=6.0, gt=0, description="Muon's learning rate as a multiple of learning_rate")
    learning_rate: float = Field(default=5e-5, gt=0)
    final_learning_rate: float = Field(default=5e-6, ge=0)
    warmup_steps: int = Field(default=10, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    grad_clip: float = Field(default=1.0, gt=0)

    def as_sft(self) -> SFTConfig:
        """The same steps and optimizer in the warm-up's terms, whose schedule and optimizers are used."""
        shared = set(SFTConfig.model_fields) & set(type(self).model_fields) - {"data", "out"}
        return SFTConfig(data=self.data, out=self.out, policy=self.backbone, **{name: getattr(self, name) for name in shared})
