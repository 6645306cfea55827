"""What a person types and what comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from data_recipes.recipe import Recipe
from openk15.config import load_config

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def one_line(result: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert result.returncode == 2, result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("data_recipes: error: ")
    for part in parts:
        assert part in result.stderr


def test_build_writes_a_dataset_and_card_prints_it(data_recipes: Run, tmp_path: Path):
    out = tmp_path / "my data"
    result = data_recipes("build", "recipes/demo.yaml", "-o", out, "seed=3", "--limit", "30")
    assert result.returncode == 0, result.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    count = manifest["splits"]["train"]["problems"]
    assert 20 <= count <= 40
    assert f"train: {count} problems, fingerprint" in result.stdout
    assert manifest["recipe"]["seed"] == 3
    shown = data_recipes("card", out)
    assert shown.stdout.startswith("# demo\n")
    assert "Rebuild with `data_recipes build recipes/demo.yaml -o OUT seed=3 --limit 30`" in shown.stdout


def test_two_folders_of_one_recipe_are_equal_in_every_file(data_recipes: Run, tmp_path: Path):
    for name in ("one", "other"):
        assert data_recipes("build", "recipes/demo.yaml", "-o", tmp_path / name / "data", "--limit", "10").returncode == 0
    one, other = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "one/data", tmp_path / "other/data")
    )
    assert one == other


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("{use: csv, path: P, licence: MIT, fields: {question: q, answer: an}}", "fields.answer: no record has a column 'an'"),
        ("{use: csv, path: P, licence: MIT, fields: {question: q}}", "key 'fields.answer' is required"),
        ("{use: documents, path: D, licence: MIT, fields: {url: ulr}}", "fields.url: no record has a column 'ulr'; did you mean 'url'?"),
    ],
)
def test_a_dry_run_finds_a_field_map_that_fits_no_record(data_recipes: Run, tmp_path: Path, source: str, part: str):
    (tmp_path / "mine.csv").write_text("q,a\nWhat?,3\n")
    (tmp_path / "mine.jsonl").write_text('{"text": "Once.", "url": "x"}\n')
    paths = source.replace("path: P", f"path: {tmp_path / 'mine.csv'}").replace("path: D", f"path: {tmp_path / 'mine.jsonl'}")
    (tmp_path / "mine.yaml").write_text(f"name: mine\nsources:\n  - {paths}\n")
    one_line(data_recipes("build", tmp_path / "mine.yaml", "-o", tmp_path / "out", "--dry-run"), part)


def test_a_dry_run_says_what_would_be_built_and_writes_nothing(data_recipes: Run, tmp_path: Path):
    result = data_recipes("build", "recipes/demo.yaml", "-o", tmp_path / "data", "--dry-run")
    assert result.returncode == 0, result.stderr
    recipe = load_config(Recipe, Path("recipes/demo.yaml"))
    for spec in recipe.sources:
        assert f"{spec.use}: {spec.train} train, {spec.heldout} held-out" in result.stdout
    total = sum(spec.train + spec.heldout for spec in recipe.sources)
    assert f"would write {total} problems to {tmp_path / 'data'}" in result.stdout
    assert not list(tmp_path.iterdir())


def test_a_misspelt_key_is_answered_with_the_nearest_one(data_recipes: Run, tmp_path: Path):
    one_line(data_recipes("build", "recipes/demo.yaml", "-o", tmp_path / "x", "sede=3"), "unknown key 'sede'; did you mean 'seed'?")
    (tmp_path / "bad.yaml").write_text("name: bad\nsources:\n  - {use: text, trian: 3}\n")
    one_line(data_recipes("build", tmp_path / "bad.yaml", "-o", tmp_path / "x"), "did you mean 'train'?", "bad.yaml")


def test_a_misspelt_source_is_answered_with_the_nearest_one(data_recipes: Run, tmp_path: Path):
    (tmp_path / "bad.yaml").write_text("name: bad\nsources:\n  - {use: scene, train: 3}\n")
    one_line(data_recipes("build", tmp_path / "bad.yaml", "-o", tmp_path / "x"), "no source is called 'scene'; did you mean 'scenes'?")


def test_sources_are_listed_where_no_recipes_are(tmp_path, monkeypatch, capsys):
    from data_recipes.cli import list_command

    monkeypatch.chdir(tmp_path)
    list_command()
    said = capsys.readouterr().out
    assert "source csv: " in said
    assert "there is no folder recipes here" in said


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("build", "nowhere.yaml", "-o", "x"), "nowhere.yaml: no such config file"),
        (("card", "nowhere"), "nowhere: no such dataset folder"),
        (("list", "nowhere"), "nowhere: no such folder of recipes"),
        (("build", "recipes/demo.yaml", "-o", "docs"), "docs: holds files that `data_recipes build` did not write"),
    ],
)
def test_wrong_paths_are_one_line(data_recipes: Run, arguments: tuple[str, ...], part: str):
    one_line(data_recipes(*arguments), part)


def test_list_names_sources_and_recipes(data_recipes: Run):
    result = data_recipes("list")
    assert result.returncode == 0, result.stderr
    for source in ("handwriting", "rendered", "scenes", "text"):
        assert f"source {source}: " in result.stdout
    assert "recipe recipes/demo.yaml: 14000 train, 400 held-out" in result.stdout


def test_neither_commands_nor_building_import_torch(repo_root: Path):
    code = (
        "import sys, data_recipes.cli\n"
        "assert not {'torch', 'datasets', 'sklearn', 'pyarrow'} & set(sys.modules), 'the command line starts slowly'\n"
        "import data_recipes.build, data_recipes.store, data_recipes.card\n"
        "from data_recipes.sources import get_source\n"
        "[get_source(name).make('train', 0, 0) for name in ('handwriting', 'rendered', 'scenes', 'text')]\n"
        "assert 'torch' not in sys.modules\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=repo_root, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
