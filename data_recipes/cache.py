"""Results of stages on disk, found again by what they were made from. Kill the build at any time: what is there is whole.

DIR/ab/ab12….json.zst     one result (JSON)
DIR/ab/ab12….pickle       one sketch: arrays, written and read by us alone
DIR/shards/<digest>/      the working shards of a source
DIR/samples/…             model samples, append-only: see steps/sampling.py
"""

from __future__ import annotations

import fcntl
import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zstandard

from data_recipes.executor import Executor
from data_recipes.row import ShardRef
from openk15.errors import UserError
from openk15.files import atomic_write_bytes
from openk15.seeds import digest


class StageCache:
    """Only the building process writes; workers return results."""

    def __init__(self, folder: Path):
        self.folder = folder

    @contextmanager
    def held(self) -> Iterator[None]:
        """One build at a time; UserError when another has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(f"{self.folder}: another build is using this cache; wait for it, or name another with --cache") from None
            yield

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """The JSON-able result of `make`, made only if it is not there."""
        path = self._path(key, "json.zst")
        if path.exists():
            return self.read(key)
        self.write(key, make())
        return self.read(key)  # from the file, so that types are the same whether it was there or not

    def write(self, key: str, value: Any) -> None:
        """Keep a JSON-able value in place of what was there."""
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        atomic_write_bytes(self._path(key, "json.zst"), zstandard.compress(data))

    def read(self, key: str) -> Any:
        """What `write` kept under `key`."""
        return json.loads(zstandard.decompress(self._path(key, "json.zst").read_bytes()))

    def mapped(self, name: str, function: Callable[[ShardRef], Any], shards: Sequence[ShardRef], executor: Executor) -> Iterator[Any]:
        """`function` of every shard, in order; only shards without a stored result are worked on."""
        missing = [shard for shard in shards if not self._shard_path(name, shard).exists()]
        results = executor.map(function, missing)
        try:
            for shard in shards:
                path = self._shard_path(name, shard)
                if not path.exists():
                    atomic_write_bytes(path, zstandard.compress(pickle.dumps(next(results), protocol=5)))
                yield pickle.loads(zstandard.decompress(path.read_bytes()))
        finally:
            close = getattr(results, "close", None)
            if close:
                close()

    def _shard_path(self, name: str, shard: ShardRef) -> Path:
        return self._path(digest(name, shard.digest), "pickle")

    def _path(self, key: str, ending: str) -> Path:
        return self.folder / key[:2] / f"{key}.{ending}"
