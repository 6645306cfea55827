"""No template has a usual answer: the share of the most frequent one is bounded, over 500 questions each (charts: 100)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from data_recipes.sources import charts, clocks, diagrams, maps, matrices, rendered_text, worlds
from data_recipes.sources.drawn.asked import Asked

SAMPLES, SAMPLES_OF_CHARTS = 500, 100
# The most that one answer may have; 0.25 where nothing else is said. Three words answer `correlation`, five numbers the counts.
MOST = {"correlation": 0.48, "rises": 0.4, "series": 0.34, "above": 0.3, "steepest": 0.34, "extreme": 0.3, "compare": 0.27, "same": 0.27}
MOST |= {"inside": 0.27, "json_count": 0.27}
CASES = [
    *(("worlds", task) for task in worlds.Worlds.task_names),
    *(("matrices", task) for task in matrices.TASKS),
    *(("diagrams", task) for task in diagrams.Diagrams.task_names),
    *(("clocks", task) for task in clocks.TASKS),
    *(("maps", task) for task in maps.Maps.task_names),
    *(("charts", task) for task in charts.Charts.task_names),
    *(("rendered_text", task) for task in rendered_text.RenderedText.task_names),
]


def asked(source: str, task: str, random: np.random.Generator) -> Asked:
    if source == "worlds":
        return worlds.Worlds().compose(random, task)[2]
    if source == "matrices":
        return matrices.compose(task, random)[2]  # type: ignore[arg-type]
    if source == "diagrams":
        return diagrams.Diagrams().compose(random, task)[1]
    if source == "clocks":
        return clocks.compose(task, random)[1]  # type: ignore[arg-type]
    if source == "maps":
        return maps.Maps().compose(random, task)[1]
    if source == "charts":
        return charts.Charts().compose(random, task)[1]
    return rendered_text.RenderedText().compose(random, task).asked


@pytest.mark.parametrize(("source", "task"), CASES)
def test_no_template_has_a_usual_answer(source: str, task: str):
    random = np.random.default_rng(11)
    samples = SAMPLES_OF_CHARTS if source == "charts" else SAMPLES
    answers: Counter[str] = Counter()
    grades: set[int] = set()
    for _ in range(samples):
        made = asked(source, task, random)
        assert made.template == task
        answers[str(made.answer.reference)] += 1
        grades.add(min(5, max(1, made.grade)))
    assert answers.most_common(1)[0][1] / samples <= MOST.get(task, 0.25), answers.most_common(3)
    assert grades <= {1, 2, 3, 4, 5}
