"""The seam between training and generation.

Every engine takes a ProcessedPrompt plus the tokens sampled so far and returns one Segment. Calls run
concurrently: an engine batches whatever is in flight. Importing this module imports neither torch nor vLLM.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import Field

from multimodal.repetition import RepeatRule
from multimodal.segment import Segment
from openk15.config import StrictModel

if TYPE_CHECKING:
    from multimodal.processing import ProcessedPrompt
    from multimodal.weights import WeightSource


class EngineKind(StrEnum):
    VLLM = "vllm"
    TORCH = "torch"


class EngineConfig(StrictModel):
    """How to generate. There is no top-p or top-k: they would make the log-probs those of another distribution."""

    kind: EngineKind = EngineKind.VLLM
    temperature: float = Field(default=1.0, ge=0.01)  # log-probs are those of the tempered distribution
    max_model_len: int = Field(default=512, gt=0)  # prompt + response, tokens
    max_num_seqs: int = Field(default=256, gt=0)  # streams generated at once
    repeat: RepeatRule | None = RepeatRule()
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    gpu_memory_utilization: float = Field(default=0.5, gt=0.0, le=1.0)  # GPUs only
    kv_cache_gib: float = Field(default=0.5, gt=0.0)  # CPU only


class Engine(Protocol):
    """Generates segments under one weight version at a time."""

    @property
    def version(self) -> int:
        """The version last loaded; 0 for the weights the engine was opened with."""
        ...

    async def extend(self, prompt: ProcessedPrompt, prefix: Sequence[int], budget: int, seed: int) -> Segment:
        """Sample up to `budget` tokens after prompt + prefix.

        Stops: eos (its token is part of the segment), repeat (judged over prefix + new tokens), budget, or
        context when prompt + prefix + segment reaches `max_model_len`. Image placeholder tokens are never
        sampled. The segment depends on the arguments and the weights only.
        """
        ...

    async def load(self, version: int, weights: WeightSource) -> None:
        """Replace all weights; raises GuardError naming the tensor if one is not what its digest says."""
        ...

    def weight_digests(self) -> dict[str, str]:
        """Digest of each tensor as the engine holds it, under the engine's own names; to find which one differs."""
        ...

    async def close(self) -> None: ...


def open_engine(config: EngineConfig, policy: Path) -> Engine:
    """Open the engine that `config.kind` names on the Hugging Face folder `policy`."""
    if config.kind is EngineKind.VLLM:
        from multimodal.engines.vllm_engine import VLLMEngine

        return VLLMEngine(config, policy)
    from multimodal.engines.torch_engine import TorchEngine

    return TorchEngine(config, policy)
