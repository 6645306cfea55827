"""A JSON-lines file that takes its name when it is complete, and that goes on where it was stopped.

    .OUT.KEY.part   rows so far, locked by the process that writes them     ──complete──▶ OUT

`key` stands for all that the rows depend on: a part with another key is of no use and is removed, unless a living
process writes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from openk15.errors import PATH_ERRORS, OpenK15Error, RunError, UserError
from openk15.files import fsync_folder

Row = dict[str, Any]


def unwritable(path: Path, error: OSError) -> OpenK15Error:
    """A place where nothing can be written is the caller's to change; a full disk has broken the run."""
    said = f"{path}: cannot be written: {error.strerror or error}"
    return UserError(f"{said}; --out names a place that can be written") if isinstance(error, PATH_ERRORS) else RunError(said)


def write_row(handle: IO[bytes], row: Mapping[str, Any]) -> None:
    try:
        line = json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair: only an escape can carry it
        line = json.dumps(row).encode()
    handle.write(line + b"\n")


@contextmanager
def resumable_lines(path: Path, key: str, keep: Callable[[Row], bool]) -> Iterator[Callable[[Row], None]]:
    """A function that writes rows after those of a stopped run, which `keep` is shown first; from the first it refuses on, they go.

    Whatever ends the block early, the rows written so far stay for the next run; a file without rows does not.
    """
    part = path.with_name(f".{path.name}.{key}.part")
    handle = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path, part)
        handle = _open(part)
        _cut(handle, keep)
        yield lambda row: write_row(handle, row)
        handle.flush()
        os.fsync(handle.fileno())
        part.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        if isinstance(error, OpenK15Error):
            raise
        raise unwritable(path, error) from error
    finally:
        if handle is not None:
            _close(handle, part)


def _open(part: Path) -> IO[bytes]:
    while True:
        handle = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            raise UserError(f"{part}: another process is writing these very rows; wait for it, or give another --out") from None
        if _is(part, handle):
            return handle
        handle.close()  # it was renamed or removed between opening and locking


def _is(part: Path, handle: IO[bytes]) -> bool:
    try:
        return os.path.samestat(part.stat(), os.fstat(handle.fileno()))
    except FileNotFoundError:
        return False


def _cut(handle: IO[bytes], keep: Callable[[Row], bool]) -> None:
    """Leave the rows that are whole and kept; a killed process may have left half of one."""
    end = 0
    for line in handle:
        try:
            row = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            row = None
        if not isinstance(row, dict) or not keep(row):
            break
        end += len(line)
    handle.seek(end)
    handle.truncate()


def _close(handle: IO[bytes], part: Path) -> None:
    """A full disk is no further fault here: what did reach it is cut to whole rows when it is read."""
    with contextlib.suppress(OSError):
        handle.flush()
    with contextlib.suppress(OSError):
        if _is(part, handle) and not os.fstat(handle.fileno()).st_size:
            part.unlink(missing_ok=True)
        handle.close()


def _sweep(path: Path, part: Path) -> None:
    """Remove what stopped runs for the same output left behind under other keys."""
    for other in path.parent.glob(f".{_literal(path.name)}.*.part"):
        if other == part:
            continue
        try:
            with other.open("rb") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                other.unlink()
        except OSError:
            continue  # a living process writes it, or it has gone
    for other in path.parent.glob(f".{_literal(path.name)}.*.tmp"):  # of versions that began anew each time
        pid = other.name.split(".")[-2]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            other.unlink(missing_ok=True)


def _literal(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
