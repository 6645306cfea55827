"""Near-duplicates by meaning: cosine of text embeddings of a sentence-embedding model that the user names.

What an embedding cannot tell apart may still be another question: two texts whose numbers differ are variants, counted as
such and never put into one group. Rows with pictures are compared only with rows that show the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xxhash
from pydantic import Field

from data_recipes.dedup.embed import check_folder, model_files, text_vectors
from data_recipes.dedup.groups import GatherStep, Passes, components, group_measure, keys_at, size_table
from data_recipes.dedup.origin import drawn_text, picture_key
from data_recipes.dedup.text import numbers, question_text
from data_recipes.row import Shard
from data_recipes.sources.base import HELDOUT
from data_recipes.steps.base import Measures, Report

BLOCK = 1024


@dataclass(frozen=True)
class Sketch:
    keys: list[str]
    heldout: list[bool]
    vectors: np.ndarray  # (rows, width) float32
    numbers: np.ndarray  # uint64, of the numbers in the text
    pictures: np.ndarray  # uint64, of what is shown


class EmbeddingDedup(GatherStep):
    use: ClassVar[str] = "embedding_dedup"
    measured: ClassVar[Mapping[str, str]] = {
        "group": "key of the first row of the group that means the same; null for a row that is alone",
        "cosine": "of the nearest other row that shows the same pictures; null when there is none above half of `cosine`",
        "variant": "the nearest row is as near as a duplicate but has other numbers: kept",
        "in_heldout": "a training row whose group has a held-out row",
    }

    model: Path = Field(description="folder of a sentence-embedding model in Hugging Face format; mean pooling")
    cosine: float = Field(default=0.95, gt=0.0, le=1.0, description="from here on two texts mean the same")
    nearest: int = Field(default=16, ge=1, description="neighbours of each row that are looked at")

    def inputs(self) -> Sequence[Path]:
        return model_files(self.model)

    def check(self) -> None:
        check_folder(self.use, self.model)

    def sketch(self, shard: Shard) -> Sketch:
        texts = ["\n".join(filter(None, (question_text(row.problem), drawn_text(row)))) for row in shard.rows]
        counted = [xxhash.xxh3_64_intdigest(" ".join(numbers(text))) for text in texts]
        shown = [xxhash.xxh3_64_intdigest(picture_key(row)) for row in shard.rows]
        heldout = [row.split == HELDOUT for row in shard.rows]
        vectors = text_vectors(self.model, texts)
        return Sketch([row.key for row in shard.rows], heldout, vectors, np.array(counted, np.uint64), np.array(shown, np.uint64))

    def gather(self, passes: Passes, folder: Path) -> dict[str, Any]:
        parts = [(sketch.vectors, sketch.numbers, sketch.pictures) for sketch in passes()]
        if not parts:
            return {"rows": {}, "report": Report().to_dict()}
        vectors, counted, shown = (np.concatenate(column) for column in zip(*parts, strict=True))
        left, right, alike = _joined(neighbours(vectors, shown, self.nearest, self.cosine / 2))
        close = alike >= self.cosine
        same = close & (counted[left] == counted[right])
        label = components(len(vectors), left[same], right[same])
        involved = np.unique(np.concatenate([left, right]))
        names = keys_at(passes, involved, lambda sketch, at: (sketch.keys[at], sketch.heldout[at]))
        sizes = np.unique(label[np.unique(np.concatenate([left[same], right[same]]))], return_counts=True)[1].tolist()
        report = Report(
            [("Groups of one meaning by size", ["rows in a group", "groups", "rows"], size_table(sizes))],
            [
                f"{int(same.sum())} pairs have a cosine of at least {self.cosine:g} and equal numbers; "
                f"{int((close & ~same).sum())} more have other numbers and stay."
            ],
        )
        return {"rows": self._describe(left, right, alike, same, label, names), "report": report.to_dict()}

    def rows(self, found: Mapping[str, Any], sketch: Sketch, start: int) -> list[Measures]:
        alone = {"group": group_measure(None), "cosine": {"value": None}, "variant": {"value": False}, "in_heldout": {"value": False}}
        return [found["rows"].get(str(start + at)) or alone for at in range(len(sketch.keys))]

    def _describe(
        self,
        left: np.ndarray,
        right: np.ndarray,
        alike: np.ndarray,
        same: np.ndarray,
        label: np.ndarray,
        names: Mapping[int, tuple[str, bool]],
    ) -> dict[str, Measures]:
        nearest: dict[int, tuple[float, int, bool]] = {}
        grouped: set[int] = set()
        for one, other, value, equal in zip(left.tolist(), right.tolist(), alike.tolist(), same.tolist(), strict=True):
            for row, partner in ((one, other), (other, one)):
                nearest[row] = min(nearest.get(row, (-value, partner, equal)), (-value, partner, equal))
                if equal:
                    grouped.add(row)
        leaked: dict[int, str] = {}
        for row in sorted(grouped):
            if names[row][1]:
                leaked.setdefault(int(label[row]), names[row][0])
        out: dict[str, Measures] = {}
        for row, (negative, partner, equal) in sorted(nearest.items()):
            matched, value = names[partner][0], -negative
            leak = leaked.get(int(label[row])) if row in grouped and not names[row][1] else None
            out[str(row)] = {
                "group": group_measure(names[int(label[row])][0], matched=matched, cosine=value) if row in grouped else group_measure(None),
                "cosine": {"value": value, "matched": matched, "threshold": self.cosine},
                "variant": {"value": value >= self.cosine and not equal, "matched": matched},
                "in_heldout": {"value": False} if leak is None else {"value": True, "matched": leak},
            }
        return out


def neighbours(vectors: np.ndarray, shown: np.ndarray, most: int, least: float) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(row, other, cosine to four digits) with row < other: of each row's `most` nearest, those of cosine `least` on that show the same.

    Block against block: memory grows with the rows, not with their square.
    """
    most = min(most, len(vectors) - 1)
    if most < 1:
        return
    for start in range(0, len(vectors), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(vectors)))
        values = np.full((len(rows), most), -2.0, dtype=np.float32)
        others = np.zeros((len(rows), most), dtype=np.int64)
        for begin in range(0, len(vectors), BLOCK):
            columns = np.arange(begin, min(begin + BLOCK, len(vectors)))
            scores = vectors[rows] @ vectors[columns].T
            scores[(rows[:, None] == columns) | (shown[rows][:, None] != shown[columns])] = -2.0
            values, others = _best(np.hstack([values, scores]), np.hstack([others, np.broadcast_to(columns, scores.shape)]), most)
        exact = np.round(values.astype(np.float64), 4)
        at, place = np.nonzero(exact >= least)
        one, other = rows[at], others[at, place]
        yield np.minimum(one, other), np.maximum(one, other), exact[at, place]


def _best(values: np.ndarray, others: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    top = np.argpartition(-values, most - 1, axis=1)[:, :most]
    return np.take_along_axis(values, top, axis=1), np.take_along_axis(others, top, axis=1)


def _joined(parts: Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs once, in order."""
    found = list(parts)
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    left, right, alike = (np.concatenate(column) for column in zip(*found, strict=True))
    _, first = np.unique(np.stack([left, right], axis=1), axis=0, return_index=True)
    return left[first], right[first], alike[first]
