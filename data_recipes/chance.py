"""How well one can do without looking: what a model's score must fall to when its pictures are blanked.

The guesser knows the question's text and the picture's size, and gives the answer that is most frequent for
them among the training problems (falling back to the template's most frequent answer).
"""

from __future__ import annotations

import io
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from data_recipes.problem import Problem
from data_recipes.sources.base import HELDOUT

Visible = tuple[str, tuple[tuple[int, int], ...]]  # question, sizes of its pictures


def no_image_chance(train: Sequence[Problem], heldout: Sequence[Problem], images: Mapping[str, bytes]) -> dict[str, Any]:
    """{"heldout": accuracy, "low", "high", "n", "by_template": {template: {"accuracy", "low", "high", "n"}}}.

    Over held-out problems with a picture; accuracy is None when there is none. Low and high bound a 95 % Wilson interval.
    """
    exact: dict[Visible, Counter[str]] = defaultdict(Counter)
    loose: dict[str, Counter[str]] = defaultdict(Counter)
    for problem in train:
        if problem.images:
            exact[_visible(problem, images)][problem.answer.reference] += 1
            loose[problem.tags["template"]][problem.answer.reference] += 1
    hits: dict[str, list[bool]] = defaultdict(list)
    for problem in heldout:
        if problem.images:
            counts = exact.get(_visible(problem, images)) or loose.get(problem.tags["template"], Counter())
            hits[problem.tags["template"]].append(most_frequent(counts) == problem.answer.reference)
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


def _visible(problem: Problem, images: Mapping[str, bytes]) -> Visible:
    sizes = tuple(Image.open(io.BytesIO(images[name])).size for name in problem.images)
    return (" ".join(message.text for message in problem.messages), sizes)
