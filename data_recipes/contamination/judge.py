"""From what was found in a row's texts and pictures to its measures: what is a hit, and what a person should look at.

hit      exact; 13-gram share at or over the bound; fuzzy with equal numbers and words; same picture; text read from a picture
review   number-changed copies, other fuzzy matches, a short question inside the text, a similar picture, a near meaning
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_recipes.contamination.corpus import Corpus, Item
from data_recipes.contamination.index import Findings, Match
from data_recipes.steps.base import Measure, Measures


@dataclass(frozen=True)
class Bounds:
    fraction: float
    fuzz: float
    hit_bits: int
    review_bits: int
    hit_read: float  # ratio of a text read from a picture
    review_read: float
    cosine: float


@dataclass(frozen=True)
class Evidence:
    """One thing found: by which rule, where in the row, in which question."""

    rule: str
    item: Item
    where: str
    certain: bool
    value: float
    threshold: float
    span: str = ""

    def to_dict(self) -> dict[str, Any]:
        found = {"rule": self.rule, "benchmark": self.item.benchmark, "item": self.item.id, "where": self.where}
        return {**found, "measured": self.value, "threshold": self.threshold, **({"span": self.span} if self.span else {})}


def in_text(found: Findings, where: str, corpus: Corpus, bounds: Bounds) -> list[Evidence]:
    """Evidence of one text, strongest rule first."""
    out: list[Evidence] = []

    def add(rule: str, match: Match | None, certain: bool, threshold: float) -> None:
        if match is not None:
            out.append(Evidence(rule, corpus.items[corpus.of[match.text]], where, certain, match.value, threshold, match.span))

    add("exact", found.exact, True, 1.0)
    if found.grams is not None and found.grams.value >= bounds.fraction:
        add("13-gram", found.grams, True, bounds.fraction)
    add("fuzzy", found.fuzzy, found.fuzzy is not None and found.fuzzy.certain, bounds.fuzz)
    add("template", found.template, False, 1.0)
    add("contains", found.contains, False, 8.0)
    return out


def of_picture(item: Item, bits: int, bounds: Bounds) -> list[Evidence]:
    if bits > bounds.review_bits:
        return []
    certain = bits <= bounds.hit_bits
    return [Evidence("picture", item, "picture", certain, float(bits), float(bounds.hit_bits if certain else bounds.review_bits))]


def of_reading(match: Match | None, corpus: Corpus, bounds: Bounds) -> list[Evidence]:
    if match is None:
        return []
    certain = match.value >= bounds.hit_read
    threshold = bounds.hit_read if certain else bounds.review_read
    return [
        Evidence("picture text", corpus.items[corpus.of[match.text]], "text in the picture", certain, match.value, threshold, match.span)
    ]


def measures(
    evidence: Sequence[Evidence], texts: Mapping[str, Findings], corpus: Corpus, ngram: int, unread: int, bounds: Bounds
) -> Measures:
    """All measures of one row."""
    certain = next((found for found in evidence if found.certain), None)
    doubtful = [found for found in evidence if not found.certain]
    review: Measure = {"value": False}
    if certain is None and doubtful:
        review = {"value": True, **doubtful[0].to_dict()}
        more = sorted({found.rule for found in doubtful[1:]} - {doubtful[0].rule})
        if more:
            review["also"] = more
    longest = max((found.words for found in texts.values()), default=0)
    return {
        "hit": {"value": False} if certain is None else {"value": True, **certain.to_dict()},
        "review": review,
        "overlap": _best([(where, found.grams) for where, found in texts.items()], corpus, bounds.fraction),
        "any8": _any([(where, found.any8) for where, found in texts.items()], corpus),
        "short": {"value": longest < ngram, "words": longest, "threshold": ngram},
        "unread": {"value": unread},
    }


def _best(found: Sequence[tuple[str, Match | None]], corpus: Corpus, threshold: float) -> Measure:
    matches = [(where, match) for where, match in found if match is not None]
    if not matches:
        return {"value": 0.0}
    where, match = max(matches, key=lambda pair: pair[1].value)
    return {"value": match.value, "threshold": threshold, "where": where, **_named(match, corpus)}


def _any(found: Sequence[tuple[str, Match | None]], corpus: Corpus) -> Measure:
    matches = [(where, match) for where, match in found if match is not None]
    if not matches:
        return {"value": False}
    where, match = max(matches, key=lambda pair: pair[1].value)
    return {"value": True, "windows": int(match.value), "where": where, **_named(match, corpus)}


def _named(match: Match, corpus: Corpus) -> dict[str, Any]:
    item = corpus.items[corpus.of[match.text]]
    return {"benchmark": item.benchmark, "item": item.id, "span": match.span}
