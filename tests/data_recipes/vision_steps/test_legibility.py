"""OCR of rendered pictures: reads what was drawn, in order, and says what is missing where the library is not installed."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from data_recipes import ocr
from data_recipes.ocr import lines_of
from data_recipes.problem import Problem
from data_recipes.row import Row, Shard
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


@with_ocr
def test_no_text_is_an_empty_string_and_no_picture_an_error():
    assert ocr.ocr_text(encode_png(Image.new("RGB", (80, 60), "white"))) == ""
    with pytest.raises(UserError, match="row 7: not a picture"):
        ocr.ocr_text(b"no picture", "row 7")


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs rapidocr and onnxruntime; install them with `pip install --no-deps rapidocr==3\.10\.0"):
        make_step("legibility", {}).check()
