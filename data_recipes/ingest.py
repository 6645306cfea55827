"""Sources -> working shards. Held-out comes first; training never touches its keys.

Every (split, source) is one segment, written whole: a build that was killed goes on after the last finished
segment. A segment's name is the digest of all that made it: source, options, input files, seed, code, and the
segments before it (their keys and ids decide what is a duplicate here).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from data_recipes.executor import Executor
from data_recipes.golds import perturbed
from data_recipes.problem import Problem
from data_recipes.recipe import Recipe, SourceSpec
from data_recipes.row import SHARD_ROWS, Row, ShardRef, write_shard
from data_recipes.sources.base import HELDOUT, TRAIN, BadRecord, Candidate, Generator, Reader, Source, get_source
from data_recipes.steps.base import Report, code_digest
from openk15.errors import GateError, UserError
from openk15.files import atomic_write_json, read_json, sha256_file
from openk15.seeds import derive_seed, digest
from rewards import Status, verify

CHUNK = 100  # candidates a worker makes at a time
PATIENCE = 4  # candidates tried per problem wanted, before a generator is called exhausted
SPLITS = (HELDOUT, TRAIN)  # in this order
NO_VERIFIER = "none"  # documents and other rows that have no answer


@dataclass
class Seen:
    """What has been kept so far: keys by split, ids and digests of what was asked."""

    keys: dict[str, set[str]] = field(default_factory=lambda: {split: set() for split in SPLITS})
    ids: set[str] = field(default_factory=set)

    def add(self, split: str, problems: Sequence[Problem], keys: Sequence[str]) -> None:
        self.ids.update(name for problem in problems for name in (problem.id, asked(problem)))
        self.keys[split].update(keys)


@dataclass(frozen=True)
class Ingested:
    shards: tuple[ShardRef, ...]
    dropped: tuple[dict[str, Any], ...]
    keys: Mapping[str, Collection[str]]  # by split
    inputs: Mapping[str, str]  # input file -> sha256
    reports: Mapping[str, Report]  # by place of a source: what it says of its reading, for the card


def ingest(recipe: Recipe, executor: Executor, folder: Path, say: Callable[[str], None] = lambda _: None) -> Ingested:
    """Working shards of every source in `folder` (made before or now).

    Raises GateError when a source cannot fill what the recipe asks of it; UserError for input that cannot be read.
    """
    seen = Seen()
    shards: list[ShardRef] = []
    dropped: list[dict[str, Any]] = []
    inputs: dict[str, str] = {}
    reports: dict[str, Report] = {}
    chain = digest("ingest", recipe.seed, SHARD_ROWS, code_digest(__name__))
    for spec in recipe.sources:
        for path in spec.source().inputs():
            inputs[str(path)] = sha256_file(path)
    for split in SPLITS:
        for number, spec in enumerate(recipe.sources):
            wanted = spec.wanted()[split]
            if wanted == 0:
                continue
            chain = digest(chain, split, number, _identity(spec, inputs))
            segment = folder / chain
            if not (segment / "segment.json").exists():
                say(f"{spec.use}: {'all' if wanted is None else wanted} {split}")
                _fill(segment, recipe, number, split, seen, executor)
            found = read_json(segment / "segment.json")
            refs = [ShardRef(str(segment / shard.pop("name")), **shard) for shard in found["shards"]]
            _remember(seen, split, found)
            shards += refs
            dropped += found["dropped"]
            if found["report"] and split == _whole_split(spec):
                reports[_place(recipe, number)] = Report.from_dict(found["report"])
    shared = [key for kind in disjointness(seen.keys).values() for key in kind["shared"]]
    if shared:
        raise GateError(f"recipe {recipe.name}: {len(shared)} keys are in train and in held-out, for example {shared[0]}")
    return Ingested(tuple(shards), tuple(dropped), seen.keys, inputs, reports)


def _place(recipe: Recipe, number: int) -> str:
    """What a row's key begins with: the source's name, numbered where a recipe uses it more than once."""
    use = recipe.sources[number].use
    earlier = sum(spec.use == use for spec in recipe.sources[:number])
    return use if not earlier else f"{use}-{earlier + 1}"


def _identity(spec: SourceSpec, inputs: Mapping[str, str]) -> list[Any]:
    source = spec.source()
    files = [inputs[str(path)] for path in source.inputs()]
    return [spec.model_dump(mode="json"), files, code_digest(type(source).__module__)]


def _remember(seen: Seen, split: str, found: Mapping[str, Any]) -> None:
    seen.keys[split].update(found["keys"])
    seen.ids.update(found["ids"])


def _fill(segment: Path, recipe: Recipe, number: int, split: str, seen: Seen, executor: Executor) -> None:
    """Write one segment; `segment.json` comes last, so a segment without it is unfinished and is made anew."""
    shutil.rmtree(segment, ignore_errors=True)
    spec, place = recipe.sources[number], _place(recipe, number)
    source, wanted = spec.source(), spec.wanted()[split]
    made_here = isinstance(source, Generator)
    own = Seen(keys={name: set(keys) for name, keys in seen.keys.items()}, ids=set(seen.ids))
    dropped: list[dict[str, Any]] = []
    refs: list[ShardRef] = []
    rows: list[Row] = []
    images: dict[str, bytes] = {}
    kept = 0

    def flush() -> None:
        refs.append(write_shard(segment, len(refs), rows, images, place))
        rows.clear()
        images.clear()

    for index, candidate in _candidates(source, spec, split, recipe.seed, executor):
        name = f"{place}/{split}/{index}"
        if isinstance(candidate, BadRecord):
            if spec.bad_records == "error":
                raise UserError(f"source {spec.use}: {candidate}; mend it, or set `bad_records: drop` to keep it apart with its reason")
            dropped.append({"id": None, "key": name, "step": "unreadable", "reason": str(candidate), "row": dict(candidate.raw)})
            continue
        if not made_here and spec.heldout:  # equal records fall into one split
            candidate = replace(candidate, keys=(*candidate.keys, f"content:{content_key(candidate)}"))
        fault = fault_of(candidate, split, own) if made_here else held_out_fault(candidate, split, own)
        if fault is not None:
            step, reason = fault
            for part, problem in enumerate(candidate.problems):
                row = problem.to_row()
                dropped.append({"id": row["id"], "key": _key(name, part, candidate), "step": step, "reason": reason, "row": row})
            continue
        own.add(split, candidate.problems, candidate.keys)
        for part, problem in enumerate(candidate.problems):
            rows.append(Row(_key(name, part, candidate), split, problem, candidate.keys, candidate.raw))
        images.update(candidate.images)
        kept += len(candidate.problems)
        if len(rows) >= SHARD_ROWS:
            flush()
        if wanted is not None and kept >= wanted:
            break
    if rows:
        flush()
    if wanted is not None and kept < wanted and not spec.fewer:
        what = "problems" if made_here else "records (after what was dropped)"
        raise GateError(f"recipe {recipe.name}: source {spec.use} gave {kept} of {wanted} {split} {what}; ask for fewer")
    if not kept and split == TRAIN:
        raise UserError(f"source {spec.use}: gave no {split} problem; {_why_empty(dropped)}")
    segment.mkdir(parents=True, exist_ok=True)
    shards = [{**ref.to_dict(), "name": Path(ref.path).name} for ref in refs]
    for shard in shards:
        shard.pop("path")
    told = source.report().to_dict() if isinstance(source, Reader) else None
    found = {
        "shards": shards,
        "dropped": dropped,
        "report": told,
        "keys": sorted(own.keys[split] - seen.keys[split]),
        "ids": sorted(own.ids - seen.ids),
    }
    atomic_write_json(segment / "segment.json", found)


def tag_names(shards: Sequence[ShardRef]) -> Iterator[str]:
    """Of every row; names come again and again."""
    return (tag for shard in shards for row in shard.heads() for tag in row["tags"])


def _whole_split(spec: SourceSpec) -> str:
    """The split with which a reader's bad records and report are told, once: the last that is read."""
    return HELDOUT if spec.train == 0 else TRAIN


def _why_empty(dropped: Sequence[Mapping[str, Any]]) -> str:
    return f"all {len(dropped)} were dropped, the first because: {dropped[0]['reason']}" if dropped else "it is empty"


def _key(name: str, number: int, candidate: Candidate) -> str:
    return name if len(candidate.problems) == 1 else f"{name}.{number}"


def _candidates(source: Source, spec: SourceSpec, split: str, seed: int, executor: Executor) -> Iterator[tuple[int, Candidate | BadRecord]]:
    """Candidates of a split with their index, in order."""
    if isinstance(source, Reader):
        yield from _read(source, spec, split, seed)
        return
    wanted = spec.wanted()[split] or 0
    last, size = PATIENCE * wanted, max(1, min(CHUNK, wanted))  # most candidates are kept, so no chunk is larger than what is wanted
    tasks = ((spec.use, dict(spec.options), split, start, min(start + size, last), seed) for start in range(0, last, size))
    results = executor.map(make_chunk, tasks)
    try:
        yield from enumerate(candidate for chunk in results for candidate in chunk)
    finally:
        close = getattr(results, "close", None)
        if close:
            close()


def make_chunk(task: tuple[str, dict[str, Any], str, int, int, int]) -> list[Candidate]:
    """Candidates start..stop of a generator; runs in any process."""
    name, options, split, start, stop, seed = task
    source = get_source(name, options)
    assert isinstance(source, Generator)
    return [source.make(split, index, seed) for index in range(start, stop)]


def _read(source: Reader, spec: SourceSpec, split: str, seed: int) -> Iterator[tuple[int, Candidate | BadRecord]]:
    """A reader's records of one split: held-out are the `heldout` records whose content hashes lowest, training all others."""
    if not spec.heldout:
        if split == TRAIN:
            yield from enumerate(source.read())
        return
    ranks = sorted(
        (derive_seed("held-out", seed, content_key(record)), index)
        for index, record in enumerate(source.read())
        if isinstance(record, Candidate)
    )
    chosen = {index for _, index in ranks[: spec.heldout]}
    whole = _whole_split(spec)
    for index, record in enumerate(source.read()):
        if (index in chosen) == (split == HELDOUT) if isinstance(record, Candidate) else split == whole:
            yield index, record


def content_key(candidate: Candidate) -> str:
    return digest("content", sorted(asked(problem) for problem in candidate.problems))


def held_out_fault(candidate: Candidate, split: str, seen: Seen) -> tuple[str, str] | None:
    clash = next((key for key in candidate.keys if key in seen.keys[HELDOUT]), None) if split == TRAIN else None
    return ("held-out first", f"{clash} is in the held-out split") if clash else None


def fault_of(candidate: Candidate, split: str, seen: Seen) -> tuple[str, str] | None:
    """(step, reason) why a generator's candidate must not be kept, whole; None when it may.

    What a reader read goes on to the steps instead: they measure duplicates and round trips, and selection decides.
    """
    fault = held_out_fault(candidate, split, seen)
    if fault:
        return fault
    for problem in candidate.problems:
        if problem.id in seen.ids:
            return "exact duplicate", f"problem {problem.id} was kept before"
        if asked(problem) in seen.ids:
            return "exact duplicate", f"what {problem.id} asks was kept before, with another answer"
    faults = [fault for fault in map(round_trip_fault, candidate.problems) if fault]
    return ("verifier round trip", faults[0]) if faults else None


def round_trip_fault(problem: Problem) -> str | None:
    """Why no verdict on this problem can be believed, or None: worked solutions must pass its verifier, perturbed gold must not."""
    for solution in problem.solutions:
        verdict = verify(solution.text, problem.answer)
        if verdict.status is not Status.CORRECT:
            return f"its {solution.style} solution is judged {verdict.status}: {verdict.reason}"
    if not problem.solutions:
        return None  # `round_trip` measures it
    wrong = next(perturbed(problem.answer, 1), None)
    if wrong is None:
        return None
    verdict = verify(f"\\boxed{{{wrong}}}", problem.answer)
    if verdict.status is Status.CORRECT:
        return f"a wrong answer ({wrong}) is judged correct"
    return None


def asked(problem: Problem) -> str:
    """Digest of question and pictures alone: two problems that share it and not their answer contradict each other."""
    return digest("asked", [message.to_dict() for message in problem.messages])


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
