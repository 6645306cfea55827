"""What a build depended on, so that it can be made again to the byte, or one can see why not.

    OUT/recipe.lock.json   {recipe, inputs: {file: sha256}, packages, code, python, seed}

Same recipe and lock give the same parquet hashes, whatever the worker count or executor.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_recipes.recipe import Recipe
from data_recipes.versions import packages
from openk15.errors import UserError
from openk15.files import read_json, sha256_file
from openk15.seeds import digest

LOCK = "recipe.lock.json"
CODE = ("data_recipes", "rewards", "multimodal", "openk15")


def make_lock(recipe: Recipe, inputs: Mapping[str, str]) -> dict[str, Any]:
    return {
        "recipe": digest(recipe.model_dump(mode="json")),
        "seed": recipe.seed,
        "inputs": dict(sorted(inputs.items())),
        "packages": packages(),
        "code": code_hash(),
        "python": platform.python_version(),
    }


def code_hash() -> str:
    """Of every source file below the loop."""
    root = Path(__file__).resolve().parent.parent
    files = sorted(path for package in CODE for path in (root / package).rglob("*.py"))
    text = json.dumps([(str(path.relative_to(root)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def differences(lock: Mapping[str, Any]) -> list[str]:
    """What is not as it was when `lock` was written: inputs, packages, code, Python."""
    said = []
    for name, was in lock["inputs"].items():
        path = Path(name)
        if not path.is_file():
            said.append(f"input {name} is not there")
        elif sha256_file(path) != was:
            said.append(f"input {name} has other content than when the dataset was built")
    now = packages()
    for name in sorted(set(now) | set(lock["packages"])):
        if now.get(name) != lock["packages"].get(name):
            said.append(f"package {name} is {now.get(name) or 'absent'}, was {lock['packages'].get(name) or 'absent'}")
    if code_hash() != lock["code"]:
        said.append("the code of data_recipes, rewards, multimodal or openk15 has changed")
    if platform.python_version() != lock["python"]:
        said.append(f"Python is {platform.python_version()}, was {lock['python']}")
    return said


def verify_folder(folder: Path) -> list[str]:
    """Faults of a built folder: files that are missing, changed or not named by its manifest."""
    from data_recipes.store import read_manifest

    manifest = read_manifest(folder)
    named = dict(manifest.get("files", {}))
    if not named:
        raise UserError(f"{folder / 'manifest.json'}: names no files; rebuild the dataset")
    faults = []
    for name, was in sorted(named.items()):
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif sha256_file(path) != was:
            faults.append(f"{name} has other bytes than the manifest says")
    strangers = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet") if str(path.relative_to(folder)) not in named)
    return faults + [f"{name} is not in the manifest" for name in strangers]


def read_lock(folder: Path) -> dict[str, Any]:
    return read_json(folder / LOCK)
