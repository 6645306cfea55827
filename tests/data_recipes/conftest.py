"""One small build of the demo's recipe for all tests of the package, and copies of it to damage."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_recipes.build import build
from data_recipes.recipe import Recipe
from data_recipes.store import ProblemSet, load_problems
from openk15.config import load_config
from openk15.files import sha256_file

LIMIT = 420


@pytest.fixture(scope="session")
def recipe(repo_root: Path) -> Recipe:
    return load_config(Recipe, repo_root / "recipes" / "demo.yaml").limited(LIMIT)


@pytest.fixture(scope="session")
def built(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "data"
    build(recipe, out, command="data_recipes build recipes/demo.yaml -o data")
    return out


@pytest.fixture(scope="session")
def train(built: Path) -> ProblemSet:
    return load_problems(built, "train")


@pytest.fixture(scope="session")
def heldout(built: Path) -> ProblemSet:
    return load_problems(built, "heldout")


@pytest.fixture(scope="session")
def manifest(built: Path) -> dict[str, Any]:
    return json.loads((built / "manifest.json").read_text())


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "data"))


@pytest.fixture
def edit_row(copy: Path) -> Callable[[Callable[[dict[str, Any]], None]], Path]:
    """Change the first held-out row with a picture and make the manifest agree, as a careful hand would."""

    def edit(change: Callable[[dict[str, Any]], None]) -> Path:
        path = copy / "heldout" / "part-00000.parquet"
        table = pq.read_table(path)
        rows = table.to_pylist()
        change(next(row for row in rows if row["images"]))
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
        manifest = json.loads((copy / "manifest.json").read_text())
        manifest["splits"]["heldout"]["files"]["heldout/part-00000.parquet"] = sha256_file(path)
        (copy / "manifest.json").write_text(json.dumps(manifest))
        return copy

    return edit


@pytest.fixture
def data_recipes(repo_root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a process of its own, as a person would."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        code = "from data_recipes.cli import entry; entry()"
        environment = {**os.environ, "PYTHONPATH": str(repo_root), "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)], cwd=repo_root, env=environment, capture_output=True, text=True, timeout=120
        )

    return run
