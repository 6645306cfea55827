"""Readers of records: each record becomes a Candidate or a BadRecord, in the order in which it is stored.

RecordReader        records() ─▶ identity (no two alike) ─▶ candidate() ─▶ Candidate | BadRecord
├─ Declared         check() first; licence, tags and picture folder by the recipe
│  ├─ InFiles       records() from files in one form
│  │  └─ OwnFiles   with the columns that a kind of source has
│  └─ MappedReader  candidate() by the recipe's field map
└─ PublicSet        candidate() by the published form of one data set, from a local file or from the hub
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import AliasChoices, Field, field_validator

from data_recipes.problem import Problem, Solution
from data_recipes.sources import files
from data_recipes.sources.base import BadRecord, Candidate, Reader
from data_recipes.sources.fields import FieldMap, check_columns, content_keys, grade_of, identity, problem_of
from data_recipes.sources.files import Found, plain
from data_recipes.sources.forms import NONE, SELF_CONTAINED
from data_recipes.sources.pictures import picture_path
from data_recipes.sources.unfit import Unfit
from multimodal.messages import Message
from openk15.config import StrictModel
from openk15.errors import UserError
from rewards.verdict import Answer


def tag_texts(tags: Any) -> Any:
    """Constant tags as text, `true` as "true"; the grade must be one."""
    if not isinstance(tags, Mapping):
        return tags
    found = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in tags.items()}
    if "grade" in found:
        found["grade"] = grade_of(found["grade"], "tags.grade")
    return found


SPLITS = {"train", "validation", "dev", "test", "testmini"}  # what files of a published set are named after


class RecordReader(Reader):
    """What all readers of records share."""

    @abstractmethod
    def records(self) -> Iterator[Found | BadRecord]:
        """Everything there is; UserError for what cannot be read at all."""

    @abstractmethod
    def candidate(self, found: Found) -> Candidate | None:
        """The problem of a record; None for one that was not asked for. Raises Unfit."""

    @abstractmethod
    def place(self) -> str:
        """What an error calls the whole: a path, the name of a data set."""

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        """The record's own name, which no other may have; None where records have none."""
        return None

    def read(self) -> Iterator[Candidate | BadRecord]:
        seen: dict[str, str] = {}
        empty = True
        for found in self.records():
            empty = False
            if isinstance(found, BadRecord):
                yield found
                continue
            try:
                name = self.own_id(found.record)
                if name is not None and name in seen:
                    raise Unfit(f"id {name!r} is that of {seen[name]} already; every record needs one of its own")
                candidate = self.candidate(found)
            except Unfit as error:
                yield BadRecord(found.where, str(error), plain(found.record))
                continue
            if name is not None:
                seen[name] = found.where
            if candidate is not None:
                yield candidate
        if empty:
            raise UserError(f"source {self.name}: {self.place()} holds no record")


class Columns(StrictModel):
    """Which column holds what: a subclass names its own."""

    id: str | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)

    def named(self) -> dict[str, str]:
        """Columns that every file must have: key -> name."""
        return {key: value for key, value in self if isinstance(value, str)} | {f"tags.{key}": name for key, name in self.tags.items()}


class Declared(RecordReader):
    """Records of anybody's: the recipe says whose licence and which tags they have, and where their pictures are."""

    licence: ClassVar[str] = "declared"

    licence_declared: str = Field(
        validation_alias=AliasChoices("licence", "licence_declared"), min_length=1, description="SPDX id of the rows' licence"
    )
    tags: Mapping[str, str] = Field(default_factory=dict, description="tags of every row; a tag column comes before")
    images: Path | None = Field(default=None, description="folder from which picture paths start; else the folder of the file")

    _as_text = field_validator("tags", mode="before")(tag_texts)

    @abstractmethod
    def check(self) -> None:
        """UserError where the records are not of the form that was declared; reads what it needs and builds nothing."""

    def read(self) -> Iterator[Candidate | BadRecord]:
        self.check()
        yield from super().read()

    def folder(self, found: Found) -> Path:
        """Where the picture paths of a record start."""
        return self.images.expanduser() if self.images else found.folder

    def picture_files(self, cells: Iterable[tuple[Any, Found]]) -> list[Path]:
        """The files that cells of records name and that are there, each once."""
        named = {path for cell, found in cells if (path := picture_path(cell, self.folder(found))) is not None}
        return sorted(path for path in named if path.is_file())


class InFiles(Declared):
    """Files of records in one form."""

    endings: ClassVar[tuple[str, ...]]

    path: Path = Field(description="a file, a folder or a glob")

    def place(self) -> str:
        return str(self.path)

    def paths(self) -> list[Path]:
        return files.files_at(self.path, self.endings)

    def records_of(self, file: Path, label: str) -> Iterator[Found | BadRecord]:
        return files.records_of(file, label)

    def records(self) -> Iterator[Found | BadRecord]:
        found = self.paths()
        named = files.labels(found, self.path.expanduser())
        for file in found:
            yield from self.records_of(file, named[file])

    def headers(self) -> Iterator[Mapping[str, Any]]:
        """Mappings whose keys are the columns that are there; by default the records themselves."""
        return (found.record for found in self.records() if isinstance(found, Found))


class OwnFiles(InFiles):
    """One's own files, with the columns that a kind of source has."""

    def check(self) -> None:
        check_columns(self.columns().named(), self.headers(), f"source {self.name}: {self.path}")

    @abstractmethod
    def columns(self) -> Columns:
        """The field map."""

    @abstractmethod
    def pictured(self, record: Mapping[str, Any]) -> Iterator[Any]:
        """The cells of a record that name pictures."""

    def inputs(self) -> Sequence[Path]:
        """The files, and every picture that a record points to and that is there."""
        cells = ((cell, found) for found in self.records() if isinstance(found, Found) for cell in self.pictured(found.record))
        return [*self.paths(), *self.picture_files(cells)]

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        return identity(record, self.columns().id)


class MappedReader(Declared):
    """Records of any form, through a field map that the recipe declares."""

    note: ClassVar[str] = "Train and held-out share no picture, and no question where there is no picture."

    fields: FieldMap = Field(description="which column holds what")
    verifier: str | None = Field(default=None, description="judges all answers; by the answer's form when absent, `none` for no answers")
    params: Mapping[str, Any] = Field(default_factory=dict, description="parameters of the verifier")
    first_choice: int | None = Field(
        default=None, ge=0, le=1, description="the number that stands for the first choice, where answers are numbers"
    )

    @field_validator("verifier")
    @classmethod
    def _known(cls, verifier: str | None) -> str | None:
        if verifier not in (None, NONE):
            from rewards.registry import get

            get(verifier)  # ValueError with the nearest name
        return verifier

    def need_answer(self) -> None:
        """UserError where a verifier needs a right answer and the map names no column for it."""
        if self.fields.answer is None and self.verifier not in SELF_CONTAINED:
            raise UserError(
                f"source {self.name}: key 'fields.answer' is required; without checked answers set `verifier: none`, "
                f"or one that needs none ({', '.join(SELF_CONTAINED[1:])})"
            )
        if self.images is not None and not self.images.expanduser().is_dir():
            raise UserError(f"source {self.name}: images: {self.images} is no folder")

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        return identity(record, self.fields.id)

    def candidate(self, found: Found) -> Candidate:
        return problem_of(
            found,
            self.fields,
            source=self.tags.get("source", self.name),
            licence=self.licence_named,
            tags=self.tags,
            verifier=self.verifier,
            params=self.params,
            first_choice=self.first_choice,
            pictures=self.images.expanduser() if self.images else None,
        )


class PublicSet(RecordReader):
    """A published data set: from `path` (its jsonl file, plain or gzipped, a folder of them, or the hub's folder), else from the hub."""

    hub: ClassVar[str]  # name on the Hugging Face hub
    subset: ClassVar[str | None] = None
    fixed: ClassVar[Mapping[str, str]] = {}  # tags of all rows
    splits: ClassVar[tuple[str, ...]] = ()  # the only ones there are, where the set says so

    path: Path | None = Field(default=None, description="local file or folder; from the hub when absent")
    split: str = Field(default="train", description="split on the hub")
    revision: str | None = Field(default=None, description="commit on the hub; pin it for builds that can be repeated")

    @field_validator("split")
    @classmethod
    def _has(cls, split: str) -> str:
        if cls.splits and split not in cls.splits:
            raise ValueError(f"{cls.name} has no such split; it has {', '.join(cls.splits)}")
        return split

    def paths(self) -> list[Path]:
        """The file; in a folder the one that is named after the split, or all where none is named after any split."""
        assert self.path is not None
        if here := self.hub_files_here():
            return here
        found = files.files_at(self.path, files.JSONL)
        named = {file.name.partition(".")[0]: file for file in found}
        if not self.path.expanduser().is_dir() or not SPLITS & set(named):
            return found
        if self.split not in named:
            has = ", ".join(sorted(file.name for file in found))
            raise UserError(f"source {self.name}: {self.path} holds no {self.split}.jsonl; it has {has}")
        return [named[self.split]]

    def hub_files_here(self) -> list[Path]:
        """The parquet files of a folder that was fetched from the hub as it is; none where `path` is anything else."""
        folder = self.path.expanduser() if self.path is not None else None
        if folder is None or not folder.is_dir() or any(folder.rglob("*.jsonl")) or any(folder.rglob("*.jsonl.gz")):
            return []
        return sorted(folder.rglob("*.parquet"))

    def inputs(self) -> Sequence[Path]:
        """The files at `path`, or those that were fetched from the hub."""
        if self.path is None:
            from data_recipes.sources.hub import hub_files

            return hub_files(self.name, self.hub, self.hub_subset(), self.split, self.revision)
        return self.paths()

    def hub_subset(self) -> str | None:
        return self.subset

    def place(self) -> str:
        return str(self.path or self.hub)

    def records(self) -> Iterator[Found | BadRecord]:
        if self.path is None or self.hub_files_here():
            from data_recipes.sources.hub import hub_records

            yield from hub_records(self.name, str(self.path or self.hub), self.hub_subset(), self.split, self.revision)
            return
        found = self.paths()
        named = files.labels(found, self.path.expanduser())
        for file in found:
            yield from files.jsonl_records(file, named[file])

    def made(
        self,
        found: Found,
        messages: Sequence[Message],
        answer: Answer,
        *,
        tags: Mapping[str, str],
        solutions: Sequence[Solution] = (),
        images: Mapping[str, bytes] | None = None,
        how: str = "",
    ) -> Candidate:
        """The candidate with the tags that all rows have, its lineage, its keys, and the record as it was."""
        own = {
            "source": self.name,
            "licence": self.licence_named,
            "language": "en",
            "modality": "image-text" if images else "text",
            "category": "real-world" if images else "text",
            **({"origin": "real"} if images else {}),
            **self.fixed,
            **tags,
        }
        own.setdefault("template", f"{self.name}/{own['question_type']}")
        lineage = tuple(part for part in (f"source {self.name}: {found.where}", how) if part)
        problem = Problem(tuple(messages), answer, own, tuple(solutions), lineage=lineage)
        return Candidate((problem,), images or {}, content_keys(problem), plain(found.record))
