"""Records out of files: jsonl, csv and parquet, plain or gzipped, one file, a folder or a glob.

In: a path. Out: `Found` records with the place where each stands ("train.jsonl:17"), in the order of file names and lines;
a line that holds no record comes out as a BadRecord. A file that cannot be read at all is a UserError.
"""

from __future__ import annotations

import csv
import glob
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_recipes.sources.base import BadRecord
from openk15.errors import UserError

JSONL, CSV, PARQUET = (".jsonl", ".ndjson"), (".csv", ".tsv"), (".parquet",)
MAX_CELL = 1 << 28  # characters of one csv cell; Python's own limit is 131,072
BATCH = 256  # rows of a parquet file that are in memory at a time


@dataclass(frozen=True, slots=True)
class Found:
    """One record, where it stands, and the folder from which its picture paths start."""

    where: str
    record: Mapping[str, Any]
    folder: Path


def files_at(path: Path, endings: Sequence[str]) -> list[Path]:
    """The files that `path` names: itself, or every file with one of `endings` in the folder, or what the glob matches.

    Sorted by name. UserError naming the path when there is none.
    """
    path = path.expanduser()
    if path.is_file():
        return [path]
    wanted = tuple(found for ending in endings for found in (ending, f"{ending}.gz"))
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and file.name.endswith(wanted) and not _hidden(file, path))
        if not found:
            raise UserError(f"{path}: no file in this folder ends with {' or '.join(endings)}")
        return found
    if glob.has_magic(str(path)):
        found = sorted(Path(name) for name in glob.glob(str(path), recursive=True) if Path(name).is_file())
        if not found:
            raise UserError(f"{path}: matches no file")
        return found
    raise UserError(f"{path}: no such file or folder")


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)


def labels(files: Sequence[Path], root: Path) -> dict[Path, str]:
    """Short names for messages: relative to the folder that was asked for, else the file's own name."""
    return {file: file.relative_to(root).as_posix() if root.is_dir() else file.name for file in files}


def records_of(file: Path, label: str) -> Iterator[Found | BadRecord]:
    """Records of a csv, parquet or JSON-lines file, by its ending."""
    bare = file.name.removesuffix(".gz")
    read = csv_records if bare.endswith(CSV) else parquet_records if bare.endswith(PARQUET) else jsonl_records
    yield from read(file, label)


def jsonl_records(file: Path, label: str) -> Iterator[Found | BadRecord]:
    """Objects of a JSON-lines file."""
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        where = f"{label}:{number}"
        try:
            record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"), parse_constant=_no_constant)
        except UnicodeDecodeError as error:
            yield BadRecord(where, f"not UTF-8 text (byte {error.start} of the line); save the file as UTF-8", _shown(line))
        except (json.JSONDecodeError, ValueError) as error:
            yield BadRecord(where, f"not JSON ({error}); every line is to be one JSON object", _shown(line))
        except RecursionError:
            yield BadRecord(where, "JSON nested too deeply", _shown(line))
        else:
            if b"\\ud" in line.lower() and not _writable(record):
                yield BadRecord(where, "holds half a surrogate pair (\\ud800 to \\udfff), which is no text", _shown(line))
            elif isinstance(record, dict):
                yield Found(where, record, file.parent)
            else:
                yield BadRecord(where, f"holds a {type(record).__name__}; every line is to be one JSON object", _shown(line))


def _writable(record: Any) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _shown(line: bytes) -> dict[str, str]:
    return {"line": line[:2000].decode("utf-8", errors="replace").rstrip("\r\n")}


def _lines(file: Path) -> Iterator[bytes]:
    number = 0
    try:
        with gzip.open(file, "rb") if file.name.endswith(".gz") else file.open("rb") as handle:
            for line in handle:
                number += 1
                yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{file}: the gzip stream is damaged after line {number} ({error}); fetch the file again") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None


def csv_records(file: Path, label: str, delimiter: str | None = None) -> Iterator[Found | BadRecord]:
    """Rows of a csv file by the names of its first line; every cell is text. A row's place is the line it begins on."""
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(_text_lines(file), delimiter=delimiter or _delimiter(file), strict=True)
    header: list[str] | None = None
    begin = 1
    while True:
        where = f"{label}:{begin}"
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRecord(where, f"not CSV ({error}); a cell with a comma, a quote or a line break stands in double quotes")
            begin = rows.line_num + 1
            continue
        begin = rows.line_num + 1
        if not row:
            continue
        if header is None:
            header = _header(file, row)
            continue
        record = dict(zip(header, row, strict=False))
        if len(row) != len(header):
            yield BadRecord(
                where, f"has {len(row)} cells and the header {len(header)}; a cell with a comma stands in double quotes", _clean(record)
            )
        elif any(_broken(cell) for cell in row):
            name = next(name for name, cell in record.items() if _broken(cell))
            yield BadRecord(where, f"field {name!r}: not UTF-8 text; save the file as UTF-8", _clean(record))
        else:
            yield Found(where, record, file.parent)


def csv_header(file: Path, delimiter: str | None = None) -> list[str]:
    csv.field_size_limit(MAX_CELL)
    try:
        row = next(csv.reader(_text_lines(file), delimiter=delimiter or _delimiter(file), strict=True), None)
    except csv.Error as error:
        raise UserError(f"{file}:1: not CSV ({error})") from None
    return _header(file, row) if row else []


def _header(file: Path, row: list[str]) -> list[str]:
    header = [name.strip() for name in row]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"{file}:1: column {twice!r} is there twice; give each column a name of its own")
    return header


def _text_lines(file: Path) -> Iterator[str]:
    for number, line in enumerate(_lines(file)):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", errors="surrogateescape")


def _delimiter(file: Path) -> str:
    return "\t" if ".tsv" in file.suffixes else ","


def _broken(cell: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in cell)


def _clean(record: Mapping[str, str]) -> dict[str, str]:
    return {name: cell.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace") for name, cell in record.items()}


def parquet_file(file: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{file}: not a parquet file, or a damaged one ({' '.join(str(error).split())[:120]})") from None


def parquet_records(file: Path, label: str, columns: Sequence[str] | None = None) -> Iterator[Found | BadRecord]:
    """Rows of a parquet file; a row's place is its number from 1."""
    import pyarrow as pa

    number = 0
    try:
        for batch in parquet_file(file).iter_batches(batch_size=BATCH, columns=columns):
            for record in batch.to_pylist():
                number += 1
                yield Found(f"{label}:{number}", record, file.parent)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: damaged after row {number} ({' '.join(str(error).split())[:120]}); fetch the file again") from None


def plain(value: Any) -> Any:
    """A record as JSON-able values, for `raw`: bytes become their sha256 and size, what JSON has no form for its text."""
    from multimodal.images import image_digest

    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return {"sha256": image_digest(value), "bytes": len(value)}
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    return value if isinstance(value, str | int | bool | None) else str(value)
