"""Selections of the paper's long2short methods (section 2.4): pure functions over k samples of one problem.

In: token lengths and correctness of the samples. Out: which sample is the shortest right one (K58), and the
preference pairs that teach a policy to be as right in fewer tokens (K59).

A sample that nobody could judge (the verifier failed) is `None`, neither right nor wrong: it is never chosen
and never rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SAMPLES = 8  # per question, section 2.4
LONGER_FACTOR = 1.5  # a right sample is rejected only if it is longer than this times the chosen one


@dataclass(frozen=True, slots=True)
class PreferencePairs:
    """Indices of samples: one chosen, each of `rejected` makes a pair with it."""

    chosen: int
    rejected: tuple[int, ...]


def shortest_right(lengths: Sequence[int], correct: Sequence[bool | None]) -> int | None:
    """Index of the shortest right sample, the first of equals; None when none is right."""
    if len(lengths) != len(correct):
        raise ValueError(f"{len(lengths)} lengths but {len(correct)} verdicts")
    right = [index for index, good in enumerate(correct) if good]
    return min(right, key=lambda index: (lengths[index], index)) if right else None


def preference_pairs(lengths: Sequence[int], correct: Sequence[bool | None], factor: float = LONGER_FACTOR) -> PreferencePairs | None:
    """Chosen: the shortest right sample. Rejected: wrong and longer, or right and longer than `factor` times it.

    None when no sample is right. Shorter wrong samples, and right ones within the factor, are left unused.
    """
    chosen = shortest_right(lengths, correct)
    if chosen is None:
        return None
    limit = lengths[chosen]
    rejected = tuple(
        index
        for index, (length, good) in enumerate(zip(lengths, correct, strict=True))
        if index != chosen and good is not None and (length > factor * limit if good else length > limit)
    )
    return PreferencePairs(chosen, rejected)
