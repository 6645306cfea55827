"""A good folder loads whole; whatever is wrong with a bad one is one line that names it."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from data_recipes.store import ProblemSet, load_problems
from multimodal.images import image_digest
from openk15.errors import UserError

Edit = Callable[[Callable[[dict[str, Any]], None]], Path]
HELDOUT_FILE = "heldout/part-00000.parquet"


def refusal(folder: Path, split: str = "heldout") -> str:
    with pytest.raises(UserError) as caught:
        load_problems(folder, split)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_split_loads_whole_with_every_picture(built: Path, train: ProblemSet, manifest: dict[str, Any]):
    assert len(train.problems) == manifest["splits"]["train"]["problems"]
    assert train.fingerprint == manifest["splits"]["train"]["fingerprint"]
    assert (train.folder, train.split) == (built, "train")
    named = {name for problem in train.problems for name in problem.images}
    assert named == set(train.images)
    for name, data in train.images.items():
        assert image_digest(data) == name
        assert Image.open(io.BytesIO(data)).format == "PNG"


def test_loading_is_fast_enough_for_the_whole_demo(built: Path, train: ProblemSet):
    start = time.process_time()
    load_problems(built, "train")
    assert (time.process_time() - start) / len(train.problems) * 14_000 < 4 * 3, "three times the goal, for a machine that is shared"


def test_a_missing_folder_is_named_with_the_command_that_makes_it(tmp_path: Path):
    assert (
        refusal(tmp_path / "nowhere")
        == f"{tmp_path}/nowhere: no such dataset folder; build one with `data_recipes build RECIPE -o {tmp_path}/nowhere`"
    )


def test_a_folder_without_manifest_is_no_dataset(tmp_path: Path):
    assert refusal(tmp_path) == f"{tmp_path}: no manifest.json; expected a folder that `data_recipes build` wrote"


def test_a_missing_split_names_those_that_exist(built: Path):
    assert refusal(built, "test") == f"{built}: has no split 'test'; it has heldout, train"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "manifest.json: not valid JSON"),
        ("[]", "manifest.json: names no splits; rebuild the dataset"),
        ('{"splits": {"heldout": {"files": 3}}}', "manifest.json: split 'heldout' lacks files or fingerprint; rebuild the dataset"),
    ],
)
def test_a_broken_manifest_is_named(copy: Path, text: str, message: str):
    (copy / "manifest.json").write_text(text)
    assert message in refusal(copy)


def test_a_truncated_parquet_file_is_named(copy: Path):
    path = copy / HELDOUT_FILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    message = refusal(copy)
    assert message.startswith(f"{path}: truncated or not parquet (")
    assert message.endswith("; rebuild the dataset")


def test_an_empty_parquet_file_is_named(copy: Path):
    (copy / HELDOUT_FILE).write_bytes(b"")
    assert refusal(copy).startswith(f"{copy / HELDOUT_FILE}: truncated or not parquet")


def test_a_missing_parquet_file_is_named(copy: Path):
    (copy / HELDOUT_FILE).unlink()
    assert refusal(copy) == f"{copy / HELDOUT_FILE}: the manifest names this file but it is missing; rebuild the dataset"


def test_a_file_other_than_the_manifest_names_is_refused(copy: Path):
    shutil.copy(copy / "train" / "part-00000.parquet", copy / HELDOUT_FILE)
    message = refusal(copy)
    assert message.startswith(f"{copy / HELDOUT_FILE}: sha256 ")
    assert message.endswith("; the file was changed, rebuild the dataset")


@pytest.mark.parametrize("garbage", [b"this is not a picture", b"", None])
def test_bytes_that_are_no_picture_are_named_by_record_and_file(edit_row: Edit, garbage: bytes | None):
    ids = []

    def spoil(row: dict[str, Any]) -> None:
        ids.append(row["id"])
        row["images"][0]["bytes"] = garbage

    folder = edit_row(spoil)
    message = refusal(folder)
    assert message.startswith(f"{folder / HELDOUT_FILE}: record {ids[0]}: picture ")
    assert message.endswith(f"({len(garbage or b'')} bytes) is not an image; rebuild the dataset")


def test_a_picture_cut_short_is_no_picture(edit_row: Edit):
    def cut(row: dict[str, Any]) -> None:
        row["images"][0]["bytes"] = row["images"][0]["bytes"][:-200]

    assert "is not an image" in refusal(edit_row(cut))


def test_another_picture_under_the_same_name_is_refused(edit_row: Edit):
    def swap(row: dict[str, Any]) -> None:
        buffer = io.BytesIO()
        Image.new("RGB", (28, 28)).save(buffer, format="PNG")
        row["images"][0]["bytes"] = buffer.getvalue()

    assert refusal(edit_row(swap)).endswith("has other bytes than its name says; rebuild the dataset")


def test_a_missing_picture_is_refused(edit_row: Edit):
    assert "names 1 pictures but holds 0" in refusal(edit_row(lambda row: row["images"].clear()))


def test_an_edited_record_is_refused_by_its_id(edit_row: Edit):
    def improve(row: dict[str, Any]) -> None:
        row["answer"] = json.dumps({**json.loads(row["answer"]), "reference": "1000"})

    assert "content does not match its id" in refusal(edit_row(improve))


def test_an_unknown_verifier_is_named_beside_the_known_ones(edit_row: Edit):
    from data_recipes.problem import Problem

    def rename(row: dict[str, Any]) -> None:
        row["answer"] = json.dumps({**json.loads(row["answer"]), "verifier": "nummber"})
        try:
            Problem.from_row(row)
        except ValueError as error:  # give it the id that its new content has, as an export from elsewhere would
            row["id"] = str(error).partition("(expected ")[2].partition(")")[0]

    message = refusal(edit_row(rename))
    assert "no verifier is called 'nummber'; did you mean 'number'?" in message
    assert HELDOUT_FILE in message
