"""What a source is and what it yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from data_recipes.problem import Problem
from openk15.seeds import derive_seed

TRAIN, HELDOUT = "train", "heldout"


@dataclass(frozen=True)
class Candidate:
    """One or more linked problems (a text form and its picture form) with their pictures.

    `keys` name what the candidate is made of ("uci-digit:12", "scene:ab12...", "expression:7+3"); no key of a
    held-out candidate may occur in a training candidate.
    """

    problems: tuple[Problem, ...]
    images: Mapping[str, bytes] = field(default_factory=dict)  # digest -> PNG
    keys: tuple[str, ...] = ()


class Source(Protocol):
    """Makes candidate number `index` of `split`; the same arguments give the same candidate."""

    name: str
    licence: str
    note: str  # what a reader of the card must know about its split
    problems_per_candidate: int

    def make(self, split: str, index: int, seed: int) -> Candidate: ...


def generator(source: str, split: str, index: int, seed: int) -> np.random.Generator:
    """Random numbers that belong to one candidate."""
    return np.random.Generator(np.random.Philox(derive_seed("source", source, split, index, seed)))


def get_source(name: str) -> Source:
    return _sources()[name]


def source_names() -> list[str]:
    return sorted(_sources())


def _sources() -> dict[str, Source]:
    from data_recipes.sources.arithmetic import RenderedArithmetic, TextArithmetic
    from data_recipes.sources.handwriting import Handwriting
    from data_recipes.sources.scenes import Scenes

    return {source.name: source for source in (Handwriting(), Scenes(), RenderedArithmetic(), TextArithmetic())}
