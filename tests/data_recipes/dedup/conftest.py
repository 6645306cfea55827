"""Rows, shards on disk and a run of one step over them, as a build does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from data_recipes.cache import StageCache
from data_recipes.executor import LocalExecutor
from data_recipes.problem import Problem
from data_recipes.row import Row, batched, write_shard
from data_recipes.steps.base import Context, Measures, Report, make_step
from multimodal.images import image_digest
from multimodal.messages import Part, user
from rewards.verdict import Answer

Run = Callable[..., tuple[list[Measures], Report]]


MakeRow = Callable[..., Row]


def _row(
    key: str,
    text: str,
    answer: str = "1",
    *,
    split: str = "train",
    pictures: Sequence[bytes] = (),
    keys: Sequence[str] = (),
    raw: Mapping[str, Any] | None = None,
    **tags: str,
) -> Row:
    parts = [*(Part(image=image_digest(data)) for data in pictures), Part(text=text)]
    modality = "image-text" if pictures else "text"
    problem = Problem((user(*parts),), Answer("exact", answer), {"modality": modality, "source": "test", "grade": "1", **tags})
    return Row(key, split, problem, tuple(keys), raw or {})


@pytest.fixture
def make_row() -> MakeRow:
    """make_row(key, text, answer, split=, pictures=, keys=, raw=, **tags)."""
    return _row


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Measures of all rows in order, and the report; shards of `size` rows."""

    def measure(
        name: str,
        rows: Sequence[Row],
        pictures: Sequence[bytes] = (),
        size: int = 3,
        workers: int = 1,
        folder: str = "cache",
        **options: Any,
    ) -> tuple[list[Measures], Report]:
        images = {image_digest(data): data for data in pictures}
        shards = [write_shard(tmp_path / f"shards-{size}", at, batch, images, "test") for at, batch in enumerate(batched(rows, size))]
        executor = LocalExecutor(workers)
        step = make_step(name, options)
        step.check()
        output = step.run(shards, Context(executor, StageCache(tmp_path / folder), 0, lambda shard: [True] * shard.rows, lambda shard: []))
        found = [row for shard in output.measures for row in shard]
        executor.close()
        assert len(found) == len(rows)
        assert all(set(row) == set(type(step).measured) for row in found)
        return found, output.report()

    return measure
