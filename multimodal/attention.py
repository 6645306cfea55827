"""Attention over a packed row without paying for the blocks that the mask would throw away.

A row of T tokens holds examples of lengths n_1..n_B. Instead of T x T scores under a block-diagonal mask,
the row is unfolded to (B, longest) and each example attends causally to itself alone. Same numbers, and on a
CPU about a third of a training step saved. Registered with transformers under the name `PACKED`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

PACKED = "openk15_packed"


@dataclass(frozen=True, slots=True)
class PackedLayout:
    """Where each token of a row stands in the unfolded (examples, longest) table, and back."""

    examples: int
    longest: int
    slots_T: torch.Tensor  # slot of each row token in the flattened table

    @classmethod
    def of(cls, lengths: Sequence[int]) -> PackedLayout:
        longest = max(lengths)
        slots = [example * longest + at for example, length in enumerate(lengths) for at in range(length)]
        return cls(len(lengths), longest, torch.tensor(slots))


def _packed_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    packed: PackedLayout | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """query (1, heads, T, head_dim); key and value may have fewer heads. Returns (1, T, heads, head_dim)."""
    if packed is None:
        raise ValueError("packed attention needs its layout: call the model through multimodal.scoring")

    def unfold(states: torch.Tensor) -> torch.Tensor:
        heads, _, width = states.shape[1:]
        table = states.new_zeros(packed.examples * packed.longest, heads, width)
        table = table.index_copy(0, packed.slots_T, states[0].transpose(0, 1))
        return table.view(packed.examples, packed.longest, heads, width).transpose(1, 2)

    grouped = query.shape[1] != key.shape[1]
    out = scaled_dot_product_attention(
        unfold(query), unfold(key), unfold(value), dropout_p=dropout, is_causal=True, scale=scaling, enable_gqa=grouped
    )
    rows = out.transpose(1, 2).reshape(packed.examples * packed.longest, query.shape[1], query.shape[3])
    return rows.index_select(0, packed.slots_T)[None], None


def _no_mask(*_: Any, **__: Any) -> None:
    return None


def use_packed_attention(model: Any) -> None:
    """Switch a model's language part to packed attention where it can take it; elsewhere the mask does the work."""
    config = model.config
    if hasattr(model.model, "get_rope_index") and hasattr(config, "text_config") and hasattr(config, "vision_config"):
        model.set_attn_implementation({"text_config": PACKED, "vision_config": "sdpa"})


def uses_packed_attention(model: Any) -> bool:
    text = getattr(model.config, "text_config", model.config)
    return getattr(text, "_attn_implementation", None) == PACKED


AttentionInterface.register(PACKED, _packed_attention)
AttentionMaskInterface.register(PACKED, _no_mask)
