"""Arithmetic of a mixture: the paper's counts per category, scaled by one factor without losing an example (K12).

    quotas (category -> examples) * scale  ->  whole quotas whose sum is the scaled total, none of them zero
    quotas, what was found                 ->  shortfalls

The paper's parts of the text set sum to 925,000 ("approximately 1 million"). It names six vision categories and no
split of their million; the even split is our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openk15.errors import UserError

TEXT_SFT: Mapping[str, int] = {  # section 2.5.2
    "general_qa": 500_000,
    "code": 200_000,
    "math_science": 200_000,
    "creative_writing": 5_000,
    "long_context": 20_000,
}
VISION_SFT_TOTAL = 1_000_000
VISION_SFT_CATEGORIES = ("chart", "ocr", "grounded_conversation", "visual_coding", "visual_reasoning", "figure_math_science")


def apportion(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to `weights` with sum `total`: largest remainder, the earlier category of equals first."""
    negative = next((name for name, weight in weights.items() if weight < 0), None)
    if negative is not None:
        raise UserError(f"category {negative!r}: weight {weights[negative]} is negative")
    whole = sum(weights.values())
    if total < 0 or (whole <= 0 and total > 0):
        raise UserError(f"cannot divide {total} examples by the weights {dict(weights)}")
    if total == 0:
        return dict.fromkeys(weights, 0)
    exact = {name: total * weight / whole for name, weight in weights.items()}
    counts = {name: int(share) for name, share in exact.items()}
    left = total - sum(counts.values())
    for name in sorted(exact, key=lambda name: -round(exact[name] - counts[name], 9))[:left]:  # sorted is stable
        counts[name] += 1
    return counts


def vision_sft() -> dict[str, int]:
    """One million divided evenly among the six named categories."""
    return apportion(dict.fromkeys(VISION_SFT_CATEGORIES, 1.0), VISION_SFT_TOTAL)


def scaled(quotas: Mapping[str, int], scale: float) -> dict[str, int]:
    """Quotas times `scale`. Their sum is the rounded sum; no category of the mixture vanishes: it keeps at least one example.

    UserError when the scaled total is smaller than the number of categories.
    """
    named = {name: count for name, count in quotas.items() if count > 0}
    total = round(sum(named.values()) * scale)
    if total < len(named):
        least = len(named) / sum(named.values())
        raise UserError(f"scale {scale:g} leaves {total} examples for {len(named)} categories; it must be at least {least:.2g}")
    counts = apportion({name: float(count) for name, count in named.items()}, total)
    for name in [name for name, count in counts.items() if count == 0]:
        counts[max(counts, key=lambda other: counts[other])] -= 1
        counts[name] = 1
    return {name: counts.get(name, 0) for name in quotas}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A category with fewer examples than its quota."""

    category: str
    wanted: int
    found: int

    def __str__(self) -> str:
        return f"{self.category}: {self.found} of {self.wanted} ({self.wanted - self.found} missing)"


def shortfalls(quotas: Mapping[str, int], found: Mapping[str, int]) -> list[Shortfall]:
    """Categories that are under-filled, in the order of the quotas; what is found beyond a quota makes up for nothing."""
    return [Shortfall(name, wanted, found.get(name, 0)) for name, wanted in quotas.items() if found.get(name, 0) < wanted]
