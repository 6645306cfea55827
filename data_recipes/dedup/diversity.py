"""Maximal marginal relevance (Carbonell and Goldstein 1998): what is relevant, without saying one thing many times. A pure function.

    next = argmax  relevance * similarity(row) - (1 - relevance) * max cosine(row, what was picked)

A row whose cosine to a picked one is `too_near` or more is never picked: of near copies the most relevant stands for the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 1024
DIGITS = 4  # cosines are rounded to these before they are compared, so that the last bits of a library's sums decide nothing


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of one row. `nearest` is the number of the picked row next to it: of `taken` first, then of the rows."""

    rank: int | None  # 0 was picked first; None: too near a picked row
    score: float | None  # at the time it was picked
    nearest: int | None  # None: nothing had been picked before it
    cosine: float | None  # with `nearest`


def by_marginal_relevance(
    similarity: np.ndarray, vectors: np.ndarray, taken: np.ndarray, relevance: float, too_near: float
) -> list[Placed]:
    """For each of (rows, width) `vectors` its place, beside the (any, width) vectors `taken` that are picked already.

    The earlier of equals first. One matrix product a pick: rows times picks times width.
    """
    count, before = len(vectors), len(taken)
    closest, which = _nearest_of(vectors, taken)
    alike = np.round(similarity.astype(np.float64), DIGITS)
    placed: list[Placed | None] = [None] * count
    open_rows = np.ones(count, dtype=bool)
    for rank in range(count):
        for at in np.flatnonzero(open_rows & (closest >= too_near)).tolist():
            placed[at] = Placed(None, None, int(which[at]), float(closest[at]))
            open_rows[at] = False
        if not open_rows.any():
            break
        scores = np.round(relevance * alike - (1 - relevance) * np.maximum(closest, -1.0), DIGITS)
        scores[which < 0] = np.round(relevance * alike[which < 0], DIGITS)  # beside nothing there is nothing to repeat
        best = int(np.argmax(np.where(open_rows, scores, -np.inf)))
        alone = which[best] < 0
        placed[best] = Placed(rank, float(scores[best]), None if alone else int(which[best]), None if alone else float(closest[best]))
        open_rows[best] = False
        now = np.round((vectors @ vectors[best]).astype(np.float64), DIGITS)
        nearer = open_rows & (now > closest)
        closest[nearer], which[nearer] = now[nearer], before + best
    assert all(one is not None for one in placed)
    return [one for one in placed if one is not None]


def _nearest_of(vectors: np.ndarray, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each vector its greatest cosine with one of `taken` and the number of that one; -2 and -1 where there is none."""
    closest, which = np.full(len(vectors), -2.0), np.full(len(vectors), -1, dtype=np.int64)
    for start in range(0, len(taken), BLOCK):
        found = np.round((vectors @ taken[start : start + BLOCK].T).astype(np.float64), DIGITS)
        best = found.argmax(axis=1)
        values = found[np.arange(len(vectors)), best]
        nearer = values > closest
        closest[nearer], which[nearer] = values[nearer], start + best[nearer]
    return closest, which
