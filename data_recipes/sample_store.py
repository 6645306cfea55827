"""Samples on disk: append-only JSON lines, one file for each (model, sampler); kill the writer at any time.

    FOLDER/<model>-<sampler>.jsonl    {"seed", "key" (of the prompt), "index", "text", "tokens", "stop", "truncated"}

A torn last line is cut off before the next is written. Texts stay on disk; memory holds where each one lies.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from openk15.errors import UserError
from openk15.files import AppendLog

FIELDS = {"seed": int, "key": str, "index": int, "text": str, "tokens": int, "stop": str, "truncated": bool}


@dataclass(frozen=True)
class Sample:
    """One answer. `truncated`: it was cut for want of room, so it is neither right nor wrong."""

    text: str
    tokens: int
    truncated: bool


class SampleStore:
    """Every file of a folder, opened as they are asked for. `made`: samples that this process generated."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.made = 0
        self._files: dict[str, SampleFile] = {}

    def file(self, model: str, sampler: str) -> SampleFile:
        name = f"{model[:16]}-{sampler[:16]}.jsonl"
        if name not in self._files:
            self._files[name] = SampleFile(self.folder / name)
        return self._files[name]

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()


@functools.cache
def open_store(folder: Path) -> SampleStore:
    """One store a folder and process: steps that ask the same model share what was read."""
    return SampleStore(folder)


class SampleFile:
    """Where each sample lies in one file. One process writes at a time: the build that holds the cache."""

    def __init__(self, path: Path):
        self.path = path
        self._places: dict[tuple[int, str, int], tuple[int, int]] = {}  # (seed, key, index) -> offset, length
        self._end, self._lines = 0, 0  # whole lines that were read
        self._reader: FileIO | None = None
        self._log: AppendLog | None = None
        self._read()

    def has(self, seed: int, key: str, index: int) -> bool:
        return (seed, key, index) in self._places

    def samples(self, seed: int, key: str, n: int) -> tuple[Sample, ...]:
        """The first n; KeyError if one is not there."""
        rows = [self._row(*self._places[seed, key, index]) for index in range(n)]
        return tuple(Sample(row["text"], row["tokens"], row["truncated"]) for row in rows)

    def add(self, rows: Sequence[dict[str, Any]]) -> int:
        """Write rows, those that are there already left out; returns how many it was given. They are on disk when this returns."""
        if not rows:
            return 0
        if self._log is None:
            self._log = AppendLog(self.path)  # cuts off a torn line
            self._read()  # what was written since
        self._log.append(*(row for row in rows if not self.has(row["seed"], row["key"], row["index"])))
        self._read()
        return len(rows)

    def close(self) -> None:
        for handle in (self._reader, self._log):
            if handle is not None:
                handle.close()
        self._reader = self._log = None

    def _read(self) -> None:
        """Note the whole lines from where reading ended last."""
        if not self.path.exists():
            return
        with self.path.open("rb") as handle:
            handle.seek(self._end)
            for line in handle:
                if not line.endswith(b"\n"):
                    return  # torn: its writer was killed
                self._lines += 1
                self._places.setdefault(self._place(line), (self._end, len(line)))
                self._end += len(line)

    def _place(self, line: bytes) -> tuple[int, str, int]:
        try:
            row = json.loads(line)
            for name, kind in FIELDS.items():
                if type(row[name]) is not kind:
                    raise TypeError(f"{name} is {row[name]!r}")
            return row["seed"], row["key"], row["index"]
        except (ValueError, KeyError, TypeError) as error:
            where = f"{self.path}:{self._lines}"
            raise UserError(
                f"{where}: not a stored sample ({type(error).__name__}: {error}); delete this line and it is made again"
            ) from None

    def _row(self, offset: int, length: int) -> dict[str, Any]:
        if self._reader is None:
            self._reader = self.path.open("rb", buffering=0)
        return json.loads(os.pread(self._reader.fileno(), length, offset))
