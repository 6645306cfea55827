"""The declared field map: which column of a record holds what, and the problem that comes of it.

fields:
  question: q                     # text with <image>, <image1>, … where pictures stand; or chat messages
  answer: extra.answer            # key `answer` inside column `extra`
  choices: options                # a list, a mapping of letters, or several columns: [A, B, C, D]
  image: img                      # one picture, which every record has; `images` for a list, which may be empty
  drawn: words                    # the text that a rendered picture shows: `legibility` reads the picture against it
  id: uid                         # different in every record
  solution: worked                # the assistant's whole turn
  params: {tolerance: tol}        # parameters of the verifier, by column
  tags: {discipline: subject}     # tags by column
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from data_recipes.dedup.origin import RAW_TEXT, Origin, origin_of
from data_recipes.problem import Problem, Solution
from data_recipes.sources.base import Candidate
from data_recipes.sources.files import Found, plain
from data_recipes.sources.forms import answer_of, lettered, with_choices
from data_recipes.sources.pictures import picture_of
from data_recipes.sources.prompts import decoded, extended, question_messages
from data_recipes.sources.unfit import Unfit, shown
from openk15.config import StrictModel
from openk15.errors import UserError
from openk15.seeds import digest

ABSENT = object()


class FieldMap(StrictModel):
    """Column names; `a.b` is key b inside column a."""

    question: str
    answer: str | None = None
    choices: str | tuple[str, ...] | None = None
    image: str | None = None
    images: str | None = None
    drawn: str | None = None
    id: str | None = None
    solution: str | None = None
    params: Mapping[str, str] = Field(default_factory=dict)
    tags: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_kind(self) -> FieldMap:
        if self.image is not None and self.images is not None:
            raise ValueError("image and images are both given; `image` is one picture a record, `images` a list of them")
        if self.drawn is not None and not self.picture_columns:
            raise ValueError("drawn names the text that a picture shows, but neither image nor images names a picture")
        return self

    def columns(self) -> dict[str, str]:
        """By the key of the map that names it ("tags.grade"), every column that is read."""
        found = {key: value for key, value in self if isinstance(value, str)}
        if isinstance(self.choices, tuple):
            found |= {f"choices[{place}]": name for place, name in enumerate(self.choices)}
        for group in ("params", "tags"):
            found |= {f"{group}.{key}": name for key, name in getattr(self, group).items()}
        return found

    @property
    def picture_columns(self) -> list[str]:
        return [name for name in (self.image, self.images) if name is not None]


def cell_of(record: Mapping[str, Any], column: str) -> Any:
    """What stands in `column`, or ABSENT. A column whose own name has dots comes before keys inside columns."""
    if column in record:
        return record[column]
    value: Any = record
    for part in column.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value


def check_columns(columns: Mapping[str, str], records: Iterable[Mapping[str, Any]], where: str) -> None:
    """UserError naming the nearest column for each mapped column that no record has. Reads until all have been seen."""
    missing, seen = dict(columns), dict[str, None]()
    for record in records:
        missing = {key: name for key, name in missing.items() if cell_of(record, name) is ABSENT}
        if not missing:
            return
        seen |= dict.fromkeys(column_names(record))
    if not seen:
        return
    raise UserError(
        "; ".join(f"{where}: fields.{key}: no record has a column {name!r}; {nearest(name, list(seen))}" for key, name in missing.items())
    )


def column_names(record: Mapping[str, Any]) -> list[str]:
    """Its columns, and the keys inside those that are mappings."""
    inner = [f"{name}.{key}" for name, value in record.items() if isinstance(value, Mapping) for key in value]
    return [*map(str, record), *inner]


def nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known)}"


def need(record: Mapping[str, Any], column: str) -> Any:
    """The cell, which must be there."""
    value = cell_of(record, column)
    if value is ABSENT:
        raise Unfit(f"field {column!r} is missing; {nearest(column, column_names(record))}")
    return value


def text_at(record: Mapping[str, Any], column: str) -> str:
    """A cell that must hold text with something in it."""
    value = need(record, column)
    if not isinstance(value, str):
        raise Unfit(f"field {column!r}: expected text, got {type(value).__name__} {shown(value)}")
    if not value.strip():
        raise Unfit(f"field {column!r}: is empty; a text is expected")
    return value


def identity(record: Mapping[str, Any], column: str | None) -> str | None:
    """The record's own name, where the map names a column of ids."""
    if column is None:
        return None
    value = need(record, column)
    if isinstance(value, bool) or not isinstance(value, str | int) or str(value).strip() == "":
        raise Unfit(f"field {column!r}: {value!r} is no id; a text or a whole number that no other record has is expected")
    return str(value).strip()


def problem_of(
    found: Found,
    fields: FieldMap,
    *,
    source: str,
    licence: str,
    tags: Mapping[str, str],
    verifier: str | None,
    params: Mapping[str, Any],
    first_choice: int | None,
    pictures: Path | None,
) -> Candidate:
    """The problem of one record. Raises Unfit naming the field that is wrong."""
    record, images = found.record, dict[str, bytes]()
    names = []
    for cell, field in picture_cells(record, fields):
        name, data = picture_of(cell, pictures or found.folder, field)
        names.append(name)
        images[name] = data
    asked = need(record, fields.question)
    messages = question_messages(asked, fields.question, names, has_pictures=bool(fields.picture_columns))
    choices = _choices(record, fields)
    if choices:
        messages = (*messages[:-1], extended(messages[-1], with_choices("", choices)))
    given = cell_of(record, fields.answer) if fields.answer else None
    if given is ABSENT:
        raise Unfit(f"field {fields.answer!r} is missing; {nearest(str(fields.answer), column_names(record))}")
    columns = {key: decoded(need(record, column)) for key, column in fields.params.items()}
    answer = answer_of(
        given, fields.answer or "answer", choices=choices, verifier=verifier, params={**params, **columns}, first_choice=first_choice
    )
    kind = "multiple_choice" if answer.verifier == "choice" else "open"
    given_tags = {**tags, **tag_cells(record, fields.tags)}
    drawn = drawn_in(record, fields, given_tags) if names else ""
    rendered = origin_of(given_tags) is Origin.RENDERED or bool(fields.drawn and drawn)
    own = {
        "source": source,
        "licence": licence,
        "modality": "image-text" if names else "text",
        "question_type": kind,
        "grade": "3",
        "template": f"{tags.get('source', source)}/{kind}",
        **({"origin": "rendered" if rendered else "real"} if names else {"category": "text"}),
        **given_tags,
    }
    solutions = _solutions(record, fields.solution)
    problem = Problem(messages, answer, own, solutions, lineage=(f"source {source}: {found.where}",))
    kept_as_it_was = not choices and given == answer.reference and messages[-1].text == asked
    raw = {} if kept_as_it_was else plain(record)
    return Candidate((problem,), images, content_keys(problem), {**raw, RAW_TEXT[0]: drawn} if drawn else raw)


def drawn_in(record: Mapping[str, Any], fields: FieldMap, tags: Mapping[str, str]) -> str:
    """The text that the record's pictures show; "" where nothing says it.

    From the column that the map names; without one, of rows that the tags call rendered, from a column named as ours are
    that the map gives no other meaning: no such row is to slip past the step that reads its picture.
    """
    if fields.drawn is not None:
        cell = cell_of(record, fields.drawn)
        if cell is ABSENT or cell is None or cell == "":
            return ""
        return text_at(record, fields.drawn)
    if origin_of(tags) is not Origin.RENDERED:
        return ""
    mapped = set(fields.columns().values())
    found = (record[name] for name in RAW_TEXT if name in record and name not in mapped)
    return next((text for text in found if isinstance(text, str) and text.strip()), "")


def content_keys(problem: Problem) -> tuple[str, ...]:
    """What train and held-out may not share: the pictures, or where there are none the words."""
    if problem.images:
        return tuple(f"image:{name}" for name in dict.fromkeys(problem.images))
    return (f"question:{digest(' '.join(' '.join(message.text for message in problem.messages).split()))}",)


def picture_cells(record: Mapping[str, Any], fields: FieldMap) -> list[tuple[Any, str]]:
    """Cells that hold a picture each, with the field's name for messages."""
    if fields.image is not None:
        return [(need(record, fields.image), fields.image)]
    if fields.images is None:
        return []
    cell = decoded(need(record, fields.images))
    if isinstance(cell, str | bytes | Mapping):
        cell = [cell] if cell else []
    if not isinstance(cell, list | tuple):
        raise Unfit(f"field {fields.images!r}: expected a list of pictures, got {type(cell).__name__}; an empty list where there is none")
    return [(item, fields.images if len(cell) == 1 else f"{fields.images}[{place}]") for place, item in enumerate(cell)]


def _choices(record: Mapping[str, Any], fields: FieldMap) -> dict[str, str] | None:
    if fields.choices is None:
        return None
    if isinstance(fields.choices, tuple):
        return lettered([need(record, column) for column in fields.choices], ", ".join(fields.choices))
    cell = decoded(need(record, fields.choices))
    if cell is None or cell in ("", [], {}):
        return None
    if isinstance(cell, Mapping):
        if {"text", "label"} <= set(cell):  # ARC and CommonsenseQA on the hub
            return {str(key).upper(): str(text) for key, text in zip(cell["label"], cell["text"], strict=False)}
        return {str(key).strip().upper(): str(text) for key, text in cell.items() if text is not None}
    if isinstance(cell, list | tuple):
        return lettered(cell, fields.choices)
    raise Unfit(f"field {fields.choices!r}: expected a list of choices or a mapping of letters, got {type(cell).__name__} {shown(cell)}")


def tag_cells(record: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """Tags that the record itself gives; an empty cell leaves the constant."""
    found = {}
    for tag, column in columns.items():
        cell = cell_of(record, column)
        if cell is ABSENT or cell is None or cell == "":
            continue
        if isinstance(cell, Mapping | list | tuple | bytes):
            raise Unfit(f"field {column!r}: a {type(cell).__name__} is no tag; a word or a number is expected")
        found[tag] = grade_of(cell, column) if tag == "grade" else str(cell).strip()
    return found


def grade_of(cell: Any, column: str) -> str:
    """1 to 5 out of `3`, `3.0` or `Level 3`."""
    found = re.fullmatch(r"(?:level|grade)?\s*([1-5])(?:\.0)?", str(cell).strip(), re.IGNORECASE)
    if found is None:
        raise Unfit(f"field {column!r}: {shown(cell)} is no grade; 1 (easiest) to 5 is expected")
    return found[1]


def _solutions(record: Mapping[str, Any], column: str | None) -> tuple[Solution, ...]:
    cell = cell_of(record, column) if column else None
    if cell is None or cell is ABSENT or cell == "":
        return ()
    if not isinstance(cell, str):
        raise Unfit(f"field {column!r}: expected the text of a solution, got {type(cell).__name__}")
    return (Solution(cell, "reasoned" if len(cell.split()) > 3 else "direct"),)
