"""Up-sampling (K69, K71, K76) from the rule to the files: ids, lineage, order, card, and a second build on the first."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data_recipes import explain
from data_recipes.build import build
from data_recipes.copies import copied
from data_recipes.problem import Problem
from data_recipes.recipe import Recipe
from data_recipes.sources.base import Candidate
from data_recipes.sources.built import Built
from data_recipes.store import load_problems
from multimodal.messages import Part, user
from openk15.config import parse_config
from openk15.errors import GateError
from rewards.verdict import Answer

RATES = {"a": 2.5, "b": 1.0, "c": 0.0, "d": 3.0, "e": 1.5}


def recipe(path: Path, **changes: Any) -> Recipe:
    records = [
        {"id": f"{name}{at}", "text": f"document {name} number {at}", "rate": rate} for name, rate in RATES.items() for at in range(20)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    source = {"use": "documents", "path": str(path), "licence": "MIT", "fields": {"id": "id", "tags": {"rate": "rate"}}, "heldout": 10}
    values = {"name": "copies", "seed": 5, "sources": [source], "select": [{"copies": "rate"}], **changes}
    return parse_config(Recipe, values)


@pytest.fixture(scope="module")
def upsampled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("upsampled")
    return folder / "out", build(recipe(folder / "documents.jsonl", shard_rows=30), folder / "out")


def test_copies_have_ids_and_lineage_of_their_own_and_first_copies_come_first(upsampled):
    out, manifest = upsampled
    problems = load_problems(out, "train").problems
    names = [problem.id for problem in problems]
    assert len(set(names)) == len(names), "two copies have one id"
    counts = Counter(problem.first_id for problem in problems)
    for problem in problems:
        rate = float(problem.tags["rate"])
        assert counts[problem.first_id] in (int(rate), int(rate) + 1) if rate % 1 else counts[problem.first_id] == rate
        copies = counts[problem.first_id]
        number = int(problem.tags.get("copy", "1"))
        assert problem.id == (problem.first_id if number == 1 else f"{problem.first_id}-{number}")
        if copies > 1:
            assert problem.lineage[-1] == f"copy {number} of {copies}: rate is {rate:g}: drawn {copies} times"
    numbers = [int(problem.tags.get("copy", "1")) for problem in problems]
    assert numbers == sorted(numbers)
    assert max(numbers) == 3
    assert manifest["funnel"]["copies"] == sum(number > 1 for number in numbers)


def test_held_out_documents_stand_once_whatever_their_rate(upsampled):
    held = load_problems(upsampled[0], "heldout").problems
    assert len(held) == len({problem.first_id for problem in held}) == 10
    assert not any("copy" in problem.tags for problem in held)


def test_the_card_adds_the_copies_up(upsampled):
    out, manifest = upsampled
    kept = sum(found["problems"] for found in manifest["splits"].values())
    assert manifest["considered"] - sum(manifest["dropped"].values()) + manifest["funnel"]["copies"] == kept
    assert (
        f"| further copies of rows that are drawn more than once | +{manifest['funnel']['copies']} | {kept} |"
        in (out / "README.md").read_text()
    )


def test_a_copy_leads_to_the_row_it_is_of(upsampled):
    out, _ = upsampled
    copy = next(problem for problem in load_problems(out, "train").problems if "copy" in problem.tags)
    assert list(explain.why_dropped(out, copy.id)) == list(explain.why_dropped(out, copy.first_id))


def test_the_same_recipe_gives_the_same_bytes_and_another_build_keeps_the_copies(upsampled, tmp_path):
    out, manifest = upsampled
    again = build(recipe(tmp_path / "documents.jsonl", shard_rows=30), tmp_path / "again")
    assert [found["fingerprint"] for found in again["splits"].values()] == [found["fingerprint"] for found in manifest["splits"].values()]
    candidates = [one for one in Built(path=out).read() if isinstance(one, Candidate)]
    assert len({problem.id for one in candidates for problem in one.problems}) == manifest["splits"]["train"]["problems"]


def test_copies_fill_no_gate(tmp_path):
    few = recipe(tmp_path / "documents.jsonl", gates={"min_rows": 100})
    with pytest.raises(GateError, match=r"training problems are left, min_rows asks for 100"):
        build(few, tmp_path / "out")


def test_both_forms_of_a_copy_are_a_pair_and_copies_of_copies_are_numbered_below_them():
    tags = {"modality": "text", "source": "test", "grade": "1"}
    text = Problem((user(Part(text="x")),), Answer("exact", "1"), tags, pair_id="p")
    second = copied(text, 2, 3, "because")
    assert (second.id, second.pair_id) == (f"{text.id}-2", "p-2")
    assert (copied(second, 3, 3, "again").id, copied(second, 1, 3, "again").id) == (f"{text.id}-2.3", second.id)
    assert Problem.from_row(second.to_row()) == second
    assert copied(text, 1, 1, "") == text
