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
import statistics
from collections import Counter, deque
from collections.abc import Collection, Generator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from data_recipes.chance import no_image_chance
from data_recipes.problem import Problem
from data_recipes.recipe import Recipe, SourceSpec
from data_recipes.sources.base import HELDOUT, TRAIN, Candidate, get_source
from openk15.errors import GateError, UserError
from openk15.files import atomic_folder, atomic_write_json, atomic_write_text, sha256_file
from openk15.seeds import digest
from rewards import Status, verify

CHUNK = 100  # candidates a worker makes at a time
DROPPED = "dropped.jsonl"
STYLES = ("reasoned", "direct")
PATIENCE = 4  # candidates tried per problem wanted, before the source is called exhausted
SPLITS = (HELDOUT, TRAIN)  # in this order
PACKAGES = ("datasets", "matplotlib", "numpy", "pillow", "pyarrow", "scikit-learn")  # whose versions the bytes may depend on


@dataclass
class Built:
    """Everything that goes into the folder."""

    rows: dict[str, list[Problem]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    images: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=lambda: {split: set() for split in SPLITS})
    dropped: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)  # ids, and digests of what was asked, of everything kept


def fault_of(problem: Problem) -> str | None:
    """Why this problem must not be trained on, or None: gold must pass its verifier, perturbed gold must not."""
    for solution in problem.solutions:
        verdict = verify(solution.text, problem.answer)
        if verdict.status is not Status.CORRECT:
            return f"its {solution.style} solution is judged {verdict.status}: {verdict.reason}"
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


def _candidates(
    spec: SourceSpec, split: str, wanted: int, seed: int, pool: Executor | None, ahead: int
) -> Generator[tuple[int, Candidate], None, None]:
    """Candidates in order of index, made here or by `pool`, at most `ahead` chunks before they are asked for."""
    last = PATIENCE * wanted
    tasks = [(spec.use, split, start, min(start + CHUNK, last), seed) for start in range(0, last, CHUNK)]
    if pool is None:
        for task in tasks:
            yield from enumerate(_make(task), task[2])
        return
    waiting: deque[tuple[int, Future[list[Candidate]]]] = deque()
    try:
        for task in tasks:
            waiting.append((task[2], pool.submit(_make, task)))
            if len(waiting) > ahead:
                start, future = waiting.popleft()
                yield from enumerate(future.result(), start)
        while waiting:
            start, future = waiting.popleft()
            yield from enumerate(future.result(), start)
    finally:  # the source is full: what was made in advance is not needed
        for _, future in waiting:
            future.cancel()


def collect(recipe: Recipe, workers: int = 1) -> Built:
    """Generate and select in memory; GateError when a source cannot fill what the recipe asks of it."""
    built = Built()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if workers > 1 else nullcontext() as pool:
        for split in SPLITS:
            for spec in recipe.sources:
                wanted = spec.heldout if split == HELDOUT else spec.train
                kept = 0
                stream = _candidates(spec, split, wanted, recipe.seed, pool, workers)
                for index, candidate in stream:
                    kept += _take(built, split, candidate, f"{spec.use}/{split}/{index}")
                    if kept >= wanted:
                        break
                stream.close()
                if kept < wanted:
                    raise GateError(f"recipe {recipe.name}: source {spec.use} gave {kept} of {wanted} {split} problems; ask for fewer")
    shared = [key for kind in disjointness(built.keys).values() for key in kind["shared"]]
    if shared:
        raise GateError(f"recipe {recipe.name}: {len(shared)} keys are in train and in held-out, for example {shared[0]}")
    return built


def disjointness(keys: Mapping[str, Collection[str]]) -> dict[str, dict[str, Any]]:
    """By kind of key ("uci-digit", "scene", "expression"): how many each split has, and which both have."""
    by_kind: dict[str, dict[str, set[str]]] = {}
    for split in (TRAIN, HELDOUT):
        for key in keys[split]:
            by_kind.setdefault(key.partition(":")[0], {TRAIN: set(), HELDOUT: set()})[split].add(key)
    return {
        kind: {TRAIN: len(found[TRAIN]), HELDOUT: len(found[HELDOUT]), "shared": sorted(found[TRAIN] & found[HELDOUT])}
        for kind, found in sorted(by_kind.items())
    }


def asked(problem: Problem) -> str:
    """Digest of question and pictures alone: two problems that share it and not their answer contradict each other."""
    return digest("asked", [message.to_dict() for message in problem.messages])


def _take(built: Built, split: str, candidate: Candidate, name: str) -> int:
    """Keep the candidate whole or drop it whole, with its reason; returns the number of problems kept."""

    def drop(step: str, reason: str) -> int:
        rows = [problem.to_row() for problem in candidate.problems]
        built.dropped.extend({"id": row["id"], "candidate": name, "step": step, "reason": reason, "row": row} for row in rows)
        return 0

    if split == TRAIN:
        clash = next((key for key in candidate.keys if key in built.keys[HELDOUT]), None)
        if clash:
            return drop("held-out first", f"{clash} is in the held-out split")
    for problem in candidate.problems:
        if problem.id in built.seen:
            return drop("exact duplicate", f"problem {problem.id} was kept before")
        if asked(problem) in built.seen:
            return drop("exact duplicate", f"what {problem.id} asks was kept before, with another answer")
    faults = [fault for fault in map(fault_of, candidate.problems) if fault]
    if faults:
        return drop("verifier round trip", faults[0])
    built.seen.update(name for problem in candidate.problems for name in (problem.id, asked(problem)))
    built.keys[split].update(candidate.keys)
    built.rows[split].extend(candidate.problems)
    built.images.update(candidate.images)
    return len(candidate.problems)


def build(recipe: Recipe, out: Path, *, command: str, workers: int = 1) -> dict[str, Any]:
    """Build `recipe` into `out` (replacing an earlier dataset whole) and return the manifest.

    UserError when `out` is something that this command did not write; GateError when the recipe cannot be met.
    """
    from data_recipes.card import write_card

    check_replaceable(out)
    built = collect(recipe, workers)
    with atomic_folder(out.absolute()) as folder:
        for split in (TRAIN, HELDOUT):
            write_split(folder / split, built.rows[split], built.images, recipe.shard_rows)
        lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in built.dropped)
        atomic_write_text(folder / DROPPED, "".join(lines))
        manifest = manifest_of(recipe, built, folder)
        atomic_write_json(folder / "manifest.json", manifest)
        write_card(folder, recipe, built, manifest, command)
    return manifest


def check_replaceable(out: Path) -> None:
    """The output takes the place of the whole folder, so it must be new, empty or an earlier dataset."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UserError(f"{out}: is not a folder; name a new one, or one that `data_recipes build` wrote")
    if out.is_dir() and any(out.iterdir()) and not ((out / "manifest.json").is_file() and (out / DROPPED).is_file()):
        raise UserError(f"{out}: holds files that `data_recipes build` did not write, and would be replaced whole; name another folder")


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
            "solution_words": {style: solution_words(built.rows[split], style) for style in STYLES},
        }
    kinds = disjointness(built.keys)
    return {
        "recipe": recipe.model_dump(mode="json"),
        "seed": recipe.seed,
        "splits": splits,
        "fingerprint": hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest(),
        "dropped": dict(sorted(Counter(row["step"] for row in built.dropped).items())),
        "dropped_sha256": sha256_file(folder / DROPPED),
        "disjoint": {kind: {**found, "shared": len(found["shared"])} for kind, found in kinds.items()},
        "no_image_chance": no_image_chance(built.rows[TRAIN], built.rows[HELDOUT], built.images),
        "packages": {name: version(name) for name in PACKAGES},
    }


COUNTED_TAGS = ("category", "source", "template", "modality", "grade", "process", "domain", "question_type", "language", "licence")


def solution_words(problems: Sequence[Problem], style: str) -> dict[str, float]:
    """How long the worked solutions of one style are, in words between blanks; all of them are counted."""
    lengths = [len(solution.text.split()) for problem in problems for solution in problem.solutions if solution.style == style]
    if not lengths:
        return {"n": 0}
    return {"mean": statistics.fmean(lengths), "median": statistics.median(lengths), "most": max(lengths), "n": len(lengths)}


def tag_counts(problems: Sequence[Problem]) -> dict[str, dict[str, int]]:
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
