"""Many examples in one row, without attention between them.

In: examples (a processed prompt and its response tokens). Out: PackedBatch rows of at most `row_tokens`
tokens, with position ids that restart at every example; transformers turns those into a block-diagonal
causal mask, so a packed example sees exactly what it would see alone (K14).

Invariants: an example is never split over rows; every response token is a target exactly once; the plan
depends on the lengths and their order only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multimodal.processing import ProcessedPrompt
from openk15.errors import UserError

if TYPE_CHECKING:
    import torch

    from multimodal.attention import PackedLayout


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the response tokens whose log-probabilities are wanted."""

    prompt: ProcessedPrompt
    response: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt.ids) + len(self.response)


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """One row of T tokens holding several examples; N response tokens in all.

    ids_T; positions (4, 1, T) for M-RoPE models: text positions (restart per example), then M-RoPE's three,
    (1, T) for others; `layout` unfolds the row for packed attention; `predictors_N` indexes the token whose
    hidden state predicts `targets_N`; `owners_N` is the example (its index in the caller's list) of each target.
    """

    ids_T: torch.Tensor
    positions: torch.Tensor
    pixels: torch.Tensor | None
    grid: torch.Tensor | None
    layout: PackedLayout
    predictors_N: torch.Tensor
    targets_N: torch.Tensor
    owners_N: torch.Tensor


def plan_rows(lengths: Sequence[int], row_tokens: int) -> list[list[int]]:
    """First-fit decreasing: indices of `lengths` grouped so that no group is over `row_tokens`.

    Raises UserError if one example alone is longer than a row. Ties keep the given order.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda at: (-lengths[at], at)):
        length = lengths[index]
        if length > row_tokens:
            raise UserError(f"example {index} has {length} tokens, more than row_tokens={row_tokens}; raise row_tokens or shorten it")
        for row, left in enumerate(room):
            if length <= left:
                rows[row].append(index)
                room[row] -= length
                break
        else:
            rows.append([index])
            room.append(row_tokens - length)
    return rows


def prompt_positions(model: Any, prompt: ProcessedPrompt, image_token_id: int) -> np.ndarray:
    """M-RoPE positions (3, tokens) of a prompt, as the model itself computes them; plain 0..n-1 without pictures."""
    import torch

    count = len(prompt.ids)
    base = model.model
    if prompt.grid is None or not hasattr(base, "get_rope_index"):
        return np.broadcast_to(np.arange(count), (3, count))
    ids = torch.tensor([prompt.ids])
    kinds = (ids == image_token_id).int()
    positions, _ = base.get_rope_index(ids, mm_token_type_ids=kinds, image_grid_thw=torch.from_numpy(prompt.grid))
    return positions[:, 0].numpy()


def pack_row(model: Any, examples: Sequence[Example], indices: Sequence[int], image_token_id: int) -> PackedBatch:
    """Lay `examples[i] for i in indices` out as one row."""
    import torch

    from multimodal.attention import PackedLayout

    ids: list[int] = []
    text: list[np.ndarray] = []
    rope: list[np.ndarray] = []
    predictors: list[np.ndarray] = []
    targets: list[int] = []
    owners: list[int] = []
    pixels: list[np.ndarray] = []
    grids: list[np.ndarray] = []
    for index in indices:
        example = examples[index]
        prompt, response = example.prompt, example.response
        start = len(ids)
        ids += prompt.ids
        ids += response
        text.append(np.arange(len(example)))
        before = prompt_positions(model, prompt, image_token_id)
        after = int(before.max()) + 1 + np.arange(len(response))
        rope.append(np.concatenate([before, np.broadcast_to(after, (3, len(response)))], axis=1))
        predictors.append(start + len(prompt.ids) - 1 + np.arange(len(response)))
        targets += response
        owners += [index] * len(response)
        if prompt.pixels is not None:
            pixels.append(prompt.pixels)
            if prompt.grid is not None:
                grids.append(prompt.grid)
    if hasattr(model.model, "get_rope_index"):
        positions = np.concatenate([np.concatenate(text)[None], np.concatenate(rope, axis=1)])[:, None]
    else:
        positions = np.concatenate(text)[None]
    # Qwen's patches lie flat with a grid beside them; Idefics keeps (batch, tiles, channels, height, width).
    stack_axis = 0 if grids else 1
    return PackedBatch(
        ids_T=torch.tensor(ids),
        positions=torch.from_numpy(positions),
        pixels=torch.from_numpy(np.concatenate(pixels, axis=stack_axis)) if pixels else None,
        grid=torch.from_numpy(np.concatenate(grids)) if grids else None,
        layout=PackedLayout.of([len(examples[index]) for index in indices]),
        predictors_N=torch.from_numpy(np.concatenate(predictors)),
        targets_N=torch.tensor(targets),
        owners_N=torch.tensor(owners),
    )
