"""Location guessing from one's own photographs (K54): what is asked, who judges, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from data_recipes.build import build
from data_recipes.output import read_trace
from data_recipes.recipe import Recipe
from data_recipes.sources.base import BadRecord, Candidate, Reader, get_source
from multimodal.images import encode_png
from openk15.config import parse_config
from openk15.errors import UserError
from rewards import Status, verify

PARIS, SYDNEY = (48.8584, 2.2945), (-33.8568, 151.2153)


def folder(home: Path, *places: tuple[Any, Any], **more: Any) -> Path:
    for at in range(len(places)):
        (home / f"{at}.png").write_bytes(encode_png(Image.new("RGB", (60, 40), (at, 40, 90))))
    rows = [{"image": f"{at}.png", "lat": place[0], "lon": place[1], **more} for at, place in enumerate(places)]
    (home / "places.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return home / "places.jsonl"


def read(path: Path, **options: Any) -> list[Candidate | BadRecord]:
    source = get_source("photographs", {"path": str(path), "licence": "CC0-1.0", **options})
    assert isinstance(source, Reader)
    return list(source.read())


def test_an_answer_is_judged_by_its_distance_on_the_earth(tmp_path):
    first, second = read(folder(tmp_path, PARIS, SYDNEY), tolerance_km=25)
    assert isinstance(first, Candidate)
    assert isinstance(second, Candidate)
    problem = first.problems[0]
    assert (problem.tags["category"], problem.tags["domain"], problem.tags["template"]) == (
        "real-world",
        "location",
        "photographs/coordinates",
    )
    assert "latitude" in problem.messages[-1].text
    assert verify("\\boxed{(48.9, 2.3)}", problem.answer).status is Status.CORRECT
    assert verify("\\boxed{(45.76, 4.84)}", problem.answer).status is Status.WRONG
    assert verify("33.9° S, 151.2° E", second.problems[0].answer).status is Status.CORRECT
    (graded,) = read(folder(tmp_path, PARIS), tolerance_km=25, scale_km=1000)
    assert isinstance(graded, Candidate)
    assert verify("(45.76, 4.84)", graded.problems[0].answer).score == pytest.approx(0.674, abs=0.01)


def test_the_name_can_be_asked_for_and_has_several_writings(tmp_path):
    (one,) = read(folder(tmp_path, PARIS, town=["Paris", "Paname"]), fields={"place": "town"}, ask="place")
    assert isinstance(one, Candidate)
    assert verify("\\boxed{paname}", one.problems[0].answer).status is Status.CORRECT
    assert verify("\\boxed{Lyon}", one.problems[0].answer).status is Status.WRONG
    with pytest.raises(UserError, match=r"ask: place needs fields\.place"):
        read(folder(tmp_path, PARIS), ask="place")


def test_what_is_no_place_is_named_with_line_and_field(tmp_path):
    found = read(folder(tmp_path, (95, 2), ("here", 2), (48, True), PARIS))
    reasons = [str(one) for one in found if isinstance(one, BadRecord)]
    assert reasons == [
        "places.jsonl:1: field 'lat': 95 is no number of degrees in ±90; south and west are below zero",
        "places.jsonl:2: field 'lat': 'here' is no number of degrees in ±90; south and west are below zero",
        "places.jsonl:3: field 'lon': True is no number of degrees in ±180; south and west are below zero",
    ]
    with pytest.raises(UserError, match=r"fields\.latitude: no record has a column 'latitude'; did you mean 'lat'\?"):
        read(folder(tmp_path, PARIS), fields={"latitude": "latitude"})


def test_a_csv_is_read_and_no_place_of_held_out_is_trained_on(tmp_path):
    places = [(40 + at // 2, 10.0 + at % 2 / 1000) for at in range(12)]  # each place twice, a hundred metres apart
    folder(tmp_path, *places)
    lines = [f"{at}.png,{lat},{lon}" for at, (lat, lon) in enumerate(places)]
    (tmp_path / "places.csv").write_text("\n".join(["image,lat,lon", *lines]) + "\n")
    source = {"use": "photographs", "path": str(tmp_path / "places.csv"), "licence": "CC0-1.0", "heldout": 2}
    manifest = build(parse_config(Recipe, {"name": "where", "sources": [source], "steps": ["round_trip"]}), tmp_path / "out")
    assert manifest["disjoint"]["place"]["shared"] == 0
    assert manifest["splits"]["heldout"]["problems"] == 2
    assert manifest["dropped"]["held-out first"] >= 1
    told = [row["measures"]["round_trip.ok"] for row in read_trace(tmp_path / "out")]
    assert all(one["value"] for one in told), told
