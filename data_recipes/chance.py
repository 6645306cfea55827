"""How well one can do without looking: what a model's score must fall to when its pictures are blanked.

The guesser knows the question's text and the picture's size, and gives the answer that is most frequent for
them among the training problems (falling back to the template's most frequent answer).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from data_recipes.problem import Problem
from multimodal.images import decode_image


def no_image_chance(train: Sequence[Problem], heldout: Sequence[Problem], images: Mapping[str, bytes]) -> dict[str, Any]:
    """{"accuracy", "n", "by_template": {template: {"accuracy", "n"}}} over held-out problems with a picture."""
    exact: dict[tuple, Counter[str]] = defaultdict(Counter)
    loose: dict[str, Counter[str]] = defaultdict(Counter)
    for problem in train:
        if problem.images:
            exact[_visible(problem, images)][problem.answer.reference] += 1
            loose[problem.tags["template"]][problem.answer.reference] += 1
    hits: dict[str, list[bool]] = defaultdict(list)
    for problem in heldout:
        if problem.images:
            known = exact.get(_visible(problem, images)) or loose.get(problem.tags["template"])
            guess = min(known, key=lambda answer: (-known[answer], answer)) if known else None
            hits[problem.tags["template"]].append(guess == problem.answer.reference)
    every = [hit for found in hits.values() for hit in found]
    by_template = {name: {"accuracy": sum(found) / len(found), "n": len(found)} for name, found in sorted(hits.items())}
    return {"accuracy": sum(every) / len(every) if every else None, "n": len(every), "by_template": by_template}


def _visible(problem: Problem, images: Mapping[str, bytes]) -> tuple:
    sizes = tuple(decode_image(images[name]).size for name in problem.images)
    return (" ".join(message.text for message in problem.messages), sizes)
