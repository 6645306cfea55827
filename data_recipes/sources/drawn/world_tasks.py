"""The questions of `worlds` by name: how each draws its answer, and how it builds a scene for it."""

from __future__ import annotations

from functools import partial

import numpy as np

from data_recipes.sources.drawn.world_counts import beside, compare, count, mode, same
from data_recipes.sources.drawn.world_engine import FULL
from data_recipes.sources.drawn.world_interactions import bump, hit, on_top
from data_recipes.sources.drawn.world_questions import Task, drawn_word
from data_recipes.sources.drawn.world_relations import chain, extreme


def _up_to(most: int, random: np.random.Generator) -> int:
    return int(random.integers(most + 1))


TASKS: dict[str, Task] = {
    "count": Task(partial(_up_to, 6), count),
    "compare": Task(partial(_up_to, 4), compare),
    "same": Task(partial(_up_to, 4), same),
    "mode": Task(drawn_word, mode),
    "extreme": Task(drawn_word, extreme),
    "beside": Task(partial(_up_to, 5), beside),
    "chain": Task(drawn_word, chain),
    "hit": Task(drawn_word, hit),
    "bump": Task(drawn_word, bump),
    "on_top": Task(lambda random: drawn_word(random, FULL), on_top),
}
