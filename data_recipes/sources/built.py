"""`built`: the problems of a dataset that `data_recipes build` wrote, so that one recipe goes on from another's result.

    - {use: built, path: runs/rl_prompts/data}         # the refined prompt set, for the long-CoT warm-up (section 2.2)

Problems keep their ids, tags, solutions, measures and lineage. Linked problems (text form and picture form) come together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from data_recipes.problem import Problem
from data_recipes.sources.base import BadRecord, Candidate, Reader
from data_recipes.sources.fields import content_keys
from data_recipes.store import load_problems, read_manifest


class Built(Reader):
    name = "built"
    licence = "declared"
    note = "Rows keep the licence of the source that they came from."

    path: Path = Field(description="folder that data_recipes build wrote")
    split: Literal["train", "heldout"] = "train"

    def inputs(self) -> Sequence[Path]:
        files = read_manifest(self.path).get("splits", {}).get(self.split, {}).get("files", {})
        return [self.path / "manifest.json", *(self.path / name for name in sorted(files))]

    def read(self) -> Iterator[Candidate | BadRecord]:
        data = load_problems(self.path, self.split)
        linked: dict[str, list[Problem]] = {}
        for problem in data.problems:
            linked.setdefault(problem.pair_id or problem.id, []).append(problem)
        for problems in linked.values():
            images = {name: data.images[name] for problem in problems for name in problem.images}
            keys = dict.fromkeys(key for problem in problems for key in content_keys(problem))
            yield Candidate(tuple(problems), images, tuple(keys))
