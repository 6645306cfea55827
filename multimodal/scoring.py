"""Log-probabilities of given response tokens under a model: the learner's half of every ratio.

In: a PackedBatch. Out: one float32 log-probability per response token, differentiable. The distribution is
the one the engine samples from: tempered, placeholders forbidden. Logits exist only for response tokens, and
only `chunk` of them at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from multimodal.packing import PackedBatch

if TYPE_CHECKING:
    import torch


def predictor_states(model: Any, batch: PackedBatch) -> torch.Tensor:
    """Last hidden states (N, D) at `batch.predictors_N`."""
    from multimodal.attention import uses_packed_attention  # here, so that who only names the learner need not import transformers

    inputs: dict[str, Any] = {"input_ids": batch.ids_T[None], "position_ids": batch.positions, "use_cache": False}
    if batch.pixels is not None:
        inputs["pixel_values"] = batch.pixels
    if batch.grid is not None:
        inputs["image_grid_thw"] = batch.grid
    if uses_packed_attention(model):
        inputs["packed"] = batch.layout
    return model.model(**inputs).last_hidden_state[0, batch.predictors_N]


def token_logprobs(
    model: Any, batch: PackedBatch, *, temperature: float = 1.0, forbidden: Sequence[int] = (), chunk: int = 4096
) -> torch.Tensor:
    """logprobs_N of `batch.targets_N`, natural log."""
    import torch
    from torch.utils.checkpoint import checkpoint

    hidden_NxD = predictor_states(model, batch)

    def score(hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        logits = model.lm_head(hidden).float() / temperature
        if forbidden:
            logits[:, list(forbidden)] = float("-inf")
        return logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(dim=1)

    if len(batch.targets_N) <= chunk:
        return score(hidden_NxD, batch.targets_N)
    parts = zip(hidden_NxD.split(chunk), batch.targets_N.split(chunk), strict=True)
    return torch.cat([checkpoint(score, hidden, targets, use_reentrant=False) for hidden, targets in parts])  # type: ignore[list-item]
