"""A recipe: which sources, how many of each, what is held out. One YAML file.

name: demo
seed: 7
sources:
  - {use: handwriting, train: 6000, heldout: 170}
"""

from __future__ import annotations

import difflib

from pydantic import Field, field_validator, model_validator

from data_recipes.sources.base import source_names
from openk15.config import StrictModel


class SourceSpec(StrictModel):
    """`train` and `heldout` count problems that are kept."""

    use: str
    train: int = Field(ge=0)
    heldout: int = Field(0, ge=0)

    @field_validator("use")
    @classmethod
    def _known(cls, name: str) -> str:
        known = source_names()
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ValueError(f"no source is called {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"))
        return name


class Recipe(StrictModel):
    """What `data_recipes build` builds."""

    name: str
    description: str = ""
    seed: int = 0
    sources: tuple[SourceSpec, ...]
    shard_rows: int = Field(5000, gt=0, description="rows per parquet file")

    @model_validator(mode="after")
    def _sensible(self) -> Recipe:
        if not self.sources:
            raise ValueError("sources is empty; name at least one")
        used = [spec.use for spec in self.sources]
        if len(set(used)) < len(used):
            raise ValueError(f"a source is listed twice: {', '.join(used)}")
        return self

    def limited(self, limit: int) -> Recipe:
        """The same recipe with at most `limit` training problems, shares kept, and held-out cut alike."""
        total = sum(spec.train for spec in self.sources)
        share = min(1.0, limit / total) if total else 1.0
        cut = tuple(
            spec.model_copy(update={"train": max(2, round(spec.train * share)), "heldout": max(2, round(spec.heldout * share))})
            for spec in self.sources
        )
        return self.model_copy(update={"sources": cut})
