"""`built`: the problems of a dataset that `data_recipes build` wrote, so that one recipe goes on from another's result.

    - {use: built, path: runs/rl_prompts/data}         # the refined prompt set, for the long-CoT warm-up (section 2.2)

Problems keep their ids, tags, solutions, measures and lineage. Linked problems (text form and picture form) come together.
What was drawn (keys "scene:…", "text:…", "expression:…") and the record as it was read come out of the dataset's trace, so that
duplicates are found, held-out rows kept apart and legibility judged as in the first build. Other keys stay behind: a digit
that many pictures share divided one generator's splits, and would empty one side of another division.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr

from data_recipes.dedup.origin import DRAWN_KEYS
from data_recipes.problem import Problem
from data_recipes.report import Report
from data_recipes.sources.base import BadRecord, Candidate, Reader
from data_recipes.sources.fields import content_keys
from data_recipes.store import Made, load_problems, made_of_kept, read_manifest, trace_files

NOTHING = Made((), {})


class Built(Reader):
    name = "built"
    licence = "declared"
    note = "Rows keep the licence of the source that they came from."

    path: Path = Field(description="folder that data_recipes build wrote")
    split: Literal["train", "heldout"] = "train"

    _counts: dict[str, int] = PrivateAttr(default_factory=dict)  # of the last reading, for the card

    def inputs(self) -> Sequence[Path]:
        manifest = read_manifest(self.path)
        files = manifest["splits"].get(self.split, {}).get("files", {})
        return [
            self.path / "manifest.json",
            *(self.path / name for name in sorted(files)),
            *map(self.path.joinpath, trace_files(self.path, manifest)),
        ]

    def read(self) -> Iterator[Candidate | BadRecord]:
        data = load_problems(self.path, self.split)
        made = made_of_kept(self.path, self.split)
        self._counts = {"rows": len(data.problems), "known": sum(problem.first_id in made for problem in data.problems)}
        linked: dict[str, list[Problem]] = {}
        for problem in data.problems:
            linked.setdefault(problem.pair_id or problem.id, []).append(problem)
        for problems in linked.values():
            images = {name: data.images[name] for problem in problems for name in problem.images}
            known = [made.get(problem.first_id, NOTHING) for problem in problems]
            drawn = [key for one in known for key in one.keys if key.startswith(DRAWN_KEYS)]
            keys = dict.fromkeys([*(key for problem in problems for key in content_keys(problem)), *drawn])
            yield Candidate(tuple(problems), images, tuple(keys), next((one.raw for one in known if one.raw), {}))

    def report(self) -> Report:
        missing = self._counts.get("rows", 0) - self._counts.get("known", 0)
        if not missing:
            return Report()
        return Report(
            notes=[
                f"{missing} of {self._counts['rows']} rows stand in no trace of {self.path}: what was drawn in their pictures is not known."
            ]
        )
