"""OCR of rendered pictures: reads what was drawn, in order, and says what is missing where the library is not installed."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from data_recipes import ocr
from data_recipes.dedup.origin import drawn_text
from data_recipes.ocr import lines_of
from data_recipes.problem import Problem
from data_recipes.row import Row, Shard
from data_recipes.sources.base import Candidate, Reader, get_source
from data_recipes.sources.drawn.board import font
from data_recipes.steps.base import make_step
from data_recipes.steps.legibility import character_error_rate, normal
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user
from openk15.errors import UserError
from rewards.verdict import Answer

with_ocr = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("rapidocr", "onnxruntime")), reason="rapidocr and onnxruntime are not installed"
)


def drawn(text: str, size: int = 20) -> bytes:
    image = Image.new("RGB", (330, 24 + round(size * 1.5) * text.count("\n") + 2 * size), "white")
    ImageDraw.Draw(image).multiline_text((16, 16), text, font=font("sans", size), fill="black", spacing=size // 2)
    return encode_png(image)


def row(picture: bytes, text: str, **tags: str) -> Row:
    name = image_digest(picture)
    every = {"modality": "image-text", "source": "test", "grade": "1", "origin": "rendered", **tags}
    problem = Problem((user(Part(image=name), Part(text="What does it say?")),), Answer("exact", "x"), every)
    return Row("test/train/0", "train", problem, raw={"text": text})


def test_lines_are_read_from_top_to_bottom_and_left_to_right():
    def box(x: float, y: float) -> list[list[float]]:
        return [[x, y], [x + 30, y], [x + 30, y + 10], [x, y + 10]]

    assert lines_of([box(100, 21), box(0, 40), box(0, 20)], ["b", "c", "a"]) == [["a", "b"], ["c"]]


def test_lines_of_a_page_that_lies_askew_are_kept_together():
    def box(x: float, y: float) -> list[list[float]]:
        points = [(x, y), (x + 40, y), (x + 40, y + 10), (x, y + 10)]
        return [[px * 0.985 - py * 0.174, px * 0.174 + py * 0.985] for px, py in points]

    boxes = [box(x, y) for y in (0, 16, 32) for x in (0, 100, 200)]
    assert lines_of(boxes, list("abcdefghi")) == [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]]


def test_the_error_rate_ignores_blanks_and_look_alike_marks():
    assert normal("a  b\n c’s “x” – 1") == 'abc\'s"x"-1'
    assert character_error_rate("total = 48", "total=48") == 0.0
    assert character_error_rate("total = 43", "total=48") == pytest.approx(1 / 8)
    assert character_error_rate("", "abcd") == 1.0
    with pytest.raises(ValueError, match="the drawn text is empty"):
        character_error_rate("x", " ")


@with_ocr
def test_a_clean_picture_is_legible_and_another_text_is_not():
    text = "Mia has 44 stamps.\nShe loses 19 of them."
    picture = drawn(text)
    rows = (row(picture, text), row(picture, "Mia has 71 shells and gets 30 packs."), row(picture, ""))
    found = make_step("legibility", {}).measure(Shard(rows, {image_digest(picture): picture}))  # type: ignore[attr-defined]
    assert found[0]["cer"]["value"] <= 0.03
    assert found[0]["legible"] == {"value": True, "threshold": 0.05}
    assert "44 stamps" in found[0]["cer"]["text"]
    assert found[1]["legible"]["value"] is False
    assert found[2]["cer"]["value"] is None
    augmented = replace(rows[0].problem, tags={**rows[0].problem.tags, "augment": "blur"})
    (lenient,) = make_step("legibility", {}).measure(Shard((replace(rows[0], problem=augmented),), {image_digest(picture): picture}))  # type: ignore[attr-defined]
    assert lenient["legible"]["threshold"] == 0.15
    assert ocr.ocr_text(picture) == found[0]["cer"]["text"]


def own_rows(folder: Path, text: str | None, **options: Any) -> list[Row]:
    """A picture that says "Mia has 44 stamps." in a file of one's own, as the `jsonl` source reads it."""
    (folder / "a.png").write_bytes(drawn("Mia has 44 stamps.\nShe loses 19 of them."))
    record = {"q": "How many are left?", "a": "25", "file": "a.png", **({} if text is None else {"text": text})}
    (folder / "own.jsonl").write_text(json.dumps(record) + "\n")
    fields = {"question": "q", "answer": "a", "image": "file", **options.pop("fields", {})}
    source = get_source("jsonl", {"path": str(folder / "own.jsonl"), "licence": "CC0-1.0", "fields": fields, **options})
    assert isinstance(source, Reader)
    (candidate,) = [one for one in source.read() if isinstance(one, Candidate)]
    return [Row("jsonl/train/0", "train", problem, candidate.keys, candidate.raw) for problem in candidate.problems]


@with_ocr
@pytest.mark.parametrize(
    "options", [{"tags": {"category": "text-rendered"}}, {"tags": {"origin": "rendered"}}, {"fields": {"drawn": "text"}}]
)
@pytest.mark.parametrize(
    ("text", "legible"), [("Mia has 44 stamps. She loses 19 of them.", True), ("Tom has 71 shells in 30 packs.", False)]
)
def test_ones_own_rendered_row_is_read_against_the_text_it_tells(tmp_path, options, text, legible):
    (row,) = own_rows(tmp_path, text, **options)
    assert row.problem.tags["origin"] == "rendered"
    picture = (tmp_path / "a.png").read_bytes()
    (found,) = make_step("legibility", {}).measure(Shard((row,), {image_digest(picture): picture}))  # type: ignore[attr-defined]
    assert found["legible"]["value"] is legible


def test_a_caption_is_no_drawn_text_and_a_question_is_none_either(tmp_path):
    (caption,) = own_rows(tmp_path, "Stamps on a table.")
    assert caption.problem.tags["origin"] == "real"
    assert drawn_text(caption) == ""
    (asked,) = own_rows(tmp_path, "What is left?", fields={"question": "text"}, tags={"origin": "rendered"})
    assert drawn_text(asked) == ""
    with pytest.raises(UserError, match=r"drawn names the text that a picture shows, but neither image nor images names a picture"):
        get_source("jsonl", {"path": "x", "licence": "MIT", "fields": {"question": "q", "answer": "a", "drawn": "text"}})


@with_ocr
def test_a_rendered_picture_of_unknown_text_is_read_and_an_unreadable_one_is_not_legible(tmp_path):
    blank = encode_png(Image.new("RGB", (330, 80), "white"))
    written = drawn("Mia has 44 stamps.")
    rows = (row(written, ""), row(blank, ""), row(blank, "", origin="real"))
    found = make_step("legibility", {}).measure(Shard(rows, {image_digest(one): one for one in (blank, written)}))  # type: ignore[attr-defined]
    assert [one["legible"]["value"] for one in found] == [None, False, None]
    assert "44 stamps" in found[0]["cer"]["text"]
    assert found[1]["legible"]["because"] == "the drawn text is not known, and nothing can be read"


@with_ocr
def test_no_text_is_an_empty_string_and_no_picture_an_error():
    assert ocr.ocr_text(encode_png(Image.new("RGB", (80, 60), "white"))) == ""
    with pytest.raises(UserError, match="row 7: not a picture"):
        ocr.ocr_text(b"no picture", "row 7")


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs rapidocr and onnxruntime; install them with `pip install --no-deps rapidocr==3\.10\.0"):
        make_step("legibility", {}).check()
