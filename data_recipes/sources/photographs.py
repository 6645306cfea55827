"""`photographs`: where was this taken? (K54) One's own pictures with latitude and longitude, and with the place's name if there is one.

    {"file": "a.jpg", "lat": 48.8584, "lon": 2.2945, "place": "Paris"}            jsonl, csv or parquet

sources:
  - use: photographs
    path: holiday/places.csv
    fields: {image: file, latitude: lat, longitude: lon, place: place, id: file}
    tolerance_km: 200             # 1 street, 25 city, 200 region, 750 country, 2500 continent (Im2GPS, Hays and Efros 2008)
    licence: CC-BY-4.0
    heldout: 50

The answer is judged by `coordinates` along the earth's surface; with `scale_km` it is graded. `ask: place` asks for the name
instead and judges it by `exact`; several names of one place are a list. Pictures are taken as they are: what their files say
beside the pixels (GPS among it) no model reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import AliasChoices, Field, field_validator, model_validator

from data_recipes.problem import Problem
from data_recipes.sources import files
from data_recipes.sources.base import BadRecord, Candidate
from data_recipes.sources.fields import ABSENT, cell_of, check_columns, content_keys, identity, need, tag_cells
from data_recipes.sources.files import Found, plain
from data_recipes.sources.pictures import picture_of, picture_path
from data_recipes.sources.prompts import decoded
from data_recipes.sources.records import RecordReader, tag_texts
from data_recipes.sources.unfit import Unfit, shown
from multimodal.messages import Part, user
from openk15.config import StrictModel
from openk15.seeds import digest
from rewards.verdict import Answer

WHERE = (
    "Where was this photograph taken? Look at what is built, written and grown there. "
    "Answer with latitude and longitude in degrees, south and west below zero: \\boxed{(latitude, longitude)}"
)
NAME = "In which place was this photograph taken? Look at what is built, written and grown there. Answer with its name alone."
CELL = 2  # decimals of a degree to which two photographs show one place: about a kilometre


class PhotographFields(StrictModel):
    """Column names."""

    image: str = "image"
    latitude: str = "lat"
    longitude: str = "lon"
    place: str | None = None
    id: str | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)

    def columns(self) -> dict[str, str]:
        found = {key: value for key, value in self if isinstance(value, str)}
        return found | {f"tags.{key}": name for key, name in self.tags.items()}


class Photographs(RecordReader):
    name = "photographs"
    licence = "declared"
    note = "Train and held-out share no picture and no place (a cell of a hundredth of a degree)."
    endings: ClassVar[tuple[str, ...]] = (*files.JSONL, *files.CSV, *files.PARQUET)

    path: Path = Field(description="a file, a folder or a glob: jsonl, csv, parquet")
    fields: PhotographFields = PhotographFields()
    licence_declared: str = Field(
        validation_alias=AliasChoices("licence", "licence_declared"), min_length=1, description="SPDX id of the rows' licence"
    )
    tags: Mapping[str, str] = Field(default_factory=dict, description="tags of every row; a tag column comes before")
    images: Path | None = Field(default=None, description="folder from which picture paths start; else the folder of the file")
    ask: Literal["coordinates", "place"] = "coordinates"
    question: str | None = Field(default=None, min_length=1, description="instead of ours")
    tolerance_km: float = Field(default=200.0, gt=0.0, le=20_016.0, description="from the place up to which an answer is correct")
    scale_km: float | None = Field(default=None, gt=0.0, le=1e5, description="grades the answer by exp(-distance / scale)")

    _as_text = field_validator("tags", mode="before")(tag_texts)

    @model_validator(mode="after")
    def _named(self) -> Photographs:
        if self.ask == "place" and self.fields.place is None:
            raise ValueError("ask: place needs fields.place, the column of the names; or ask: coordinates")
        return self

    def place(self) -> str:
        return str(self.path)

    def paths(self) -> list[Path]:
        return files.files_at(self.path, self.endings)

    def records(self) -> Iterator[Found | BadRecord]:
        found = self.paths()
        named = files.labels(found, self.path.expanduser())
        for file in found:
            bare = file.name.removesuffix(".gz")
            read = files.csv_records if bare.endswith(files.CSV) else files.jsonl_records
            read = files.parquet_records if bare.endswith(files.PARQUET) else read
            yield from read(file, named[file])

    def check(self) -> None:
        headers = (found.record for found in self.records() if isinstance(found, Found))
        check_columns(self.fields.columns(), headers, f"source {self.name}: {self.path}")

    def read(self) -> Iterator[Candidate | BadRecord]:
        self.check()
        yield from super().read()

    def inputs(self) -> Sequence[Path]:
        """The files, and every picture that a record points to and that is there."""
        cells = ((cell_of(found.record, self.fields.image), found) for found in self.records() if isinstance(found, Found))
        pictures = {path for cell, found in cells if cell is not ABSENT and (path := picture_path(cell, self._folder(found))) is not None}
        return [*self.paths(), *sorted(path for path in pictures if path.is_file())]

    def _folder(self, found: Found) -> Path:
        return self.images.expanduser() if self.images else found.folder

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        return identity(record, self.fields.id)

    def candidate(self, found: Found) -> Candidate:
        record = found.record
        latitude, longitude = degrees(record, self.fields.latitude, 90), degrees(record, self.fields.longitude, 180)
        name, data = picture_of(need(record, self.fields.image), self._folder(found), self.fields.image)
        if self.ask == "place":
            answer, question = Answer("exact", names(record, str(self.fields.place))), NAME
        else:
            params: dict[str, Any] = {"metric": "great_circle", "tolerance": self.tolerance_km}
            params |= {} if self.scale_km is None else {"scale": self.scale_km}
            answer, question = Answer("coordinates", [latitude, longitude], params), WHERE
        source = self.tags.get("source", self.name)
        tags = {
            "source": source,
            "licence": self.licence_named,
            "category": "real-world",
            "origin": "real",
            "domain": "location",
            "discipline": "geography",
            "modality": "image-text",
            "question_type": "open",
            "language": "en",
            "grade": "4",
            "template": f"{source}/{self.ask}",
            **self.tags,
            **tag_cells(record, self.fields.tags),
        }
        parts = (Part(image=name), Part(text=self.question or question))
        problem = Problem((user(*parts),), answer, tags, lineage=(f"source {source}: {found.where}",))
        cell = digest("place", f"{latitude:.{CELL}f}", f"{longitude:.{CELL}f}")
        return Candidate((problem,), {name: data}, (*content_keys(problem), f"place:{cell}"), plain(record))


def degrees(record: Mapping[str, Any], column: str, most: int) -> float:
    """A latitude or longitude. Raises Unfit naming the field."""
    cell = need(record, column)
    try:
        value = float(cell) if not isinstance(cell, bool) else float("nan")
    except (TypeError, ValueError):
        value = float("nan")
    if not abs(value) <= most:
        raise Unfit(f"field {column!r}: {shown(cell)} is no number of degrees in ±{most}; south and west are below zero")
    return value


def names(record: Mapping[str, Any], column: str) -> str | list[str]:
    """The name of a place, or several of them."""
    cell = decoded(need(record, column))
    found = [cell] if isinstance(cell, str) else cell
    if not isinstance(found, list) or not found or not all(isinstance(one, str) and one.strip() for one in found):
        raise Unfit(f"field {column!r}: {shown(cell)} is no name; a text, or a list of names of one place, is expected")
    return found[0].strip() if len(found) == 1 else [one.strip() for one in found]
