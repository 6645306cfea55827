"""A built folder -> Problems. Whatever is wrong with it is one clear line that names the file or the record."""

from __future__ import annotations

import difflib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from data_recipes.problem import Problem
from multimodal.images import image_digest
from openk15.errors import UserError
from openk15.files import read_json, sha256_file
from openk15.garbage import collection_paused
from rewards.registry import names as verifier_names


@dataclass(frozen=True, slots=True)
class Made:
    """What a kept row was made of and how its record read, before it became a problem: what dedup and legibility go by."""

    keys: tuple[str, ...]
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class ProblemSet:
    """One split of a built dataset, whole and checked."""

    problems: tuple[Problem, ...]
    images: Mapping[str, bytes]  # digest -> PNG
    fingerprint: str  # of the split's files
    folder: Path
    split: str


def read_manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such dataset folder; build one with `data_recipes build RECIPE -o {folder}`")
    if not (folder / "manifest.json").is_file():
        raise UserError(f"{folder}: no manifest.json; expected a folder that `data_recipes build` wrote")
    manifest = read_json(folder / "manifest.json")
    splits = manifest.get("splits") if isinstance(manifest, dict) else None
    if not isinstance(splits, dict) or not splits:
        raise UserError(f"{folder / 'manifest.json'}: names no splits; rebuild the dataset")
    for split, found in splits.items():
        if not isinstance(found, dict) or not isinstance(found.get("files"), dict) or not isinstance(found.get("fingerprint"), str):
            raise UserError(f"{folder / 'manifest.json'}: split {split!r} lacks files or fingerprint; rebuild the dataset")
    return manifest


def load_problems(folder: Path, split: str) -> ProblemSet:
    """All problems of `split` with their pictures.

    Raises UserError for a missing folder or split, a file that is missing, truncated or not the one the
    manifest names, a record that was edited, an unknown verifier, a picture that is none.
    """
    manifest = read_manifest(folder)
    if split not in manifest["splits"]:
        raise UserError(f"{folder}: has no split {split!r}; it has {', '.join(sorted(manifest['splits']))}")
    known = set(verifier_names())
    problems: list[Problem] = []
    images: dict[str, bytes] = {}
    with collection_paused():
        for name, digest in sorted(manifest["splits"][split]["files"].items()):
            for row in _read_rows(folder / name, digest):
                problems.append(_problem(row, folder / name, known))
                _add_images(row, problems[-1], folder / name, images)
    return ProblemSet(tuple(problems), images, manifest["splits"][split]["fingerprint"], folder, split)


def trace_files(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Files of the dataset's trace that are there, by name, with the sha256 that the manifest says."""
    named = {name: str(sha) for name, sha in (manifest.get("files") or {}).items() if name.startswith(f"{manifest.get('trace')}/")}
    return {name: sha for name, sha in sorted(named.items()) if (folder / name).is_file()}


def made_of_kept(folder: Path, split: str) -> dict[str, Made]:
    """By id, of the kept rows of `split`; none where the dataset has no trace (any more). UserError for a trace that was changed."""
    import pyarrow.parquet as pq

    found: dict[str, Made] = {}
    for name, sha in trace_files(folder, read_manifest(folder)).items():
        _check_hash(folder / name, sha)
        for row in pq.read_table(folder / name, columns=["id", "split", "keys", "raw", "decision"]).to_pylist():
            if row["split"] == split and row["decision"] is None:  # a copy that a build before that one made has its number in its id
                found[row["id"].partition("-")[0]] = Made(tuple(json.loads(row["keys"])), json.loads(row["raw"]))
    return found


def _check_hash(path: Path, digest: str) -> None:
    found = sha256_file(path)
    if found != digest:
        raise UserError(f"{path}: sha256 {found[:12]} is not the manifest's {digest[:12]}; the file was changed, rebuild the dataset")


def _read_rows(path: Path, digest: str) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise UserError(f"{path}: the manifest names this file but it is missing; rebuild the dataset")
    try:
        rows = pq.read_table(path).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{path}: truncated or not parquet ({' '.join(str(error).split())[:120]}); rebuild the dataset") from None
    _check_hash(path, digest)
    return rows


def _problem(row: dict[str, Any], path: Path, known: set[str]) -> Problem:
    try:
        problem = Problem.from_row(row)
    except (KeyError, TypeError, ValueError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: record {row.get('id')}: {type(error).__name__}: {error}; rebuild the dataset") from None
    if problem.answer.verifier not in known:
        near = difflib.get_close_matches(problem.answer.verifier, sorted(known), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
        raise UserError(
            f"{path}: record {problem.id}: no verifier is called {problem.answer.verifier!r}; {hint}; one of your own is registered by its "
            "module: rewards.modules of `rl train`, modules of `rl sft`, --module of `benchmark run`"
        )
    return problem


def _add_images(row: dict[str, Any], problem: Problem, path: Path, images: dict[str, bytes]) -> None:
    stored = row.get("images") or []
    if len(stored) != len(problem.images):
        raise UserError(f"{path}: record {problem.id}: names {len(problem.images)} pictures but holds {len(stored)}")
    for name, picture in zip(problem.images, stored, strict=True):
        if name in images:
            continue
        data = (picture or {}).get("bytes") or b""
        try:
            with Image.open(io.BytesIO(data)) as opened:
                opened.verify()
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            raise UserError(
                f"{path}: record {problem.id}: picture {name[:12]} ({len(data)} bytes) is not an image; rebuild the dataset"
            ) from None
        if image_digest(data) != name:
            raise UserError(f"{path}: record {problem.id}: picture {name[:12]} has other bytes than its name says; rebuild the dataset")
        images[name] = data
