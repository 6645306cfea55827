"""What a source is and what it yields.

    Generator   makes candidate number `index` of a split from (seed, source, split, index): endless, answers known by construction
    Reader      reads what somebody made: a file, a folder, a hub dataset; its rows are divided into splits by their content

A source takes its options from the recipe: `{use: jsonl, path: mine.jsonl, fields: {question: q, answer: a}, train: 500}`.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import ValidationError

from data_recipes.problem import Problem
from data_recipes.report import Report
from openk15.config import StrictModel
from openk15.errors import UserError
from openk15.seeds import derive_seed

TRAIN, HELDOUT = "train", "heldout"


@dataclass(frozen=True)
class Candidate:
    """One or more linked problems (a text form and its picture form) with their pictures.

    `keys` name what the candidate is made of ("uci-digit:12", "scene:ab12...", "expression:7+3"); no key of a
    held-out candidate may occur in a training candidate. `raw` is the record before we changed it, if we did.
    """

    problems: tuple[Problem, ...]
    images: Mapping[str, bytes] = field(default_factory=dict)  # digest -> encoded picture
    keys: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BadRecord:
    """A record that cannot become a problem: where it is, what is wrong and what would be right; `raw` as far as it was read."""

    where: str  # "train.jsonl:17", "folder/12/ex.json"
    reason: str
    raw: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class Source(StrictModel):
    """Base of both kinds; a subclass's fields are its options."""

    name: ClassVar[str]
    licence: ClassVar[str]  # SPDX where there is one; "declared" where the recipe says it
    note: ClassVar[str]  # what a reader of the card must know about its split

    @property
    def licence_named(self) -> str:
        """The licence of the rows: the class's, or the one that the recipe declared."""
        return str(getattr(self, "licence_declared", None) or self.licence)

    def inputs(self) -> Sequence[Path]:
        """Files that its rows depend on, for the lock and the cache."""
        return ()

    def check(self) -> None:
        """Raise UserError for options that fit no record of what is there."""


class Generator(Source):
    """The same (split, index, seed) give the same candidate, whatever was made before or beside it."""

    problems_per_candidate: ClassVar[int] = 1

    def make(self, split: str, index: int, seed: int) -> Candidate:
        raise NotImplementedError


class Reader(Source):
    """Everything there is, in the order it is stored. A missing file or field map that fits no record is a UserError."""

    def read(self) -> Iterator[Candidate | BadRecord]:
        raise NotImplementedError

    def report(self) -> Report:
        """What the card should say of the reading, asked for when `read` is spent."""
        return Report()


def generator(source: str, split: str, index: int, seed: int) -> np.random.Generator:
    """Random numbers that belong to one candidate."""
    return np.random.Generator(np.random.Philox(derive_seed("source", source, split, index, seed)))


# name in a recipe -> module that defines the class of that name
SOURCES: dict[str, str] = {
    # made by us, endless
    "charts": "data_recipes.sources.charts",
    "clocks": "data_recipes.sources.clocks",
    "diagrams": "data_recipes.sources.diagrams",
    "handwriting": "data_recipes.sources.handwriting",
    "maps": "data_recipes.sources.maps",
    "matrices": "data_recipes.sources.matrices",
    "reasoning_gym": "data_recipes.sources.reasoning_gym",
    "rendered": "data_recipes.sources.arithmetic",
    "rendered_text": "data_recipes.sources.rendered_text",
    "scenes": "data_recipes.sources.scenes",
    "text": "data_recipes.sources.arithmetic",
    "worlds": "data_recipes.sources.worlds",
    # read from files or the hub
    "built": "data_recipes.sources.built",
    "code_problems": "data_recipes.sources.code_problems",
    "csv": "data_recipes.sources.tables",
    "documents": "data_recipes.sources.documents",
    "geometry3k": "data_recipes.sources.geometry3k",
    "gsm8k": "data_recipes.sources.gsm8k",
    "hub": "data_recipes.sources.hub",
    "humaneval": "data_recipes.sources.humaneval",
    "jsonl": "data_recipes.sources.tables",
    "math": "data_recipes.sources.math",
    "mathvision": "data_recipes.sources.mathvision",
    "mbpp": "data_recipes.sources.mbpp",
    "pages": "data_recipes.sources.pages",
    "parquet": "data_recipes.sources.tables",
    "photographs": "data_recipes.sources.photographs",
}


def source_class(name: str) -> type[Source]:
    """UserError with the nearest name when there is none."""
    if name not in SOURCES:
        near = difflib.get_close_matches(name, SOURCES, n=1)
        raise UserError(
            f"no source is called {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(source_names())}")
        )
    module = importlib.import_module(SOURCES[name])
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, Source) and getattr(found, "name", None) == name:
            return found
    raise AssertionError(f"{module.__name__} defines no source called {name}")


def get_source(name: str, options: Mapping[str, Any] | None = None) -> Source:
    """The source with its options; UserError naming the nearest key for an unknown one."""
    kind = source_class(name)
    try:
        return kind.model_validate(dict(options or {}))
    except ValidationError as error:
        raise UserError("; ".join(_explain(kind, name, item) for item in error.errors())) from None


def _explain(kind: type[Source], name: str, item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, [*kind.model_fields, "use", "train", "heldout"], n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(('train', 'heldout', *kind.model_fields))}"
        return f"source {name}: unknown key {key!r}; {hint}"
    if item["type"] == "missing":
        return f"source {name}: key {key!r} is required"
    return f"source {name}: key {key!r}: {item['msg']} (got {item['input']!r})"


def source_names() -> list[str]:
    return sorted(SOURCES)
