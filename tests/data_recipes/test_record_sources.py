"""Readers on good records: field maps, pictures, tags, raw."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from data_recipes.problem import Problem
from data_recipes.sources.base import BadRecord, Candidate, Reader, get_source
from data_recipes.sources.forms import answer_of, looks_mathematical
from data_recipes.sources.unfit import Unfit
from multimodal.images import image_digest
from multimodal.messages import Role
from openk15.errors import UserError
from rewards import Answer, Status, verify

FIELDS = {"question": "q", "answer": "a"}


def read(use: str, path: Path, **options: Any) -> list[Candidate]:
    source = get_source(use, {"path": path, **options})
    assert isinstance(source, Reader)
    found = list(source.read())
    assert not [str(item) for item in found if isinstance(item, BadRecord)]
    return [item for item in found if isinstance(item, Candidate)]


def picture(colour: str, form: str = "PNG", mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (8, 6), colour).save(buffer, form)
    return buffer.getvalue()


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def only(candidates: list[Candidate]) -> Problem:
    (candidate,) = candidates
    (problem,) = candidate.problems
    return problem


@pytest.mark.parametrize(
    ("verifier", "cell", "reference"),
    [
        ("exact", '["Paris", "City of Paris"]', ["Paris", "City of Paris"]),
        ("relaxed", '["14"]', ["14"]),
        (None, '["cat", "a cat"]', ["cat", "a cat"]),
        ("iou", "[10, 10, 50, 50]", [10, 10, 50, 50]),
        ("vqa", '["red", "red", "blue"]', ["red", "red", "blue"]),
        ("number_list", "[1, 2, 3]", "1, 2, 3"),
        ("json_schema", '{"type": "object"}', {"type": "object"}),
        ("math", "[1, 2]", "[1, 2]"),  # an interval
        (None, "[1, 2]", "[1, 2]"),
        ("exact", "[sic]", "[sic]"),
    ],
)
def test_an_answer_of_a_csv_file_may_be_a_list_or_a_box_in_json(verifier: str | None, cell: str, reference: Any, tmp_path: Path):
    with (tmp_path / "rows.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([["q", "a"], ["Well?", cell]])
    assert only(read("csv", tmp_path / "rows.csv", fields=FIELDS, licence="MIT", verifier=verifier)).answer.reference == reference


def test_a_folder_of_pictures_and_a_csv(tmp_path: Path):
    (tmp_path / "pictures").mkdir()
    rows = [["file", "question", "label", "level"]]
    for number, colour in enumerate(("red", "blue")):
        (tmp_path / "pictures" / f"{number}.png").write_bytes(picture(colour))
        rows.append([f"{number}.png", "Which colour, in words?", colour, str(number + 1)])
    with (tmp_path / "labels.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows(rows)
    options = {
        "images": tmp_path / "pictures",
        "fields": {"question": "question", "answer": "label", "image": "file", "id": "file", "tags": {"grade": "level"}},
        "licence": "CC0-1.0",
        "tags": {"domain": "shapes", "source": "mine", "category": "real-world"},
    }
    source = get_source("csv", {"path": tmp_path / "labels.csv", **options})
    assert [path.name for path in source.inputs()] == ["labels.csv", "0.png", "1.png"]
    first, second = read("csv", tmp_path / "labels.csv", **options)
    problem = second.problems[0]
    assert problem.images == (image_digest(picture("blue")),)
    assert second.images == {problem.images[0]: picture("blue")}
    assert problem.messages[0].parts[1].text == "Which colour, in words?"
    assert problem.answer == Answer("exact", "blue")
    assert dict(problem.tags) == {
        "source": "mine", "licence": "CC0-1.0", "modality": "image-text", "question_type": "open", "grade": "2",
        "template": "mine/open", "origin": "real", "domain": "shapes", "category": "real-world",
    }  # fmt: skip
    assert problem.lineage == ("source mine: labels.csv:3",)
    assert second.keys == (f"image:{problem.images[0]}",) != first.keys
    assert second.raw == {}, "nothing was changed"


def test_the_answer_s_form_chooses_the_verifier():
    verifiers = {
        "math": ("72", "\\frac{1}{2}", "x", "3 apples", "sqrt(2)"),
        "exact": ("Paris", "Route 66", "北京", " yes "),
        "choice": ("B",),
    }
    forms = {text: Answer(name, text.strip()) for name, texts in verifiers.items() for text in texts}
    assert {text: answer_of(text, "a") for text in forms} == forms
    assert answer_of(7, "a") == answer_of(7.0, "a") == Answer("math", "7")
    assert answer_of(1e-7, "a") == Answer("math", "0.0000001")
    assert answer_of(2.5e-30, "a") == Answer("math", "0." + "0" * 29 + "25")
    assert answer_of(True, "a") == Answer("exact", "true")
    assert answer_of([1, 2.5], "a") == Answer("number_list", "1, 2.5")
    assert answer_of([1, 2.5], "a", verifier="number_list") == Answer("number_list", "1, 2.5")
    assert answer_of(["cat", "a cat"], "a") == Answer("exact", ["cat", "a cat"])
    assert answer_of("cat", "a", verifier="f1", params={"threshold": 0.8}) == Answer("f1", "cat", {"threshold": 0.8})
    assert answer_of(None, "a", verifier="none") == Answer("none", None)
    assert answer_of(None, "a", verifier="code", params={"test_list": ["assert f()"]}) == Answer(
        "code", None, {"test_list": ["assert f()"]}
    )
    for answer in (*forms.values(), answer_of([1, 2.5], "a"), answer_of(["cat", "a cat"], "a"), answer_of(1e-7, "a")):
        right = answer.reference if isinstance(answer.reference, str) else answer.reference[-1]
        assert verify(f"\\boxed{{{right}}}", answer).status is Status.CORRECT, answer
        assert verify("\\boxed{oranges}", answer).status is not Status.CORRECT, answer


def test_words_are_told_from_mathematics():
    assert all(map(looks_mathematical, ("2", "x^2", "\\pi", "-3", "12 cm", "y = x", "log 5", "(1, 2)", "∅")))
    assert not any(map(looks_mathematical, ("", "the cat", "Apollo 11", "yes", "chapter 3", "März 1848")))
    assert all(map(looks_mathematical, ("2AB", "B", "N(0, 1)", "2H", "AB = 3")))
    assert all(map(looks_mathematical, ("3/4", "2 - 1", "-5", "1:2", "2-x", "10^{-3}")))
    assert not any(map(looks_mathematical, ("2021-03-12", "3/12/2021", "10-20", "1939\u201345", "0-306-40615-2")))  # sums, for `math`
    assert not any(map(looks_mathematical, ("CO2", "C6H12O6", "FeCl3")))  # `math` would take C2O, a product of the same names


@pytest.mark.parametrize(
    ("cell", "answer", "first", "letter"),
    [
        (["cat", "dog"], "dog", None, "B"),
        (["cat", "dog"], "(b)", None, "B"),
        ({"a": "cat", "b": "dog"}, "B", None, "B"),
        (["cat", "dog"], 1, 0, "B"),
        (["cat", "dog"], "2", 1, "B"),
        (["4", "2"], 2, None, "B"),
        ({"label": ["A", "B"], "text": ["cat", "dog"]}, "B", None, "B"),
        ('["cat", "dog"]', "dog", None, "B"),
        (["(1, 2)", "(2, 1)"], "(2, 1)", None, "B"),
    ],
)
def test_choices_in_every_usual_form(cell: Any, answer: Any, first: int | None, letter: str, tmp_path: Path):
    path = jsonl(tmp_path / "rows.jsonl", {"q": "Which?", "c": cell, "a": answer})
    problem = only(
        read("jsonl", path, fields={**FIELDS, "choices": "c"}, licence="MIT", **({} if first is None else {"first_choice": first}))
    )
    assert (problem.answer.verifier, problem.answer.reference) == ("choice", letter)
    texts = list(problem.answer.params["options"].values())
    assert problem.messages[0].text == f"Which?\n(A) {texts[0]}\n(B) {texts[1]}"
    assert problem.tags["question_type"] == "multiple_choice"
    assert verify(texts[1], problem.answer).status is Status.CORRECT
    assert verify("\\boxed{A}", problem.answer).status is Status.WRONG


def test_choices_in_columns_of_their_own_and_the_record_kept_as_it_was(tmp_path: Path):
    (tmp_path / "rows.csv").write_text("q,A,B,C,right\nWhich?,cat,dog,cow,C\n")
    (candidate,) = read(
        "csv", tmp_path / "rows.csv", fields={"question": "q", "answer": "right", "choices": ["A", "B", "C"]}, licence="MIT"
    )
    assert candidate.problems[0].answer == Answer("choice", "C", {"options": {"A": "cat", "B": "dog", "C": "cow"}})
    assert candidate.raw == {"q": "Which?", "A": "cat", "B": "dog", "C": "cow", "right": "C"}


def test_pictures_stand_where_the_text_places_them(tmp_path: Path):
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        (tmp_path / name).write_bytes(picture(colour))
    red, blue = image_digest(picture("red")), image_digest(picture("blue"))
    expected = {
        "<image2> after <image1>?": [blue, " after ", red, "?"],
        "Is <image>\nlike <image>": ["Is ", red, "like ", blue],
        "NUL \0 <image1>, <image2>": ["NUL \0 ", red, ", ", blue],
        "Which?": [red, blue, "Which?"],
    }
    fields = {**FIELDS, "images": "img"}
    for number, (text, parts) in enumerate(expected.items()):
        path = jsonl(tmp_path / f"{number}.jsonl", {"q": text, "a": 1, "img": ["a.png", {"bytes": None, "path": "b.png"}]})
        problem = only(read("jsonl", path, fields=fields, licence="MIT"))
        assert [part.image or part.text for part in problem.messages[0].parts] == parts
    path = jsonl(tmp_path / "none.jsonl", {"q": "An <image> tag in HTML?", "a": 1})
    assert only(read("jsonl", path, fields=FIELDS, licence="MIT")).messages[0].text == "An <image> tag in HTML?"
    path = jsonl(tmp_path / "empty.jsonl", {"q": "None?", "a": 1, "img": []})
    assert only(read("jsonl", path, fields=fields, licence="MIT")).tags["modality"] == "text"


def test_chat_messages_nested_columns_and_parameters_by_column(tmp_path: Path):
    row = {
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Half of 1?"}]}],
        "reward": {"truth": "0.5", "tol": 0.01},
        "about": {"subject": "fractions"},
    }
    fields = {
        "question": "prompt",
        "answer": "reward.truth",
        "params": {"tolerance": "reward.tol"},
        "tags": {"discipline": "about.subject"},
    }
    problem = only(read("jsonl", jsonl(tmp_path / "rows.jsonl", row), fields=fields, licence="MIT"))
    assert [message.role for message in problem.messages] == [Role.SYSTEM, Role.USER]
    assert problem.answer == Answer("math", "0.5", {"tolerance": 0.01})
    assert problem.tags["discipline"] == "fractions"


def test_solutions_and_examples_without_a_checked_answer(tmp_path: Path):
    path = jsonl(
        tmp_path / "rows.jsonl", {"q": "1 + 1?", "a": 2, "s": "<think> one and one </think> \\boxed{2}"}, {"q": "2 + 2?", "a": 4, "s": None}
    )
    first, second = read("jsonl", path, fields={**FIELDS, "solution": "s"}, licence="MIT")
    assert verify(first.problems[0].solutions[0].text, first.problems[0].answer).status is Status.CORRECT
    assert first.problems[0].solutions[0].style == "reasoned"
    assert second.problems[0].solutions == ()
    (essay, _) = read("jsonl", path, fields={"question": "q", "solution": "s"}, licence="MIT", verifier="none")
    assert essay.problems[0].answer == Answer("none", None)


@pytest.mark.parametrize(("form", "kept"), [("PNG", True), ("JPEG", True), ("WEBP", True), ("GIF", False), ("BMP", False), ("TIFF", False)])
def test_usual_formats_are_kept_and_others_become_png(form: str, kept: bool, tmp_path: Path):
    data = picture("red", form)
    pq.write_table(pa.Table.from_pylist([{"q": "?", "a": 1, "img": data}]), tmp_path / "rows.parquet")
    (candidate,) = read("parquet", tmp_path / "rows.parquet", fields={**FIELDS, "image": "img"}, licence="MIT")
    (stored,) = candidate.images.values()
    assert (stored == data) is kept
    assert Image.open(io.BytesIO(stored)).format == (form if kept else "PNG")


def test_a_folder_and_a_glob_are_read_in_the_order_of_names(tmp_path: Path):
    (tmp_path / "b").mkdir()
    jsonl(tmp_path / "b" / "2.jsonl", {"q": "second?", "a": 2})
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps({"q": "first?", "a": 1}).encode() + b"\n"))
    (tmp_path / ".hidden.jsonl").write_text("not read")
    (tmp_path / "notes.txt").write_text("not read")
    for path in (tmp_path, tmp_path / "**" / "[!.]*.jsonl*"):
        candidates = read("jsonl", path, fields=FIELDS, licence="MIT")
        assert [candidate.problems[0].answer.reference for candidate in candidates] == ["1", "2"]
    assert [candidate.problems[0].lineage[0] for candidate in read("jsonl", tmp_path, fields=FIELDS, licence="MIT")] == [
        "source jsonl: a.jsonl.gz:1",
        "source jsonl: b/2.jsonl:1",
    ]
    (tmp_path / "t.tsv").write_text("\ufeffq\ta\nx, y?\t1\n", "utf-8")
    assert only(read("csv", tmp_path / "t.tsv", fields=FIELDS, licence="MIT")).messages[0].text == "x, y?"


def test_parquet_pictures_given_as_paths_are_inputs_and_embedded_ones_are_not(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(picture("red"))
    fields = {**FIELDS, "image": "img"}
    for name, cell, inputs in (
        ("path", "a.png", ["path.parquet", "a.png"]),
        ("bytes", {"bytes": picture("red"), "path": "a.png"}, ["bytes.parquet"]),
    ):
        pq.write_table(pa.Table.from_pylist([{"q": "?", "a": 1, "img": cell}]), tmp_path / f"{name}.parquet")
        source = get_source("parquet", {"path": tmp_path / f"{name}.parquet", "fields": fields, "licence": "MIT"})
        assert [path.name for path in source.inputs()] == inputs
        (candidate,) = read("parquet", tmp_path / f"{name}.parquet", fields=fields, licence="MIT")
        assert list(candidate.images.values()) == [picture("red")]


def test_documents_keep_the_order_of_texts_and_pictures(tmp_path: Path):
    for name in ("red", "blue"):
        (tmp_path / f"{name}.png").write_bytes(picture(name))
    segments = [
        {"type": "image", "image": "blue.png"}, {"type": "text", "text": "above\n"}, {"type": "image", "image": "red.png"},
        {"type": "image", "image": "blue.png"}, {"type": "text", "text": "below"},
    ]  # fmt: skip
    path = jsonl(
        tmp_path / "docs.jsonl",
        {"id": "a", "segments": segments, "link": "https://x.org", "made": True, "topic": "colour"},
        {"id": "b", "segments": segments[2:3] + segments[4:], "link": None, "made": False},
        {"id": "c", "text": "words alone"},
    )
    fields = {"id": "id", "url": "link", "synthetic": "made", "tags": {"discipline": "topic"}}
    found = read("documents", path, fields=fields, licence="CC0-1.0", tags={"domain": "web"})
    red, blue = image_digest(picture("red")), image_digest(picture("blue"))
    first, caption, words = (candidate.problems[0] for candidate in found)
    assert [part.image or part.text for part in first.messages[0].parts] == [blue, "above\n", red, blue, "below"]
    assert Problem.from_row(first.to_row()) == first
    assert first.answer == Answer("none", None)
    assert {key: first.tags[key] for key in ("url", "caption_origin", "discipline", "domain", "template")} == {
        "url": "https://x.org", "caption_origin": "synthetic", "discipline": "colour", "domain": "web", "template": "documents/interleaved",
    }  # fmt: skip
    assert (caption.tags["template"], caption.tags["caption_origin"], "url" in caption.tags) == ("documents/caption", "human", False)
    assert (words.tags["template"], words.tags["modality"], words.messages[0].text) == ("documents/text", "text", "words alone")
    source = get_source("documents", {"path": path, "fields": fields, "licence": "CC0-1.0"})
    assert [file.name for file in source.inputs()] == ["docs.jsonl", "blue.png", "red.png"]


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def hub(dataset: Path | str, **options: Any) -> Reader:
    source = get_source("hub", {"dataset": str(dataset), "fields": FIELDS, "licence": "MIT", **options})
    assert isinstance(source, Reader)
    return source


@pytest.mark.usefixtures("own_cache")
def test_a_local_folder_in_a_form_of_the_hub(tmp_path: Path):
    import datasets

    folder = tmp_path / "set"
    folder.mkdir()
    rows = [{"q": "Which colour?", "a": "red", "img": {"bytes": picture("red"), "path": None}}, {"q": "Which?", "a": "blue", "img": None}]
    pq.write_table(pa.Table.from_pylist(rows), folder / "train.parquet")
    found = list(hub(folder, fields={**FIELDS, "image": "img"}).read())
    assert isinstance(found[0], Candidate)
    assert list(found[0].images.values()) == [picture("red")], "pictures are not decoded and encoded again"
    assert str(found[1]).startswith(f"{folder}[train]:2: field 'img': no picture")
    assert [path.name for path in hub(folder).inputs()] == ["train.parquet"]
    with pytest.raises(UserError, match=r"fields.answer: no record has a column 'aa'; did you mean 'a'\?|has: "):
        list(hub(folder, fields={**FIELDS, "answer": "aa"}).read())
    with pytest.raises(UserError, match=r"has no split 'test'; .*train"):
        list(hub(folder, split="test").read())
    datasets.load_dataset(str(folder), split="train").save_to_disk(str(tmp_path / "saved"))
    assert len(list(hub(tmp_path / "saved").read())) == 2


@pytest.mark.usefixtures("own_cache")
def test_an_image_folder_with_its_metadata(tmp_path: Path):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "red.png").write_bytes(picture("red"))
    (folder / "metadata.csv").write_text("file_name,q,a\nred.png,Which colour?,red\n")
    (candidate,) = hub(folder, fields={**FIELDS, "image": "image"}).read()
    assert isinstance(candidate, Candidate)
    assert list(candidate.images.values()) == [picture("red")]


HUB_FORMS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "gsm8k": ({}, {"question": "1 + 1?", "answer": "1 + 1 = 2\n#### 2"}, "2"),
    "mathvision": (
        {"split": "testmini"},
        {
            "id": "1",
            "question": "How many?\n<image1>",
            "options": [],
            "answer": "3",
            "level": 1,
            "subject": "counting",
            "image": "images/1.jpg",
        },
        "3",
    ),
    "geometry3k": ({}, {"images": [{"bytes": picture("red"), "path": None}], "problem": "<image>Find x.", "answer": "3"}, "3"),
}


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("use", HUB_FORMS)
def test_a_published_set_in_a_folder_as_the_hub_has_it(use: str, tmp_path: Path):
    options, row, reference = HUB_FORMS[use]
    if use == "mathvision":
        row = {**row, "decoded_image": {"bytes": picture("red"), "path": None}}
    folder, subset = tmp_path / "set", "main" if use == "gsm8k" else "default"
    (folder / "data").mkdir(parents=True)
    split = options.get("split", "train")
    pq.write_table(pa.Table.from_pylist([row]), folder / "data" / f"{split}-00000-of-00001.parquet")
    config = f"- config_name: {subset}\n  data_files:\n  - split: {split}\n    path: data/{split}-*"
    (folder / "README.md").write_text(f"---\nconfigs:\n{config}\n---\n")
    problem = only(read(use, folder, **options))
    assert problem.answer.reference == reference
    assert len(problem.images) == (use != "gsm8k")
    assert [path.suffix for path in get_source(use, {"path": folder, **options}).inputs()] == [".parquet"]


def test_without_a_network_the_error_names_the_set_and_the_way_out(monkeypatch: pytest.MonkeyPatch):
    import datasets

    def refused(*_: Any, **__: Any) -> None:
        raise ConnectionError("Couldn't reach the hub")

    monkeypatch.setattr(datasets, "load_dataset", refused)
    with pytest.raises(UserError, match=r"someone/things cannot be fetched from the hub \(ConnectionError: Couldn't reach") as caught:
        list(hub("someone/things").read())
    assert "hf download --repo-type dataset someone/things --local-dir FOLDER" in str(caught.value)
    assert "set `dataset: FOLDER`" in str(caught.value)
    with pytest.raises(UserError, match=r"source gsm8k: openai/gsm8k cannot be fetched.*set `path: FOLDER`"):
        list(get_source("gsm8k").read())  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=r"source hub: \./nowhere: no such folder"):
        list(hub("./nowhere").read())


def test_an_unfit_record_is_no_user_error():
    with pytest.raises(Unfit, match=r"field 'a': \[1.0, nan\] is no answer"):
        answer_of([1.0, float("nan")], "a")
    with pytest.raises(Unfit, match="field 'a': there is no answer"):
        answer_of("", "a")
