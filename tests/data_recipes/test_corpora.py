"""Corpora out of installed packages, and pictures in varying resolution."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_recipes.corpora import examples
from data_recipes.corpora.pictures import drawings, sheets
from data_recipes.corpora.write import DOMAINS, write_corpora
from data_recipes.resolution import drawn_side, vary
from multimodal.images import encode_png
from openk15.errors import UserError
from openk15.files import sha256_file

LIMIT = 12


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora") / "corpora"
    write_corpora(folder, limit=LIMIT)
    return folder


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_domain_has_documents_with_licence_and_an_id_of_their_own(corpora):
    for domain in DOMAINS:
        found = rows(corpora / "documents" / f"{domain}.jsonl")
        assert len(found) == LIMIT
        assert len({row["id"] for row in found}) == LIMIT
        assert all(row["text"].strip() and row["licence"] in ("PSF-2.0", "BSD-3-Clause", "Apache-2.0") for row in found)


def test_documents_of_text_and_code_show_both_and_are_none_of_the_exemplars(corpora):
    documents, exemplars = rows(corpora / "documents" / "code_text.jsonl"), rows(corpora / "exemplars" / "code_text.jsonl")
    assert exemplars
    for row in (*documents, *exemplars):
        lines = row["text"].splitlines()
        assert any(line.lstrip().startswith(">>> ") for line in lines)
        assert sum(bool(line.strip()) and ">>>" not in line for line in lines) > 5
    assert not {row["text"] for row in documents} & {row["text"] for row in exemplars}


def test_every_picture_that_is_named_is_there(corpora):
    for name in ("captions/captions.jsonl", "interleaved/interleaved.jsonl"):
        for row in rows(corpora / name):
            for segment in row["segments"]:
                assert segment["type"] == "text" or (corpora / name).parent.joinpath(segment["image"]).is_file()
    for name in ("grounded_conversation", "visual_coding", "ocr"):
        assert all((corpora / "sft" / row["image"]).is_file() for row in rows(corpora / "sft" / f"{name}.jsonl"))


def test_captions_are_by_people_and_synthetic_in_two_languages(corpora):
    found = rows(corpora / "captions" / "captions.jsonl")
    assert {row["synthetic"] for row in found} == {True, False}
    assert {row["language"] for row in found} == {"en", "zh"}


def test_a_paragraph_that_became_a_picture_is_missing_from_the_text_and_nothing_else_is(corpora):
    from data_recipes.corpora.docstrings import english

    texts = {one.name: one.text for one in english()}
    for row in rows(corpora / "interleaved" / "interleaved.jsonl"):
        whole = texts[row["id"].rpartition("-")[0]]
        places = [whole.index(segment["text"]) for segment in row["segments"] if segment["type"] == "text"]
        assert places == sorted(places), "the order of the text was changed"
        assert "image" in {segment["type"] for segment in row["segments"]}


def test_the_same_seed_gives_the_same_bytes(corpora, tmp_path):
    for name, make in (("talk", examples.grounded_conversations), ("svg", examples.visual_coding)):
        assert list(make(3, 1)) == list(make(3, 1)), name
        assert list(make(3, 1)) != list(make(3, 2)), name
    assert list(examples.code(20, 0)) == list(examples.code(20, 0))


def test_programs_tests_are_what_the_question_says():
    record = next(row for row in examples.code(8, 0) if "remainder of their sum when divided by 2" in row["question"])
    for case in record["tests"]:
        assert int(case["stdout"]) == sum(map(int, case["stdin"].split())) % 2


def test_answers_over_tables_are_the_numbers_in_the_question():
    for row in examples.math_science(30, 0):
        values = [float(value) for value in row["question"].partition(": ")[2].partition(". What")[0].split(", ")]
        if "mean" in row["question"]:
            assert float(row["answer"]) == pytest.approx(np.mean(values), abs=0.0051)
        if "sum" in row["question"]:
            assert float(row["answer"]) == pytest.approx(sum(values), abs=0.0051)


def test_no_handwritten_digit_is_used_twice_and_conversations_say_what_is_there():
    assert len({sheet.picture for sheet in sheets(40, 0)}) == 40
    for record, _ in examples.grounded_conversations(5, 0):
        digits = re.findall(r"\d", record["question"][1]["content"])
        place = examples.PLACES.index(record["answer"].split()[1])
        assert record["answer"].endswith(f"digit is {digits[place]}.")


def test_the_svg_code_names_the_colours_that_are_in_the_picture():
    for drawing in drawings(6, 0):
        shown = {tuple(pixel) for pixel in np.asarray(Image.open(io.BytesIO(drawing.png()))).reshape(-1, 3).tolist()}
        coded = {tuple(map(int, colour)) for colour in re.findall(r"rgb\((\d+), (\d+), (\d+)\)", drawing.svg())}
        assert shown - {(255, 255, 255)} == coded
        assert drawing.svg().count("fill=") == len(drawing.things) + 1


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(UserError, match="holds files that this command did not write"):
        write_corpora(tmp_path, limit=1)
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def picture(width: int, height: int) -> bytes:
    return encode_png(Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)))


def test_resolutions_spread_over_the_whole_range_and_follow_name_and_seed():
    sides = [drawn_side(f"picture-{number}", 0, 100, 1600) for number in range(400)]
    assert min(sides) >= 100
    assert max(sides) <= 1600
    assert 0.4 < sum(side < 400 for side in sides) / len(sides) < 0.6, "half of them lie below the geometric mean"
    assert sides == [drawn_side(f"picture-{number}", 0, 100, 1600) for number in range(400)]
    assert sides != [drawn_side(f"picture-{number}", 1, 100, 1600) for number in range(400)]


def test_a_picture_keeps_its_ratio_and_is_never_enlarged():
    data = picture(800, 400)
    found = [vary(data, f"p{number}", 0, 50, 3000) for number in range(12)]
    assert all(one.size[0] <= 800 and abs(one.size[0] / one.size[1] - 2) < 0.05 for one in found)
    assert len({one.size for one in found}) > 4
    whole = next(one for one in found if one.size == (800, 400))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(whole.data))), np.asarray(Image.open(io.BytesIO(data))))
    assert found[0].lineage().startswith("resolution: ")
    assert found[0].lineage().endswith("from 800x400")


def test_a_range_that_is_none_is_refused():
    with pytest.raises(UserError, match="resolution: 300 to 200 pixels is no range"):
        vary(picture(8, 8), "p", 0, 300, 200)


def test_everything_is_written_under_one_mark(corpora):
    counts = json.loads((corpora / "corpora.json").read_text())["records"]
    assert counts["sft/code.jsonl"] == LIMIT
    assert len({sha256_file(path) for path in (corpora / "sft" / "pictures").iterdir()}) == 3 * LIMIT
