"""Shares with their intervals, for reports. Pure functions; no statistics library is loaded for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n` with Wilson's score interval (Wilson 1927, JASA 22); no interval without observations."""

    count: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.n:
            raise ValueError(f"a share needs 0 <= count <= n, got {self.count} of {self.n}")

    @property
    def value(self) -> float | None:
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        return _wilson(self.count, self.n)

    def to_dict(self) -> dict[str, Any]:
        low, high = self.interval
        return {"count": self.count, "n": self.n, "share": self.value, "low": low, "high": high}

    def __str__(self) -> str:
        """`1.2 % (0.6-2.3; 12 of 1000)`"""
        if self.value is None:
            return "- (0 of 0)"
        low, high = self.interval
        return f"{100 * self.value:.1f} % ({100 * low:.1f}-{100 * high:.1f}; {self.count} of {self.n})"


@dataclass(slots=True)
class Mean:
    """A running mean of scores in [0, 1] with the normal interval of a mean; Wilson's where all are alike."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    graded: bool = False  # some score was neither 0 nor 1

    def add(self, score: float) -> None:
        self.n += 1
        self.total += score
        self.squares += score * score
        self.graded |= score not in (0.0, 1.0)

    @property
    def value(self) -> float | None:
        return self.total / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        return _mean_interval(self.n, self.total, self.squares)

    def to_dict(self) -> dict[str, Any]:
        low, high = self.interval
        return {"n": self.n, "mean": self.value, "low": low, "high": high}

    def __str__(self) -> str:
        """`0.612 (0.580-0.644; n = 900)`"""
        if self.value is None:
            return "- (n = 0)"
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f}-{high:.3f}; n = {self.n})"


def _wilson(count: float, n: int) -> tuple[float, float]:
    if not n:
        return 0.0, 1.0
    share = count / n
    scale = 1 + Z * Z / n
    centre = (share + Z * Z / (2 * n)) / scale
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / scale
    # Exact ends at the extremes, where rounding would leave 1e-17.
    return (0.0 if not count else max(0.0, centre - half)), (1.0 if count == n else min(1.0, centre + half))


def _mean_interval(n: int, total: float, squares: float) -> tuple[float, float]:
    if n < 2:
        return 0.0, 1.0
    mean = min(1.0, max(0.0, total / n))
    variance = (squares - n * mean * mean) / (n - 1)
    if variance < 1e-12:
        return _wilson(mean * n, n)
    half = Z * math.sqrt(variance / n)
    return max(0.0, mean - half), min(1.0, mean + half)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed; nan without values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
