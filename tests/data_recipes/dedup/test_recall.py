"""Recall by exemplars with diversity (K72). Vectors are set by hand: what a text is like stands in the text itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_recipes.build import build
from data_recipes.dedup.diversity import by_marginal_relevance
from data_recipes.explain import why_dropped
from data_recipes.output import read_trace
from data_recipes.recipe import Recipe
from data_recipes.steps import recall
from openk15.config import parse_config
from openk15.errors import UserError


def vectors(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """ "… at 30" lies at 30 degrees, so that the cosine of two texts is that of the angle between them; "up" is at a right angle to all."""
    angles = [None if text.endswith("up") else math.radians(float(text.rsplit(" ", 1)[1])) for text in texts]
    rows = [(0.0, 0.0, 1.0) if angle is None else (math.cos(angle), math.sin(angle), 0.0) for angle in angles]
    return np.array(rows, dtype=np.float32).reshape(-1, 3)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(recall, "text_vectors", vectors)
    recall._known.cache_clear()
    folder = tmp_path / "embedder"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def exemplars(tmp_path: Path) -> Callable[..., str]:
    def write(*texts: str) -> str:
        path = tmp_path / "exemplars.jsonl"
        path.write_text("".join(json.dumps({"id": text.split()[0], "text": text}) + "\n" for text in texts))
        return str(path)

    return write


def values(found: Sequence[dict[str, Any]], name: str) -> list[Any]:
    return [row[name]["value"] for row in found]


def test_rows_like_an_exemplar_are_recalled_and_of_near_ones_the_likest_stays(run, make_row, model, exemplars) -> None:
    rows = [make_row(text.split()[0], text) for text in ("a at 40", "b at 10", "c at 14", "d at 75", "e up", "f at -42")]
    found, report = run("recall", rows, model=str(model), exemplars=exemplars("zero at 0"), at_least=0.7, too_near=0.98)
    assert values(found, "recalled") == [True, True, True, False, False, True]
    assert values(found, "similarity") == pytest.approx([0.766, 0.9848, 0.9703, 0.2588, 0.0, 0.7431], abs=1e-4)
    assert values(found, "rank") == [3, 1, None, None, None, 2], "f is less like the exemplar than a, and less like b as well"
    assert values(found, "diverse") == [True, True, False, False, False, True]
    assert found[2]["diverse"]["matched"] == "b"
    assert found[2]["diverse"]["cosine"] == pytest.approx(0.9976, abs=1e-4)
    assert "says what b says" in found[2]["diverse"]["because"]
    assert found[3]["diverse"]["because"] == "cosine 0.2588 with the nearest exemplar, under 0.7"
    assert found[0]["similarity"]["exemplar"] == "zero"
    assert report.tables[0][2] == [["zero", 4, 3]]
    assert "4 rows have a cosine of at least 0.7 with one of 1 exemplars; 3 of them are diverse, 1 say" in report.notes[0]


def test_relevance_alone_ranks_by_likeness_and_diversity_alone_by_distance(run, make_row, model, exemplars) -> None:
    rows = [make_row(text.split()[0], text) for text in ("a at 0", "b at 20", "c at 30", "d at 45")]
    options = {"model": str(model), "exemplars": exemplars("zero at 0"), "at_least": 0.0, "too_near": 1.0}
    assert values(run("recall", rows, relevance=1.0, folder="one", **options)[0], "rank") == [1, 2, 3, 4]
    assert values(run("recall", rows, relevance=0.0, folder="other", **options)[0], "rank") == [1, 3, 4, 2]


def test_every_exemplar_has_a_pool_and_what_one_took_is_not_taken_again(run, make_row, model, exemplars) -> None:
    rows = [make_row(text.split()[0], text) for text in ("a at 44", "b at 46", "c at 2", "d at 88", "e at 0", "f at 20")]
    seeds = exemplars("zero at 0", "ninety at 90")
    found, _ = run("recall", rows, model=str(model), exemplars=seeds, at_least=0.6, too_near=0.99)
    assert values(found, "exemplar") == ["zero", "ninety", "zero", "ninety", "zero", "zero"]
    assert values(found, "diverse") == [True, False, False, True, True, True], "b says what a says, though another exemplar recalls it"
    assert found[1]["diverse"]["matched"] == "a"
    small, report = run("recall", rows, model=str(model), exemplars=seeds, at_least=0.6, too_near=0.99, pool=2, folder="small")
    assert values(small, "diverse") == [False, True, False, True, True, False], "a and f lie beyond the two nearest of their exemplar"
    assert "beyond the 2 nearest rows" in small[0]["diverse"]["because"]
    assert "2 lie beyond a pool of 2" in report.notes[0]


def test_held_out_rows_take_nothing_from_training_and_other_sources_are_left_alone(run, make_row, model, exemplars) -> None:
    rows = [make_row("h", "h at 1", split="heldout"), make_row("t", "t at 1"), make_row("o", "o at 1", domain="prose"), make_row("n", " ")]
    only = {"source": "test", "domain": "code"}
    rows = [make_row(row.key, row.problem.messages[0].text, split=row.split, **{"domain": "code", **_domain(row)}) for row in rows]
    found, _ = run("recall", rows, model=str(model), exemplars=exemplars("zero at 0"), only=only)
    assert values(found, "diverse") == [True, True, None, None]
    assert [row["similarity"].get("because") for row in found] == [None, None, recall.UNASKED, recall.NO_TEXT]


def _domain(row: Any) -> dict[str, str]:
    return {"domain": row.problem.tags["domain"]} if "domain" in row.problem.tags else {}


def test_shard_sizes_change_nothing(run, make_row, model, exemplars) -> None:
    rows = [make_row(f"r{at}", f"r at {(at * 37) % 90}") for at in range(24)]
    options = {"model": str(model), "exemplars": exemplars("zero at 0", "far at 80"), "at_least": 0.5, "too_near": 0.995}
    one, _ = run("recall", rows, size=5, folder="five", **options)
    other, _ = run("recall", rows, size=24, folder="all", **options)
    assert one == other
    assert 0 < sum(values(one, "diverse")) < 24


def test_no_two_picked_rows_are_too_near_and_every_other_row_has_a_picked_one_beside_it() -> None:
    random = np.random.default_rng(3)
    made = random.normal(size=(300, 4)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    taken, rows = made[:20], made[20:]
    placed = by_marginal_relevance(rows[:, 0], rows, taken, 0.7, 0.9)
    picked = [at for at, one in enumerate(placed) if one.rank is not None]
    assert sorted(one.rank for one in placed if one.rank is not None) == list(range(len(picked)))
    beside = np.concatenate([taken, rows[picked]])
    cosines = rows[picked] @ beside.T
    cosines[np.arange(len(picked)), len(taken) + np.arange(len(picked))] = 0.0
    assert cosines.max() < 0.9001
    left = [at for at, one in enumerate(placed) if one.rank is None]
    assert left
    for at in left:
        assert (rows[at] @ beside.T).max() >= 0.8999
        known = np.concatenate([taken, rows])
        assert float(rows[at] @ known[placed[at].nearest]) == pytest.approx(placed[at].cosine, abs=1e-4)


def test_rows_that_an_earlier_rule_drops_stand_for_nobody_and_select_decides(model, exemplars, tmp_path, monkeypatch) -> None:
    """The likest row is dropped for its licence; its near copy must then be the one that is kept."""
    lines = [("best at 0", "none"), ("copy at 1", "MIT"), ("other at 30", "MIT"), ("away at 80", "MIT")]
    path = tmp_path / "code.jsonl"
    path.write_text("".join(json.dumps({"id": text.split()[0], "text": text, "licence": licence}) + "\n" for text, licence in lines))
    values = {
        "name": "recalled",
        "sources": [{"use": "documents", "path": str(path), "licence": "each", "fields": {"id": "id", "tags": {"licence": "licence"}}}],
        "steps": [{"recall": {"model": str(model), "exemplars": exemplars("zero at 0"), "at_least": 0.7, "too_near": 0.98}}],
        "select": [
            {"drop": "licence", "equals": "none"},
            {"keep": "recall.recalled", "equals": True},
            {"keep": "recall.diverse", "equals": True},
        ],
    }
    build(parse_config(Recipe, values), tmp_path / "out")
    kept = [row["id"] for row in read_trace(tmp_path / "out") if row["decision"] is None]
    assert len(kept) == 2
    told = {row["key"]: row["measures"]["recall.diverse"] for row in read_trace(tmp_path / "out")}
    assert [one["value"] for one in told.values()] == [None, True, True, False]
    assert "recall.recalled is false" in " ".join(why_dropped(tmp_path / "out", "documents/train/3"))


def test_exemplars_that_cannot_be_used_are_named(run, make_row, model, tmp_path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "a", "txt": "x at 1"}\n')
    with pytest.raises(UserError, match=r"bad\.jsonl:1: field 'text' is missing; did you mean 'txt'\?; give the text"):
        run("recall", [make_row("a", "a at 1")], model=str(model), exemplars=str(path))
    path.write_text("")
    with pytest.raises(UserError, match=r"exemplars: .*bad\.jsonl: holds no record; give at least one document"):
        run("recall", [make_row("a", "a at 1")], model=str(model), exemplars=str(path))
