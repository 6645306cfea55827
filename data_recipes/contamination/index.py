"""All benchmark texts in one index, and what of a given text is found in it.

    13-grams   shared 13-word windows, as a share of those of the shorter text: a whole question inside a longer row counts fully
    8-grams    any shared 8-word window
    exact      the whole text, one of its messages or lines is a question: punctuation, layout and what templates put around it aside
    fuzzy      likewise up to spelling (ratio), for texts so short that one changed word leaves no 13-gram
    template   likewise with other numbers
    contains   a question of 8 to 12 words stands somewhere in the text

Windows that more than `COMMON` texts share say nothing and are left out of the 13-gram rule.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xxhash
from rapidfuzz import fuzz, process

from data_recipes.contamination.corpus import Corpus
from data_recipes.contamination.wrapping import unwrapped
from data_recipes.dedup.minhash import grams, token_ids
from data_recipes.dedup.text import mask, numbers, tokens

COMMON = 20
LEAST_EXACT = 3  # words of a text that is found as a whole
LEAST_LINE = 6  # words of a line that is looked up by itself, whatever they are
LEAST_TEMPLATE = 6  # words beside the numbers
CONTAINED = range(8, 13)
SPELLING = 85  # ratio of two words that are one word ("list", "lists"), not two ("octagonal", "nonagonal")
FILLERS = frozenset(("a", "an", "the", "of", "given", "python", "please"))
SPAN = 240  # characters of a matched span that are kept


@dataclass(frozen=True, slots=True)
class Match:
    """`value` is what the rule measures: a share, a count, a ratio."""

    text: int  # number of the benchmark text
    value: float
    span: str
    certain: bool = True


@dataclass(slots=True)
class Findings:
    """Of one text; None where a rule found nothing."""

    words: int
    grams: Match | None = None
    any8: Match | None = None
    exact: Match | None = None
    fuzzy: Match | None = None
    template: Match | None = None
    contains: Match | None = None


class Postings:
    """Which texts have a window."""

    def __init__(self, ids: np.ndarray, lengths: np.ndarray, n: int, common: int | None):
        found = grams(ids, lengths, n)
        order = np.lexsort((found.of, found.hashes))
        hashes, of = found.hashes[order], found.of[order].astype(np.int32)
        fresh = np.ones(len(hashes), dtype=bool)
        fresh[1:] = (hashes[1:] != hashes[:-1]) | (of[1:] != of[:-1])
        hashes, of = hashes[fresh], of[fresh]
        if common is not None:
            _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
            rare = counts[inverse] <= common
            hashes, of = hashes[rare], of[rare]
        self.n, self.hashes, self.of = n, hashes, of
        self.sizes = np.bincount(of, minlength=len(lengths))

    def look(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First and last place in `of` for each window."""
        return np.searchsorted(self.hashes, hashes, "left"), np.searchsorted(self.hashes, hashes, "right")


class Index:
    def __init__(self, corpus: Corpus, ngram: int, any_ngram: int, fuzz_below: int, least_ratio: float = 95.0):
        self.corpus, self.ngram, self._fuzz_below, self._least_ratio = corpus, ngram, fuzz_below, least_ratio
        split = [tokens(text) for text in corpus.texts]
        ids, lengths = token_ids(split)
        self._grams = Postings(ids, lengths, ngram, COMMON)
        self._any = Postings(ids, lengths, any_ngram, None)
        keys = [" ".join(words) for words in split]
        self._exact: dict[int, int] = {}
        self._template: dict[int, int] = {}
        for number, (key, words) in enumerate(zip(keys, split, strict=True)):
            if not words:
                continue
            self._exact.setdefault(_hash(key), number)
            masked = mask(words)
            if _worded(masked):
                self._template.setdefault(_hash(masked), number)
        whole = {n: np.flatnonzero(lengths == n) for n in CONTAINED if n < ngram}
        starts = np.cumsum(lengths) - lengths
        self._contained = {n: _whole(ids, starts, of, n) for n, of in whole.items()}
        short = sorted((len(keys[at]), at) for at in range(len(keys)) if 0 < lengths[at] < fuzz_below)
        self._short_lengths = np.array([length for length, _ in short], dtype=np.int64)
        self.short = [at for _, at in short]  # numbers of the texts that are matched by spelling
        self._short_keys = [keys[at] for at in self.short]
        self._squeezed: tuple[np.ndarray, list[int], list[str]] | None = None
        self._keys = keys

    def search(self, texts: Sequence[str], messages: Sequence[Sequence[str]] = ()) -> list[Findings]:
        """What is found in each text; `messages` are those that each text was joined from."""
        split = [tokens(text) for text in texts]
        out = [Findings(len(words)) for words in split]
        if not texts:
            return out
        ids, lengths = token_ids(split)
        for at, match in _shared(self._grams, ids, lengths, split, share=True).items():
            out[at].grams = match
        for at, match in _shared(self._any, ids, lengths, split, share=False).items():
            out[at].any8 = match
        for n, (hashes, of) in self._contained.items():
            self._search_contained(n, hashes, of, ids, lengths, split, out)
        seen: dict[str, Match | None] = {}
        for found, text, words, parts in zip(out, texts, split, messages or [()] * len(texts), strict=True):
            self._search_whole(found, _forms(text, words, parts), seen)
        return out

    def _search_contained(
        self,
        n: int,
        hashes: np.ndarray,
        of: np.ndarray,
        ids: np.ndarray,
        lengths: np.ndarray,
        split: Sequence[list[str]],
        out: list[Findings],
    ) -> None:
        found = grams(ids, lengths, n)
        at = np.minimum(np.searchsorted(hashes, found.hashes), max(len(hashes) - 1, 0))
        for place in np.flatnonzero(hashes[at] == found.hashes) if len(hashes) else ():
            row, start = int(found.of[place]), int(found.place[place])
            out[row].contains = Match(int(of[at[place]]), float(n), _span(split[row], start, start + n))

    def _search_whole(self, found: Findings, forms: Sequence[Form], seen: dict[str, Match | None]) -> None:
        for form in forms:
            number = self._exact.get(_hash(form.key))
            if number is not None and found.exact is None:
                found.exact = Match(number, 1.0, form.key[:SPAN])
            masked = mask(form.words)
            if _worded(masked) and found.template is None:
                number = self._template.get(_hash(masked))
                if number is not None:
                    found.template = Match(number, 1.0, form.key[:SPAN])
        if found.exact is None:
            for form in forms:
                if form.spelling and len(form.words) < self._fuzz_below:
                    if form.text not in seen:  # a system message, an instruction: every row of a shard has it
                        seen[form.text] = self._fuzzy(form)
                    match = seen[form.text]
                    if match is not None and (
                        found.fuzzy is None or (match.certain, match.value) > (found.fuzzy.certain, found.fuzzy.value)
                    ):
                        found.fuzzy = match

    def _fuzzy(self, form: Form) -> Match | None:
        """The ratio is 2 x common / (both lengths), so it bounds the lengths of texts that can reach it."""
        share, length = self._least_ratio / 100, len(form.key)
        bounds = [math.floor(length * share / (2 - share)), math.ceil(length * (2 - share) / share) + 1]
        low, high = np.searchsorted(self._short_lengths, bounds)
        best = process.extractOne(form.key, self._short_keys[low:high], scorer=fuzz.ratio, score_cutoff=self._least_ratio)
        if best is None:
            return None
        number = self.short[int(low) + best[2]]
        same = numbers(form.text) == numbers(self.corpus.texts[number]) and _spelt(form.key, best[0])
        return Match(number, round(best[1], 2), form.key[:SPAN], same)

    def read(self, text: str, least: float) -> Match | None:
        """The question that a text read from a picture is, up to the reader's errors (ratio of letters and digits)."""
        if self._squeezed is None:
            squeezed = [key.replace(" ", "") for key in self._keys]
            order = sorted((len(key), at) for at, key in enumerate(squeezed) if len(key) >= 20)
            at = [number for _, number in order]
            self._squeezed = np.array([length for length, _ in order]), at, [squeezed[number] for number in at]
        lengths, at, keys = self._squeezed
        key = "".join(tokens(text))
        if len(key) < 20:
            return None
        low, high = np.searchsorted(lengths, [0.75 * len(key), 1.34 * len(key) + 1])
        best = process.extractOne(key, keys[low:high], scorer=fuzz.ratio, score_cutoff=least)
        return None if best is None else Match(at[int(low) + best[2]], round(best[1], 2), text[:SPAN])


@dataclass(frozen=True, slots=True)
class Form:
    """Of a text, what may be a question as a whole: the text, a message, a paragraph, a line, each also without its wrapping."""

    key: str
    words: list[str]
    text: str
    spelling: bool  # looked up by spelling too: dear, so not for what is unwrapped halfway, nor for short lines


def _forms(text: str, words: list[str], messages: Sequence[str]) -> list[Form]:
    lines = [line for line in text.split("\n") if line.strip()]
    pieces = [*text.split("\n\n"), *lines] if len(lines) > 1 else []
    found: dict[str, Form] = {}
    for whole, part in dict.fromkeys([*((True, part) for part in (text, *messages)), *((False, part) for part in pieces)]):
        forms = [part, *unwrapped(part)]
        for form in forms:
            split = words if form is text else tokens(form)
            key = " ".join(split)
            if key not in found and (len(split) >= LEAST_EXACT if whole else _says_something(split)):
                found[key] = Form(key, split, form, form in (part, forms[-1]) and (whole or len(split) >= LEAST_LINE))
    return list(found.values())


def _says_something(line: Sequence[str]) -> bool:
    """A short line is a question only if it has a word: rows of numbers, and three Chinese characters, stand anywhere."""
    return len(line) >= LEAST_LINE or (len(line) >= LEAST_EXACT and any(len(word) > 2 and word.isalpha() for word in line))


def _hash(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key)


def _worded(masked: str) -> bool:
    words = masked.split(" ")
    return "0" in words and sum(map(str.isalpha, words)) >= LEAST_TEMPLATE


def _whole(ids: np.ndarray, starts: np.ndarray, of: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of texts of exactly n words, sorted, and their numbers."""
    places = (starts[of][:, None] + np.arange(n)).ravel()
    hashes = grams(ids[places], np.full(len(of), n), n).hashes if len(of) else np.zeros(0, np.uint64)
    order = np.argsort(hashes, kind="stable")
    return hashes[order], of[order]


def _spelt(left: str, right: str) -> bool:
    """Whether two texts differ in spellings and filler words only: "minimum" for "maximum" is another question."""
    gone, new = Counter(left.split(" ")), Counter(right.split(" "))
    gone, new = ([word for word in (one - other).elements() if word not in FILLERS] for one, other in ((gone, new), (new, gone)))
    return len(gone) == len(new) and all(any(fuzz.ratio(one, other) >= SPELLING for other in new) for one in gone)


def _span(words: Sequence[str], start: int, end: int) -> str:
    return " ".join(words[start:end])[:SPAN]


def _shared(postings: Postings, ids: np.ndarray, lengths: np.ndarray, split: Sequence[list[str]], share: bool) -> dict[int, Match]:
    """For each text that shares a window with a benchmark text: that with the greatest share (or count), and the longest shared stretch."""
    found = grams(ids, lengths, postings.n)
    low, high = postings.look(found.hashes)
    out: dict[int, Match] = {}
    hit = np.flatnonzero(high > low)
    rows = np.arange(len(lengths) + 1)
    bounds, windows = np.searchsorted(found.of[hit], rows), np.searchsorted(found.of, rows)
    for row in np.unique(found.of[hit]).tolist():
        places = hit[bounds[row] : bounds[row + 1]]
        _, first = np.unique(found.hashes[places], return_index=True)
        of = np.concatenate([postings.of[low[place] : high[place]] for place in places[first].tolist()])
        texts, counts = np.unique(of, return_counts=True)
        own = len(np.unique(found.hashes[windows[row] : windows[row + 1]]))
        values = counts / np.minimum(postings.sizes[texts], own) if share else counts.astype(np.float64)
        best = int(values.argmax())
        number = int(texts[best])
        held = [place for place in places.tolist() if number in postings.of[low[place] : high[place]]]
        start, end = _longest([int(found.place[place]) for place in held], postings.n)
        out[row] = Match(number, round(float(values[best]), 4), _span(split[row], start, end))
    return out


def _longest(places: Sequence[int], n: int) -> tuple[int, int]:
    """Start and end of the longest stretch of words that consecutive windows cover."""
    best = start = previous = places[0]
    length = 0
    for place in places:
        if place > previous + 1:
            start = place
        previous = place
        if place - start + 1 > length:
            best, length = start, place - start + 1
    return best, best + length - 1 + n
