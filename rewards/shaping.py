"""Shaping: pure functions over one group of k responses to the same problem."""

from __future__ import annotations

from collections.abc import Sequence


def length_rewards(lengths: Sequence[int], correct: Sequence[bool]) -> list[float]:
    """The paper's length reward (section 2.3.3, K30), in [-0.5, 0.5] for each response.

    `lengths` are total response tokens; min and max run over all k. All equal: zero for everyone. A wrong
    response is never rewarded for being short.
    """
    if len(lengths) != len(correct):
        raise ValueError(f"{len(lengths)} lengths but {len(correct)} verdicts")
    if not lengths:
        return []
    low, high = min(lengths), max(lengths)
    if low == high:
        return [0.0] * len(lengths)
    rewards = [0.5 - (length - low) / (high - low) for length in lengths]
    return [reward if right else min(0.0, reward) for reward, right in zip(rewards, correct, strict=True)]


def length_weight(iteration: int, switch_iteration: int, weight: float) -> float:
    """Two phases (K32): no length reward before `switch_iteration`, a constant one from it on."""
    return weight if iteration >= switch_iteration else 0.0
