"""A recipe: which sources, how many of each, what is held out. One YAML file.

name: demo
seed: 7
sources:
  - {use: handwriting, train: 6000, heldout: 172}
"""

from __future__ import annotations

import difflib

from pydantic import Field, field_validator, model_validator

from data_recipes.sources.base import get_source, source_names
from openk15.config import StrictModel


class SourceSpec(StrictModel):
    """`train` and `heldout` count problems that are kept."""

    use: str
    train: int = Field(ge=0)
    heldout: int = Field(default=0, ge=0)

    @field_validator("use")
    @classmethod
    def _known(cls, name: str) -> str:
        known = source_names()
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ValueError(f"no source is called {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"))
        return name

    @model_validator(mode="after")
    def _whole(self) -> SourceSpec:
        size = get_source(self.use).problems_per_candidate
        for split in ("train", "heldout"):
            wanted = getattr(self, split)
            if wanted % size:
                raise ValueError(f"{split}: {wanted} is no multiple of {size}; {self.use} makes {size} linked problems at a time")
        return self

    def limited(self, share: float) -> SourceSpec:
        """`share` of both splits, at least one candidate of what is asked for at all, linked problems kept whole."""
        size = get_source(self.use).problems_per_candidate
        cut = {split: size * min(1, wanted) * max(1, round(wanted * share / size)) for split, wanted in self._wanted().items()}
        return self.model_copy(update=cut)

    def _wanted(self) -> dict[str, int]:
        return {"train": self.train, "heldout": self.heldout}


class Recipe(StrictModel):
    """What `data_recipes build` builds."""

    name: str
    description: str = ""
    seed: int = 0
    sources: tuple[SourceSpec, ...]
    shard_rows: int = Field(default=5000, gt=0, description="rows per parquet file")

    @model_validator(mode="after")
    def _sensible(self) -> Recipe:
        if not self.sources:
            raise ValueError("sources is empty; name at least one")
        used = [spec.use for spec in self.sources]
        if len(set(used)) < len(used):
            raise ValueError(f"a source is listed twice: {', '.join(used)}")
        return self

    def limited(self, limit: int) -> Recipe:
        """The same recipe with about `limit` training problems, shares kept, and held-out cut alike."""
        total = sum(spec.train for spec in self.sources)
        share = min(1.0, limit / total) if total else 1.0
        return self.model_copy(update={"sources": tuple(spec.limited(share) for spec in self.sources)})
