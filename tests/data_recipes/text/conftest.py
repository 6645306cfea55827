"""Rows out of a text, and one step over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from data_recipes.problem import Problem, Solution
from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measures, RowStep, make_step
from multimodal.messages import Message, Part, Role, user
from rewards.verdict import Answer

MakeRow = Callable[..., Row]
MeasureText = Callable[..., Measures]


def row_of(
    text: str,
    answer: Answer | None = None,
    *,
    images: Sequence[str] = (),
    solution: str = "",
    tags: Mapping[str, str] | None = None,
    raw: Mapping[str, Any] | None = None,
    key: str = "test/1",
) -> Row:
    parts = [Part(image=name) for name in images] + ([Part(text=text)] if text or not images else [])
    all_tags = {"modality": "image-text" if images else "text", "source": "test", "grade": "1", **(tags or {})}
    system = Message(Role.SYSTEM, (Part(text="You answer which of the following questions are asked."),))
    solutions = (Solution(solution, "reasoned"),) if solution else ()
    return Row(key, "train", Problem((system, user(*parts)), answer or Answer("math", "42"), all_tags, solutions), raw=raw or {})


@pytest.fixture
def make_row() -> MakeRow:
    return row_of


@pytest.fixture
def measure() -> MeasureText:
    """Measures of one row by the step of that name; other arguments are `row_of`'s."""

    def run(step: str, text: str, answer: Answer | None = None, options: Mapping[str, Any] | None = None, **rest: Any) -> Measures:
        made = make_step(step, options or {})
        assert isinstance(made, RowStep)
        (found,) = made.measure(Shard((row_of(text, answer, **rest),), {}))
        assert set(found) <= set(type(made).measured), f"{step} measures more than it declares"
        return found

    return run
