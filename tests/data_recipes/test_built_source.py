"""A recipe that goes on from the result of another."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from data_recipes.build import build
from data_recipes.recipe import Recipe
from data_recipes.row import Row, Shard
from data_recipes.sources import base
from data_recipes.sources.base import Candidate
from data_recipes.sources.built import Built
from data_recipes.steps.base import GlobalStep, make_step
from data_recipes.store import load_problems
from multimodal.images import decode_image, encode_png, image_digest
from multimodal.messages import Message, Part
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


def test_keys_and_record_of_what_was_drawn_come_along_and_keys_of_digits_do_not(built, train):
    candidates = [candidate for candidate in Built(path=built).read() if isinstance(candidate, Candidate)]
    by_source = {
        source: [one for one in candidates if one.problems[0].tags["source"] == source] for source in ("scenes", "rendered", "handwriting")
    }
    assert all(any(key.startswith("scene:") for key in one.keys) for one in by_source["scenes"])
    assert all(any(key.startswith("expression:") for key in one.keys) for one in by_source["rendered"])
    assert {key.partition(":")[0] for one in by_source["handwriting"] for key in one.keys} == {"image"}


def rows_of(candidates: list[Candidate], place: str) -> list[Row]:
    return [
        Row(f"{place}/train/{number}.{part}", "train", problem, candidate.keys, candidate.raw)
        for number, candidate in enumerate(candidates)
        for part, problem in enumerate(candidate.problems)
    ]


def test_a_drawing_and_the_same_scene_drawn_again_are_one_group_after_a_build(tmp_path):
    """Two pictures of one scene have other bytes; only the key says that they show the same."""
    step = make_step("image_dedup", {})
    values = {"name": "first", "sources": [{"use": "rendered_text", "train": 8, "augmented_share": 0.0}, {"use": "worlds", "train": 4}]}
    build(parse_config(Recipe, values), tmp_path / "first")
    candidates = [one for one in Built(path=tmp_path / "first").read() if isinstance(one, Candidate)]
    again: list[Candidate] = []
    for one in candidates:
        names = {name: image_digest(spotted(data)) for name, data in one.images.items()}
        problems = tuple(
            replace(
                problem,
                messages=tuple(Message(m.role, tuple(Part(p.text, names.get(p.image or "")) for p in m.parts)) for m in problem.messages),
            )
            for problem in one.problems
        )
        again.append(replace(one, problems=problems, images={names[name]: spotted(data) for name, data in one.images.items()}))
    rows = [*rows_of(candidates, "built"), *rows_of(again, "again")]
    pictures = {name: data for one in (*candidates, *again) for name, data in one.images.items()}
    assert isinstance(step, GlobalStep)
    found, _ = step.combine([], [step.sketch(Shard(tuple(rows), pictures))])
    groups = {row.key: measures["group"]["value"] for row, measures in zip(rows, found[0], strict=True) if row.problem.images}
    assert len(groups) == 2 * 8
    for key, group in groups.items():
        if key.startswith("again"):
            assert group == key.replace("again", "built")


def spotted(data: bytes) -> bytes:
    picture = decode_image(data).copy()
    picture.putpixel((0, 0), (1, 2, 3))
    return encode_png(picture)


def test_a_built_scene_that_is_held_out_is_not_trained_on_in_another_picture(tmp_path):
    """The second recipe divides anew: both its sources have the same scenes, in files of their own."""
    for name in ("one", "other"):
        values = {"name": name, "sources": [{"use": "worlds", "train": 6, "side": [240, 250] if name == "one" else [400, 410]}]}
        build(parse_config(Recipe, values), tmp_path / name)
    values = {
        "name": "both",
        "sources": [{"use": "built", "path": str(tmp_path / "one"), "heldout": 3}, {"use": "built", "path": str(tmp_path / "other")}],
    }
    manifest = build(parse_config(Recipe, values), tmp_path / "both")
    assert manifest["disjoint"]["scene"] == {"train": 3, "heldout": 3, "shared": 0}
    assert manifest["dropped"] == {"held-out first": 3}
    assert manifest["splits"]["train"]["problems"] == 3 + 3


def test_rows_without_a_trace_are_read_and_the_card_says_what_is_not_known(copy, train):
    shutil.rmtree(copy / "trace")
    source = Built(path=copy)
    candidates = [candidate for candidate in source.read() if isinstance(candidate, Candidate)]
    assert sum(len(candidate.problems) for candidate in candidates) == len(train.problems)
    assert not any(key.startswith("scene:") for candidate in candidates for key in candidate.keys)
    count = len(train.problems)
    assert source.report().notes == [f"{count} of {count} rows stand in no trace of {copy}: what was drawn in their pictures is not known."]


def test_a_trace_that_was_changed_is_refused(copy):
    path = next((copy / "trace").glob("*.parquet"))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(UserError, match=r"trace/part-00000\.parquet: sha256 .* is not the manifest's"):
        list(Built(path=copy).read())
