"""One shard against the benchmarks: a pure function that travels to workers with the questions in it, packed.

A worker unpacks and indexes the questions once; nothing is read from the benchmark's files there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data_recipes.contamination.corpus import Corpus
from data_recipes.contamination.index import Findings, Index
from data_recipes.contamination.judge import Bounds, Evidence, in_text, measures, of_picture, of_reading
from data_recipes.contamination.pictures import looks, nearest, reader
from data_recipes.dedup.embed import text_vectors
from data_recipes.dedup.origin import Origin, drawn_text, made_of, origin
from data_recipes.dedup.text import asking, question_text
from data_recipes.row import Row, Shard, ShardRef
from data_recipes.steps.base import Measures

PROMPT, DRAWN, READ = "prompt", "drawn text", "text in the picture"


@dataclass(frozen=True)
class Settings:
    ngram: int
    any_ngram: int
    fuzz_below: int
    bounds: Bounds
    read_pictures: bool
    model: Path | None = None


@dataclass
class Look:
    """Called with a shard, gives the measures of its rows. `key` names the questions; `packed` is made when it is pickled."""

    settings: Settings
    key: str
    corpus: Callable[[], Corpus] | None = None
    packed: bytes | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, object]:
        if self.packed is None:
            assert self.corpus is not None
            self.packed = self.corpus().pack()
        return {"settings": self.settings, "key": self.key, "corpus": None, "packed": self.packed}

    def __call__(self, shard: ShardRef) -> list[Measures]:
        return self.shard(shard.open())

    def shard(self, shard: Shard) -> list[Measures]:
        index, settings = self.index(), self.settings
        reads = reader() if settings.read_pictures else None
        forms: list[tuple[int, str, str]] = []
        unread: list[int] = []
        for number, row in enumerate(shard.rows):
            texts, missed = _texts(row, shard, reads)
            forms += [(number, where, text) for where, text in texts if text.strip()]
            unread.append(missed)
        messages = [asking(shard.rows[number].problem) if where == PROMPT else [] for number, where, _ in forms]
        found = index.search([text for _, _, text in forms], messages)
        near = self._near(index, forms, found)
        evidence: list[list[Evidence]] = [[] for _ in shard.rows]
        texts_of: list[dict[str, Findings]] = [{} for _ in shard.rows]
        for (number, where, text), findings, extra in zip(forms, found, near, strict=True):
            texts_of[number][where] = findings
            evidence[number] += in_text(findings, where, index.corpus, settings.bounds) + extra
            if where == READ:
                evidence[number] += of_reading(index.read(text, settings.bounds.review_read), index.corpus, settings.bounds)
        known = np.array(index.corpus.looks, dtype=np.uint64)
        for number, row in enumerate(shard.rows):
            # a tag is what somebody says; only the keys that our own drawing leaves show that a picture was drawn here
            if not made_of(row):
                evidence[number] += self._pictures(row, shard, index.corpus, known)
        return [
            measures(evidence[number], texts_of[number], index.corpus, settings.ngram, unread[number], settings.bounds)
            for number in range(len(shard.rows))
        ]

    def index(self) -> Index:
        """Built once in a process."""
        if self.key not in _INDEX:
            _INDEX.clear()
            corpus = self.corpus() if self.corpus is not None else Corpus.unpack(self.packed or b"")
            settings = self.settings
            _INDEX[self.key] = Index(corpus, settings.ngram, settings.any_ngram, settings.fuzz_below, settings.bounds.fuzz)
        return _INDEX[self.key]

    def _pictures(self, row: Row, shard: Shard, corpus: Corpus, known: np.ndarray) -> list[Evidence]:
        out: list[Evidence] = []
        for name in row.problem.images:
            best = nearest(looks(shard.images[name], f"row {row.key}"), known)
            if best is not None:
                out += of_picture(corpus.items[corpus.shown_in[best[0]]], best[1], self.settings.bounds)
        return out

    def _near(self, index: Index, forms: list[tuple[int, str, str]], found: list[Findings]) -> list[list[Evidence]]:
        """By meaning, for texts too short for an n-gram; to review only."""
        out: list[list[Evidence]] = [[] for _ in forms]
        model, bounds = self.settings.model, self.settings.bounds
        short = [at for at, findings in enumerate(found) if 0 < findings.words < self.settings.fuzz_below]
        if model is None or not short or not len(index.short):
            return out
        key = f"{self.key} {model}"
        if key not in _VECTORS:
            _VECTORS.clear()
            _VECTORS[key] = text_vectors(model, [index.corpus.texts[at] for at in index.short])
        scores = text_vectors(model, [forms[at][2] for at in short]) @ _VECTORS[key].T
        for at, best, value in zip(short, scores.argmax(axis=1).tolist(), scores.max(axis=1).tolist(), strict=True):
            if round(value, 4) >= bounds.cosine:
                text = index.short[best]
                item = index.corpus.items[index.corpus.of[text]]
                out[at].append(
                    Evidence("meaning", item, forms[at][1], False, round(value, 4), bounds.cosine, index.corpus.texts[text][:240])
                )
        return out


_INDEX: dict[str, Index] = {}
_VECTORS: dict[str, np.ndarray] = {}


def _texts(row: Row, shard: Shard, reads: Callable[[bytes], str] | None) -> tuple[list[tuple[str, str]], int]:
    """The texts of a row by where they stand, and the number of its pictures whose text nobody knows."""
    texts = [(PROMPT, question_text(row.problem))]
    drawn = drawn_text(row)
    if drawn:
        texts.append((DRAWN, drawn))
    scene = origin(row) is Origin.SYNTHETIC and bool(made_of(row))
    if not row.problem.images or scene or drawn:
        return texts, 0
    if reads is None:
        return texts, len(row.problem.images)
    read = [reads(shard.images[name]) for name in row.problem.images]
    return [*texts, (READ, "\n".join(read))], 0
