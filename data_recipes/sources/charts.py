"""Chart analysis (K54): charts of real measurements, aggregated in ever new ways from the sets that scikit-learn ships.

Bar, line, pie, scatter and table charts by matplotlib; questions about values, extremes, differences, thresholds, trends.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from data_recipes.sources.base import Candidate, generator
from data_recipes.sources.drawn.asked import Asked, candidate
from data_recipes.sources.drawn.board import pick
from data_recipes.sources.drawn.chart_drawing import Chart, draw_chart
from data_recipes.sources.drawn.chart_tables import UCI
from data_recipes.sources.drawn.chart_tasks import TASKS
from data_recipes.sources.drawn.generator import PictureGenerator
from openk15.seeds import digest

TaskName = Literal["value", "extreme", "difference", "above", "steepest", "rises", "missing", "slices", "series", "points", "correlation"]


class Charts(PictureGenerator):
    """`tasks`: which questions; `side`: smallest and largest width of a picture in pixels."""

    name = "charts"
    licence = f"{UCI}; diabetes: BSD-3-Clause (as shipped with scikit-learn)"
    note = "A held-out chart (its table or points, and how it is drawn) is never one of training; both splits draw on the same four sets."

    tasks: tuple[TaskName, ...] = tuple(TASKS)  # type: ignore[assignment]
    side: tuple[int, int] = (440, 640)

    task_names: ClassVar[tuple[str, ...]] = tuple(TASKS)
    narrowest: ClassVar[int] = 400
    reason: ClassVar[str] = "labels must stay legible"

    def compose(self, random: np.random.Generator, task: str | None = None) -> tuple[Chart, Asked]:
        """A chart and a question about it; nothing is drawn."""
        chosen = TASKS[task or pick(random, self.tasks)]
        wanted = chosen.draw(random)
        while True:
            made = chosen.build(random, wanted)
            if made is not None:
                return made

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        chart, asked = self.compose(random)
        picture = draw_chart(chart, int(random.integers(self.side[0], self.side[1] + 1)), random)
        scene = digest(chart.content())
        real = chart.table or chart.points
        assert real is not None
        return candidate(
            asked,
            picture,
            f"scene:{scene}",
            source=self.name,
            licence=real.licence,
            made=f"source {self.name}: {split} {index}, {chart.kind} of {real.source}, scene {scene}",
            category="real-world",
            origin="synthetic",
            domain="data analysis",
            discipline="statistics",
            extra={"chart": chart.kind},
        )
