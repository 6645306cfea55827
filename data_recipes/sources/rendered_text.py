"""Text-rendered data (K56): the same question about a text and about a picture of it, linked by `pair_id`.

Word problems, programs to trace, tables, JSON and notices, set in several styles and sizes; a share of the pictures is
augmented as a photograph or scan would be (K80). The answer is the same in both forms.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image
from pydantic import Field, model_validator

from data_recipes.sources.augment import augmented
from data_recipes.sources.base import Candidate, Generator, generator
from data_recipes.sources.drawn.asked import GENERATED, row_of
from data_recipes.sources.drawn.board import pick
from data_recipes.sources.drawn.papers import PAPERS
from data_recipes.sources.drawn.texts import WORD_PROBLEMS, Page
from data_recipes.sources.drawn.traces import PROGRAMS
from data_recipes.sources.drawn.typeset import CODE_STYLES, PLAIN_STYLES, typeset
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part
from openk15.seeds import digest

TASKS = {**WORD_PROBLEMS, **PROGRAMS, **PAPERS}
TaskName = Literal[
    "story",
    "change",
    "discount",
    "travel",
    "conditional_sum",
    "while_count",
    "functions",
    "slicing",
    "nested_count",
    "tally",
    "table_cell",
    "table_total",
    "table_top",
    "json_value",
    "json_count",
    "notice",
]
DOMAINS = {
    "prose": ("reading", "language"),
    "code": ("code", "computer science"),
    "table": ("data", "statistics"),
    "json": ("data", "computer science"),
}
SEVERITY = {"none": (0.0, 0.0), "light": (0.15, 0.45), "heavy": (0.45, 1.0)}


class RenderedText(Generator):
    """`tasks`: which questions; `styles` of prose and tables, `code_styles` (pygments) of code and JSON; `size`: smallest and
    largest letters in pixels; `width`: widest line of prose in pixels; `augment`: how hard, on `augmented_share` of the pictures."""

    name = "rendered_text"
    licence = GENERATED
    note = "A text comes as text and as a picture, with one `pair_id`; a held-out text is in train in neither form."
    problems_per_candidate = 2

    tasks: tuple[TaskName, ...] = tuple(TASKS)  # type: ignore[assignment]
    styles: tuple[Literal["plain", "book", "note", "screen"], ...] = PLAIN_STYLES  # type: ignore[assignment]
    code_styles: tuple[Literal["default", "friendly", "monokai", "native"], ...] = CODE_STYLES  # type: ignore[assignment]
    size: tuple[int, int] = (15, 22)
    width: int = Field(default=600, ge=320, le=1600)
    augment: Literal["none", "light", "heavy"] = "light"
    augmented_share: float = Field(default=0.5, ge=0.0, le=1.0)

    task_names: ClassVar[tuple[str, ...]] = tuple(TASKS)

    @model_validator(mode="after")
    def _possible(self) -> RenderedText:
        if not 10 <= self.size[0] <= self.size[1] <= 48:
            raise ValueError(f"size: {list(self.size)} is not [smallest, largest] with 10 <= smallest <= largest <= 48 pixels")
        for key in ("tasks", "styles", "code_styles"):
            if not getattr(self, key):
                raise ValueError(f"{key}: none is named")
        return self

    def compose(self, random: np.random.Generator, task: str | None = None) -> Page:
        """A text and its question; nothing is drawn."""
        return TASKS[task or pick(random, self.tasks)](random)

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        page = self.compose(random)
        style = pick(random, self.code_styles if page.layout in ("code", "json") else self.styles)
        size = int(random.integers(self.size[0], self.size[1] + 1))
        picture, severity, effects = self._drawn(page, style, size, random)
        data = encode_png(picture)
        name, source_text = image_digest(data), digest(page.asked.template, page.text)
        tags = {"layout": page.layout, "style": style}
        shared: dict[str, Any] = {
            "source": self.name,
            "licence": self.licence,
            "made": f"source {self.name}: {split} {index}, text {source_text}, style {style}, letters of {size} pixels",
            "category": "text-rendered",
            "domain": DOMAINS[page.layout][0],
            "discipline": DOMAINS[page.layout][1] if page.asked.template not in WORD_PROBLEMS else "mathematics",
            "pair": digest("pair", page.given, page.asked.question),
        }
        whole = page.asked.template in WORD_PROBLEMS  # the question itself is the text
        in_text = page.given if whole else f"{page.asked.question}\n\n{page.given}"
        as_picture = row_of(
            page.asked,
            (Part(image=name), Part(text=page.asked.question)),
            origin="rendered",
            extra={**tags, "augment": "+".join(effects) or "none"},
            measures={"severity": round(severity, 4)},
            **shared,
        )
        as_text = row_of(page.asked, (Part(text=in_text),), origin="synthetic", extra={**tags, "augment": "none"}, **shared)
        return Candidate((as_picture, as_text), {name: data}, (f"text:{source_text}",), {"text": page.text})

    def _drawn(self, page: Page, style: str, size: int, random: np.random.Generator) -> tuple[Image.Image, float, tuple[str, ...]]:
        picture = typeset(page, style, size, self.width)
        low, high = SEVERITY[self.augment]
        if high == 0.0 or random.random() >= self.augmented_share:
            return picture, 0.0, ()
        severity = float(random.uniform(low, high))
        changed, effects = augmented(picture, random, severity)
        return changed, severity, effects
