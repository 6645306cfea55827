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

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from data_recipes.problem import Problem
from data_recipes.sources import files
from data_recipes.sources.base import Candidate
from data_recipes.sources.fields import ABSENT, cell_of, content_keys, need, tag_cells
from data_recipes.sources.files import Found, plain
from data_recipes.sources.pictures import picture_of
from data_recipes.sources.prompts import decoded
from data_recipes.sources.records import Columns, OwnFiles
from data_recipes.sources.unfit import Unfit, shown
from multimodal.messages import Part, user
from openk15.seeds import digest
from rewards.verdict import Answer

WHERE = (
    "Where was this photograph taken? Look at what is built, written and grown there. "
    "Answer with latitude and longitude in degrees, south and west below zero: \\boxed{(latitude, longitude)}"
)
NAME = "In which place was this photograph taken? Look at what is built, written and grown there. Answer with its name alone."
CELL = 2  # decimals of a degree to which two photographs show one place: about a kilometre


class PhotographFields(Columns):
    """Column names."""

    image: str = "image"
    latitude: str = "lat"
    longitude: str = "lon"
    place: str | None = None


class Photographs(OwnFiles):
    name = "photographs"
    note = "Train and held-out share no picture and no place (a cell of a hundredth of a degree)."
    endings: ClassVar[tuple[str, ...]] = (*files.JSONL, *files.CSV, *files.PARQUET)

    fields: PhotographFields = PhotographFields()
    ask: Literal["coordinates", "place"] = "coordinates"
    question: str | None = Field(default=None, min_length=1, description="instead of ours")
    tolerance_km: float = Field(default=200.0, gt=0.0, le=20_016.0, description="from the place up to which an answer is correct")
    scale_km: float | None = Field(default=None, gt=0.0, le=1e5, description="grades the answer by exp(-distance / scale)")

    @model_validator(mode="after")
    def _named(self) -> Photographs:
        if self.ask == "place" and self.fields.place is None:
            raise ValueError("ask: place needs fields.place, the column of the names; or ask: coordinates")
        return self

    def columns(self) -> PhotographFields:
        return self.fields

    def pictured(self, record: Mapping[str, Any]) -> Iterator[Any]:
        if (cell := cell_of(record, self.fields.image)) is not ABSENT:
            yield cell

    def candidate(self, found: Found) -> Candidate:
        record = found.record
        latitude, longitude = degrees(record, self.fields.latitude, 90), degrees(record, self.fields.longitude, 180)
        name, data = picture_of(need(record, self.fields.image), self.folder(found), self.fields.image)
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
