"""Every bad record and every bad field map, at the level of Reader.read(): where it is, what is wrong, what would be right."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from data_recipes.sources.base import BadRecord, Candidate, Reader, get_source
from openk15.errors import UserError

FIELDS = {"question": "q", "answer": "a"}
GOOD = {"q": "What is 1 + 1?", "a": "2", "img": "good.png", "id": "good"}


def png(width: int = 8, height: int = 6, colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 9,000 x 9,000."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 9000, 9000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "good.png").write_bytes(png())
    (tmp_path / "cut.png").write_bytes(png(64, 64)[:-30])
    (tmp_path / "words.png").write_text("no picture at all")
    (tmp_path / "bomb.png").write_bytes(bomb())
    return tmp_path


def write_jsonl(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def reader(use: str, path: Path, fields: dict[str, Any] | None = FIELDS, **options: Any) -> Reader:
    given = {} if fields is None else {"fields": fields}
    source = get_source(use, {"path": path, "licence": "MIT", **given, **options})
    assert isinstance(source, Reader)
    return source


def split(source: Reader) -> tuple[list[Candidate], list[BadRecord]]:
    found = list(source.read())
    return [item for item in found if isinstance(item, Candidate)], [item for item in found if isinstance(item, BadRecord)]


WITH_PICTURE = {**FIELDS, "image": "img"}
WITH_PICTURES = {**FIELDS, "images": "img"}
WITH_CHOICES = {**FIELDS, "choices": "c"}

# name -> (fields, record, what the reason must say)
RECORDS: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "missing answer": (FIELDS, {"q": "x?"}, ["field 'a' is missing", "it has: q"]),
    "missing answer with a near name": (FIELDS, {"q": "x?", "aa": 1}, ["field 'a' is missing", "did you mean 'aa'?"]),
    "null answer": (FIELDS, {"q": "x?", "a": None}, ["field 'a'", "there is no answer", "a text or a number is expected"]),
    "blank answer": (FIELDS, {"q": "x?", "a": "  "}, ["field 'a'", "there is no answer"]),
    "answer of a wrong type": (FIELDS, {"q": "x?", "a": {"b": 1}}, ["field 'a'", "{'b': 1}", "a text, a number"]),
    "answer that no form judges": (FIELDS, {"q": "x?", "a": "very " * 30}, ["field 'a'", "149 characters", "verifier: none"]),
    "missing question": (FIELDS, {"a": "2"}, ["field 'q' is missing"]),
    "empty question": (FIELDS, {"q": " ", "a": "2"}, ["field 'q'", "is empty"]),
    "question of a wrong type": (FIELDS, {"q": 5, "a": "2"}, ["field 'q'", "expected text or a list of chat messages, got int 5"]),
    "chat that ends with the assistant": (
        FIELDS,
        {"q": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}], "a": "2"},
        ["field 'q'", "the last message is the assistant's"],
    ),
    "chat message of no known role": (FIELDS, {"q": [{"role": "robot", "content": "hi"}], "a": "2"}, ["field 'q'", "is no chat message"]),
    "not JSON": (FIELDS, '{"q": "x?", "a": ', ["not JSON", "every line is to be one JSON object"]),
    "a JSON list": (FIELDS, '["x?", 2]', ["holds a list", "one JSON object"]),
    "NaN": (FIELDS, '{"q": "x?", "a": NaN}', ["not JSON", "NaN is no JSON number"]),
    "half a surrogate pair": (FIELDS, '{"q": "x\\ud800?", "a": 2}', ["half a surrogate pair"]),
    "a number with thousands of digits": (FIELDS, '{"q": "x?", "a": ' + "9" * 5000 + "}", ["not JSON", "4300 digits"]),
    "duplicate id": ({**FIELDS, "id": "id"}, {"q": "y?", "a": "3", "id": "good"}, ["id 'good' is that of rows.jsonl:1 already"]),
    "id of a wrong type": ({**FIELDS, "id": "id"}, {"q": "y?", "a": "3", "id": None}, ["field 'id'", "None is no id"]),
    "missing picture": (WITH_PICTURE, {**GOOD, "img": "none.png"}, ["field 'img'", "there is no picture", "none.png", "paths start from"]),
    "no picture": (WITH_PICTURE, {**GOOD, "img": None}, ["field 'img'", "no picture", "a path, bytes"]),
    "cut picture": (WITH_PICTURE, {**GOOD, "img": "cut.png"}, ["field 'img'", "cut.png: not a picture", "truncated"]),
    "no picture at all": (WITH_PICTURE, {**GOOD, "img": "words.png"}, ["field 'img'", "words.png: not a picture"]),
    "bomb picture": (WITH_PICTURE, {**GOOD, "img": "bomb.png"}, ["field 'img'", "bomb.png", "9000x9000", "over the limit of 64000000"]),
    "picture on the web": (
        WITH_PICTURE,
        {**GOOD, "img": "https://x.org/a.png"},
        ["field 'img'", "is a web address", "fetch the pictures first"],
    ),
    "picture of a wrong type": (WITH_PICTURE, {**GOOD, "img": 7}, ["field 'img'", "a int is no picture"]),
    "broken data URI": (WITH_PICTURE, {**GOOD, "img": "data:image/png;base64,%%"}, ["field 'img'", "base64 is broken"]),
    "list of pictures of a wrong type": (WITH_PICTURES, {**GOOD, "img": 7}, ["field 'img'", "expected a list of pictures, got int"]),
    "second picture missing": (WITH_PICTURES, {**GOOD, "img": ["good.png", "none.png"]}, ["field 'img[1]'", "there is no picture"]),
    "more places than pictures": (
        WITH_PICTURES,
        {**GOOD, "q": "<image> or <image>?", "img": ["good.png"]},
        ["field 'q'", "<image1>, <image2>", "1 pictures"],
    ),
    "a picture without a place": (
        WITH_PICTURES,
        {**GOOD, "q": "<image1>?", "img": ["good.png"] * 2},
        ["field 'q'", "2 pictures; each is to be placed"],
    ),
    "one choice": (WITH_CHOICES, {**GOOD, "c": ["cat"]}, ["field 'c'", "1 choices; 2 to 26"]),
    "empty choice": (WITH_CHOICES, {**GOOD, "c": ["cat", ""]}, ["field 'c'", "choice B is empty"]),
    "equal choices": (WITH_CHOICES, {**GOOD, "a": "A", "c": ["cat", "cat"]}, ["field 'a'", "two options have the same text"]),
    "choices of a wrong type": (WITH_CHOICES, {**GOOD, "c": 5}, ["field 'c'", "expected a list of choices"]),
    "answer that is no choice": (WITH_CHOICES, {**GOOD, "a": "cow", "c": ["cat", "dog"]}, ["field 'a'", "'cow' is none of the options"]),
    "answer that counts the choices": (WITH_CHOICES, {**GOOD, "a": 1, "c": ["cat", "dog"]}, ["field 'a'", "set `first_choice: 0`"]),
    "grade out of range": (
        {**FIELDS, "tags": {"grade": "g"}},
        {**GOOD, "g": "Level 7"},
        ["field 'g'", "'Level 7' is no grade", "1 (easiest) to 5"],
    ),
    "tag of a wrong type": ({**FIELDS, "tags": {"domain": "d"}}, {**GOOD, "d": ["x"]}, ["field 'd'", "a list is no tag"]),
    "solution of a wrong type": ({**FIELDS, "solution": "s"}, {**GOOD, "s": 5}, ["field 's'", "expected the text of a solution, got int"]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_record_is_named_and_the_others_are_read(name: str, pictures: Path):
    fields, record, said = RECORDS[name]
    optional = {"c": ["one", "2"], "g": 1, "d": "x", "s": "\\boxed{2}"}
    good = [{**GOOD, **optional, "id": "good"}, {**GOOD, **optional, "q": "<image1>?" if "img" in str(fields) else "What?", "id": "other"}]
    if fields is WITH_PICTURES:
        good = [{**row, "img": ["good.png"]} for row in good]
    path = write_jsonl(pictures / "rows.jsonl", good[0], record, good[1])
    candidates, bad = split(reader("jsonl", path, fields))
    assert len(candidates) == 2
    assert [item.where for item in bad] == ["rows.jsonl:2"]
    for part in said:
        assert part in bad[0].reason, bad[0].reason
    assert bad[0].raw, "what was read of the record is kept"


NAMED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = {
    "no number": ({"verifier": "number"}, {"a": "1"}, {"a": "two"}, ["field 'a': verifier 'number' cannot read 'two'", "is not a number"]),
    "no list": ({"verifier": "number_list"}, {"a": "1, 2"}, {"a": "1 or 2"}, ["field 'a'", "'1 or 2' is not a list of numbers"]),
    "no box": ({"verifier": "iou"}, {"a": [0, 0, 2, 2]}, {"a": [0, 0]}, ["field 'a': verifier 'iou' cannot read [0, 0]"]),
    "no colour": ({"verifier": "color"}, {"a": "red"}, {"a": "loud"}, ["field 'a': verifier 'color' cannot read 'loud'"]),
    "code without tests": (
        {"verifier": "code", "fields": {"question": "q", "params": {"tests": "t"}}},
        {"t": [{"stdin": "1", "stdout": "1"}]},
        {"t": []},
        ["verifier 'code' cannot use the answer", "tests"],
    ),
    "code with an unknown test": (
        {"verifier": "code", "fields": {"question": "q", "params": {"tests": "t"}}},
        {"t": [{"stdin": "1", "stdout": "1"}]},
        {"t": [{"stdn": "1"}]},
        ["verifier 'code' cannot use the answer", "stdn"],
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_an_answer_that_the_named_verifier_cannot_read_is_named(name: str, tmp_path: Path):
    options, good, bad_record, said = NAMED[name]
    path = write_jsonl(tmp_path / "rows.jsonl", {"q": "x?", **good}, {"q": "y?", **bad_record})
    source = get_source("jsonl", {"path": path, "licence": "MIT", "fields": FIELDS, **options})
    assert isinstance(source, Reader)
    candidates, bad = split(source)
    assert (len(candidates), [item.where for item in bad]) == (1, ["rows.jsonl:2"])
    assert all(part in bad[0].reason for part in said), bad[0].reason


CSV_ROWS: dict[str, tuple[bytes, str, list[str]]] = {
    "too few cells": (b"only one\n", "rows.csv:3", ["has 1 cells and the header 2", "double quotes"]),
    "too many cells": (b"a, b,2\n", "rows.csv:3", ["has 3 cells and the header 2"]),
    "a quote in the middle": (b'"x"y,2\n', "rows.csv:3", ["not CSV", "double quotes"]),
    "not UTF-8": (b"caf\xe9?,2\n", "rows.csv:3", ["field 'q': not UTF-8 text"]),
    "missing answer": (b"x?,\n", "rows.csv:3", ["field 'a': there is no answer"]),
    "after a record of two lines": (b'"x\ny?",2\nonly\n', "rows.csv:5", ["has 1 cells"]),
}


@pytest.mark.parametrize("name", CSV_ROWS)
def test_a_bad_row_of_a_csv_file_is_named_by_the_line_it_begins_on(name: str, tmp_path: Path):
    line, where, said = CSV_ROWS[name]
    path = tmp_path / "rows.csv"
    path.write_bytes(b"q,a\nfirst?,1\n" + line + b"last?,3\n")
    candidates, bad = split(reader("csv", path))
    assert [candidate.problems[0].answer.reference for candidate in candidates][-1] == "3"
    assert [item.where for item in bad] == [where]
    assert all(part in bad[0].reason for part in said), bad[0].reason


def test_a_bad_row_of_a_parquet_file_is_named_by_its_number(tmp_path: Path):
    rows = [{"q": "x?", "a": 1.5, "img": {"bytes": png(), "path": "a.png"}}, {"q": "y?", "a": float("inf"), "img": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    candidates, bad = split(reader("parquet", tmp_path / "rows.parquet", WITH_PICTURE))
    assert len(candidates) == 1
    assert str(bad[0]).startswith("rows.parquet:2: field 'img': no picture")
    _, bad = split(reader("parquet", tmp_path / "rows.parquet"))
    assert str(bad[0]) == "rows.parquet:2: field 'a': inf is no answer; a text or a finite number is expected"
    assert bad[0].raw["a"] == "inf"


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path):
    (tmp_path / "rows.jsonl").write_bytes(b'{"q": "x?", "a": 1}\n{"q": "caf\xe9?", "a": 2}\n')
    candidates, bad = split(reader("jsonl", tmp_path / "rows.jsonl"))
    assert len(candidates) == 1
    assert str(bad[0]).startswith("rows.jsonl:2: not UTF-8 text (byte ")


# what the recipe got wrong: (use, options that take the place of good ones, what the error must say)
Make = Callable[[Path], dict[str, Any]]
MAPS: dict[str, tuple[str, Make, list[str]]] = {
    "column that no record has": (
        "jsonl",
        lambda _: {"fields": {**FIELDS, "answer": "b"}},
        ["fields.answer: no record has a column 'b'", "it has: q, a, img, id"],
    ),
    "column with a near name": ("jsonl", lambda _: {"fields": {**FIELDS, "image": "image"}}, ["fields.image", "did you mean 'img'?"]),
    "tag column that no record has": (
        "jsonl",
        lambda _: {"fields": {**FIELDS, "tags": {"grade": "level"}}},
        ["fields.tags.grade", "'level'"],
    ),
    "column that a csv file lacks": (
        "csv",
        lambda _: {"fields": {**FIELDS, "answer": "answers"}},
        ["fields.answer: no record has a column 'answers'"],
    ),
    "column that a parquet file lacks": (
        "parquet",
        lambda _: {"fields": {**FIELDS, "answer": "s.y"}},
        ["no record has a column 's.y'", "did you mean 's.x'?"],
    ),
    "unknown key of the map": ("jsonl", lambda _: {"fields": {**FIELDS, "answr": "a"}}, ["fields.answr"]),
    "map without a question": ("jsonl", lambda _: {"fields": {"answer": "a"}}, ["'fields.question' is required"]),
    "map without an answer": ("jsonl", lambda _: {"fields": {"question": "q"}}, ["'fields.answer' is required", "verifier: none"]),
    "no map": ("jsonl", lambda _: {"fields": None}, ["fields"]),
    "image and images": ("jsonl", lambda _: {"fields": {**FIELDS, "image": "img", "images": "img"}}, ["image and images are both given"]),
    "unknown verifier": ("jsonl", lambda _: {"verifier": "maths"}, ["no verifier is called 'maths'", "did you mean 'math'?"]),
    "unknown option": ("jsonl", lambda _: {"paht": "x"}, ["unknown key 'paht'", "did you mean 'path'?"]),
    "no licence": ("jsonl", lambda _: {"licence": ""}, ["licence"]),
    "grade constant out of range": ("jsonl", lambda _: {"tags": {"grade": 9}}, ["'9' is no grade"]),
    "no such file": ("jsonl", lambda folder: {"path": folder / "none.jsonl"}, ["none.jsonl: no such file or folder"]),
    "glob without matches": ("jsonl", lambda folder: {"path": folder / "no*.jsonl"}, ["no*.jsonl: matches no file"]),
    "folder without files": (
        "jsonl",
        lambda folder: {"path": folder / "empty"},
        ["empty: no file in this folder ends with .jsonl or .ndjson"],
    ),
    "no folder of pictures": ("jsonl", lambda folder: {"images": folder / "nowhere"}, ["images:", "nowhere is no folder"]),
    "empty file": ("jsonl", lambda folder: {"path": folder / "empty.jsonl"}, ["source jsonl", "empty.jsonl holds no record"]),
    "csv with a header alone": ("csv", lambda folder: {"path": folder / "head.csv"}, ["source csv", "head.csv holds no record"]),
    "csv with a column twice": ("csv", lambda folder: {"path": folder / "twice.csv"}, ["twice.csv:1: column 'a' is there twice"]),
    "empty parquet": ("parquet", lambda folder: {"path": folder / "empty.parquet"}, ["empty.parquet holds no record"]),
    "no parquet": ("parquet", lambda folder: {"path": folder / "rows.jsonl"}, ["rows.jsonl: not a parquet file"]),
    "damaged gzip": ("jsonl", lambda folder: {"path": folder / "cut.jsonl.gz"}, ["cut.jsonl.gz: the gzip stream is damaged after line"]),
}


@pytest.mark.parametrize("name", MAPS)
def test_a_bad_map_or_path_is_one_clear_error(name: str, tmp_path: Path):
    row = {"q": "x?", "a": 1, "img": "p.png", "id": 1}
    write_jsonl(tmp_path / "rows.jsonl", row)
    (tmp_path / "rows.csv").write_text("q,a\nx?,1\n")
    pq.write_table(pa.Table.from_pylist([{"q": "x?", "a": 1, "s": {"x": 2}}]), tmp_path / "rows.parquet")
    pq.write_table(pa.table({"q": pa.array([], pa.string()), "a": pa.array([], pa.string())}), tmp_path / "empty.parquet")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.jsonl").write_text("\n\n")
    (tmp_path / "head.csv").write_text("q,a\n")
    (tmp_path / "twice.csv").write_text("q,a,a\nx?,1,2\n")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode() * 50)[:-9])
    use, make, said = MAPS[name]
    options = {"path": tmp_path / f"rows.{use}", "fields": FIELDS, **make(tmp_path)}
    with pytest.raises(UserError) as caught:
        split(reader(use, **options))
    for part in said:
        assert part in str(caught.value), str(caught.value)


def test_the_licence_is_required(tmp_path: Path):
    with pytest.raises(UserError, match="source jsonl: key 'licence' is required"):
        get_source("jsonl", {"path": tmp_path, "fields": FIELDS})
    for spelling in ("licence", "licence_declared"):
        source = get_source("jsonl", {"path": tmp_path, "fields": FIELDS, spelling: "LicenseRef-house-rules"})
        assert source.licence_named == "LicenseRef-house-rules"


# published forms: (use, file, good record, bad record, what the reason must say)
HUMANEVAL = {
    "task_id": "T/0",
    "prompt": "def f(x):\n",
    "entry_point": "f",
    "canonical_solution": "    return x\n",
    "test": "def check(f):\n    assert f(1) == 1\n",
}
MBPP = {"task_id": 700, "text": "Give x back.", "code": "def f(x):\n    return x", "test_list": ["assert f(1) == 1"]}
VISION = {
    "id": "1",
    "question": "How many?\n<image1>",
    "options": [],
    "answer": "3",
    "level": 2,
    "subject": "counting",
    "image": "good.png",
}
PUBLISHED: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "gsm8k without the mark": (
        "gsm8k",
        {"question": "x?", "answer": "1 + 1 = 2\n#### 2"},
        {"question": "x?", "answer": "it is 2"},
        ["field 'answer'", "after ####"],
    ),
    "gsm8k with words": (
        "gsm8k",
        {"question": "x?", "answer": "#### 2"},
        {"question": "x?", "answer": "#### two"},
        ["field 'answer'", "#### two"],
    ),
    "gsm8k without a question": ("gsm8k", {"question": "x?", "answer": "#### 2"}, {"answer": "#### 2"}, ["field 'question' is missing"]),
    "math without a box": (
        "math",
        {"problem": "x?", "solution": "\\boxed{2}"},
        {"problem": "x?", "solution": "two"},
        ["field 'solution'", "no \\boxed{...}"],
    ),
    "math of no level": (
        "math",
        {"problem": "x?", "solution": "\\boxed{2}"},
        {"problem": "x?", "solution": "\\boxed{2}", "level": 9},
        ["field 'level'", "no grade"],
    ),
    "mbpp without tests": ("mbpp", MBPP, {**MBPP, "task_id": 701, "test_list": []}, ["field 'test_list'", "at least one"]),
    "mbpp in Python 2": ("mbpp", MBPP, {**MBPP, "task_id": 701, "code": "print 1"}, ["field 'code': not Python 3"]),
    "mbpp whose tests call something else": (
        "mbpp",
        MBPP,
        {**MBPP, "task_id": 701, "test_list": ["assert g(1)"]},
        ["calls none of the functions", "(f)"],
    ),
    "mbpp task twice": ("mbpp", MBPP, MBPP, ["id '700' is that of rows.jsonl:1 already"]),
    "mbpp task without a number": ("mbpp", MBPP, {**MBPP, "task_id": "x"}, ["field 'task_id': 'x' is no whole number"]),
    "humaneval without a test": (
        "humaneval",
        HUMANEVAL,
        {**HUMANEVAL, "task_id": "T/1", "test": "pass"},
        ["field 'test'", "nothing would judge"],
    ),
    "humaneval task twice": ("humaneval", HUMANEVAL, HUMANEVAL, ["id 'T/0' is that of rows.jsonl:1 already"]),
    "mathvision without its picture": (
        "mathvision",
        VISION,
        {**VISION, "id": "2", "image": "none.png"},
        ["field 'image'", "there is no picture"],
    ),
    "mathvision with a bomb": ("mathvision", VISION, {**VISION, "id": "2", "image": "bomb.png"}, ["bomb.png", "over the limit"]),
    "mathvision without an answer": ("mathvision", VISION, {**VISION, "id": "2", "answer": ""}, ["field 'answer'", "there is no answer"]),
    "mathvision with a letter that is no choice": (
        "mathvision",
        VISION,
        {**VISION, "id": "2", "options": ["1", "2"], "answer": "E"},
        ["field 'answer'", "'E' is none of the options"],
    ),
    "mathvision id twice": ("mathvision", VISION, VISION, ["id '1' is that of rows.jsonl:1 already"]),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_bad_record_of_a_published_set_is_named(name: str, pictures: Path):
    use, good, bad_record, said = PUBLISHED[name]
    source = get_source(use, {"path": write_jsonl(pictures / "rows.jsonl", good, bad_record)})
    assert isinstance(source, Reader)
    candidates, bad = split(source)
    assert (len(candidates), [item.where for item in bad]) == (1, ["rows.jsonl:2"])
    assert all(part in bad[0].reason for part in said), bad[0].reason
    empty = get_source(use, {"path": write_jsonl(pictures / "empty.jsonl")})
    assert isinstance(empty, Reader)
    with pytest.raises(UserError, match="holds no record"):
        split(empty)


GEOMETRY = {
    "id": 1,
    "problem_text": "Find x.",
    "choices": ["1", "2", "3", "4"],
    "answer": "B",
    "logic_form": {"diagram_logic_form": ["Equals(x, 2)"]},
}
FOLDERS: dict[str, tuple[Any, bytes | None, list[str]]] = {
    "without a picture": (GEOMETRY, None, ["field 'image'", "there is no picture"]),
    "with a cut picture": (GEOMETRY, png(64, 64)[:-30], ["field 'image'", "not a picture"]),
    "not JSON": ("{", png(), ["not JSON"]),
    "a list": ([1], png(), ["holds a list"]),
    "without an answer": ({**GEOMETRY, "answer": None}, png(), ["field 'answer'", "there is no answer"]),
    "answered by no choice": ({**GEOMETRY, "answer": "Z"}, png(), ["field 'answer'", "'Z' is none of the options"]),
    "id twice": ({**GEOMETRY, "id": 0}, png(), ["id '0' is that of 0/ex.json already"]),
    "without facts": ({**GEOMETRY, "logic_form": None}, png(), ["field 'logic_form.diagram_logic_form'"]),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_bad_folder_of_geometry_is_named(name: str, tmp_path: Path):
    record, picture, said = FOLDERS[name]
    for number, (made, image) in enumerate([({**GEOMETRY, "id": 0}, png()), (record, picture)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "ex.json").write_text(made if isinstance(made, str) else json.dumps(made))
        if image is not None:
            (folder / "image.png").write_bytes(image)
    source = get_source("geometry3k", {"path": tmp_path})
    assert isinstance(source, Reader)
    candidates, bad = split(source)
    assert (len(candidates), [item.where for item in bad]) == (1, ["1/ex.json"])
    assert all(part in bad[0].reason for part in said), bad[0].reason


def segment(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, kind: value}


DOCUMENTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "neither text nor segments": ({"texts": "x"}, ["neither a field 'segments' nor a field 'text'", "did you mean 'texts'?"]),
    "empty text": ({"text": " "}, ["field 'text'", "expected text"]),
    "segments of a wrong type": ({"segments": "x"}, ["field 'segments'", "expected a list"]),
    "no segments": ({"segments": []}, ["field 'segments'", "expected a list"]),
    "segment of no known type": ({"segments": [segment("video", "x")]}, ["field 'segments[0]'", "is no segment"]),
    "text segment without text": ({"segments": [segment("text", "")]}, ["field 'segments[0]'", "a text segment without text"]),
    "missing picture": ({"segments": [segment("text", "x"), segment("image", "none.png")]}, ["field 'segments[1]'", "there is no picture"]),
    "bomb picture": ({"segments": [segment("image", "bomb.png")]}, ["field 'segments[0]'", "over the limit"]),
    "origin of a wrong type": ({"text": "x", "made": "yes"}, ["field 'made': 'yes' is not true or false"]),
    "duplicate id": ({"text": "x", "id": 0}, ["id '0' is that of rows.jsonl:1 already"]),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bad_document_is_named(name: str, pictures: Path):
    record, said = DOCUMENTS[name]
    path = write_jsonl(pictures / "rows.jsonl", {"text": "good", "id": 0, "made": False}, {"id": 1, **record})
    candidates, bad = split(reader("documents", path, {"synthetic": "made", "id": "id"}))
    assert (len(candidates), [item.where for item in bad]) == (1, ["rows.jsonl:2"])
    assert all(part in bad[0].reason for part in said), bad[0].reason


def test_documents_name_the_nearest_column_too(tmp_path: Path):
    path = write_jsonl(tmp_path / "rows.jsonl", {"text": "good", "link": "x"})
    with pytest.raises(UserError, match=r"fields.url: no record has a column 'links'; did you mean 'link'\?"):
        split(reader("documents", path, {"url": "links"}))


def test_a_picture_may_be_a_data_uri(tmp_path: Path):
    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    candidates, bad = split(reader("jsonl", write_jsonl(tmp_path / "rows.jsonl", {**GOOD, "img": uri}), WITH_PICTURE))
    assert not bad
    assert list(candidates[0].images.values()) == [png()]


def test_a_csv_cell_may_be_longer_than_pythons_limit(tmp_path: Path):
    with (tmp_path / "rows.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([["q", "a"], ["x" * 200_000, "1"]])
    candidates, bad = split(reader("csv", tmp_path / "rows.csv"))
    assert not bad
    assert len(candidates[0].problems[0].messages[0].text) == 200_000
