"""Recipe -> folder: generate, check, split, write. Held-out comes first; training never touches its keys.

    OUT/train/part-00000.parquet, OUT/heldout/...   Hugging Face columns, pictures embedded
    OUT/dropped.jsonl    every candidate that was not kept: what, by which step, why
    OUT/manifest.json    recipe, counts, sha256 of every file, fingerprint, no-image chance
    OUT/README.md        the card; OUT/examples/ its pictures

Same recipe, same bytes: candidates come from (seed, source, split, index), are taken in that order, and
nothing is written that depends on time, worker count or machine.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from data_recipes.chance import no_image_chance
from data_recipes.problem import Problem
from data_recipes.recipe import Recipe, SourceSpec
from data_recipes.sources.base import HELDOUT, TRAIN, Candidate, get_source
from openk15.errors import GateError
from openk15.files import atomic_folder, atomic_write_json, atomic_write_text, sha256_file
from rewards import Status, verify

CHUNK = 500  # candidates a worker makes at a time
PATIENCE = 4  # candidates tried per problem wanted, before the source is called exhausted
SPLITS = (HELDOUT, TRAIN)  # in this order


@dataclass
class Built:
    """Everything that goes into the folder."""

    rows: dict[str, list[Problem]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    images: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=lambda: {split: set() for split in SPLITS})
    dropped: list[dict[str, Any]] = field(default_factory=list)


def fault_of(problem: Problem) -> str | None:
    """Why this problem must not be trained on, or None: gold must pass its verifier, perturbed gold must not."""
    for solution in problem.solutions:
        verdict = verify(solution.text, problem.answer)
        if verdict.status is not Status.CORRECT:
            return f"its {solution.style} solution is judged {verdict.status}: {verdict.why}"
    wrong = perturbed(problem)
    verdict = verify(f"\\boxed{{{wrong}}}", problem.answer)
    if verdict.status is Status.CORRECT:
        return f"a wrong answer ({wrong}) is judged correct"
    return None


def perturbed(problem: Problem) -> str:
    """A wrong answer of the right form."""
    answer = problem.answer
    if answer.verifier == "choice":
        return next(choice for choice in answer.params["choices"] if choice != answer.reference)
    head, comma, last = answer.reference.rpartition(", ")
    return f"{head}{comma}{int(last) + 1}"


def _make(task: tuple[str, str, int, int, int]) -> list[Candidate]:
    name, split, start, stop, seed = task
    source = get_source(name)
    return [source.make(split, index, seed) for index in range(start, stop)]


def _candidates(spec: SourceSpec, split: str, wanted: int, seed: int, workers: int) -> Iterator[tuple[int, Candidate]]:
    """Candidates in order of index, made by `workers` processes a few chunks ahead."""
    last = max(1, PATIENCE * wanted)
    tasks = [(spec.use, split, start, min(start + CHUNK, last), seed) for start in range(0, last, CHUNK)]
    if workers <= 1:
        for task in tasks:
            yield from zip(range(task[2], task[3]), _make(task), strict=True)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        ahead: list[Any] = []
        for task in tasks:
            ahead.append((task, pool.submit(_make, task)))
            if len(ahead) > workers:
                done, future = ahead.pop(0)
                yield from zip(range(done[2], done[3]), future.result(), strict=True)
        for done, future in ahead:
            yield from zip(range(done[2], done[3]), future.result(), strict=True)


def collect(recipe: Recipe, workers: int = 1) -> Built:
    """Generate and select in memory; GateError when a source cannot fill what the recipe asks of it."""
    built, seen = Built(), set[str]()
    for split in SPLITS:
        for spec in recipe.sources:
            wanted = spec.heldout if split == HELDOUT else spec.train
            kept = 0
            stream = _candidates(spec, split, wanted, recipe.seed, workers)
            for index, candidate in stream:
                if kept >= wanted:
                    break
                kept += _take(built, seen, split, candidate, f"{spec.use}/{split}/{index}")
            stream.close()
            if kept < wanted:
                raise GateError(f"recipe {recipe.name}: source {spec.use} gave {kept} of {wanted} {split} problems; ask for fewer")
    shared = built.keys[TRAIN] & built.keys[HELDOUT]
    if shared:
        raise GateError(f"recipe {recipe.name}: {len(shared)} keys are in train and held-out, for example {sorted(shared)[0]}")
    return built


def _take(built: Built, seen: set[str], split: str, candidate: Candidate, name: str) -> int:
    """Keep the candidate whole or drop it whole, with its reason; returns the number of problems kept."""

    def drop(step: str, reason: str) -> int:
        rows = [problem.to_row() for problem in candidate.problems]
        built.dropped.extend({"id": row["id"], "candidate": name, "step": step, "reason": reason, "row": row} for row in rows)
        return 0

    if split == TRAIN:
        clash = next((key for key in candidate.keys if key in built.keys[HELDOUT]), None)
        if clash:
            return drop("held-out first", f"{clash} is in the held-out split")
    again = next((problem.id for problem in candidate.problems if problem.id in seen), None)
    if again:
        return drop("exact duplicate", f"problem {again} was kept before")
    faults = [fault for fault in map(fault_of, candidate.problems) if fault]
    if faults:
        return drop("verifier round trip", faults[0])
    seen.update(problem.id for problem in candidate.problems)
    built.keys[split].update(candidate.keys)
    built.rows[split].extend(candidate.problems)
    built.images.update(candidate.images)
    return len(candidate.problems)


def build(recipe: Recipe, out: Path, *, command: str, workers: int = 1) -> dict[str, Any]:
    """Build `recipe` into `out` (replacing it whole) and return the manifest."""
    from data_recipes.card import write_card

    built = collect(recipe, workers)
    with atomic_folder(out) as folder:
        for split in (TRAIN, HELDOUT):
            write_split(folder / split, built.rows[split], built.images, recipe.shard_rows)
        lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in built.dropped)
        atomic_write_text(folder / "dropped.jsonl", "".join(lines))
        manifest = manifest_of(recipe, built, folder)
        atomic_write_json(folder / "manifest.json", manifest)
        write_card(folder, recipe, built, manifest, command)
    return manifest


def manifest_of(recipe: Recipe, built: Built, folder: Path) -> dict[str, Any]:
    files = {str(path.relative_to(folder)): sha256_file(path) for path in sorted(folder.rglob("*.parquet"))}
    splits: dict[str, Any] = {}
    for split in (TRAIN, HELDOUT):
        own = {name: digest for name, digest in files.items() if name.startswith(f"{split}/")}
        splits[split] = {
            "problems": len(built.rows[split]),
            "files": own,
            "fingerprint": hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest(),
            "tags": tag_counts(built.rows[split]),
        }
    return {
        "recipe": recipe.model_dump(mode="json"),
        "splits": splits,
        "fingerprint": hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest(),
        "dropped": dict(sorted(Counter(row["step"] for row in built.dropped).items())),
        "disjoint": {"shared_keys": 0, "train_keys": len(built.keys[TRAIN]), "heldout_keys": len(built.keys[HELDOUT])},
        "no_image_chance": no_image_chance(built.rows[TRAIN], built.rows[HELDOUT], built.images),
    }


COUNTED_TAGS = ("category", "source", "template", "modality", "grade", "process", "domain", "question_type", "language", "licence")


def tag_counts(problems: list[Problem]) -> dict[str, dict[str, int]]:
    return {tag: dict(sorted(Counter(problem.tags.get(tag, "(none)") for problem in problems).items())) for tag in COUNTED_TAGS}


def write_split(folder: Path, problems: list[Problem], images: dict[str, bytes], shard_rows: int) -> None:
    """Parquet shards that `datasets.load_dataset` reads with pictures decoded."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Features, Image, List, Value

    text = Value("string")
    columns = ("id", "messages", "answer", "tags", "solutions", "measures", "lineage", "pair_id")
    features = Features({**dict.fromkeys(columns, text), "images": List(Image())})
    folder.mkdir()
    for shard, start in enumerate(range(0, max(1, len(problems)), shard_rows)):
        rows = [
            {**problem.to_row(), "images": [{"bytes": images[name], "path": f"{name}.png"} for name in problem.images]}
            for problem in problems[start : start + shard_rows]
        ]
        table = pa.Table.from_pylist(rows, schema=features.arrow_schema)
        pq.write_table(table, folder / f"part-{shard:05d}.parquet", compression="zstd")
