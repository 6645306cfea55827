"""What flows from a source through the steps to the selection, and how it rests on disk between them.

A shard is a parquet file of rows with their pictures embedded. Its digest is that of its contents (rows and
pictures, not file bytes), so whatever is computed from a shard can be found again by (step, digest).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from data_recipes.problem import Problem

COLUMNS = ("key", "split", "keys", "raw", "id", "messages", "answer", "tags", "solutions", "measures", "lineage", "pair_id")
SHARD_ROWS = 250  # rows of a working shard: the unit of work, of resume and of memory; not a function of the worker count


@dataclass(frozen=True, slots=True)
class Row:
    """One problem on its way. `key` says where it came from and never changes: "gsm8k/train/17"."""

    key: str
    split: str
    problem: Problem
    keys: tuple[str, ...] = ()  # what it is made of ("scene:ab12", "uci-digit:7"); train and held-out share none
    raw: Mapping[str, Any] = field(default_factory=dict)  # the record before we changed it, where we did

    def to_dict(self) -> dict[str, Any]:
        """Columns of text only."""
        return {
            "key": self.key,
            "split": self.split,
            "keys": json.dumps(list(self.keys), ensure_ascii=False),
            "raw": json.dumps(dict(self.raw), ensure_ascii=False, sort_keys=True),
            **self.problem.to_row(),
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Row:
        keys, raw = tuple(json.loads(row["keys"])), json.loads(row["raw"])
        return cls(row["key"], row["split"], Problem.from_row(row), keys, raw)


@dataclass(frozen=True)
class Shard:
    """Rows and every picture they name, by content digest."""

    rows: tuple[Row, ...]
    images: Mapping[str, bytes]

    def digest(self) -> str:
        hasher = hashlib.blake2b(digest_size=16)
        for row in self.rows:
            hasher.update(json.dumps(row.to_dict(), ensure_ascii=False, sort_keys=True).encode())
        return hasher.hexdigest()


@dataclass(frozen=True, slots=True)
class ShardRef:
    """A shard by name. `data` is the file's bytes where the reader may not see the writer's disk (a cluster)."""

    path: str
    digest: str
    rows: int
    split: str
    source: str
    data: bytes | None = field(default=None, repr=False, compare=False)

    def open(self) -> Shard:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(self.path if self.data is None else pa.BufferReader(self.data))
        rows, images = [], {}
        for line in table.to_pylist():
            shown = line.pop("pictures") or []
            rows.append(Row.from_dict(line))
            images.update((picture["name"], picture["bytes"]) for picture in shown)
        return Shard(tuple(rows), images)

    def heads(self) -> list[dict[str, Any]]:
        """Per row what selection looks at: key, split, id, pair_id and tags; nothing else is read."""
        import pyarrow.parquet as pq

        rows = pq.read_table(self.path, columns=["key", "split", "id", "pair_id", "tags"]).to_pylist()
        return [{**row, "tags": json.loads(row["tags"])} for row in rows]

    def travelling(self) -> ShardRef:
        return replace(self, data=Path(self.path).read_bytes())

    def to_dict(self) -> dict[str, Any]:
        return {"path": self.path, "digest": self.digest, "rows": self.rows, "split": self.split, "source": self.source}


def write_shard(folder: Path, number: int, rows: Sequence[Row], images: Mapping[str, bytes], source: str) -> ShardRef:
    """Write one shard whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    picture = pa.list_(pa.struct([("name", text), ("bytes", pa.binary())]))
    schema = pa.schema([*((name, text) for name in COLUMNS), ("pictures", picture)])
    lines = [
        {**row.to_dict(), "pictures": [{"name": name, "bytes": images[name]} for name in dict.fromkeys(row.problem.images)]} for row in rows
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:06d}.parquet"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    pq.write_table(pa.Table.from_pylist(lines, schema=schema), temporary, compression="zstd")
    temporary.replace(path)
    return ShardRef(str(path), Shard(tuple(rows), images).digest(), len(rows), rows[0].split, source)


def batched(rows: Iterable[Row], size: int = SHARD_ROWS) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
