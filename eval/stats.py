"""Means with intervals, and paired differences: pure functions on numbers.

In: one number per problem (its mean score over samples). Out: `Estimate` or `Paired`. The unit is always the
problem, never the sample: k answers to one question are not k independent observations.

Invariants: 95 % unless told otherwise; a score's interval lies in [0, 1] and a difference's in [-1, 1]; a
score's interval never has zero width. `method` says how each interval was made:

    t           Student's t over problem means
    wilson      all problem means are equal, so t would claim certainty: Wilson's interval over problems
    one         one problem shows no spread: all of [0, 1] (or None for an unbounded quantity)
    discordant  no problem differs between two runs: the share that does could still be Wilson's upper limit
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LEVEL = 0.95
EXACT_FLIPS = 16  # up to this many differing problems all 2**n sign flips are tried
RANDOM_FLIPS = 20_000
_SAME = 1e-12  # differences below this are rounding


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over n problems with its interval; None where the data say nothing."""

    value: float
    low: float | None
    high: float | None
    n: int
    method: str

    def to_dict(self) -> dict[str, Any]:
        return {"accuracy": self.value, "low": self.low, "high": self.high, "n": self.n}


@dataclass(frozen=True, slots=True)
class Paired:
    """B minus A, problem by problem. A problem is right in a run when at least half its samples are."""

    difference: Estimate
    p: float  # two-sided sign-flip permutation test of "no difference"
    p_exact: bool
    right_to_wrong: tuple[int, ...]  # indices of the problems
    wrong_to_right: tuple[int, ...]
    better: int  # problems whose mean score rose
    worse: int


def _t_half_width(values: np.ndarray, level: float) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))


def wilson(successes: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a proportion; `successes` may be fractional. ValueError when n is 0."""
    from scipy.stats import norm

    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"a proportion needs 0 <= successes <= n and n > 0, got {successes} of {n}")
    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    # Exact ends at the extremes, where rounding would leave 1 - 1e-16.
    return (0.0 if successes == 0 else max(0.0, centre - half)), (1.0 if successes == n else min(1.0, centre + half))


def mean_score(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """Mean of problem means in [0, 1] with its interval; ValueError when there are none or one is outside."""
    data = _checked(values)
    if data.min() < -_SAME or data.max() > 1 + _SAME:
        raise ValueError(f"scores lie in [0, 1], got {data.min()} to {data.max()}")
    mean = min(max(float(data.mean()), 0.0), 1.0)
    if len(data) == 1:
        return Estimate(mean, 0.0, 1.0, 1, "one")
    if np.ptp(data) < _SAME:
        return Estimate(mean, *wilson(mean * len(data), len(data), level), len(data), "wilson")
    half = _t_half_width(data, level)
    return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), len(data), "t")


def mean_amount(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """Mean of an unbounded quantity (tokens) with its t interval; no interval from a single value."""
    data = _checked(values)
    mean = float(data.mean())
    if len(data) == 1:
        return Estimate(mean, None, None, 1, "one")
    half = _t_half_width(data, level)
    return Estimate(mean, mean - half, mean + half, len(data), "t")


def mean_difference(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """Mean of per-problem differences in [-1, 1] with its interval."""
    data = _checked(values)
    mean, n = float(data.mean()), len(data)
    if n == 1:
        return Estimate(mean, -1.0, 1.0, 1, "one")
    if np.ptp(data) < _SAME:
        if abs(mean) < _SAME:
            most = wilson(0, n, level)[1]
            return Estimate(0.0, -most, most, n, "discordant")
        low, high = wilson(min(max((mean + 1) / 2, 0.0), 1.0) * n, n, level)
        return Estimate(mean, 2 * low - 1, 2 * high - 1, n, "wilson")
    half = _t_half_width(data, level)
    return Estimate(mean, max(-1.0, mean - half), min(1.0, mean + half), n, "t")


def sign_flip_p(differences: Sequence[float], seed: int = 0) -> tuple[float, bool]:
    """(two-sided p, exact?) of the permutation test that flips each problem's sign.

    Exact over all sign patterns for up to EXACT_FLIPS differing problems, else RANDOM_FLIPS seeded patterns
    with the observed one counted in, so p is never 0.
    """
    data = np.array([value for value in differences if abs(value) > _SAME], dtype=float)
    if not len(data):
        return 1.0, True
    observed = abs(float(data.sum())) - 1e-9
    if len(data) <= EXACT_FLIPS:
        patterns = np.arange(2 ** len(data))[:, None] >> np.arange(len(data)) & 1
        return float(np.mean(np.abs((2 * patterns - 1) @ data) >= observed)), True
    random = np.random.default_rng(seed)
    hits = 0
    for _ in range(RANDOM_FLIPS // 1000):
        signs = random.integers(0, 2, (1000, len(data)), dtype=np.int8) * 2 - 1
        hits += int(np.count_nonzero(np.abs(signs @ data) >= observed))
    return (hits + 1) / (RANDOM_FLIPS + 1), False


def paired(a: Sequence[float], b: Sequence[float], *, seed: int = 0, level: float = LEVEL) -> Paired:
    """Compare two runs on the same problems: a[i] and b[i] are problem i's mean scores."""
    first, second = _checked(a), _checked(b)
    if len(first) != len(second):
        raise ValueError(f"paired runs need the same problems, got {len(first)} and {len(second)}")
    change = second - first
    p, exact = sign_flip_p(change.tolist(), seed)
    was, now = first >= 0.5, second >= 0.5
    return Paired(
        mean_difference(change.tolist(), level),
        p,
        exact,
        tuple(np.flatnonzero(was & ~now).tolist()),
        tuple(np.flatnonzero(~was & now).tolist()),
        int(np.count_nonzero(change > _SAME)),
        int(np.count_nonzero(change < -_SAME)),
    )


def _checked(values: Sequence[float]) -> np.ndarray:
    data = np.asarray(values, dtype=float)
    if data.ndim != 1 or not len(data):
        raise ValueError("a mean needs at least one value")
    if not np.isfinite(data).all():
        raise ValueError("a mean needs finite values")
    return data
