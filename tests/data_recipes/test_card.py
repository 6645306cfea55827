"""The card and the manifest say what the rows say."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from data_recipes.build import build
from data_recipes.card import without_front
from data_recipes.chance import Guess, no_image_chance, wilson
from data_recipes.recipe import Recipe
from data_recipes.store import ProblemSet
from data_recipes.tally import solution_words
from openk15.config import parse_config


@pytest.fixture
def card(built: Path) -> str:
    return (built / "README.md").read_text()


def table(card: str, heading: str) -> list[list[str]]:
    """Rows of the first table under a heading, without its header."""
    lines = card.partition(f"## {heading}")[2].partition("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert len(rows) > 2
    return rows[2:]


def test_the_manifest_counts_the_tags_of_the_rows(train: ProblemSet, heldout: ProblemSet, manifest: dict[str, Any]):
    for data in (train, heldout):
        found = manifest["splits"][data.split]
        assert found["problems"] == len(data.problems)
        for tag, counts in found["tags"].items():
            assert counts == Counter(problem.tags.get(tag, "(none)") for problem in data.problems), tag


def test_the_card_counts_what_is_in_the_files(card: str, train: ProblemSet, heldout: ProblemSet):
    rows = {(tag, value): (int(of_train), int(of_heldout)) for tag, value, of_train, of_heldout in table(card, "Problems")}
    assert rows.pop(("all", "")) == (len(train.problems), len(heldout.problems))
    for (tag, value), counts in rows.items():
        assert counts == tuple(sum(problem.tags[tag] == value for problem in data.problems) for data in (train, heldout))
    grades = {int(grade): (int(of_train), int(of_heldout)) for grade, of_train, of_heldout, _ in table(card, "Difficulty grades")}
    for grade in range(1, 6):
        assert grades[grade] == tuple(sum(problem.grade == grade for problem in data.problems) for data in (train, heldout))


def test_the_card_shows_processes_and_answer_balance_as_they_are(card: str, train: ProblemSet):
    processes = {name: int(count) for name, count, _ in table(card, "Cognitive processes")}
    assert processes == Counter(problem.tags["process"] for problem in train.problems)
    for template, n, kinds, usual, share in table(card, "Answer balance"):
        answers = Counter(problem.answer.reference for problem in train.problems if problem.tags["template"] == template)
        assert (int(n), int(kinds)) == (answers.total(), len(answers))
        assert answers[usual] == max(answers.values())
        assert share == f"{answers[usual] / answers.total():.1%}"


def test_the_card_shows_an_example_of_every_template_with_its_picture(card: str, built: Path, train: ProblemSet):
    pictures = re.findall(r'<img src="(examples/[^"]+)" height="\d+" alt="([^"]+)">', card)
    assert {template for _, template in pictures} == {problem.tags["template"] for problem in train.problems if problem.images}
    for file, _ in pictures:
        assert (built / file).read_bytes() in train.images.values()
    for template in {problem.tags["template"] for problem in train.problems}:
        assert f"**{template}**, grade " in card


def test_the_card_names_licences_checks_and_the_command(card: str, manifest: dict[str, Any]):
    assert {row[0] for row in table(card, "Licences")} == {"handwriting", "scenes", "rendered", "text"}
    assert all(row[3] == "0" for row in table(card, "Checks"))
    assert "disjoint as far as that order tells" in card
    assert "Rebuild with `data_recipes build recipes/demo.yaml -o data`" in card
    assert manifest["fingerprint"][:16] in card


def test_a_tag_with_bars_and_line_ends_stays_in_its_cell(tmp_path: Path):
    record = {"q": "What is 1 + 1?", "a": "2", "d": "a|b\nc"}
    (tmp_path / "mine.jsonl").write_text(json.dumps(record) + "\n" + json.dumps({"q": "And 2 + 2?", "a": "4", "d": "e"}) + "\n")
    source = {"use": "jsonl", "path": str(tmp_path / "mine.jsonl"), "licence": "MIT"}
    fields = {"question": "q", "answer": "a", "tags": {"domain": "d"}}
    build(parse_config(Recipe, {"name": "bars", "sources": [{**source, "fields": fields}]}), tmp_path / "out")
    assert "| domain | a\\|b c | 1 | 0 |" in (tmp_path / "out" / "README.md").read_text().splitlines()


@pytest.mark.parametrize(
    ("text", "shown"),
    [("---\nconfigs: []\n---\n\n# demo\n\n---\n", "# demo\n\n---\n"), ("# demo\n", "# demo\n"), ("---\n# demo\n", "---\n# demo\n")],
)
def test_the_front_matter_is_for_machines(text: str, shown: str):
    assert without_front(text) == shown


def test_solution_lengths_are_counted_in_words(train: ProblemSet, manifest: dict[str, Any]):
    lengths = [len(problem.solutions[0].text.split()) for problem in train.problems]
    found = manifest["splits"]["train"]["solution_words"]["reasoned"]
    assert found == solution_words([len(p.solutions[0].text.split()) for p in train.problems])
    assert (found["n"], found["most"]) == (len(lengths), max(lengths))
    assert found["mean"] == pytest.approx(sum(lengths) / len(lengths))
    assert solution_words([]) == {"n": 0}


def test_the_lock_names_seed_versions_and_code(built: Path, manifest: dict[str, Any]):
    from importlib.metadata import version

    lock = json.loads((built / "recipe.lock.json").read_text())
    assert lock["seed"] == manifest["seed"] == manifest["recipe"]["seed"] == 7
    assert lock["packages"]["pyarrow"] == version("pyarrow")
    assert len(lock["code"]) == 32


def guesses(answers: list[str]) -> list[Guess]:
    return [Guess(("How many?", ((28, 28),)), "count", answer) for answer in answers]


def test_no_image_chance_is_the_score_of_the_most_frequent_training_answer():
    found = no_image_chance(guesses(["4", "4", "4", "7"]), guesses(["4", "7", "4", "9"]))
    assert (found["heldout"], found["n"]) == (0.5, 4)
    assert found["low"] < 0.5 < found["high"]
    (template,) = found["by_template"].values()
    assert (template["accuracy"], template["n"]) == (0.5, 4)


def test_no_image_chance_of_a_set_without_pictures_is_not_a_number():
    assert no_image_chance([], []) == {"heldout": None, "low": None, "high": None, "n": 0, "by_template": {}}


def test_documents_have_no_answer_that_could_be_guessed(tmp_path: Path):
    for number in range(4):
        Image.new("RGB", (20, 20), (60 * number, 0, 0)).save(tmp_path / f"{number}.png")
    segments = [[{"type": "image", "image": f"{number}.png"}, {"type": "text", "text": f"Shade {number}."}] for number in range(4)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps({"segments": found}) + "\n" for found in segments))
    source = {"use": "documents", "path": str(tmp_path / "d.jsonl"), "fields": {}, "licence": "MIT", "heldout": 2}
    manifest = build(parse_config(Recipe, {"name": "shades", "sources": [source]}), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert (manifest["no_image_chance"]["n"], manifest["no_image_chance"]["heldout"]) == (0, None)
    assert "No held-out problem has both a picture and an answer: nothing to measure it on." in card
    assert "No training problem has one answer to compare with." in card
    assert "null" not in card
    assert "- no answer to judge" in card


def test_the_benchmark_finds_the_chance_where_it_looks_for_it(manifest: dict[str, Any], heldout: ProblemSet):
    """`benchmark run` reads no_image_chance[split]."""
    chance = manifest["no_image_chance"]
    assert chance["n"] == sum(bool(problem.images) for problem in heldout.problems)
    assert 0 <= chance["low"] <= chance["heldout"] <= chance["high"] <= 0.5


@pytest.mark.parametrize(("hits", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634)])
def test_wilson_intervals_match_published_values(hits: int, n: int, low: float, high: float):
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)
