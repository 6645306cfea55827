"""docs/own_recipe.md does what it says: its script makes the folder, its recipe builds, and what is built can be trained on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from data_recipes.build import build
from data_recipes.recipe import Recipe
from data_recipes.store import load_problems
from openk15.config import load_config
from openk15.errors import UserError
from rewards import Status, verify


@pytest.fixture
def page(repo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the page's script has run and its recipe lies."""
    text = (repo_root / "docs" / "own_recipe.md").read_text("utf-8")
    (script,), (recipe,) = (re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("python", "yaml"))
    (tmp_path / "make_shapes.py").write_text(script, "utf-8")
    (tmp_path / "shapes.yaml").write_text(recipe, "utf-8")
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "make_shapes.py"], check=True, timeout=120)
    return tmp_path


def test_the_page_s_recipe_builds(page: Path):
    build(load_config(Recipe, Path("shapes.yaml")), Path("data"), command="data_recipes build shapes.yaml -o data")
    train, heldout = load_problems(Path("data"), "train"), load_problems(Path("data"), "heldout")
    assert (len(train.problems), len(heldout.problems)) == (200, 40)
    assert not set(train.images) & set(heldout.images)
    for problem in train.problems:
        assert problem.tags["source"] == "shapes"
        assert len(problem.images) == 1
        assert verify(problem.solutions[0].text, problem.answer).status is Status.CORRECT
    assert "CC0-1.0" in (page / "data" / "README.md").read_text()


def test_the_page_s_mistakes_are_reported_as_it_says(page: Path):
    labels = Path("shapes/labels.csv")
    good = labels.read_text()
    recipe = load_config(Recipe, Path("shapes.yaml"))
    labels.write_text(re.sub(r"(?m)^007\.png,([^,]*),\d,", r"007.png,\1,,", good))
    with pytest.raises(UserError, match=r"labels.csv:9: field 'label': there is no answer; a text or a number is expected"):
        build(recipe, Path("data"), command="")
    labels.write_text(good)
    Path("shapes/pictures/001.png").unlink()
    with pytest.raises(UserError, match=r"labels.csv:3: field 'file': there is no picture shapes/pictures/001.png; paths start from"):
        build(recipe, Path("data"), command="")
    Path("shapes.yaml").write_text(Path("shapes.yaml").read_text().replace("answer: label", "answer: lable"))
    with pytest.raises(UserError, match=r"fields.answer: no record has a column 'lable'; did you mean 'label'\?"):
        build(load_config(Recipe, Path("shapes.yaml")), Path("data"), command="")
