"""Duplicate pictures, by the key that fits their origin: the drawn text and template, the scene, or for real pictures what they look like.

A perceptual hash of a rendered text says how much is written, not what: it is never asked. Real pictures are compared on white,
at most `distance` of 64 bits apart; with a `model` (an image model's folder) such a pair must also have that cosine. Two pages
whose text was read (source `pages`) must also say the same: filled forms look alike.
Rows with several pictures are duplicates when all of them are, in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xxhash
from pydantic import Field

from data_recipes.dedup.embed import check_folder, image_vectors, model_files
from data_recipes.dedup.groups import GatherStep, Passes, components, group_measure, keys_at, size_table
from data_recipes.dedup.origin import Origin, made_of, origin, read_text
from data_recipes.dedup.phash import distance, near_pairs, phash
from data_recipes.dedup.text import normalise
from data_recipes.row import Row, Shard
from data_recipes.sources.base import HELDOUT
from data_recipes.steps.base import Measures, Report


@dataclass(frozen=True)
class Sketch:
    keys: list[str]
    heldout: list[bool]
    kinds: list[str]  # key that fits: "text", "scene", "phash", "file", "" without pictures
    exact: np.ndarray  # uint64; 0 where pHash decides or there is no picture
    hashes: list[list[int]]  # pHash of each picture, in order; empty where an exact key decides
    read: np.ndarray  # uint64: the words read from a page; 0 where nothing was
    vectors: list[np.ndarray]  # embeddings of the pictures where a model is given


Looks = tuple[tuple[int, ...], int]  # pHash of each picture, in order; the words read from them


class ImageDedup(GatherStep):
    use: ClassVar[str] = "image_dedup"
    measured: ClassVar[Mapping[str, str]] = {
        "group": "key of the first row with the same pictures; null for one that is alone. Evidence: the key used, the matched row, bits",
        "in_heldout": "a training row whose pictures are also in the held-out split",
    }

    distance: int = Field(default=2, ge=0, le=16, description="bits of 64 in which hashes of two real pictures may differ")
    model: Path | None = Field(default=None, description="folder of an image model (AutoModel); none: pHash alone decides")
    cosine: float = Field(default=0.95, ge=-1.0, le=1.0, description="least cosine of a pair that pHash proposes, with a model")

    def inputs(self) -> Sequence[Path]:
        return model_files(self.model)

    def check(self) -> None:
        check_folder(self.use, self.model)

    def sketch(self, shard: Shard) -> Sketch:
        kinds, exact, hashes, read, vectors = [], [], [], [], []
        for row in shard.rows:
            kind, key = _exact_key(row)
            looked_at = [] if kind != "phash" else [shard.images[name] for name in row.problem.images]
            kinds.append(kind)
            exact.append(key)
            hashes.append([phash(data, f"row {row.key}") for data in looked_at])
            read.append(_words_key(row) if looked_at else 0)
            vectors.append(image_vectors(self.model, looked_at) if self.model is not None and looked_at else np.zeros((0, 0), np.float32))
        heldout = [row.split == HELDOUT for row in shard.rows]
        keys = [row.key for row in shard.rows]
        return Sketch(keys, heldout, kinds, np.array(exact, dtype=np.uint64), hashes, np.array(read, dtype=np.uint64), vectors)

    def gather(self, passes: Passes, folder: Path) -> dict[str, Any]:
        exact = np.concatenate([np.zeros(0, np.uint64), *(sketch.exact for sketch in passes())])
        edges = [_equal(exact)]
        counts = dict.fromkeys(("text", "scene", "file", "phash"), 0)
        looks: dict[int, Looks] = {}
        start = 0
        for sketch in passes():
            for at, (kind, own, words) in enumerate(zip(sketch.kinds, sketch.hashes, sketch.read.tolist(), strict=True)):
                if kind:
                    counts[kind] += 1
                if own:
                    looks[start + at] = (tuple(own), words)
            start += len(sketch.keys)
        edges.append(self._alike(looks, passes))
        left, right, apart = (np.concatenate(parts) for parts in zip(*edges, strict=True))
        label = components(len(exact), left, right)
        grouped = np.unique(np.concatenate([left, right]))
        names = keys_at(passes, grouped, lambda sketch, at: (sketch.keys[at], sketch.heldout[at], sketch.kinds[at]))
        sizes = np.unique(label[grouped], return_counts=True)[1].tolist()
        report = Report(
            [("Rows with the same pictures by group size", ["rows in a group", "groups", "rows"], size_table(sizes))],
            [
                f"Keys used: drawn text {counts['text']} rows, scene {counts['scene']}, file {counts['file']} "
                f"(drawn, but the source names neither text nor scene), look {counts['phash']} "
                f"(real pictures, at most {self.distance} of 64 bits apart"
                + (f", cosine at least {self.cosine:g})." if self.model is not None else ", no embedding check).")
            ],
        )
        return {"rows": _describe(left, right, apart, label, names), "report": report.to_dict()}

    def rows(self, found: Mapping[str, Any], sketch: Sketch, start: int) -> list[Measures]:
        alone = {"group": group_measure(None), "in_heldout": {"value": False}}
        return [found["rows"].get(str(start + at)) or alone for at in range(len(sketch.keys))]

    def _alike(self, looks: Mapping[int, Looks], passes: Passes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Edges between rows of real pictures: (row, row, bits apart). Rows that look and read the same stand for each other."""
        rows = np.array(sorted(looks), dtype=np.int64)
        firsts = np.array([looks[row][0][0] for row in rows.tolist()], dtype=np.uint64)
        values, inverse = np.unique(firsts, return_inverse=True)
        by_value: list[list[int]] = [[] for _ in values]
        for row, at in zip(rows.tolist(), inverse.tolist(), strict=True):
            by_value[at].append(row)
        chunks = [_equal_throughout(group, looks) for group in by_value]
        pairs = [(chunk[0], other) for group in chunks for chunk in group for other in chunk[1:]]
        leaders = [[chunk[0] for chunk in group] for group in chunks]
        pairs += [pair for group in leaders for pair in combinations(group, 2)]
        one, other, _ = near_pairs(values, self.distance)
        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            pairs += [(min(x, y), max(x, y)) for x in leaders[a] for y in leaders[b]]
        kept = [(a, b, bits) for a, b in pairs if (bits := _bits(looks[a], looks[b])) is not None and bits <= self.distance]
        if self.model is not None and kept:
            kept = self._confirmed(kept, passes)
        table = np.array(kept, dtype=np.int64).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    def _confirmed(self, pairs: list[tuple[int, int, int]], passes: Passes) -> list[tuple[int, int, int]]:
        wanted = np.unique(np.array([pair[:2] for pair in pairs]))
        vectors = keys_at(passes, wanted, lambda sketch, at: sketch.vectors[at])
        return [pair for pair in pairs if round(float((vectors[pair[0]] * vectors[pair[1]]).sum(axis=1).min()), 4) >= self.cosine]


def _exact_key(row: Row) -> tuple[str, int]:
    what = origin(row)
    if what is Origin.NONE:
        return "", 0
    if what is Origin.REAL:
        return "phash", 0
    made = made_of(row)
    template = row.problem.tags.get("template", "") if what is Origin.RENDERED else ""
    kind = ("text" if what is Origin.RENDERED else "scene") if made else "file"
    parts = sorted(made) if made else list(row.problem.images)
    return kind, xxhash.xxh3_64_intdigest("\n".join((kind, template, *parts))) or 1


def _equal(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.flatnonzero(keys)
    _, first, inverse = np.unique(keys[rows], return_index=True, return_inverse=True)
    later = np.flatnonzero(first[inverse] != np.arange(len(rows)))
    return rows[first[inverse][later]], rows[later], np.zeros(len(later), dtype=np.int64)


def _words_key(row: Row) -> int:
    words = normalise(read_text(row))
    return (xxhash.xxh3_64_intdigest(words) or 1) if words else 0


def _equal_throughout(rows: list[int], looks: Mapping[int, Looks]) -> list[list[int]]:
    """Chunks of rows whose hashes are equal picture by picture, and the words read from them."""
    chunks: dict[Looks, list[int]] = {}
    for row in rows:
        chunks.setdefault(looks[row], []).append(row)
    return list(chunks.values())


def _bits(left: Looks, right: Looks) -> int | None:
    """The greatest distance of the pictures at one place; None when the rows have not the same number of pictures, or other words
    were read from both."""
    (ours, own), (theirs, others) = left, right
    if len(ours) != len(theirs) or (own and others and own != others):
        return None
    return int(distance(np.array(ours, dtype=np.uint64), np.array(theirs, dtype=np.uint64)).max())


def _describe(
    left: np.ndarray, right: np.ndarray, apart: np.ndarray, label: np.ndarray, names: Mapping[int, tuple[str, bool, str]]
) -> dict[str, Measures]:
    nearest: dict[int, tuple[int, int]] = {}
    for one, other, bits in zip(left.tolist(), right.tolist(), apart.tolist(), strict=True):
        for row, partner in ((one, other), (other, one)):
            nearest[row] = min(nearest.get(row, (bits, partner)), (bits, partner))
    leaked: dict[int, str] = {}
    for row in sorted(nearest):
        if names[row][1]:
            leaked.setdefault(int(label[row]), names[row][0])
    out: dict[str, Measures] = {}
    for row, (bits, partner) in sorted(nearest.items()):
        group = int(label[row])
        evidence: dict[str, Any] = {"matched": names[partner][0], "by": names[row][2]}
        if names[row][2] == "phash":
            evidence["bits"] = bits
        leak = leaked.get(group) if not names[row][1] else None
        out[str(row)] = {
            "group": group_measure(names[group][0], **evidence),
            "in_heldout": {"value": False} if leak is None else {"value": True, "matched": leak},
        }
    return out
