"""Shaping: pure functions that add to correctness and never replace it.

    length_rewards      the paper's length reward over one group (K30)
    length_weight       its switch (K32)
    overlong_penalty    DAPO's soft punishment near the length limit
    cosine_reward       a reward that bends with length
    suffix_period       the repeat that a generation ends in (K100); repetition_penalty charges for it (K101)
    ngram_repetition    share of n-grams seen before
    format_reward       1 if the response has its tags, once and in order
    compose             correctness plus shaping, where no shaping can turn a wrong response above a right one

Lengths are tokens and sequences are token ids, never characters: blanks cannot be bought by the letter. Every
value is bounded by what its docstring says, for any input.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from rewards.text.tags import TAGS, After, fault


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


def overlong_penalty(length: int, limit: int, cache: int) -> float:
    """DAPO's soft overlong punishment (Yu et al. 2025, eq. 13), in [-1, 0]; all in tokens.

    0 up to limit - cache, then linear to -1 at limit, and -1 past it.
    """
    if not 0 < cache <= limit:
        raise ValueError(f"cache {cache} is not between 1 and the limit {limit}")
    return -min(1.0, max(0.0, (length - (limit - cache)) / cache))


def cosine_reward(
    length: int, correct: bool, limit: int, right: tuple[float, float] = (0.5, 1.0), wrong: tuple[float, float] = (-1.0, -0.5)
) -> float:
    """The cosine reward (Yeo et al. 2025, "Demystifying Long Chain-of-Thought Reasoning"): min + (max - min)/2 · (1 + cos(π·length/limit)).

    A right response falls from right[1] at no tokens to right[0] at `limit`; a wrong one rises from wrong[0] to
    wrong[1], so that it is worth thinking longer. Past the limit it stays. Every right value is above every wrong one.
    """
    if limit <= 0 or not wrong[0] <= wrong[1] < right[0] <= right[1]:
        raise ValueError(f"limit {limit} must be above 0, and wrong {wrong} below right {right}, each from low to high")
    bend = 0.5 * (1.0 + math.cos(math.pi * min(max(length, 0), limit) / limit))  # 1 at no tokens, 0 at the limit
    low, high = right if correct else (wrong[1], wrong[0])
    return low + (high - low) * bend


def trimmed(token_ids: Sequence[int], blank: Collection[int]) -> Sequence[int]:
    """Without the `blank` tokens (end, padding, white space) that it ends in: they must not hide a repeat."""
    end = len(token_ids)
    while end and token_ids[end - 1] in blank:
        end -= 1
    return token_ids[:end]


def suffix_period(
    token_ids: Sequence[int], min_period: int = 1, max_period: int = 16, min_count: int = 6, blank: Collection[int] = ()
) -> int | None:
    """The shortest period of at least `min_count` copies in a row that the sequence ends in; None if there is none (K100).

    The rule by which the engines stop a generation as repeating, at the same defaults: a period of `min_period` to
    `max_period` tokens. It looks at no more than the last max_period · min_count tokens.
    """
    if not 1 <= min_period <= max_period or min_count < 2:
        raise ValueError(f"periods {min_period} to {max_period}, {min_count} copies: periods run from 1 up, copies from 2")
    if blank:
        token_ids = trimmed(token_ids, blank)
    total = len(token_ids)
    for period in range(min_period, max_period + 1):
        span = period * min_count
        if span > total:
            return None
        if all(token_ids[at] == token_ids[at - period] for at in range(total - span + period, total)):
            return period
    return None


def repetition_penalty(token_ids: Sequence[int], max_penalty: float = 1.0, blank: Collection[int] = ()) -> float:
    """-max_penalty for a response that ends in a repeat by `suffix_period`'s defaults, else 0 (K101); in [-max_penalty, 0]."""
    return -_penalty(max_penalty) if suffix_period(token_ids, blank=blank) is not None else 0.0


def ngram_repetition(token_ids: Sequence[int], n: int = 4) -> float:
    """Share of n-grams that repeat an earlier one: 1 - distinct/all, in [0, 1); 0 for fewer than n tokens."""
    if n < 1:
        raise ValueError(f"n-grams of {n} tokens; n is at least 1")
    count = len(token_ids) - n + 1
    if count <= 0:
        return 0.0
    return 1.0 - len({tuple(token_ids[at : at + n]) for at in range(count)}) / count


def ngram_penalty(token_ids: Sequence[int], n: int = 4, max_penalty: float = 1.0, blank: Collection[int] = ()) -> float:
    """-max_penalty · `ngram_repetition` (Yeo et al. 2025), in (-max_penalty, 0]."""
    return -_penalty(max_penalty) * ngram_repetition(trimmed(token_ids, blank), n)


def _penalty(value: float) -> float:
    if not 0.0 <= value < math.inf:
        raise ValueError(f"max_penalty {value} is not 0 or more")
    return value


def format_reward(response: str, tags: Sequence[str] = TAGS, after: After = After.NOTHING) -> float:
    """1 if each tag stands once, in order, with content (`rewards.text.tags`), else 0; blanks at either end do not matter."""
    return float(fault(response, tags, after) is None)


def compose(
    scores: Sequence[float | None],
    parts: Mapping[str, Sequence[float]],
    weights: Mapping[str, float],
    threshold: float = 1.0,
    budget: float = 0.5,
) -> list[float | None]:
    """score + clip(Σ weight · part, ±budget/2) for each response of a batch; in [-budget/2, 1 + budget/2].

    `scores` are the verdicts' scores in [0, 1], None for an `error`, which stays None: a masked sample is not a
    zero. `parts` holds one value for each response under each name in `weights`. A response below `threshold`
    gains nothing: its shaping is at most 0. The budget is below 1, so a full score stays above a zero score
    whatever its form, and between any two scores a gap of more than the budget decides.
    """
    if not 0.0 <= budget < 1.0 or not 0.0 < threshold <= 1.0:
        raise ValueError(f"budget {budget} is not in [0, 1), or threshold {threshold} not in (0, 1]")
    if set(parts) != set(weights):
        raise ValueError(f"parts {sorted(parts)} and weights {sorted(weights)} do not name the same")
    for name, values in parts.items():
        if len(values) != len(scores):
            raise ValueError(f"part {name!r} has {len(values)} values for {len(scores)} responses")
        if not math.isfinite(weights[name]) or not all(map(math.isfinite, values)):
            raise ValueError(f"part {name!r} or its weight is not finite")
    half = budget / 2
    rewards: list[float | None] = []
    for at, score in enumerate(scores):
        if score is None:
            rewards.append(None)
            continue
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"score {score} is outside [0, 1]")
        extra = math.fsum(weights[name] * values[at] for name, values in parts.items())
        rewards.append(score + min(half if score >= threshold else 0.0, max(-half, extra)))
    return rewards
