"""Exactly one domain, discipline and skill of every prompt, and who said so."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest

from data_recipes.text import topics
from data_recipes.text.training import train_classes
from openk15.errors import UserError
from rewards.verdict import Answer

MATH_TYPES = {
    "Algebra": "algebra",
    "Counting & Probability": "counting_and_probability",
    "Geometry": "geometry",
    "Intermediate Algebra": "intermediate_algebra",
    "Number Theory": "number_theory",
    "Prealgebra": "prealgebra",
    "Precalculus": "precalculus",
}
SAME_AS = {"arithmetic": "prealgebra", "statistics": "prealgebra", "calculus": "intermediate_algebra"}


def values(found):
    return {name: measure["value"] for name, measure in found.items()}


def test_the_subject_of_the_source_decides(measure):
    tags = {"source": "math", "domain": "mathematics", "discipline": "counting & probability"}
    found = measure("tagging", "Find the slope of the line.", tags=tags)
    assert values(found) == {
        "domain": "competition",
        "discipline": "mathematics",
        "skill": "counting_and_probability",
        "tag": "mathematics/counting_and_probability",
    }
    assert found["skill"]["by"] == "source"
    assert found["skill"]["matched"] == ["discipline: counting & probability"]


@pytest.mark.parametrize(
    ("text", "discipline", "skill"),
    [
        ("What is the probability that two dice show the same number?", "mathematics", "counting_and_probability"),
        ("Find the remainder when $7^{100}$ is divided by 13.", "mathematics", "number_theory"),
        ("In triangle $ABC$, $\\angle A = 90^\\circ$ and the hypotenuse is 5. Find the area.", "mathematics", "geometry"),
        ("求函数的导数。", "mathematics", "calculus"),
        ("A force accelerates a mass; find its momentum and kinetic energy.", "physics", "physics"),
        ("Which enzyme copies DNA before mitosis in a cell?", "biology", "biology"),
        ("The court found the defendant liable in tort.", "law", "law"),
        ("Knights always tell the truth, and the knave always lies; deduce who is who.", "logic", "logic"),
    ],
)
def test_words_decide_where_the_source_is_silent(measure, text: str, discipline: str, skill: str):
    found = measure("tagging", text)
    assert (found["discipline"]["value"], found["skill"]["value"]) == (discipline, skill)
    assert found["discipline"]["by"] == "words"
    assert found["discipline"]["matched"], "the words that spoke for it are the evidence"


def test_a_prompt_answered_by_a_program_is_coding(measure):
    found = measure("tagging", "Reverse the string.", Answer("code", None, {"test_list": ["assert f('ab') == 'ba'"]}))
    assert (found["domain"]["value"], found["discipline"]["value"], found["skill"]["value"]) == ("coding", "computer_science", "strings")


def test_asking_for_a_function_is_coding_and_a_function_of_x_is_not(measure):
    assert measure("tagging", "Write a Python function that sorts a list.", Answer("exact", "x"))["domain"]["value"] == "coding"
    assert measure("tagging", "Write the function $f(x)$ as a polynomial.")["domain"]["value"] == "stem"


def test_competitions_are_known_by_source_or_name(measure):
    assert measure("tagging", "Find x + 3 = 5.", tags={"source": "aime24"})["domain"]["value"] == "competition"
    assert measure("tagging", "(AMC 10) Find x + 3 = 5.")["domain"]["value"] == "competition"
    assert measure("tagging", "Find x + 3 = 5.", tags={"source": "math_forum"})["domain"]["value"] == "stem"


def test_every_prompt_gets_a_tag_even_without_a_known_word(measure):
    found = values(measure("tagging", "Hm."))
    assert found == {"domain": "general_reasoning", "discipline": "other", "skill": "other", "tag": "other/other"}


def test_the_margin_says_how_clear_it_was(measure):
    clear = measure("tagging", "Find the remainder when 7 is divided by 3, modulo the greatest common divisor.")["skill"]
    mixed = measure("tagging", "A triangle; the probability of a prime; a matrix.")["skill"]
    assert 0 <= mixed["margin"] < clear["margin"] <= 1


def test_words_tell_the_seven_subjects_of_math_apart(shared_data: Path):
    """Five times better than chance on subjects that even people mix up; the number is in docs/signals.md."""
    with gzip.open(shared_data / "math_test5000" / "test.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file][::5]
    right = 0
    for row in rows:
        skill = topics.skill_of(row["problem"], {}, "mathematics").label
        right += SAME_AS.get(skill, skill) == MATH_TYPES[row["type"]]
    print(f"words: {right} of {len(rows)} right ({right / len(rows):.3f})")
    assert right / len(rows) >= 0.58


def test_a_trained_model_is_better_than_the_words_and_the_source_is_still_believed_first(shared_data: Path, tmp_path: Path, measure):
    with gzip.open(shared_data / "math_test5000" / "test.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file][::4]
    by_skill = defaultdict(list)
    for row in rows:
        by_skill[MATH_TYPES[row["type"]]].append({"text": row["problem"]})
    files = {}
    for skill, texts in by_skill.items():
        files[skill] = tmp_path / f"{skill}.jsonl"
        files[skill].write_text("".join(json.dumps(text) + "\n" for text in texts))
    report = train_classes(files, tmp_path / "skills.model", heldout=0.4, epochs=5)
    print(report)
    assert sum(report.heldout.values()) > 400
    assert report.accuracy >= 0.6
    options = {"model": str(tmp_path / "skills.model")}
    asked = measure("tagging", "Find the remainder when 3 is divided by 2.", options=options)
    assert (asked["skill"]["value"], asked["skill"]["by"]) == ("number_theory", "model")
    told = measure("tagging", "Find the remainder when 3 is divided by 2.", options=options, tags={"discipline": "geometry"})
    assert (told["skill"]["value"], told["skill"]["by"]) == ("geometry", "source")


def test_a_model_that_is_none_is_refused_before_the_build(tmp_path: Path):
    from data_recipes.steps.base import make_step

    bad = tmp_path / "model"
    bad.write_text("no model")
    with pytest.raises(UserError, match="model: not a classifier of train-classifier"):
        make_step("tagging", {"model": str(bad)}).check()
    with pytest.raises(UserError, match="nowhere: no such"):
        make_step("tagging", {"model": str(tmp_path / "nowhere")}).check()
