"""The questions of all benchmarks as one record that travels to workers: texts, picture hashes, and what cannot be checked.

A question has two texts, without and with its choices. Its text does not stand for it, and is left out, where it is short
and belongs to a picture ("Find x."), or where several questions of one benchmark have it ("Which of these is true?").
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import zstandard

from data_recipes.contamination.pictures import CUTS, looks
from data_recipes.contamination.registry import Benchmark, Question, questions
from data_recipes.dedup.text import tokens

_PLACE = re.compile(r"<image\d*>")


@dataclass(frozen=True)
class Item:
    benchmark: str
    id: str
    pictured: bool


@dataclass(frozen=True)
class Tally:
    """Of one benchmark."""

    questions: int = 0
    short: int = 0  # fewer words than an n-gram has, choices included
    by_picture: int = 0  # judged by the picture alone: the text is short and belongs to it
    shared: int = 0  # the question's text is that of others too: judged with its choices only
    unanswered: int = 0
    pictures: int = 0
    missing: int = 0  # pictures that are not there


@dataclass(frozen=True)
class Corpus:
    items: list[Item] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    of: list[int] = field(default_factory=list)  # item of each text
    looks: list[int] = field(default_factory=list)  # pHashes of the pictures, several of each
    shown_in: list[int] = field(default_factory=list)  # item of each pHash
    tallies: dict[str, Tally] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Corpus:
        tallies = {name: Tally(**tally) for name, tally in row["tallies"].items()}
        return cls(**{**row, "items": [Item(**item) for item in row["items"]], "tallies": tallies})

    def pack(self) -> bytes:
        return zstandard.compress(json.dumps(self.to_dict(), ensure_ascii=False).encode())

    @classmethod
    def unpack(cls, data: bytes) -> Corpus:
        return cls.from_dict(json.loads(zstandard.decompress(data)))


def collect(found: Sequence[Benchmark], ngram: int) -> Corpus:
    """Read every question of the benchmarks."""
    corpus = Corpus()
    for benchmark in found:
        asked = list(questions(benchmark))
        texts = [_PLACE.sub(" ", question.text).strip() for question in asked]
        split = [tokens(text) for text in texts]
        usage = Counter(" ".join(words) for words in split)
        tally = dict.fromkeys((part.name for part in fields(Tally)), 0)
        for question, text, words in zip(asked, texts, split, strict=True):
            _add(corpus, question, text, words, usage[" ".join(words)], ngram, tally)
        corpus.tallies[benchmark.name] = Tally(**tally)
    return corpus


def _add(corpus: Corpus, question: Question, text: str, words: list[str], usage: int, ngram: int, tally: dict[str, int]) -> None:
    number, pictured = len(corpus.items), bool(question.pictures or question.missing)
    corpus.items.append(Item(question.benchmark, question.id, pictured))
    full = "\n".join((text, *question.choices)) if question.choices else text
    by_picture = pictured and len(words) < ngram
    shared = usage > 1 and not by_picture
    short = len(words) < ngram and (not question.choices or len(tokens(full)) < ngram)
    counted = {"questions": 1, "short": short, "by_picture": by_picture, "shared": shared, "unanswered": not question.answered}
    for name, count in {**counted, "pictures": len(question.pictures), "missing": question.missing}.items():
        tally[name] += int(count)
    if not by_picture:
        for form in dict.fromkeys(([] if shared and question.choices else [text]) + [full]):
            corpus.texts.append(form)
            corpus.of.append(number)
    for path in question.pictures:
        seen = looks(path.read_bytes(), str(path), CUTS)
        corpus.looks.extend(seen)
        corpus.shown_in.extend([number] * len(seen))
