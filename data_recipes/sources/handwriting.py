"""Real-world source: photographs of handwritten digits, laid out in a row or a grid.

The digits are the 1,797 UCI optical-recognition images that ship with scikit-learn: 8 x 8 pixels, real pens.
They stand in the order in which they were collected, writer after writer; the last quarter is for held-out
only. So no held-out image is ever trained on, and writers are disjoint as far as that order shows (the set
does not name its writers).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from data_recipes.problem import Problem
from data_recipes.sources.base import HELDOUT, Candidate, Generator, generator
from data_recipes.sources.cot import pick_process, solutions
from data_recipes.sources.lists import COUNT, LARGEST, RUNNING_SUM, SORT, SUM, draw_numbers, list_grade, list_task
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user

CELL = 28  # pixels: one visual token of the demo policy
HELDOUT_SHARE = 0.25
TASKS = {SUM: 0.35, RUNNING_SUM: 0.2, LARGEST: 0.15, COUNT: 0.1, SORT: 0.2}
LAYOUTS = ((1, 2), (1, 3), (1, 4), (1, 5), (2, 2))


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    return np.asarray(data.images, dtype=np.float32), np.asarray(data.target, dtype=np.int64)


def pool(split: str) -> range:
    """Indices of the digit images that `split` may use."""
    count = len(_digits()[1])
    first_heldout = round(count * (1 - HELDOUT_SHARE))
    return range(first_heldout, count) if split == HELDOUT else range(first_heldout)


@cache
def _pool_of(split: str, digit: int) -> np.ndarray:
    """Indices of `split`'s images that show `digit`."""
    allowed = pool(split)
    return np.flatnonzero(_digits()[1][allowed.start : allowed.stop] == digit) + allowed.start


def draw_digit(index: int, random: np.random.Generator) -> np.ndarray:
    """One digit as dark ink on light paper, (CELL, CELL) in [0, 255]; a shift of at most 2 pixels."""
    ink = Image.fromarray((_digits()[0][index] * (255 / 16)).astype(np.uint8)).resize((CELL - 4, CELL - 4), Image.Resampling.BICUBIC)
    cell = np.zeros((CELL, CELL), dtype=np.float32)
    down, right = (int(shift) for shift in random.integers(0, 5, size=2))
    cell[down : down + CELL - 4, right : right + CELL - 4] = np.asarray(ink, dtype=np.float32) / 255
    return cell


class Handwriting(Generator):
    name = "handwriting"
    licence = "CC-BY-4.0 (UCI Optical Recognition of Handwritten Digits)"
    note = (
        "The last quarter of the digit images, in the order of the set, is for held-out only: no image is in both splits. The set is "
        "ordered writer by writer but does not name its writers, so they are disjoint as far as that order tells."
    )
    problems_per_candidate = 1

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        rows, columns = LAYOUTS[int(random.integers(len(LAYOUTS)))]
        count = rows * columns
        task = str(random.choice(list(TASKS), p=list(TASKS.values())))
        numbers, wanted = draw_numbers(task, count, random)
        chosen = [int(random.choice(_pool_of(split, number))) for number in numbers]
        picture = self._draw(chosen, rows, columns, random)
        made = list_task(task, numbers, f"I see {' '.join(map(str, numbers))} .", random, wanted)
        worked, process = solutions(made.thoughts, made.answer.reference, pick_process(random))
        digest = image_digest(picture)
        tags = {
            "category": "real-world",
            "domain": "arithmetic",
            "discipline": "mathematics",
            "question_type": "open",
            "modality": "image-text",
            "language": "en",
            "grade": str(list_grade(task, count)),
            "source": self.name,
            "licence": self.licence,
            "template": f"handwriting/{task}",
            "process": str(process or "none"),
        }
        problem = Problem(
            messages=(user(Part(image=digest), Part(text=made.question)),),
            answer=made.answer,
            tags=tags,
            solutions=worked,
            lineage=(f"source {self.name}: {split} {index}, digit images {chosen}",),
        )
        return Candidate((problem,), {digest: picture}, tuple(f"uci-digit:{at}" for at in chosen))

    def _draw(self, chosen: list[int], rows: int, columns: int, random: np.random.Generator) -> bytes:
        ink = np.zeros((rows * CELL, columns * CELL), dtype=np.float32)
        for place, at in enumerate(chosen):
            top, left = place // columns * CELL, place % columns * CELL
            ink[top : top + CELL, left : left + CELL] = draw_digit(at, random)
        paper = 255 - random.uniform(0, 30, size=3)
        pen = random.uniform(0, 70, size=3)
        pixels = paper + ink[..., None] * (pen - paper) + random.normal(0, 4, size=(*ink.shape, 1))
        return encode_png(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
