"""Layout of pages (K81): order and kinds over boxes that are known, then the same over pages that are drawn and read."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from data_recipes import ocr
from data_recipes.build import build
from data_recipes.layout import Box, Kind, blocks_of
from data_recipes.recipe import Recipe
from data_recipes.sources.base import BadRecord, Candidate, get_source
from data_recipes.sources.drawn.asked import Asked
from data_recipes.sources.drawn.texts import Page
from data_recipes.sources.drawn.typeset import typeset
from data_recipes.sources.pages import Pages, questions
from data_recipes.steps.legibility import character_error_rate
from data_recipes.store import load_problems
from multimodal.images import encode_png
from openk15.config import parse_config
from openk15.errors import UserError
from rewards import Answer, Status, verify

with_ocr = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("rapidocr", "onnxruntime")), reason="rapidocr and onnxruntime are not installed"
)


def column(left: float, top: float, words: str, lines: int, height: float = 10, width: float = 200) -> list[Box]:
    """Lines of prose under each other, half a line apart."""
    return [
        Box(left, top + at * 1.5 * height, left + width, top + at * 1.5 * height + height, f"{words} {at} of a long line")
        for at in range(lines)
    ]


def test_a_title_over_two_columns_is_read_first_then_each_column_to_its_end():
    """Paragraphs end at the same heights in both columns: gaps that cut the page across must not mix the columns."""
    boxes = [
        *(
            box
            for left, name in ((0, "L"), (260, "R"))
            for top, part in ((60, "one"), (150, "two"))
            for box in column(left, top, name + part, 4)
        ),
        Box(60, 0, 400, 24, "A heading over both"),
        Box(0, 260, 460, 270, "a footer that runs over the whole page and both columns"),
    ]
    blocks = blocks_of(boxes[::-1])
    assert [block.text.split()[0] for block in blocks] == ["A", "Lone", "Ltwo", "Rone", "Rtwo", "a"]
    assert [block.kind for block in blocks] == [Kind.TITLE, *[Kind.PARAGRAPH] * 5]
    assert blocks[1].text.startswith("Lone 0 of a long line Lone 1")


def test_a_table_is_read_row_by_row_and_columns_of_prose_are_not():
    cells = [("Product", "Price", "Sold"), ("chair", "12", "30"), ("lamp", "7", "44"), ("desk", "99", "2")]
    table = [Box(120 * at, 40 * row, 120 * at + 50, 40 * row + 10, text) for row, line in enumerate(cells) for at, text in enumerate(line)]
    (block,) = blocks_of(table)
    assert block.kind is Kind.TABLE
    assert block.rows == tuple(cells)
    assert block.because == "4 rows of short cells in 3 columns"
    below = blocks_of([*table, *column(0, 220, "L", 6, width=150), *column(200, 220, "R", 6, width=150)])
    assert [one.kind for one in below] == [Kind.TABLE, Kind.PARAGRAPH, Kind.PARAGRAPH]
    assert [one.text[0] for one in below] == ["P", "L", "R"]


def test_kinds_follow_from_size_and_words():
    page = [
        Box(0, 0, 300, 30, "Growth of towns"),
        *column(0, 60, "prose", 6),
        Box(0, 170, 120, 180, "Figure 2: a map"),
        Box(0, 210, 90, 217, "small print"),
    ]
    assert [block.kind for block in blocks_of(page)] == [Kind.TITLE, Kind.PARAGRAPH, Kind.CAPTION, Kind.CAPTION]
    close = [Box(0, 0, 300, 20, "Close heading"), *column(0, 24, "prose", 6)]
    assert [block.kind for block in blocks_of(close)] == [Kind.TITLE, Kind.PARAGRAPH], "a title set close to its text is no part of it"
    assert blocks_of([]) == []


def test_every_box_is_in_one_block_whatever_the_order_of_the_boxes():
    import random

    draw = random.Random(4)
    for _ in range(60):
        corners = [(draw.uniform(0, 500), draw.uniform(0, 500)) for _ in range(25)]
        boxes = [Box(x, y, x + draw.uniform(5, 120), y + draw.uniform(6, 20), str(at)) for at, (x, y) in enumerate(corners)]
        shuffled = boxes[:]
        draw.shuffle(shuffled)
        one, other = blocks_of(boxes), blocks_of(shuffled)
        assert sorted((box.text for block in one for line in block.lines for box in line), key=int) == [str(at) for at in range(25)]
        assert [block.rows for block in one] == [block.rows for block in other]


def test_questions_are_asked_only_where_the_page_has_one_answer():
    cells = [("Product", "Price"), ("chair", "12"), ("lamp", "7"), ("lamp", "9")]
    table = [Box(120 * at, 40 * row, 120 * at + 50, 40 * row + 10, text) for row, line in enumerate(cells) for at, text in enumerate(line)]
    ((_, question, answer),) = questions("cell", blocks_of(table), 0.9)
    assert "entry for chair in the column Price" in question, "lamp is there twice"
    assert (answer.verifier, answer.reference) == ("exact", ["12"]), "a similarity would pay wrong figures"
    ((_, _, answer),) = questions("cell", blocks_of([replace(box, text=box.text.replace("12", "dear")) for box in table]), 0.9)
    assert (answer.verifier, answer.reference) == ("anls", ["dear"])
    prose = column(0, 60, "prose", 6)
    assert questions("title", blocks_of(prose), 0.9) == questions("cell", blocks_of(prose), 0.9) == []
    two = [Box(0, 0, 300, 30, "First"), *column(0, 60, "prose", 6), Box(0, 190, 300, 220, "Second"), *column(0, 250, "prose", 6)]
    assert questions("title", blocks_of(two), 0.9) == [], "two titles of one size"


LEFT = "Rivers carry sand and gravel to the sea. Where they slow down the load sinks and a delta grows."
RIGHT = "Glaciers move far more slowly. They grind the rock below them and leave long walls of rubble behind."
ROWS = (("River", "Length", "Towns"), ("Aare", "288", "14"), ("Reuss", "164", "9"), ("Limmat", "35", "6"))


def drawn_page() -> Image.Image:
    """A heading, two columns of prose, a table below: set by our renderer, so that the layout is known."""
    asked = Asked("none", "", Answer("exact", "x"), 1, "", "")
    prose = [typeset(Page("prose", text, text, asked), "plain", 18, 330) for text in (LEFT, RIGHT)]
    heading = typeset(Page("prose", "Water and Ice", "", asked), "plain", 34, 600)
    table = typeset(Page("table", "", "", asked, ROWS), "plain", 18, 600)
    page = Image.new("RGB", (760, heading.height + max(one.height for one in prose) + table.height), "white")
    page.paste(heading, (20, 0))
    for at, one in enumerate(prose):
        page.paste(one, (20 + 360 * at, heading.height))
    page.paste(table, (20, page.height - table.height))
    return page


@pytest.fixture(scope="module", autouse=True)
def _every_page_is_read_once() -> Iterator[None]:
    """Reading is what takes time here, and the same page has the same boxes."""
    read = functools.cache(ocr.ocr_boxes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ocr, "ocr_boxes", lambda data, where="image": read(data))
        yield


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scans")
    (folder / "page.png").write_bytes(encode_png(drawn_page()))
    (folder / "blank.png").write_bytes(encode_png(Image.new("RGB", (200, 200), "white")))
    return folder


@with_ocr
def test_a_drawn_page_is_laid_out_as_it_was_set(scans):
    blocks = blocks_of(ocr.ocr_boxes((scans / "page.png").read_bytes()))
    assert [block.kind for block in blocks] == [Kind.TITLE, Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.TABLE]
    assert blocks[3].rows == ROWS
    for block, text in zip(blocks, ("Water and Ice", LEFT, RIGHT), strict=False):
        assert character_error_rate(block.text, text) <= 0.03


@with_ocr
def test_rows_are_made_of_pages_and_a_blank_one_is_kept_apart(scans, tmp_path):
    source = get_source("pages", {"path": str(scans), "licence": "CC0-1.0"})
    assert isinstance(source, Pages)
    bad, good = source.read()
    assert isinstance(bad, BadRecord)
    assert str(bad) == "blank.png: 0 words could be read; a page has at least 8 (`words`)"
    assert isinstance(good, Candidate)
    assert source.report().tables[0][2] == [["paragraph", 2], ["table", 1], ["title", 1]]
    spec = {"use": "pages", "path": str(scans), "licence": "CC0-1.0", "bad_records": "drop"}
    build(parse_config(Recipe, {"name": "pages", "sources": [spec]}), tmp_path / "out")
    answers = {problem.tags["template"]: problem.answer for problem in load_problems(tmp_path / "out", "train").problems}
    assert set(answers) == {"pages/transcribe", "pages/title", "pages/cell"}
    assert verify("Water and Ice", answers["pages/title"]).status is Status.CORRECT
    assert verify("\\boxed{6}", answers["pages/cell"]).status is Status.CORRECT
    whole = "\n".join(("Water and Ice", LEFT, RIGHT, *(" ".join(row) for row in ROWS)))
    mixed = "\n".join(("Water and Ice", RIGHT, LEFT, *(" ".join(row) for row in ROWS)))
    assert verify(whole, answers["pages/transcribe"]).status is Status.CORRECT
    assert verify(mixed, answers["pages/transcribe"]).status is Status.WRONG, "the right column was read before the left one"


@with_ocr
def test_a_page_that_nobody_can_be_sure_of_and_a_folder_without_pictures_are_named(scans, tmp_path):
    source = get_source("pages", {"path": str(scans / "page.png"), "licence": "CC0-1.0", "sure": 1.0})
    assert isinstance(source, Pages)
    (bad,) = source.read()
    assert isinstance(bad, BadRecord)
    assert "at least 1 is asked for (`sure`)" in bad.reason
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError, match=r"source pages: .*none: no picture in this folder; endings are \.png"):
        list(get_source("pages", {"path": str(tmp_path / "none"), "licence": "CC0-1.0"}).read())  # type: ignore[attr-defined]
