"""Selected rows -> the dataset's folder: parquet shards, dropped rows, and a trace of every row that was ever considered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_recipes.copies import copied
from data_recipes.measuring import Measured
from data_recipes.problem import Problem, Solution
from data_recipes.row import Row
from data_recipes.select import Decision, Drawn
from data_recipes.steps.base import Measures
from data_recipes.tally import Tally

COLUMNS = ("id", "messages", "answer", "tags", "solutions", "measures", "lineage", "pair_id")
TRACE_COLUMNS = ("key", "id", "split", "keys", "raw", "decision", "measures")
TRACE_ROWS = 10_000
DROPPED = "dropped.jsonl"
TRACE = "trace"


class ProblemWriter:
    """Parquet shards of one split that `datasets.load_dataset` reads with pictures decoded; holds one shard at a time."""

    def __init__(self, folder: Path, shard_rows: int):
        from datasets import Features, Image, List, Value

        text = Value("string")
        self._schema = Features({**dict.fromkeys(COLUMNS, text), "images": List(Image())}).arrow_schema
        self._folder, self._shard_rows = folder, shard_rows
        self._rows: list[dict[str, Any]] = []
        self._written = 0
        folder.mkdir(parents=True)

    def add(self, problem: Problem, images: Mapping[str, bytes]) -> None:
        pictures = [{"bytes": images[name], "path": f"{name}.png"} for name in problem.images]
        self._rows.append({**problem.to_row(), "images": pictures})
        if len(self._rows) == self._shard_rows:
            self._flush()

    def close(self) -> None:
        """An empty split has one shard without rows, so that readers find its columns."""
        if self._rows or not self._written:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetWriter(self._folder / f"part-{self._written:05d}.parquet", self._schema, compression="zstd") as writer:
            if self._rows:  # datasets takes its batch size from the first row group, and refuses one without rows
                writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._written += 1
        self._rows = []


class TraceWriter:
    """Every row: where it came from, what was measured, what was decided. `trace` and `why-dropped` read it."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._rows: list[dict[str, Any]] = []
        self._written = 0
        folder.mkdir(parents=True)

    def add(self, row: Row, measures: Measures, decision: Decision | None) -> None:
        self._rows.append(
            {
                "key": row.key,
                "id": row.problem.id,
                "split": row.split,
                "keys": _json(list(row.keys)),
                "raw": _json(dict(row.raw)),
                "decision": _json(decision_dict(decision)) if decision else None,
                "measures": _json(measures),
            }
        )
        if len(self._rows) == TRACE_ROWS:
            self.close()

    def close(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._rows or not self._written:
            schema = pa.schema([(name, pa.string()) for name in TRACE_COLUMNS])
            pq.write_table(
                pa.Table.from_pylist(self._rows, schema=schema), self._folder / f"part-{self._written:05d}.parquet", compression="zstd"
            )
            self._written += 1
            self._rows = []


def finished(row: Row, measures: Measures) -> Problem:
    """The problem as it is handed on: numbers measured are its measures, a solution that a step found is its solution."""
    numbers = {name: float(found["value"]) for name, found in measures.items() if isinstance(found.get("value"), (bool, int, float))}
    found = [measure["solution"] for measure in measures.values() if measure.get("solution")]
    solutions = tuple(Solution(item["text"], item["style"]) for item in found) or row.problem.solutions
    steps = sorted({name.partition(".")[0] for name in measures})
    lineage = (*row.problem.lineage, f"row {row.key}", *(f"measured by {step}" for step in steps)) if steps else row.problem.lineage
    return replace(row.problem, measures={**row.problem.measures, **numbers}, solutions=solutions, lineage=lineage)


def decision_dict(decision: Decision) -> dict[str, Any]:
    return {
        "step": f"select[{decision.rule}]" if decision.rule >= 0 else "output",
        "rule": decision.title,
        "reason": decision.reason,
        "measure": decision.measure,
        "value": decision.value,
        "evidence": decision.evidence,
    }


def write_rows(
    folder: Path,
    measured: Measured,
    decisions: Mapping[str, Decision],
    drawn: Mapping[str, Drawn],
    ingest_dropped: Sequence[Mapping[str, Any]],
    shard_rows: int,
    tally: Mapping[str, Tally],
) -> None:
    """Write splits, trace and dropped rows into `folder`, counting what is kept in `tally`. One working shard in memory at a time.

    Second copies come after all first ones, third after all second: a reader that goes from the beginning to the end sees no
    row twice in a row.
    """
    writers = {split: ProblemWriter(folder / split, shard_rows) for split in tally}
    trace = TraceWriter(folder / TRACE)
    with (folder / DROPPED).open("w", encoding="utf-8") as dropped:
        for line in ingest_dropped:
            dropped.write(_json(line) + "\n")
        for shard in measured.shards:
            opened = shard.open()
            for row, measures in zip(opened.rows, measured.of(shard), strict=True):
                decision = decisions.get(row.key)
                trace.add(row, measures, decision)
                if decision is None:
                    problem = _numbered(finished(row, measures), 1, drawn.get(row.key))
                    writers[row.split].add(problem, opened.images)
                    tally[row.split].add(problem, opened.images)
                else:
                    said = decision_dict(decision)
                    line = {
                        "id": row.problem.id,
                        "key": row.key,
                        "step": said["step"],
                        "reason": said["reason"],
                        "row": row.problem.to_row(),
                    }
                    dropped.write(_json(line) + "\n")
    for number in range(2, 1 + max((found.copies for found in drawn.values()), default=1)):
        wanted = {key for key, found in drawn.items() if found.copies >= number}
        for shard in measured.shards:
            if wanted.isdisjoint(head["key"] for head in shard.heads()):
                continue
            opened = shard.open()
            for row, measures in zip(opened.rows, measured.of(shard), strict=True):
                if row.key in wanted:
                    problem = _numbered(finished(row, measures), number, drawn[row.key])
                    writers[row.split].add(problem, opened.images)
                    tally[row.split].add(problem, opened.images)
    for writer in (*writers.values(), trace):
        writer.close()


def _numbered(problem: Problem, number: int, drawn: Drawn | None) -> Problem:
    return problem if drawn is None else copied(problem, number, drawn.copies, drawn.why)


def read_trace(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of a built dataset's trace, their JSON columns parsed."""
    import pyarrow.parquet as pq

    for path in sorted((folder / TRACE).glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            yield {**row, **{name: json.loads(row[name]) if row[name] else None for name in ("keys", "raw", "decision", "measures")}}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
