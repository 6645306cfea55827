"""Pairs into groups, and the base of the steps that compare every row with every other."""

from __future__ import annotations

import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from data_recipes.row import ShardRef
from data_recipes.steps.base import Context, GlobalStep, Measure, Measures, Report, StepOutput
from openk15.seeds import digest

Passes = Callable[[], Iterator[Any]]  # the sketches of all shards from the first on, each time it is called


class GatherStep(GlobalStep):
    """A global step whose memory does not hold the rows: sketches stream, `gather` finds little, measures are made shard by shard."""

    @abstractmethod
    def gather(self, passes: Passes, folder: Path) -> dict[str, Any]:
        """JSON-able: what rows share, and {"report": …}. `folder` is for files of its own, removed afterwards."""

    @abstractmethod
    def rows(self, found: Mapping[str, Any], sketch: Any, start: int) -> list[Measures]:
        """Measures of the rows of one shard; its first row is number `start` of all."""

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        name = self.fingerprint()
        context.cache.folder.mkdir(parents=True, exist_ok=True)

        def passes() -> Iterator[Any]:
            return context.cache.mapped(digest(name, "sketch"), partial(sketch_of, self), shards, context.executor)

        def gathered() -> Any:
            with _workspace(context.cache.folder) as folder:
                return self.gather(passes, folder)

        found = context.cache.once(digest(name, [shard.digest for shard in shards]), gathered)
        return StepOutput(self._measures(found, passes), lambda: Report.from_dict(found["report"]))

    def combine(self, shards: Sequence[ShardRef], sketches: Sequence[Any]) -> tuple[list[list[Measures]], Report]:
        with _workspace(None) as folder:
            found = self.gather(lambda: iter(sketches), folder)
        return list(self._measures(found, lambda: iter(sketches))), Report.from_dict(found["report"])

    def _measures(self, found: Mapping[str, Any], passes: Passes) -> Iterator[list[Measures]]:
        start = 0
        for sketch in passes():
            rows = self.rows(found, sketch, start)
            yield rows
            start += len(rows)


class _workspace:
    """A folder for spilled columns, removed on leaving."""

    def __init__(self, parent: Path | None):
        self._parent = parent

    def __enter__(self) -> Path:
        self._path = Path(tempfile.mkdtemp(prefix="gather-", dir=self._parent))
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


def sketch_of(step: GlobalStep, shard: ShardRef) -> Any:
    return step.sketch(shard.open())


def components(size: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """For each of `size` nodes the least node that it is connected with (itself when alone), int64."""
    label = np.arange(size, dtype=np.int64)
    if not len(left):
        return label
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    ones = np.ones(len(left), dtype=np.int8)
    graph = coo_array((ones, (ends[: len(left)], ends[len(left) :])), shape=(len(nodes), len(nodes)))
    count, of = connected_components(graph, directed=False)
    least = np.full(count, size, dtype=np.int64)
    np.minimum.at(least, of, nodes.astype(np.int64))
    label[nodes] = least[of]
    return label


def repeated(keys: np.ndarray) -> np.ndarray:
    """Whether the key occurs more than once, for each key."""
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[inverse] > 1


def keys_at(passes: Passes, wanted: np.ndarray, take: Callable[[Any, int], Any]) -> dict[int, Any]:
    """{row number: take(sketch, place in it)} for the wanted row numbers (sorted); one pass, only these are held."""
    out: dict[int, Any] = {}
    if not len(wanted):
        return out
    start = at = 0
    for sketch in passes():
        end = start + len(sketch.keys)
        while at < len(wanted) and wanted[at] < end:
            out[int(wanted[at])] = take(sketch, int(wanted[at]) - start)
            at += 1
        start = end
    return out


def group_measure(first: str | None, **evidence: Any) -> Measure:
    """A group is named by the key of its first row; a row that is alone has none."""
    return {"value": first, **evidence} if first is not None else {"value": None}


def size_table(sizes: Sequence[int]) -> list[list[Any]]:
    """[group size, groups, rows] for the card, sizes beyond 10 in bins."""
    bins = [(2, 2), (3, 3), (4, 5), (6, 10), (11, 100), (101, None)]
    rows: list[list[Any]] = []
    for low, high in bins:
        inside = [size for size in sizes if size >= low and (high is None or size <= high)]
        if inside:
            label = str(low) if low == high else f"{low}-{high}" if high else f"over {low - 1}"
            rows.append([label, len(inside), sum(inside)])
    return rows
