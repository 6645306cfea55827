"""Which problems to draw: uniform first, then the hard ones; more often those that fail more (K33-K36).

In: problem ids with grades, and the success rate of each as seen in this run. Out: ids to draw this
iteration. Draws depend on (seed, iteration) and the counts only, so a resumed run draws the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from pydantic import Field

from openk15.config import StrictModel
from openk15.errors import UserError
from openk15.seeds import derive_seed


class Phase(StrEnum):
    UNIFORM = "uniform"  # all of the data
    HARD = "hard"  # only problems of at least `hard_grade`


class CurriculumConfig(StrictModel):
    """When to switch and how to weigh."""

    switch_iteration: int = Field(default=24, ge=0, description="first iteration of the hard phase")
    hard_grade: int = Field(default=3, ge=1, description="smallest grade label that counts as hard")
    prioritised: bool = True  # draw in proportion to 1 - success rate; false: uniformly
    prior_rate: float = Field(
        default=0.5, ge=0.0, lt=1.0, description="success rate taken for a problem never sampled; at 1 it would never be drawn"
    )
    prior_weight: float = Field(
        default=1.0,
        ge=0.0,
        description="samples that the prior is worth; 0: the plain rate, and what was always solved is not drawn again",
    )


@dataclass(slots=True)
class SuccessRates:
    """How often each problem was solved in this run (K35). Plain counts: small, exact, easy to store."""

    right: dict[str, float] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def update(self, problem_id: str, scores: Sequence[float]) -> None:
        self.right[problem_id] = self.right.get(problem_id, 0.0) + sum(scores)
        self.seen[problem_id] = self.seen.get(problem_id, 0) + len(scores)

    def rate(self, problem_id: str, config: CurriculumConfig) -> float:
        seen = self.seen.get(problem_id, 0)
        weight = config.prior_weight if seen else 1.0
        return (self.right.get(problem_id, 0.0) + config.prior_rate * weight) / (seen + weight)

    def state(self) -> dict[str, list[float]]:
        return {problem_id: [self.right[problem_id], self.seen[problem_id]] for problem_id in sorted(self.seen)}

    @classmethod
    def of_state(cls, state: Mapping[str, Sequence[float]]) -> SuccessRates:
        return cls({key: float(value[0]) for key, value in state.items()}, {key: int(value[1]) for key, value in state.items()})


def priorities(rates: Sequence[float]) -> np.ndarray:
    """P(i) proportional to 1 - s_i (K36); uniform when every problem is solved."""
    weights = 1.0 - np.asarray(rates, dtype=np.float64)
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1.0 / len(weights))


def phase_of(iteration: int, config: CurriculumConfig) -> Phase:
    return Phase.HARD if iteration >= config.switch_iteration else Phase.UNIFORM


def draw(grades: Mapping[str, int], rates: SuccessRates, config: CurriculumConfig, *, iteration: int, count: int, seed: int) -> list[str]:
    """`count` different problem ids for `iteration` (fewer only if the pool holds fewer that may be drawn).

    Raises UserError when the hard phase finds no problem of `hard_grade` or above.
    """
    pool = sorted(grades)
    if phase_of(iteration, config) is Phase.HARD:
        pool = [problem_id for problem_id in pool if grades[problem_id] >= config.hard_grade]
        if not pool:
            raise UserError(f"curriculum.hard_grade={config.hard_grade}: no problem has that grade; the highest is {max(grades.values())}")
    if config.prioritised:
        chances = priorities([rates.rate(problem_id, config) for problem_id in pool])
    else:
        chances = np.full(len(pool), 1.0 / len(pool))
    random = np.random.Generator(np.random.Philox(derive_seed("draw", seed, iteration)))
    size = min(count, int(np.count_nonzero(chances)))
    picked = random.choice(len(pool), size=size, replace=False, p=chances)
    return [pool[index] for index in picked]
