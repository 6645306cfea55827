"""Recall by embeddings (Appendix B.1, K72): rows that are like given exemplars, and of those the ones that differ from each other.

    exemplars ─▶ vectors ─┐
    rows ─▶ vectors ──────┴▶ nearest exemplar, cosine ≥ at_least ─▶ its pool ─▶ maximal marginal relevance ─▶ rank, diverse

The paper recalls "high-quality data" among text-code interleaved documents by embeddings and keeps its diversity; it gives
neither numbers nor the way. Exemplars are what a person calls high quality: a few dozen documents are enough.

Every exemplar has a pool of its own, so that a rare kind is not crowded out by a common one. A pick of one pool counts as said in
the others too. Held-out and training rows never compete. Rows that earlier rules drop are not looked at: none may stand for another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from data_recipes.asking import DROPPED
from data_recipes.dedup.diversity import DIGITS, Placed, by_marginal_relevance
from data_recipes.dedup.embed import check_folder, model_files, text_vectors
from data_recipes.dedup.groups import keys_at
from data_recipes.row import Row, ShardRef
from data_recipes.rules import Only
from data_recipes.sources.base import BadRecord
from data_recipes.sources.fields import nearest
from data_recipes.sources.files import JSONL, files_at, jsonl_records, labels
from data_recipes.steps.base import Context, Measures, Report, Step, StepOutput
from data_recipes.text.found import Part, text_of
from openk15.errors import UserError
from openk15.seeds import digest

UNASKED, NO_TEXT = "not among the rows of `only`", "there is no text"
SHOWN = 120  # characters of an exemplar in evidence
MOST_LISTED = 40  # exemplars in the card


@dataclass(frozen=True, slots=True)
class Exemplar:
    name: str  # its id, or where it stands
    text: str


@dataclass(frozen=True)
class Sketch:
    """Of one shard. `vectors` has a row for each that is recalled, in order; the others need none."""

    keys: list[str]
    splits: list[str]
    why: list[str | None]  # a row is not looked at
    similarity: np.ndarray  # float64; of the nearest exemplar
    exemplar: np.ndarray  # int64; its number
    vectors: np.ndarray
    place: np.ndarray  # int64; row of `vectors`, -1 where it is not recalled


class Recall(Step):
    use: ClassVar[str] = "recall"
    measured: ClassVar[Mapping[str, str]] = {
        "similarity": "cosine with the nearest exemplar; null for rows that are not looked at",
        "recalled": "the cosine is at least `at_least`",
        "exemplar": "name of the nearest exemplar, for rules that balance or cap; null where the row is not recalled",
        "rank": "place in which its exemplar's pool would take it, 1 first; null where it is too near another, or beyond the pool",
        "diverse": "recalled, and not too near a row that is taken before it. Evidence: why, and that row",
    }

    model: Path = Field(description="folder of a sentence-embedding model in Hugging Face format; mean pooling")
    exemplars: Path = Field(description="jsonl: a file, a folder or a glob; `text`, and `id` where there is one")
    at_least: float = Field(default=0.6, ge=-1.0, le=1.0, description="cosine from which a row is recalled (ours; depends on the model)")
    relevance: float = Field(
        default=0.7, ge=0.0, le=1.0, description="of the cosine with the exemplar; the rest is for being unlike the others"
    )
    too_near: float = Field(default=0.9, gt=0.0, le=1.0, description="cosine from which one row says what another has said")
    pool: int = Field(default=2000, ge=1, description="nearest rows of each exemplar that are ranked; time grows with its square")
    of: Part = Part.PROMPT
    only: Only = Field(default_factory=dict, description="tag -> value or values: other rows are not looked at")

    def inputs(self) -> Sequence[Path]:
        return [*model_files(self.model), *files_at(self.exemplars, JSONL)]

    def check(self) -> None:
        check_folder(self.use, self.model)
        read_exemplars(self.exemplars)

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        name = self.fingerprint()
        alive = [context.alive(shard) for shard in shards]

        def passes() -> Iterator[Sketch]:
            return context.cache.mapped(digest(name, "sketch"), partial(_sketch, self), shards, context.executor)

        key = digest(name, [shard.digest for shard in shards], alive)
        exemplars = read_exemplars(self.exemplars)
        living = [yes for shard in alive for yes in shard]
        found = context.cache.once(key, lambda: self.gather(passes, living, [one.name for one in exemplars]))

        def measures() -> Iterator[list[Measures]]:
            start = 0
            for sketch in passes():
                yield [self._row(sketch, at, exemplars, found["rows"].get(str(start + at))) for at in range(len(sketch.keys))]
                start += len(sketch.keys)

        return StepOutput(measures(), lambda: Report.from_dict(found["report"]))

    def sketch(self, rows: Sequence[Row]) -> Sketch:
        texts = [text_of(row, self.of) for row in rows]
        why = [self._why(row, text) for row, text in zip(rows, texts, strict=True)]
        looked = [at for at, reason in enumerate(why) if reason is None]
        vectors = text_vectors(self.model, [texts[at] for at in looked]) if looked else np.zeros((0, 0), np.float32)
        similarity, exemplar = np.full(len(rows), -2.0), np.full(len(rows), -1, dtype=np.int64)
        place = np.full(len(rows), -1, dtype=np.int64)
        if looked:
            known = _known(self.model, tuple(one.text for one in read_exemplars(self.exemplars)))
            scores = np.round((vectors @ known.T).astype(np.float64), DIGITS)
            similarity[looked], exemplar[looked] = scores.max(axis=1), scores.argmax(axis=1)
        recalled = np.array([similarity[at] >= self.at_least for at in looked], dtype=bool)
        place[[at for at, yes in zip(looked, recalled, strict=True) if yes]] = np.arange(int(recalled.sum()))
        return Sketch([row.key for row in rows], [row.split for row in rows], why, similarity, exemplar, vectors[recalled], place)

    def _why(self, row: Row, text: str) -> str | None:
        tags = row.problem.tags
        wanted = all(tags.get(tag) in ((value,) if isinstance(value, str) else value) for tag, value in self.only.items())
        return UNASKED if not wanted else None if text.strip() else NO_TEXT

    def gather(self, passes: Callable[[], Iterator[Sketch]], alive: Sequence[bool], names: Sequence[str]) -> dict[str, Any]:
        """JSON-able: by row number what became of the recalled rows that live, and the report."""
        pools: dict[tuple[str, int], list[tuple[float, int]]] = {}
        start = dead = 0
        for sketch in passes():
            for at in np.flatnonzero(sketch.place >= 0).tolist():
                if not alive[start + at]:
                    dead += 1
                    continue
                pools.setdefault((sketch.splits[at], int(sketch.exemplar[at])), []).append((-float(sketch.similarity[at]), start + at))
            start += len(sketch.keys)
        ranked = {key: [row for _, row in sorted(found)] for key, found in sorted(pools.items())}
        rows: dict[str, Any] = {
            str(row): {"because": f"beyond the {self.pool} nearest rows of its exemplar"}
            for found in ranked.values()
            for row in found[self.pool :]
        }
        inside = {key: found[: self.pool] for key, found in ranked.items()}
        wanted = np.array(sorted(row for found in inside.values() for row in found), dtype=np.int64)
        held = keys_at(passes, wanted, _take)
        for split in dict.fromkeys(split for split, _ in inside):
            rows |= self._placed([inside[key] for key in inside if key[0] == split], held)
        return {"rows": rows, "report": self._report(names, ranked, rows, dead).to_dict()}

    def _placed(self, pools: Sequence[list[int]], held: Mapping[int, tuple[str, float, np.ndarray]]) -> dict[str, Any]:
        """By row number, of one split: pool after pool, in the order of the exemplars."""
        out: dict[str, Any] = {}
        taken: list[int] = []
        for pool in pools:
            vectors = np.stack([held[row][2] for row in pool])
            before = np.stack([held[row][2] for row in taken]) if taken else vectors[:0]
            similarity = np.array([held[row][1] for row in pool])
            found = by_marginal_relevance(similarity, vectors, before, self.relevance, self.too_near)
            known = [*taken, *pool]
            for row, placed in zip(pool, found, strict=True):
                out[str(row)] = self._told(placed, None if placed.nearest is None else held[known[placed.nearest]][0])
            taken += [row for row, placed in zip(pool, found, strict=True) if placed.rank is not None]
        return out

    def _told(self, placed: Placed, matched: str | None) -> dict[str, Any]:
        beside = {} if matched is None else {"matched": matched, "cosine": placed.cosine}
        if placed.rank is None:
            return {"because": f"says what {matched} says: cosine {placed.cosine:g}, from {self.too_near:g} on too near", **beside}
        why = "the first of its exemplar" if matched is None else f"nearest row taken before it has cosine {placed.cosine:g}"
        return {"rank": placed.rank + 1, "score": placed.score, "because": why, **beside}

    def _row(self, sketch: Sketch, at: int, exemplars: Sequence[Exemplar], found: Mapping[str, Any] | None) -> Measures:
        reason = sketch.why[at]
        if reason is not None:
            return {name: {"value": None, "because": reason} for name in self.measured}
        exemplar = exemplars[int(sketch.exemplar[at])]
        value = float(sketch.similarity[at])
        recalled = bool(sketch.place[at] >= 0)
        if found is None:  # too unlike every exemplar, or dropped by a rule already
            why = DROPPED if recalled else f"cosine {value:g} with the nearest exemplar, under {self.at_least:g}"
            diverse: dict[str, Any] = {"value": None if recalled else False, "because": why}
        else:
            diverse = {"value": "rank" in found, **{name: item for name, item in found.items() if name not in ("rank", "score")}}
        rank: dict[str, Any] = (
            {"value": None} if found is None or "rank" not in found else {"value": found["rank"], "score": found["score"]}
        )
        return {
            "similarity": {"value": value, "exemplar": exemplar.name, "text": " ".join(exemplar.text.split())[:SHOWN]},
            "recalled": {"value": recalled, "threshold": self.at_least},
            "exemplar": {"value": exemplar.name if recalled else None},
            "rank": rank,
            "diverse": diverse,
        }

    def _report(self, names: Sequence[str], ranked: Mapping[tuple[str, int], list[int]], rows: Mapping[str, Any], dead: int) -> Report:
        recalled: Counter[int] = Counter()
        kept: Counter[int] = Counter()
        for (_, exemplar), found in ranked.items():
            recalled[exemplar] += len(found)
            kept[exemplar] += sum("rank" in rows[str(row)] for row in found)
        listed = [[names[at], recalled[at], kept[at]] for at in range(len(names))][:MOST_LISTED]
        beyond = sum(max(0, len(found) - self.pool) for found in ranked.values())
        notes = [
            f"{recalled.total()} rows have a cosine of at least {self.at_least:g} with one of {len(names)} exemplars; {kept.total()} of "
            f"them are diverse, {recalled.total() - kept.total() - beyond} say what one of these says, {beyond} lie beyond a pool of "
            f"{self.pool}. {dead} more were dropped by a rule already.",
            *([f"The first {MOST_LISTED} of {len(names)} exemplars are listed."] if len(names) > MOST_LISTED else []),
        ]
        return Report([("Recall by exemplar", ["exemplar", "rows recalled", "of them diverse"], listed)], notes)


def _sketch(step: Recall, shard: ShardRef) -> Sketch:
    return step.sketch(shard.open().rows)


@lru_cache(maxsize=2)
def _known(model: Path, texts: tuple[str, ...]) -> np.ndarray:
    """Vectors of the exemplars, made once in a process and not for every shard."""
    return text_vectors(model, texts)


def _take(sketch: Sketch, at: int) -> tuple[str, float, np.ndarray]:
    return sketch.keys[at], float(sketch.similarity[at]), sketch.vectors[int(sketch.place[at])]


def read_exemplars(path: Path) -> list[Exemplar]:
    """In the order of the files. UserError naming file, line and field for one that has no text."""
    found = files_at(path, JSONL)
    named = labels(found, path.expanduser())
    out: list[Exemplar] = []
    for file in found:
        for record in jsonl_records(file, named[file]):
            if isinstance(record, BadRecord):
                raise UserError(f"step recall: exemplars: {record}")
            text = record.record.get("text")
            if not isinstance(text, str) or not text.strip():
                near = "is empty" if "text" in record.record else f"is missing; {nearest('text', [str(name) for name in record.record])}"
                raise UserError(f"step recall: exemplars: {record.where}: field 'text' {near}; give the text of a document worth recalling")
            out.append(Exemplar(str(record.record.get("id") or record.where), text))
    if not out:
        raise UserError(f'step recall: exemplars: {path}: holds no record; give at least one document, as {{"id": …, "text": …}}')
    return out
