"""How well one can do without looking: what a model's score must fall to when its pictures are blanked.

The guesser knows the question's text and the picture's size, and gives the answer that is most frequent for
them among the training problems (falling back to the template's most frequent answer).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_recipes.sources.base import HELDOUT

Visible = tuple[str, tuple[tuple[int, int], ...]]  # question, sizes of its pictures


@dataclass(frozen=True, slots=True)
class Guess:
    """All that can be known of a pictured problem without looking, and its answer."""

    visible: Visible
    template: str
    answer: str


def no_image_chance(train: Iterable[Guess], heldout: Iterable[Guess]) -> dict[str, Any]:
    """{"heldout": accuracy, "low", "high", "n", "by_template": {template: {"accuracy", "low", "high", "n"}}}.

    Over held-out problems with a picture; accuracy is None when there is none. Low and high bound a 95 % Wilson interval.
    """
    exact: dict[Visible, Counter[str]] = defaultdict(Counter)
    loose: dict[str, Counter[str]] = defaultdict(Counter)
    for guess in train:
        exact[guess.visible][guess.answer] += 1
        loose[guess.template][guess.answer] += 1
    hits: dict[str, list[bool]] = defaultdict(list)
    for guess in heldout:
        counts = exact.get(guess.visible) or loose.get(guess.template, Counter())
        hits[guess.template].append(most_frequent(counts) == guess.answer)
    whole = _share([hit for found in hits.values() for hit in found])
    return {HELDOUT: whole.pop("accuracy"), **whole, "by_template": {name: _share(found) for name, found in sorted(hits.items())}}


def most_frequent(counts: Mapping[str, int]) -> str | None:
    """The answer with the highest count, the first by name where several have it."""
    return min(counts, key=lambda answer: (-counts[answer], answer), default=None)


def _share(hits: Sequence[bool]) -> dict[str, Any]:
    if not hits:
        return {"accuracy": None, "low": None, "high": None, "n": 0}
    low, high = wilson(sum(hits), len(hits))
    return {"accuracy": sum(hits) / len(hits), "low": low, "high": high, "n": len(hits)}


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share of independent yes/no outcomes; sensible for 0 and n hits too."""
    z = 1.959963984540054
    middle = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return 0.0 if hits == 0 else middle - half, 1.0 if hits == n else middle + half
