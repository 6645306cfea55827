"""Numbers that tell running text from debris: pure functions of a text, each the rule of one published filter.

Words are runs of letters and digits; each Chinese, Japanese or Korean character counts as a word, since those scripts do
not mark words. Shares are in [0, 1]; None where a text has nothing to measure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+(?:['’][^\W\d_]+)*")
_TOKEN = re.compile(rf"[{_CJK}]|\S+?(?=[{_CJK}]|\s|$)")
_IS_CJK = re.compile(f"[{_CJK}]")
LEAST_WORDS = 50  # of a text whose repetition is measured, Gopher's least: in a shorter one a name said twice is a large share
_BULLET = re.compile(r"^\s*(?:[•‣▶◀◦■□▪▫●○*·–-]|\d{1,2}[.)])\s")
_ELLIPSIS = re.compile(r"(?:…|\.\.\.|。。。)\s*$")
_TERMINAL = re.compile(r"[.!?。！？…][\"'”’」』)\]）]*\s*$")
# Gopher's eight, and as many of the most frequent Chinese function words.
_STOP = frozenset(["the", "be", "to", "of", "and", "that", "have", "with"])
_STOP_ZH = frozenset("的了是在和有不这")


@lru_cache(maxsize=64)
def words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


def word_count(text: str) -> int:
    return len(words(text))


def mean_word_length(text: str) -> float | None:
    """Over words of alphabets; CJK characters have no length to speak of."""
    lengths = [len(word) for word in words(text) if not _IS_CJK.match(word)]
    return _share(sum(lengths), len(lengths))


def symbol_word_ratio(text: str) -> float | None:
    """Hash signs and ellipses per word (Gopher)."""
    return _share(text.count("#") + text.count("…") + len(re.findall(r"\.\.\.", text)), word_count(text))


def alphabetic_share(text: str) -> float | None:
    """Of whitespace-separated tokens (and CJK characters), those with at least one letter (Gopher)."""
    tokens = _TOKEN.findall(text)
    return _share(sum(any(character.isalpha() for character in token) for token in tokens), len(tokens))


def stop_words(text: str) -> int:
    """Different function words, English or Chinese (Gopher wants two of eight)."""
    found = {word.lower() for word in words(text)}
    return len(found & _STOP) + len(found & _STOP_ZH)


def special_share(text: str) -> float | None:
    """Of characters that are not white: those that are neither letters nor digits (punctuation included, as in OBELICS)."""
    seen = [character for character in text if not character.isspace()]
    return _share(sum(not character.isalnum() for character in seen), len(seen))


def upper_share(text: str) -> float | None:
    """Of letters that have a case, those in capitals."""
    cased = [character for character in text if character.lower() != character.upper()]
    return _share(sum(character.isupper() for character in cased), len(cased))


def bullet_lines(text: str) -> float | None:
    return _line_share(text, lambda line: _BULLET.match(line) is not None)


def ellipsis_lines(text: str) -> float | None:
    return _line_share(text, lambda line: _ELLIPSIS.search(line) is not None)


def terminal_lines(text: str) -> float | None:
    """Lines that end like a sentence (C4 drops the others; FineWeb wants 0.12 of them)."""
    return _line_share(text, lambda line: _TERMINAL.search(line) is not None)


def short_lines(text: str) -> float | None:
    """Lines of 30 characters or less (FineWeb), 15 where they are CJK."""
    return _line_share(text, lambda line: len(line.strip()) <= (15 if _IS_CJK.search(line) else 30))


def duplicate_lines(text: str) -> float | None:
    """Lines that have appeared before (Gopher)."""
    lines = _lines(text)
    return _share(len(lines) - len(set(lines)), len(lines))


def duplicate_line_characters(text: str) -> float | None:
    """Characters in lines that have appeared before, of all characters of lines (Gopher)."""
    lines = _lines(text)
    once = sum(len(line) for line in dict.fromkeys(lines))
    total = sum(map(len, lines))
    return _share(total - once, total)


def duplicate_paragraphs(text: str) -> float | None:
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    return _share(len(paragraphs) - len(set(paragraphs)), len(paragraphs))


def top_ngram(text: str, n: int) -> float | None:
    """Characters covered by the most frequent word n-gram, of all characters of words (Gopher).

    0 where none comes twice; None under 50 words.
    """
    found = words(text)
    total = sum(map(len, found))
    if len(found) < LEAST_WORDS or total == 0:
        return None
    counts = Counter(_grams(found, n))
    most = max(count * sum(map(len, gram)) for gram, count in counts.items())
    best = max(counts.values())
    return _share(min(total, most), total) if best > 1 else 0.0


def duplicate_ngrams(text: str, n: int) -> float | None:
    """Characters of words inside n-grams that have appeared before, each once, of all of words (Gopher); None under 50 words."""
    found = words(text)
    total = sum(map(len, found))
    if len(found) < LEAST_WORDS or total == 0:
        return None
    seen: set[tuple[str, ...]] = set()
    covered, repeated = 0, 0  # words up to `covered` are counted already
    for at, gram in enumerate(_grams(found, n)):
        if gram in seen:
            repeated += sum(len(word) for word in found[max(at, covered) : at + n])
            covered = at + n
        else:
            seen.add(gram)
    return _share(repeated, total)


def character_repetition(text: str, n: int = 10) -> float | None:
    """The most repeated character n-grams, sqrt(kinds) of them, over all n-grams, as in ROOTS and OBELICS; None under 50 words."""
    if word_count(text) < LEAST_WORDS:
        return None
    counts = Counter(text[at : at + n] for at in range(len(text) - n + 1))
    top = sorted(counts.values(), reverse=True)[: max(1, int(len(counts) ** 0.5))]
    return _share(sum(count for count in top if count > 1), sum(counts.values()))


def longest_run(text: str) -> int:
    """Length of the longest run of one non-white character."""
    return max((len(match[0]) for match in re.finditer(r"(\S)\1*", text)), default=0)


def _grams(found: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(found[at : at + n]) for at in range(len(found) - n + 1)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _line_share(text: str, holds: Callable[[str], bool]) -> float | None:
    lines = [line for line in text.splitlines() if line.strip()]
    return _share(sum(map(holds, lines)), len(lines))


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole else None
