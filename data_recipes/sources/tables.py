"""`jsonl`, `csv` and `parquet`: anybody's own records, through a declared field map.

sources:
  - use: csv
    path: shapes/labels.csv          # a file, a folder or a glob; .gz is fine
    images: shapes/pictures          # where picture paths start; else the folder of the file
    fields: {question: question, answer: label, image: file, id: file}
    verifier: exact                  # by the answer's form when absent
    licence: CC-BY-4.0               # SPDX id; required
    tags: {domain: shapes, language: en}
    heldout: 20

A record that cannot become a problem comes out as a BadRecord with file, line and field. A map that names a column which
no record has, a path without files and files without records are UserErrors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from data_recipes.sources import files
from data_recipes.sources.base import BadRecord, Candidate
from data_recipes.sources.fields import check_columns, picture_cells
from data_recipes.sources.files import Found
from data_recipes.sources.forms import of_text
from data_recipes.sources.records import InFiles, MappedReader
from data_recipes.sources.unfit import Unfit


class Table(InFiles, MappedReader):
    """Files of records."""

    def check(self) -> None:
        self.need_answer()
        check_columns(self.fields.columns(), self.headers(), f"source {self.name}: {self.path}")

    def inputs(self) -> Sequence[Path]:
        """The files, and every picture that a record points to and that is there."""
        return [*self.paths(), *self.picture_files(self._picture_cells())]

    def _picture_cells(self) -> Iterator[tuple[Any, Found]]:
        for found in self.picture_records() if self.fields.picture_columns else ():
            try:
                cells = picture_cells(found.record, self.fields)
            except Unfit:
                continue
            yield from ((cell, found) for cell, _ in cells)

    def picture_records(self) -> Iterator[Found]:
        return (found for found in self.records() if isinstance(found, Found))


class Jsonl(Table):
    name = "jsonl"
    endings = files.JSONL

    def records_of(self, file: Path, label: str) -> Iterator[Found | BadRecord]:
        return files.jsonl_records(file, label)


class Csv(Table):
    """Cells are text; a list (of pictures, of choices, of accepted answers), a box or a schema is written as JSON: ["a.png", "b.png"]."""

    name = "csv"
    endings = files.CSV

    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="a comma; a tab in .tsv files")

    def records_of(self, file: Path, label: str) -> Iterator[Found | BadRecord]:
        return files.csv_records(file, label, self.delimiter)

    def candidate(self, found: Found) -> Candidate:
        column = self.fields.answer
        if column is not None and column in found.record:
            answer = of_text(found.record[column], self.verifier)
            found = replace(found, record={**found.record, column: answer})
        return super().candidate(found)

    def headers(self) -> Iterator[Mapping[str, Any]]:
        return (dict.fromkeys(files.csv_header(file, self.delimiter)) for file in self.paths())


class Parquet(Table):
    """Pictures are paths, bytes or the hub's {"bytes", "path"}."""

    name = "parquet"
    endings = files.PARQUET

    def records_of(self, file: Path, label: str) -> Iterator[Found | BadRecord]:
        return files.parquet_records(file, label)

    def headers(self) -> Iterator[Mapping[str, Any]]:
        return (_columns(files.parquet_file(file).schema_arrow) for file in self.paths())

    def picture_records(self) -> Iterator[Found]:
        """Only the columns of pictures, and only where they are paths: embedded pictures are part of the file."""
        import pyarrow as pa

        columns = [name.partition(".")[0] for name in self.fields.picture_columns]
        for file in self.paths():
            schema = files.parquet_file(file).schema_arrow
            if all(name in schema.names and _holds_paths(schema.field(name).type, pa) for name in columns):
                for found in files.parquet_records(file, file.name, columns):
                    if isinstance(found, Found):
                        yield found


def _columns(fields: Any) -> dict[str, Any]:
    """Names of columns, with those of the structs in them."""
    import pyarrow as pa

    return {field.name: _columns(field.type) if pa.types.is_struct(field.type) else None for field in fields}


def _holds_paths(kind: Any, pa: Any) -> bool:
    while pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
