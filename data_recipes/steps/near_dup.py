"""Near-duplicates: MinHash over shingles of five words (five characters of Chinese), every pair confirmed by true Jaccard.

Groups are connected components: a group's first and last row may be less alike than the threshold. Rows with pictures are
compared only with rows that show the same; rendered texts are compared by what was drawn. `template` groups rows whose
texts are equal once numbers are masked: they are to be capped, not removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xxhash
from pydantic import Field

from data_recipes.dedup.groups import GatherStep, Passes, components, group_measure, keys_at, size_table
from data_recipes.dedup.minhash import SetFile, band_keys, permutations, sharing, shingle_sets, signatures
from data_recipes.dedup.origin import Origin, drawn_text, origin, picture_key
from data_recipes.dedup.text import mask, question_text, tokens
from data_recipes.row import Row, Shard
from data_recipes.sources.base import HELDOUT
from data_recipes.steps.base import Measures, Report


@dataclass(frozen=True)
class Sketch:
    """About 112 + 4 x words bytes a row."""

    keys: list[str]
    heldout: list[bool]
    bands: np.ndarray  # (bands, rows) uint64
    values: np.ndarray  # uint32, all shingle sets
    sizes: np.ndarray  # int64
    digests: np.ndarray  # uint64, of the shingle sets
    templates: np.ndarray  # uint64


@dataclass(frozen=True)
class Found:
    """Confirmed pairs that span every group, and how many were proposed."""

    left: np.ndarray
    right: np.ndarray
    jaccard: np.ndarray
    label: np.ndarray  # least row of the group of each row
    proposed: int
    confirmed: int


class NearDup(GatherStep):
    use: ClassVar[str] = "near_dup"
    measured: ClassVar[Mapping[str, str]] = {
        "group": "key of the first row of the group of near-duplicates; null for one that is alone. Evidence: the nearest row, its Jaccard",
        "in_heldout": "a training row whose group has a held-out row",
        "template": "name of the template (text with masked numbers); null for a row that is alone in it",
    }

    jaccard: float = Field(default=0.7, gt=0.0, le=1.0, description="share of common shingles from which two texts are near-duplicates")
    ngram: int = Field(default=5, ge=1, description="words in a shingle")
    bands: int = Field(default=14, ge=1)
    rows_per_band: int = Field(default=8, ge=1)
    seed: int = Field(default=0, description="of the permutations")

    def sketch(self, shard: Shard) -> Sketch:
        texts = ["\n".join(filter(None, (question_text(row.problem), drawn_text(row)))) for row in shard.rows]
        salts = np.array([_salt(row) for row in shard.rows], dtype=np.uint64)
        words = [tokens(text) for text in texts]
        sets = shingle_sets(words, self.ngram, salts)
        factors, summands = permutations(self.bands * self.rows_per_band, self.seed)
        keys = band_keys(signatures(sets, factors, summands), self.bands, self.rows_per_band)
        masked = (f"{salt}\n{mask(of)}" for salt, of in zip(salts, words, strict=True))
        templates = np.array([xxhash.xxh3_64_intdigest(text) for text in masked], dtype=np.uint64)
        heldout = [row.split == HELDOUT for row in shard.rows]
        return Sketch([row.key for row in shard.rows], heldout, keys, sets.values, sets.sizes, sets.digests, templates)

    def gather(self, passes: Passes, folder: Path) -> dict[str, Any]:
        columns = _spill(passes, folder, self.bands)
        found = near_groups(folder, columns.sizes, columns.digests, self.bands, self.jaccard)
        grouped = np.unique(np.concatenate([found.left, found.right]))
        names = keys_at(passes, grouped, lambda sketch, at: (sketch.keys[at], sketch.heldout[at]))
        values, counts = np.unique(columns.templates, return_counts=True)
        shared = counts > 1
        sizes = np.bincount(found.label[grouped])[np.unique(found.label[grouped])] if len(grouped) else np.zeros(0, int)
        report = Report(
            [
                ("Near-duplicates by group size", ["rows in a group", "groups", "rows"], size_table(sizes.tolist())),
                ("Templates by size", ["rows of a template", "templates", "rows"], size_table(counts[shared].tolist())),
            ],
            [
                f"{found.proposed} pairs share a band or are equal, {found.confirmed} have a Jaccard of at least {self.jaccard:g}. "
                f"A pair of Jaccard {self.jaccard:g} is proposed with a probability of {self._proposed(self.jaccard):.2f}, "
                f"one of 0.9 with {self._proposed(0.9):.4f}."
            ],
        )
        return {
            "rows": _nearest(found, names),
            "templates": [f"{int(value):016x}" for value in values[shared]],
            "report": report.to_dict(),
        }

    def _proposed(self, jaccard: float) -> float:
        return 1 - (1 - jaccard**self.rows_per_band) ** self.bands

    def rows(self, found: Mapping[str, Any], sketch: Sketch, start: int) -> list[Measures]:
        shared = set(found["templates"])
        out: list[Measures] = []
        for at, value in enumerate(sketch.templates.tolist()):
            measures = found["rows"].get(str(start + at)) or {"group": group_measure(None), "in_heldout": {"value": False}}
            name = f"{value:016x}"
            out.append({**measures, "template": {"value": name if name in shared else None}})
        return out


@dataclass(frozen=True)
class Columns:
    sizes: np.ndarray
    digests: np.ndarray
    templates: np.ndarray


def _salt(row: Row) -> int:
    """Rows that show different pictures share no shingle; rendered ones are told apart by the text that is drawn, where it is known."""
    if origin(row) is Origin.RENDERED and drawn_text(row):
        return xxhash.xxh3_64_intdigest("rendered")
    return xxhash.xxh3_64_intdigest(picture_key(row))


def _spill(passes: Passes, folder: Path, bands: int) -> Columns:
    """Bands and sets to files, one file a band: memory holds three columns and one band at a time."""
    sizes, digests, templates = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    handles = [(folder / f"band-{band}").open("wb") for band in range(bands)]
    with (folder / "sets").open("wb") as sets:
        for sketch in passes():
            for handle, keys in zip(handles, sketch.bands, strict=True):
                handle.write(keys.tobytes())
            sets.write(sketch.values.tobytes())
            sizes.append(sketch.sizes)
            digests.append(sketch.digests)
            templates.append(sketch.templates)
    for handle in handles:
        handle.close()
    return Columns(np.concatenate(sizes), np.concatenate(digests), np.concatenate(templates))


def near_groups(folder: Path, sizes: np.ndarray, digests: np.ndarray, bands: int, threshold: float) -> Found:
    """Groups of documents whose band keys and shingle sets lie in `folder` ("band-0" …, "sets").

    Equal sets are joined first and stand for each other, so a hundred copies cost no more than one. Then band by band:
    pairs that share a band and are not yet in one group are confirmed and joined.
    """
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    order = np.argsort(first)
    firsts = first[order]  # rows that stand for all with the same set, in order of rows
    copies = np.flatnonzero(first[inverse] != np.arange(len(digests)))
    left, right = [first[inverse][copies]], [copies]
    jaccard = [np.ones(len(copies))]
    proposed = len(copies)
    label = components(len(digests), left[0], right[0])
    sets = SetFile(folder / "sets", sizes)
    for band in range(bands):
        keys = np.fromfile(folder / f"band-{band}", dtype=np.uint64)[firsts]
        stages = _stages(keys)
        for one, other in stages:
            one, other = firsts[one], firsts[other]
            apart = label[one] != label[other]
            one, other = one[apart], other[apart]
            alike = sets.jaccard(one, other)
            proposed += len(one)
            good = alike >= threshold
            if good.any():
                left.append(one[good])
                right.append(other[good])
                jaccard.append(alike[good])
                label = components(len(digests), np.concatenate(left), np.concatenate(right))
    sets.close()
    edges = np.concatenate(left), np.concatenate(right), np.concatenate(jaccard)
    return Found(*edges, label, proposed, len(edges[0]))


def _stages(keys: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Neighbours in a bucket, then all others at once: most of the others are in one group by then."""
    pairs = list(sharing(keys))
    if len(pairs) < 2:
        return pairs
    further = pairs[1:]
    return [pairs[0], (np.concatenate([pair[0] for pair in further]), np.concatenate([pair[1] for pair in further]))]


def _nearest(found: Found, names: Mapping[int, tuple[str, bool]]) -> dict[str, Measures]:
    """Measures of the rows in groups: the group's first row, and the most similar confirmed partner, the earliest among equals."""
    ends = np.concatenate([found.left, found.right])
    others = np.concatenate([found.right, found.left])
    alike = np.concatenate([found.jaccard, found.jaccard])
    order = np.lexsort((others, -alike, ends))
    rows, at = np.unique(ends[order], return_index=True)
    leaked: dict[int, str] = {}
    for row in rows.tolist():
        if names[row][1]:
            leaked.setdefault(int(found.label[row]), names[row][0])
    out: dict[str, Measures] = {}
    for row, best in zip(rows.tolist(), order[at].tolist(), strict=True):
        group = int(found.label[row])
        leak = leaked.get(group) if not names[row][1] else None
        out[str(row)] = {
            "group": group_measure(names[group][0], matched=names[int(others[best])][0], jaccard=round(float(alike[best]), 4)),
            "in_heldout": {"value": False} if leak is None else {"value": True, "matched": leak},
        }
    return out
