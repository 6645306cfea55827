"""Edit distance (Levenshtein 1966: insertions, deletions, substitutions, each at cost 1) and the rates made of it.

All are symmetric in nothing but the distance: rates divide by the reference. Time is about len(a)·len(b)/64
(rapidfuzz's bit-parallel form), so callers cap the lengths by `MAX_CHARS`.
"""

from __future__ import annotations

from collections.abc import Sequence

MAX_CHARS = 32_768  # about ten dense pages; 32,768 against as many takes some 30 ms


def distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Edits between two strings, or between two lists of words."""
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(a, b)


def normalised_distance(a: str, b: str) -> float:
    """NL in [0, 1]: edits over the longer length; 0 for two empty strings."""
    longest = max(len(a), len(b))
    return distance(a, b) / longest if longest else 0.0


def error_rate(hypothesis: Sequence[str], reference: Sequence[str]) -> float:
    """CER on strings, WER on lists of words: edits over the reference's length (Morris et al. 2004); can pass 1."""
    if not reference:
        return 0.0 if not hypothesis else float(len(hypothesis))
    return distance(hypothesis, reference) / len(reference)
