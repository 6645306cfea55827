"""The paper's objective, exactly (section 2.3.2, eq. 3; K22-K28).

For one problem x with k responses sampled from the iteration's reference policy:

    ell = mean_j [ -A_j * lp_j + (tau / 2) * (lp_j - lp_ref_j)^2 ],   A_j = R_j - rbar

where lp_j is the log-probability of the WHOLE response: a sum over its tokens. No clipping, no division by
length, no standard deviation. The square is of the sequence's log-ratio, so its gradient couples all tokens
of a response; two passes make that cheap:

    pass 1, no gradient:  s_j = lp_j - lp_ref_j
    pass 2:               gradient of sum_j c_j * lp_j   with   c_j = (-A_j + tau * s_j) / k

which is the same gradient, since d(s^2 / 2) = s ds, for any split into micro-batches.

Shapes: rewards_K and friends are one group of k responses; `_N` counts all responses of a step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class Baseline(StrEnum):
    MEAN = "mean"  # empirical mean of the group, own reward included: what the paper uses
    PARTITION = "partition"  # tau * log of the mean of exp(r / tau): the exact normaliser's estimate


def partition_baseline(rewards_K: Sequence[float], tau: float) -> float:
    """tau * log((1/k) sum_j exp(r_j / tau)), stable (K23): tends to the mean as tau grows, to the max as it falls."""
    if tau <= 0:
        raise ValueError(f"tau must be positive, got {tau}")
    top = max(rewards_K)
    return top + tau * math.log(sum(math.exp((reward - top) / tau) for reward in rewards_K) / len(rewards_K))


def advantages(rewards_K: Sequence[float], tau: float, baseline: Baseline = Baseline.MEAN) -> list[float]:
    """R_j minus the group's baseline; no scaling by the standard deviation (K22)."""
    if not rewards_K:
        raise ValueError("a group needs at least one reward")
    mean = sum(rewards_K) / len(rewards_K)
    value = mean if baseline is Baseline.MEAN else partition_baseline(rewards_K, tau)
    return [reward - value for reward in rewards_K]


def surrogate(lp_N: torch.Tensor, lp_ref_N: torch.Tensor, adv_N: torch.Tensor, weight_N: torch.Tensor, tau: float) -> torch.Tensor:
    """The one-pass loss: sum_j weight_j * [-A_j lp_j + tau/2 (lp_j - lp_ref_j)^2]; weight_j = 1 / (k * problems)."""
    ratio_N = lp_N - lp_ref_N
    return (weight_N * (-adv_N * lp_N + 0.5 * tau * ratio_N.square())).sum()


def pass_two_coefficients(ratio_N: torch.Tensor, adv_N: torch.Tensor, weight_N: torch.Tensor, tau: float) -> torch.Tensor:
    """c_N such that the gradient of (c_N * lp_N).sum(), with c_N constant, is the gradient of `surrogate`."""
    return weight_N * (-adv_N + tau * ratio_N)


def group_weights(group_sizes: Sequence[int]) -> list[float]:
    """weight of each response, groups in order: 1 / (problems * k), so every problem counts the same."""
    problems = len(group_sizes)
    return [1.0 / (problems * size) for size in group_sizes for _ in range(size)]
