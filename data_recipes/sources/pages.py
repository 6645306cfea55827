"""`pages`: text in pictures, out of a folder of pages, infographics and slides (K81): read, laid out, asked about.

    picture ─▶ OCR boxes ─▶ blocks in reading order ─▶ transcribe · title · cell

    transcribe   the page's text in reading order            judged by `ocr` (similarity)
    title        the largest heading                         judged by `anls`; by `exact` where it has figures
    cell         the entry of a row and a column of a table  the same

sources:
  - {use: pages, path: scans, ask: [transcribe, title, cell], licence: CC-BY-4.0, heldout: 20}

The paper adds such a pipeline because a model that sees infographics beside their OCR text learns to lean on that text. The
labels are what the reader read: a page on which it is less sure than `sure` anywhere, or with fewer than `words`, is no record
(`bad_records: drop` keeps it apart). Tag `label_origin` says `ocr`, and the layout stands in the trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, PrivateAttr, field_validator

from data_recipes import ocr
from data_recipes.layout import Block, Kind, blocks_of
from data_recipes.problem import Problem
from data_recipes.report import Report
from data_recipes.sources.base import BadRecord, Candidate, Reader
from data_recipes.sources.fields import content_keys
from data_recipes.sources.pictures import picture_of
from data_recipes.sources.unfit import Unfit
from multimodal.messages import Part, user
from openk15.errors import UserError
from rewards.verdict import Answer

Task = Literal["transcribe", "title", "cell"]
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
TRANSCRIBE = "Write down all text on this page in reading order, column by column. Leave out nothing and add nothing."
TITLE = "What is the title of this page? Answer with its words alone."
CELL = "In the table on this page, what is the entry for {row} in the column {column}?"


class Pages(Reader):
    name = "pages"
    licence = "declared"
    note = "Labels are read by OCR. Train and held-out share no picture."

    path: Path = Field(description="a picture, or a folder of pictures")
    licence_declared: str = Field(
        validation_alias=AliasChoices("licence", "licence_declared"), min_length=1, description="SPDX id of the rows' licence"
    )
    ask: tuple[Task, ...] = Field(default=("transcribe", "title", "cell"), min_length=1, description="what is asked where the page has it")
    words: int = Field(default=8, ge=1, description="on a page, at least")
    sure: float = Field(default=0.9, ge=0.0, le=1.0, description="the reader's score of every stretch of text, at least")
    similarity: float = Field(default=0.9, gt=0.0, le=1.0, description="from which a transcription counts as correct")
    tags: dict[str, str] = Field(default_factory=dict, description="tags of every row")

    _kinds: dict[str, int] = PrivateAttr(default_factory=dict)  # blocks of the last reading, for the card

    @field_validator("ask")
    @classmethod
    def _once(cls, ask: tuple[Task, ...]) -> tuple[Task, ...]:
        return tuple(dict.fromkeys(ask))

    def inputs(self) -> Sequence[Path]:
        root = self.path.expanduser()
        if root.is_file():
            return [root]
        if not root.is_dir():
            raise UserError(f"source {self.name}: {self.path}: no such file or folder; name a folder of pictures")
        found = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix.lower() in ENDINGS)
        if not found:
            raise UserError(f"source {self.name}: {self.path}: no picture in this folder; endings are {', '.join(ENDINGS)}")
        return found

    def check(self) -> None:
        ocr.installed()
        self.inputs()

    def read(self) -> Iterator[Candidate | BadRecord]:
        """One record a page: all its questions come together, so that no page is in both splits."""
        self.check()
        self._kinds = {}
        for path in self.inputs():
            where = path.name if path == self.path.expanduser() else path.relative_to(self.path.expanduser()).as_posix()
            try:
                name, data = picture_of(path.name, path.parent, "path")
                blocks = blocks_of(ocr.ocr_boxes(data, where))
                self._fit(blocks)
                yield self._candidate(where, name, data, blocks)
            except Unfit as error:
                yield BadRecord(where, str(error))

    def report(self) -> Report:
        rows = [[kind, count] for kind, count in sorted(self._kinds.items())]
        return Report([("Blocks of the pages", ["kind", "blocks"], rows)]) if rows else Report()

    def _fit(self, blocks: Sequence[Block]) -> None:
        words = sum(len(block.text.split()) for block in blocks)
        if words < self.words:
            raise Unfit(f"{words} words could be read; a page has at least {self.words} (`words`)")
        doubtful = min(blocks, key=lambda block: block.score)
        if doubtful.score < self.sure:
            raise Unfit(f"the reader is {doubtful.score:.2f} sure of {doubtful.text[:60]!r}; at least {self.sure:g} is asked for (`sure`)")

    def _candidate(self, where: str, name: str, data: bytes, blocks: Sequence[Block]) -> Candidate:
        for block in blocks:
            self._kinds[block.kind] = self._kinds.get(block.kind, 0) + 1
        asked = [found for task in self.ask for found in questions(task, blocks, self.similarity)]
        if not asked:
            raise Unfit(f"has neither a title nor a table that {', '.join(self.ask)} could ask about; add transcribe to `ask`")
        problems = tuple(self._problem(where, name, *one) for one in asked)
        raw = {"layout": [{"kind": str(block.kind), "text": block.text, "because": block.because} for block in blocks]}
        return Candidate(problems, {name: data}, content_keys(problems[0]), raw)

    def _problem(self, where: str, name: str, task: Task, question: str, answer: Answer) -> Problem:
        source = self.tags.get("source", self.name)
        tags = {
            "source": source,
            "licence": self.licence_named,
            "category": "text-in-image",
            "origin": "real",
            "domain": "reading",
            "discipline": "documents",
            "modality": "image-text",
            "question_type": "open",
            "label_origin": "ocr",
            "grade": {"transcribe": "3", "title": "1", "cell": "2"}[task],
            "template": f"{source}/{task}",
            **self.tags,
        }
        return Problem((user(Part(image=name), Part(text=question)),), answer, tags, lineage=(f"source {source}: {where}, read by OCR",))


def questions(task: Task, blocks: Sequence[Block], similarity: float) -> list[tuple[Task, str, Answer]]:
    """What can be asked of a page with these blocks, at most one question; pure."""
    if task == "transcribe":
        text = "\n".join(block.text for block in blocks)
        return [("transcribe", TRANSCRIBE, Answer("ocr", text, {"threshold": similarity}))]
    if task == "title":
        titles = [block for block in blocks if block.kind is Kind.TITLE]
        heights = [block.lines[0][0].height for block in titles]
        if not titles or (len(titles) > 1 and sorted(heights)[-2] > 0.9 * max(heights)):
            return []  # none, or several of one size: which is meant is not said
        return [("title", TITLE, _read(titles[heights.index(max(heights))].text))]
    tables = [block for block in blocks if block.kind is Kind.TABLE]
    return _cell(tables[0].rows) if len(tables) == 1 else []


def _cell(rows: Sequence[Sequence[str]]) -> list[tuple[Task, str, Answer]]:
    """The last entry of the longest row label that is there once, under a header that is there once."""
    header, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    names = [row[0] for row in body]
    usable = [row for row in body if names.count(row[0]) == 1]
    if not usable or list(header).count(header[-1]) > 1:
        return []
    row = max(usable, key=lambda row: len(row[0]))
    return [("cell", CELL.format(row=row[0], column=header[-1]), _read(row[-1]))]


def _read(text: str) -> Answer:
    """`anls` forgives wrong letters, and would forgive wrong figures: 12.00 is three fifths of 15.00."""
    return Answer("exact" if any(letter.isdigit() for letter in text) else "anls", [text])
