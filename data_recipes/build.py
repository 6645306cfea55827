"""Recipe -> folder: ingest, measure, select, check the gates, write.

    OUT/train/part-00000.parquet, OUT/heldout/...   Hugging Face columns, pictures embedded
    OUT/trace/part-00000.parquet   every row considered: measures with evidence, and the decision
    OUT/dropped.jsonl              every row that was not kept: what, by which step, why
    OUT/manifest.json              recipe, counts, funnel, sha256 of every file, fingerprint, no-image chance
    OUT/recipe.lock.json           what the bytes depend on
    OUT/README.md                  the card; OUT/examples/ its pictures

Same recipe and lock, same bytes: nothing that is written depends on time, worker count, executor or machine. The
folder appears whole or not at all; stages that were finished are found again in the cache.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_recipes.cache import StageCache
from data_recipes.chance import no_image_chance
from data_recipes.executor import Executor, LocalExecutor
from data_recipes.gates import check_gates
from data_recipes.ingest import Ingested, disjointness, ingest, tag_names
from data_recipes.lock import LOCK, make_lock
from data_recipes.measuring import Measured, check_steps, run_steps
from data_recipes.output import DROPPED, TRACE, write_rows
from data_recipes.recipe import Recipe
from data_recipes.select import Candidate, Decision, Drawn, choose, funnel
from data_recipes.sources.base import HELDOUT, TRAIN
from data_recipes.tally import Tally, tallies
from openk15.errors import GateError, UserError
from openk15.files import atomic_folder, atomic_write_json, sha256_file

FUNNEL_TAGS = ("source", "category", "modality", "domain")


def build(
    recipe: Recipe,
    out: Path,
    command: str = "data_recipes build",
    workers: int = 1,
    executor: Executor | None = None,
    cache: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Build `recipe` into `out` (replacing an earlier dataset whole) and return the manifest.

    `cache` (default: OUT's sibling `.stages`) keeps finished stages. UserError when `out` is something that this
    command did not write or an input cannot be read; GateError when quotas or gates are not met: then nothing is written.
    """
    from data_recipes.card import write_card

    recipe = recipe.scaled()
    check_replaceable(out)
    check_steps(recipe)
    stages = StageCache((cache or out.absolute().parent / ".stages").absolute())
    runner = executor or LocalExecutor(workers)
    try:
        with stages.held():
            ingested = ingest(recipe, runner, stages.folder / "shards", say)
            recipe.check_tags(tag_names(ingested.shards))
            measured = run_steps(recipe, ingested.shards, runner, stages, say)
            selection = Selection.of(recipe, measured)
            kept = selection.kept()
            if not kept:
                raise GateError(f"recipe {recipe.name}: no problem is left; the last rule to drop any: {_last_rule(selection)}")
            check_gates(recipe, kept)
            say("writing")
            with atomic_folder(out.absolute()) as folder:
                counted = tallies()
                write_rows(folder, measured, selection.decisions, selection.drawn, ingested.dropped, recipe.shard_rows, counted)
                manifest = manifest_of(recipe, ingested, measured, selection, counted, folder)
                atomic_write_json(folder / LOCK, make_lock(recipe, ingested.inputs))
                write_card(folder, recipe, selection, counted, manifest, command)
                manifest["files"] = file_hashes(folder)
                atomic_write_json(folder / "manifest.json", manifest)
    finally:
        if executor is None:
            runner.close()
    return manifest


class Selection:
    """Every row with its values, why those that go, go, and how often those that stay are written, where that is more than once."""

    def __init__(self, recipe: Recipe, candidates: Sequence[Candidate], decisions: Mapping[str, Decision], drawn: Mapping[str, Drawn]):
        self.candidates, self.decisions, self.drawn = candidates, decisions, drawn
        self.funnel = funnel(recipe.select, decisions, len(candidates))

    @classmethod
    def of(cls, recipe: Recipe, measured: Measured) -> Selection:
        """Apply the rules, then keep one of every id: what is kept twice would be trained twice."""
        candidates = list(measured.candidates())
        choice = choose(recipe.select, candidates, recipe.seed)
        decisions = dict(choice.gone)
        first: dict[str, str] = {}
        for row in candidates:
            if row.key in decisions:
                continue
            name = str(row.values["id"])
            if name in first:
                decisions[row.key] = Decision(-1, "one of every id", f"the same problem as {first[name]}, which is kept")
            else:
                first[name] = row.key
        return cls(recipe, candidates, decisions, {key: found for key, found in choice.drawn.items() if key not in decisions})

    def kept(self) -> list[Candidate]:
        return [row for row in self.candidates if row.key not in self.decisions]

    @property
    def further(self) -> int:
        """Copies that are written beside the rows themselves."""
        return sum(found.copies - 1 for found in self.drawn.values())

    def by_tag(self) -> dict[str, dict[str, list[int]]]:
        """tag -> value -> [rows that came in, rows kept]."""
        table: dict[str, dict[str, list[int]]] = {}
        for tag in FUNNEL_TAGS:
            counts: dict[str, list[int]] = {}
            for row in self.candidates:
                found = counts.setdefault(str(row.values.get(tag, "(none)")), [0, 0])
                found[0] += 1
                found[1] += row.key not in self.decisions
            table[tag] = dict(sorted(counts.items()))
        return table


def check_replaceable(out: Path) -> None:
    """The output takes the place of the whole folder, so it must be new, empty or an earlier dataset."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UserError(f"{out}: is not a folder; name a new one, or one that `data_recipes build` wrote")
    if out.is_dir() and any(out.iterdir()) and not ((out / "manifest.json").is_file() and (out / DROPPED).is_file()):
        raise UserError(f"{out}: holds files that `data_recipes build` did not write, and would be replaced whole; name another folder")


def file_hashes(folder: Path) -> dict[str, str]:
    """sha256 of every file of a built folder but the manifest itself."""
    return {str(path.relative_to(folder)): sha256_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def manifest_of(
    recipe: Recipe, ingested: Ingested, measured: Measured, selection: Selection, counted: Mapping[str, Tally], folder: Path
) -> dict[str, Any]:
    splits: dict[str, Any] = {}
    for split in (TRAIN, HELDOUT):
        own = {f"{split}/{path.name}": sha256_file(path) for path in sorted((folder / split).glob("*.parquet"))}
        splits[split] = {
            "problems": counted[split].problems,
            "files": own,
            "fingerprint": _fingerprint(own),
            "tags": counted[split].tag_counts(),
            "solution_words": counted[split].solution_words(),
        }
    at_ingest = Counter(str(row["step"]) for row in ingested.dropped)
    rules = [{"rule": title, "dropped": dropped, "left": left} for title, dropped, left in selection.funnel]
    repeated = sum(decision.rule < 0 for decision in selection.decisions.values())
    return {
        "recipe": recipe.model_dump(mode="json"),
        "seed": recipe.seed,
        "splits": splits,
        "fingerprint": _fingerprint({name: digest for found in splits.values() for name, digest in found["files"].items()}),
        "considered": len(selection.candidates) + len(ingested.dropped),
        "dropped": dict(sorted((at_ingest + Counter({"select": len(selection.decisions)})).items())),
        "funnel": {"ingested": len(selection.candidates), "rules": rules, "repeated": repeated, "copies": selection.further},
        "funnel_by_tag": selection.by_tag(),
        "reports": {
            **{f"source {name}": report.to_dict() for name, report in ingested.reports.items()},
            **{f"step {name}": report.to_dict() for name, report in measured.reports.items()},
        },
        "dropped_sha256": sha256_file(folder / DROPPED),
        "disjoint": {kind: {**found, "shared": len(found["shared"])} for kind, found in disjointness(ingested.keys).items()},
        "no_image_chance": no_image_chance(counted[TRAIN].guesses, counted[HELDOUT].guesses),
        "trace": TRACE,
    }


def _fingerprint(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(files), sort_keys=True).encode()).hexdigest()


def _last_rule(selection: Selection) -> str:
    return next((title for title, dropped, _ in reversed(selection.funnel) if dropped), "none")
