"""A benchmark question is found wherever it stands; a phrase that many questions have is not a find."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rapidfuzz import fuzz

from data_recipes.contamination import pictures
from data_recipes.contamination.canaries import Kind, draw, plant
from data_recipes.contamination.corpus import collect
from data_recipes.contamination.registry import LAYOUTS, Against, benchmarks, questions
from data_recipes.contamination.wrapping import unwrapped
from multimodal.images import decode_image, encode_png
from multimodal.messages import Message, Part, Role
from openk15.errors import UserError

LONG = (
    "A farmer plants 14 rows of cabbages with 23 cabbages in each row, and rabbits eat 5 cabbages every night for a week. "
    "How many cabbages are left for the market on the eighth day?"
)
SHORT = "Write a function to find the second largest element of a list."
CHINESE = "小明有十二个苹果，他给了小红三个，又买了五个，然后吃掉两个，请问小明现在一共还有多少个苹果？"


def photo(seed: int) -> bytes:
    small = np.random.default_rng(seed).integers(0, 255, (9, 12, 3)).astype(np.uint8)
    return encode_png(Image.fromarray(small).resize((160, 120), Image.Resampling.BICUBIC))


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """Four benchmarks in the layouts of the registered ones, and a folder that is none."""
    folder = tmp_path / "sets"
    rows: dict[str, list[dict[str, Any]]] = {
        "gsm8k/test.jsonl": [{"question": LONG, "answer": "#### 287"}, {"question": CHINESE, "answer": "#### 12"}],
        "mbpp/mbpp.jsonl": [
            {"text": SHORT, "task_id": 20, "test_list": ["x"]},
            {"text": "Write a function to add numbers.", "task_id": 700},
        ],
        "mathvision/test.jsonl": [
            {"id": "7", "question": "Find x.\n<image1>", "options": [], "answer": "3", "image": "images/7.png"},
            {"id": "8", "question": "Find x.\n<image1>", "options": [], "answer": "4", "image": "images/8.png"},
        ],
        "notes/readme.jsonl": [{"a": 1}],
    }
    for name, records in rows.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    (folder / "mathvision/images").mkdir()
    (folder / "mathvision/images/7.png").write_bytes(photo(7))
    (folder / "mmlu").mkdir()
    with zipfile.ZipFile(folder / "mmlu/mmlu.zip", "w") as archive:
        stem = '"Which of the following statements about it is true?"'
        archive.writestr("data/test/law_test.csv", f"{stem},alpha,beta,gamma,delta,A\n{stem},one,two,three,four,B\n")
        archive.writestr("data/dev/law_dev.csv", "Left out,a,b,c,d,A\n")
    return folder


def only(run, make_row, sets: Path, text: str, **options: Any) -> dict[str, Any]:
    found, _ = run("decontaminate", [make_row("r", text)], against=[str(sets)], canaries=0, **options)
    return found[0]


@pytest.mark.parametrize(
    ("text", "rule", "item"),
    [
        (LONG, "exact", "gsm8k 1"),
        (LONG.upper().replace(",", ""), "exact", "gsm8k 1"),
        (f"Solve this with care. {LONG} Put your answer in a box.", "13-gram", "gsm8k 1"),
        (LONG.replace("cabbages are left", "of them are left"), "13-gram", "gsm8k 1"),
        (f"{SHORT}\nYour code should satisfy:\n```python\nassert second([1, 2]) == 1\n```", "exact", "mbpp 20"),
        (SHORT.replace("element", "elements"), "fuzzy", "mbpp 20"),
        ("Which of the following statements about it is true?\none\ntwo\nthree\nfour", "exact", "mmlu law_test/2"),
        (CHINESE, "exact", "gsm8k 2"),
        (f"请看题目。{CHINESE}请写出过程。", "13-gram", "gsm8k 2"),
    ],
)
def test_a_question_is_hit_and_the_evidence_says_how(run, make_row, sets: Path, text: str, rule: str, item: str) -> None:
    hit = only(run, make_row, sets, text)["hit"]
    assert (hit["value"], hit["rule"], f"{hit['benchmark']} {hit['item']}") == (True, rule, item)
    assert hit["where"] == "prompt"
    assert hit["span"]


@pytest.mark.parametrize(
    "text",
    [
        "Write a function to find the second largest word of a sentence that a user types into a form.",
        "Write a function to add numbers.",  # of the set's training part
        "Which of the following statements about it is true?",  # the stem of two questions
        "Left out",
        "How many cabbages are left for the market on the eighth day? None, for the market was closed and the farmer went home.",
    ],
)
def test_a_phrase_is_no_hit(run, make_row, sets: Path, text: str) -> None:
    assert not only(run, make_row, sets, text)["hit"]["value"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (SHORT.replace("largest", "longest"), "fuzzy"),
        (f"Please {SHORT.rstrip('.').lower()} in one line of code and explain what it does", "contains"),
    ],
)
def test_a_doubtful_match_is_put_to_review(run, make_row, sets: Path, text: str, rule: str) -> None:
    found = only(run, make_row, sets, text)
    assert not found["hit"]["value"]
    assert (found["review"]["value"], found["review"]["rule"]) == (True, rule)
    assert found["review"]["item"] == "20"


SQRT = "Simplify $\\sqrt{242}$."
BOXED = "Please reason step by step, and put your final answer within \\boxed{}."


@pytest.mark.parametrize(
    "messages",
    [
        ["You are a helpful assistant.", SQRT],
        [f"{SQRT}\n{BOXED}"],
        [f"{SQRT} {BOXED}"],
        [f"Question: {SQRT}"],
        [f"**Problem 7.** {SQRT}"],
        ["You are a helpful assistant.", f"Q: {SQRT}\nA:"],
        [f"Answer the following question: {SQRT} Let's think step by step. Show your work."],
        [f"Can you please help me with this problem? {SQRT} Thanks!"],
        [f"Solve the following problem.\n\n{SQRT}\n\nThe last line should be of the form Answer: $ANSWER."],
        [f"### Instruction:\n{SQRT}\n\n### Response:"],
        [f"请回答下面的问题：{SQRT} 请逐步推理，并把最终答案写在 \\boxed{{}} 里。"],
    ],
)
def test_a_short_question_is_hit_through_what_templates_put_around_it(run, make_row, tmp_path: Path, messages: list[str]) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps({"q": SQRT}))
    against = [{"path": str(tmp_path / "own.jsonl"), "name": "own", "fields": {"question": "q"}}]
    row = make_row("r", messages[-1])
    asked = (*(Message(Role.SYSTEM, (Part(text=text),)) for text in messages[:-1]), *row.problem.messages)
    found, _ = run("decontaminate", [replace(row, problem=replace(row.problem, messages=asked))], against=against, canaries=0)
    assert (found[0]["hit"]["value"], found[0]["hit"].get("rule")) == (True, "exact")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("7, 9, 23, 41, 87, ____", "Sort each of these rows.\n7, 9, 23, 41, 87\n1, 2, 3, 5, 4"),  # numbers stand on lines anywhere
        ("音位是____。", "什么叫语音学里的基本概念？请举例。\n音位是\n音节是"),
        (SQRT, f"Simplify $\\sqrt{{243}}$. {BOXED}"),
        ("What is it?", "What is it? He said so, and nobody knew."),
    ],
)
def test_a_short_line_or_another_question_is_no_hit(run, make_row, tmp_path: Path, question: str, text: str) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps({"q": question}))
    against = [{"path": str(tmp_path / "own.jsonl"), "name": "own", "fields": {"question": "q"}}]
    found, _ = run("decontaminate", [make_row("r", text)], against=against, canaries=0)
    assert not found[0]["hit"]["value"]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("What is 3 + 4?", []),
        ("Q: What is 3 + 4? Explain your reasoning.", ["Q: What is 3 + 4?", "What is 3 + 4? Explain your reasoning.", "What is 3 + 4?"]),
        ("Give your answer as a fraction: what is 3 / 4?", []),
        ("Show that the answer is 7. How many steps does it take?", []),
        ("Answer:", []),
    ],
)
def test_wrapping_is_taken_off_at_the_ends_only(text: str, forms: list[str]) -> None:
    assert sorted(form.strip() for form in unwrapped(text)) == sorted(forms)


# ratio 94.5, and each word is still a spelling of the other
MISSPELT = {
    "Write": "Writes",
    "function": "functions",
    "find": "finds",
    "second": "seconds",
    "largest": "larges",
    "element": "elements",
    "list": "lists",
}


@pytest.mark.parametrize(
    ("change", "least", "hit"),
    [
        ({"element": "elements"}, 95, True),
        ({"element": "elements"}, 100, False),
        (MISSPELT, 95, False),
        (MISSPELT, 90, True),
    ],
)
def test_the_ratio_of_the_recipe_is_the_one_that_is_applied(
    run, make_row, sets: Path, change: dict[str, str], least: float, hit: bool
) -> None:
    text = SHORT
    for word, other in change.items():
        text = text.replace(word, other)
    # both thresholds in one process: the index of the other one must not be taken
    only(run, make_row, sets, text, fuzz=96)
    found = only(run, make_row, sets, text, fuzz=least)["hit"]
    assert found["value"] is hit
    assert found.get("threshold", least) == least
    assert found.get("measured", 100.0) >= least


def test_the_window_of_lengths_is_as_wide_as_the_ratio_allows(run, make_row, tmp_path: Path) -> None:
    question = "Write a python function to sort lists"
    (tmp_path / "own.jsonl").write_text(json.dumps({"q": question}))
    against = [{"path": str(tmp_path / "own.jsonl"), "name": "own", "fields": {"question": "q"}}]
    text = "Write a python function to sort the of lists"
    ratio = fuzz.ratio(question.lower(), text.lower())
    assert 90 <= ratio < 95
    found, _ = run("decontaminate", [make_row("r", text)], against=against, canaries=0, fuzz=90)
    assert found[0]["hit"]["measured"] == pytest.approx(ratio, abs=0.01)


def test_other_numbers_are_a_template_match(run, make_row, tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps({"q": "Add 3 to 4 and then take the result away from 50, please do it now."}))
    against = [{"path": str(tmp_path / "own.jsonl"), "name": "own", "fields": {"question": "q"}}]
    row = make_row("r", "Add 88 to 9 and then take the result away from 7, please do it now.")
    found, _ = run("decontaminate", [row], against=against, canaries=0)
    assert found[0]["review"]["rule"] in ("template", "fuzzy")
    assert "template" in (found[0]["review"]["rule"], *found[0]["review"].get("also", ()))


def test_both_ngram_rules_are_reported_apart(run, make_row, sets: Path) -> None:
    found = only(
        run, make_row, sets, "It was late. How many cabbages are left for the market on the eighth day? Nobody knew, and nobody asked him."
    )
    assert found["any8"]["value"]
    assert found["any8"]["span"] == "how many cabbages are left for the market on the eighth day"
    assert found["overlap"]["value"] < 0.5
    assert not found["hit"]["value"]
    clean = only(run, make_row, sets, "Nothing of this kind was ever asked before, by anybody at all, in any of the sets.", folder="other")
    assert not clean["any8"]["value"]
    assert clean["overlap"] == {"value": 0.0}


def test_a_picture_of_a_benchmark_is_hit_and_a_drawn_one_is_not_compared(run, make_row, sets: Path) -> None:
    data = [photo(7), photo(9)]
    rows = [make_row("a", "Find x.", pictures=data[:1]), make_row("b", "Find x.", pictures=data[1:])]
    rows.append(make_row("c", "Find x.", pictures=data[:1], keys=["scene:1"], origin="synthetic"))
    found, report = run("decontaminate", rows, data, against=[str(sets)], canaries=0, read_pictures=False)
    assert [row["hit"]["value"] for row in found] == [True, False, False]
    assert found[0]["hit"]["rule"] == "picture"
    assert found[0]["hit"]["item"] == "7"
    assert [row["unread"]["value"] for row in found] == [1, 1, 0]
    notes = " ".join(report.notes)
    assert "The text in 2 pictures is unknown and was not read (reading is off)" in notes
    assert "2 questions are too short to tell without their picture, and 1 pictures of benchmarks are not here" in notes
    assert "notes" in notes


@pytest.mark.parametrize("origin", ["synthetic", "rendered", "real"])
def test_a_tag_alone_does_not_spare_a_picture_the_check(run, make_row, sets: Path, origin: str) -> None:
    row = make_row("a", "Find x.", pictures=[photo(7)], keys=["image:7"], raw={"text": "A text of the record."}, origin=origin)
    bare = make_row("b", "Find x.", pictures=[photo(9)], origin=origin)
    found, _ = run("decontaminate", [row, bare], [photo(7), photo(9)], against=[str(sets)], canaries=0, read_pictures=False)
    assert (found[0]["hit"]["value"], found[0]["hit"].get("rule")) == (True, "picture")
    assert found[1]["unread"]["value"] == 1


def drawing() -> Image.Image:
    """Lines on white with a margin, as figures of benchmarks are."""
    image = Image.new("RGB", (400, 300), "white")
    pen = ImageDraw.Draw(image)
    pen.polygon([(40, 260), (350, 240), (180, 50)], outline="black", width=4)
    pen.ellipse([130, 120, 230, 220], outline="black", width=4)
    pen.line([(180, 50), (200, 255)], fill="black", width=4)
    pen.rectangle([40, 50, 90, 90], fill="grey")
    return image


def bordered(image: Image.Image, share: float, colour: str) -> Image.Image:
    x, y = round(image.width * share), round(image.height * share)
    out = Image.new("RGB", (image.width + 2 * x, image.height + 2 * y), colour)
    out.paste(image, (x, y))
    return out


def cut(image: Image.Image, share: float) -> Image.Image:
    x, y = round(image.width * share), round(image.height * share)
    return image.crop((x, y, image.width - x, image.height - y))


@pytest.mark.parametrize(
    "changed",
    [
        bordered(drawing(), 0.05, "white"),
        bordered(drawing(), 0.2, "white"),
        bordered(drawing(), 0.05, "black"),
        cut(drawing(), 0.03),
        cut(Image.open(io.BytesIO(photo(7))), 0.03),
        cut(Image.open(io.BytesIO(photo(7))), 0.015),
        bordered(Image.open(io.BytesIO(photo(7))), 0.05, "white"),
    ],
)
def test_a_picture_with_a_border_or_without_its_edges_is_the_same(run, make_row, sets: Path, changed: Image.Image) -> None:
    (sets / "mathvision/images/8.png").write_bytes(encode_png(drawing()))
    data = encode_png(changed)
    found, _ = run(
        "decontaminate", [make_row("a", "Find x.", pictures=[data])], [data], against=[str(sets)], canaries=0, read_pictures=False
    )
    assert (found[0]["hit"]["value"], found[0]["hit"].get("rule")) == (True, "picture")


def test_an_empty_picture_has_no_look_and_a_dot_has(run) -> None:
    empty = Image.new("RGB", (200, 200), "white")
    assert pictures.looks(encode_png(empty), "x", pictures.CUTS) == []
    empty.putpixel((100, 100), (0, 0, 0))
    assert len(pictures.looks(encode_png(empty), "x", pictures.CUTS)) <= 1


def test_benchmark_pictures_stay_apart_and_are_found_with_border_and_cut(shared_data: Path) -> None:
    paths = sorted((shared_data / "mathvision/images").iterdir())[::5]
    looks = [pictures.looks(path.read_bytes(), path.name, pictures.CUTS) for path in paths]
    known = np.array([look for found in looks for look in found], dtype=np.uint64)
    owner = [at for at, found in enumerate(looks) for _ in found]
    for at, path in enumerate(paths):
        image = decode_image(path.read_bytes())
        for changed in (image, bordered(image, 0.05, "white"), cut(image, 0.03)):
            best = pictures.nearest(pictures.looks(encode_png(changed), path.name), known)
            assert best is not None
            assert (owner[best[0]], best[1] <= 2) == (at, True), path.name


def test_a_question_in_a_picture_is_found_by_its_drawn_text_or_by_reading(
    run, make_row, sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = draw(LONG)
    misread = (
        LONG.replace("rabbits", "rabblts").replace("14 rows", "l4 rows").replace("market", "rnarket").replace("every night", "evervnight")
    )
    monkeypatch.setattr("data_recipes.contamination.look.reader", lambda: lambda data: misread)
    rows = [
        make_row("told", "Solve it.", pictures=[picture], raw={"source_text": LONG}, origin="rendered"),
        make_row("read", "Solve it.", pictures=[picture]),
    ]
    found, _ = run("decontaminate", rows, [picture], against=[str(sets)], canaries=0)
    assert found[0]["hit"]["where"] == "drawn text"
    assert found[1]["hit"]["where"] == "text in the picture"
    assert [row["unread"]["value"] for row in found] == [0, 0]


def test_a_missing_reader_is_counted_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert pictures.reader() is None


def test_an_excluded_benchmark_is_left_out_with_its_reason(run, make_row, sets: Path) -> None:
    options = {"exclude": {"gsm8k": "the recipe trains on it"}, "against": [str(sets)], "canaries": 0}
    found, report = run("decontaminate", [make_row("r", LONG)], **options)
    assert not found[0]["hit"]["value"]
    assert "Benchmark gsm8k was left out: the recipe trains on it" in report.notes
    with pytest.raises(UserError, match="exclude names 'gsm8', which is not among the benchmarks; did you mean 'gsm8k'"):
        run("decontaminate", [make_row("r", LONG)], against=[str(sets)], exclude={"gsm8": "typo"})


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ([], "key 'against'"),
        (["nowhere"], "against nowhere: no such file or folder"),
        (["{sets}/notes"], "'notes' is no registered benchmark; registered: aime24"),
        ([{"path": "{sets}/notes", "benchmark": "gsm8"}], "did you mean benchmark: gsm8k"),
        ([{"path": "{sets}/notes", "benchmark": "gsm8k"}], "benchmark gsm8k expects test.jsonl in it, found none"),
        ([{"path": "{sets}/mbpp/mbpp.jsonl", "fields": {"question": "txt"}}], "no field 'txt'; it has text, task_id"),
        (["{sets}/gsm8k", "{sets}/gsm8k"], "against names 'gsm8k' twice"),
    ],
)
def test_a_benchmark_that_cannot_be_read_is_named(run, make_row, sets: Path, against: list[Any], message: str) -> None:
    filled = json.loads(json.dumps(against).replace("{sets}", str(sets)))
    with pytest.raises(UserError, match=message):
        run("decontaminate", [make_row("r", LONG)], against=filled)


def test_broken_files_are_named(run, make_row, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"q": "x"}\n{broken\n')
    (tmp_path / "b.zip").write_bytes(b"none")
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b"3"))
    whole = gzip.compress(b'{"q": "x"}\n' * 99)
    (tmp_path / "d.jsonl.gz").write_bytes(whole[:10] + b"\xff" + whole[11:])
    (tmp_path / "e.jsonl.gz").write_bytes(whole[:-12])
    for name, message in (
        ("a.jsonl", "a.jsonl: cannot be read as jsonl"),
        ("b.zip", "b.zip: cannot be read as zip"),
        ("c.json.gz", "expected a list"),
        ("d.jsonl.gz", "d.jsonl.gz: cannot be read as jsonl"),
        ("e.jsonl.gz", "e.jsonl.gz: cannot be read as jsonl"),
    ):
        with pytest.raises(UserError, match=message):
            run("decontaminate", [make_row("r", "x")], against=[{"path": str(tmp_path / name), "fields": {"question": "q"}}])


def test_planted_copies_are_counted_by_kind(run, make_row, sets: Path) -> None:
    _, report = run("decontaminate", [make_row("r", "Nothing.")], against=[str(sets)], canaries=3, read_pictures=False)
    rows = {row[0]: row for row in next(table for table in report.tables if table[0] == "Planted copies found")[2]}
    assert rows["verbatim"][1:3] == [3, "3 (100%)"]
    assert rows["rendered, text known"][2].endswith("(100%)")
    assert rows["rendered, text to be read"][1:3] == [0, "not checked"]
    assert rows["numbers changed"][1] == 1
    assert set(rows) == set(map(str, Kind))


def test_workers_and_shard_sizes_change_nothing(run, make_row, sets: Path) -> None:
    rows = [make_row(str(at), text) for at, text in enumerate([LONG, SHORT, CHINESE, "Nothing.", f"x {LONG}", "Find x."])]
    one, first = run("decontaminate", rows, against=[str(sets)], canaries=2, size=2, read_pictures=False)
    other, second = run("decontaminate", rows, against=[str(sets)], canaries=2, size=5, workers=2, folder="other", read_pictures=False)
    assert one == other
    assert first == second


def test_moving_a_benchmark_changes_no_fingerprint(sets: Path, tmp_path: Path) -> None:
    from data_recipes.steps.decontaminate import Decontaminate

    moved = sets.rename(tmp_path / "elsewhere")
    before = Decontaminate.model_validate({"against": [str(moved)]}).fingerprint()
    again = moved.rename(tmp_path / "back")
    assert Decontaminate.model_validate({"against": [str(again)]}).fingerprint() == before
    (again / "gsm8k/test.jsonl").write_text(json.dumps({"question": "Other"}))
    assert Decontaminate.model_validate({"against": [str(again)]}).fingerprint() != before


def test_every_registered_layout_reads_its_benchmark(shared_data: Path) -> None:
    wanted = {
        "aime24": 30,
        "aime25": 30,
        "amc23": 40,
        "geometry3k": 48,
        "gsm8k": 1319,
        "humaneval": 164,
        "ifeval": 541,
        "leetcode_contest": 180,
    }
    wanted |= {"math500": 500, "mathvision": 3040, "mathvista": 1000, "mbpp": 500, "humaneval_mul": 1280, "cluewsc": 1266}
    found, unknown = benchmarks([Against(path=shared_data)])
    assert {benchmark.name for benchmark in found} == set(LAYOUTS)
    assert {"codeforces", "verifier_math"} >= set(unknown)
    for benchmark in found:
        if benchmark.name in wanted:
            asked = list(questions(benchmark))
            assert len(asked) == wanted[benchmark.name], benchmark.name
            assert all(question.text for question in asked)
            assert len({question.id for question in asked}) == len(asked), benchmark.name


def test_verbatim_and_rendered_copies_of_real_questions_are_all_found(run, make_row, shared_data: Path) -> None:
    names = ("aime24", "amc23", "gsm8k", "math500", "mbpp", "humaneval")
    against = [str(shared_data / name) for name in names]
    _, report = run("decontaminate", [make_row("r", "Nothing.")], against=against, read_pictures=False)
    rows = {row[0]: row for row in next(table for table in report.tables if table[0] == "Planted copies found")[2]}
    assert rows["verbatim"][1:3] == [20, "20 (100%)"]
    assert rows["rendered, text known"][1:3] == [20, "20 (100%)"]


def test_canaries_are_drawn_from_every_benchmark_in_turn(shared_data: Path) -> None:
    found, _ = benchmarks([Against(path=shared_data / name) for name in ("amc23", "gsm8k", "aime25")])
    planted = plant(collect(found, 13), 6, 0, [Kind.VERBATIM])
    assert sorted(canary.source.split(" ")[0] for canary in planted) == ["aime25", "aime25", "amc23", "amc23", "gsm8k", "gsm8k"]
