"""A recipe that goes on from the result of another."""

from __future__ import annotations

import pytest

from data_recipes.build import build
from data_recipes.recipe import Recipe
from data_recipes.sources import base
from data_recipes.sources.base import Candidate
from data_recipes.sources.built import Built
from data_recipes.store import load_problems
from openk15.config import parse_config
from openk15.errors import UserError


def test_problems_come_out_as_they_went_in(built, train):
    candidates = list(Built(path=built).read())
    problems = {problem.id: problem for candidate in candidates if isinstance(candidate, Candidate) for problem in candidate.problems}
    assert problems == {problem.id: problem for problem in train.problems}


def test_linked_problems_stay_together(built, train):
    candidates = [candidate for candidate in Built(path=built).read() if isinstance(candidate, Candidate)]
    pairs = [candidate for candidate in candidates if len(candidate.problems) == 2]
    assert len(pairs) == len({problem.pair_id for problem in train.problems if problem.pair_id}) > 0
    assert all(len({problem.pair_id for problem in candidate.problems}) == 1 for candidate in pairs)


def test_a_recipe_builds_on_another(built, train, tmp_path, monkeypatch):
    monkeypatch.setitem(base.SOURCES, "built", "data_recipes.sources.built")
    values = {"name": "next", "sources": [{"use": "built", "path": str(built)}], "select": [{"take": 10}]}
    build(parse_config(Recipe, values), tmp_path / "out")
    taken = load_problems(tmp_path / "out", "train").problems
    assert 0 < len(taken) <= 10
    assert {problem.id for problem in taken} <= {problem.id for problem in train.problems}
    pairs = [problem.pair_id for problem in taken if problem.pair_id]
    assert all(pairs.count(name) == 2 for name in pairs), "one form of a linked question went and the other stayed"


def test_a_folder_that_was_not_built_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere: no such dataset folder"):
        list(Built(path=tmp_path / "nowhere").read())
