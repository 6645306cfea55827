"""How often a row is drawn, and what its further copies are called (K69, K71, K76). Pure functions.

    rate 2.3 ─▶ 2 copies, or with probability 0.3 a third: drawn from the seed and the row's identity
    copy n   ─▶ the same problem with the tag `copy`: n, an id of its own (…-n) and a line of lineage

The first copy is the row itself and keeps its id.
"""

from __future__ import annotations

import random
from dataclasses import replace

from data_recipes.problem import COPY, Problem


def draw_repeats(rate: float, seed: int) -> int:
    """A whole number of copies whose mean over seeds is `rate`. For one seed it never falls when the rate rises."""
    whole = int(rate)
    return whole + (random.Random(seed).random() < rate - whole)


def copied(problem: Problem, number: int, of: int, why: str) -> Problem:
    """Copy `number` (from 1) of `of`. A copy of a copy, in a later build, is numbered below it: "2.3"."""
    if of == 1:
        return problem
    lineage = (*problem.lineage, f"copy {number} of {of}: {why}")
    if number == 1:
        return replace(problem, lineage=lineage)
    name = f"{problem.tags[COPY]}.{number}" if COPY in problem.tags else str(number)
    pair = None if problem.pair_id is None else f"{problem.pair_id}-{number}"  # the two forms of one copy are a pair of their own
    return replace(problem, tags={**problem.tags, COPY: name}, lineage=lineage, pair_id=pair)
