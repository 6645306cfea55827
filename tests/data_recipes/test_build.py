"""The same recipe gives the same bytes; what is held out stays out; what is wrong is dropped with a reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_recipes import ingest as ingesting
from data_recipes.build import build, check_replaceable
from data_recipes.golds import perturbed
from data_recipes.ingest import Seen, asked, disjointness, fault_of, round_trip_fault
from data_recipes.output import COLUMNS
from data_recipes.problem import Problem, Solution
from data_recipes.recipe import Recipe, SourceSpec
from data_recipes.sources.base import HELDOUT, TRAIN, Candidate, get_source
from data_recipes.steps import base
from data_recipes.store import ProblemSet, load_problems
from openk15.config import parse_config
from openk15.errors import GateError, UserError
from openk15.files import read_jsonl, sha256_file
from rewards import Answer, Status, verify


def files_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_recipe_gives_the_same_bytes_whatever_the_number_of_workers(recipe: Recipe, built: Path, tmp_path: Path):
    build(recipe, tmp_path / "again", command="data_recipes build recipes/demo.yaml -o data", workers=2)
    assert files_of(tmp_path / "again") == files_of(built)


def test_another_seed_gives_other_problems(recipe: Recipe, train: ProblemSet, tmp_path: Path):
    small = recipe.limited(40).model_copy(update={"seed": recipe.seed + 1})
    build(small, tmp_path / "other")
    other = load_problems(tmp_path / "other", TRAIN)
    assert not {problem.id for problem in other.problems if problem.images} & {problem.id for problem in train.problems}


def test_every_split_holds_what_the_recipe_asks_for(recipe: Recipe, train: ProblemSet, heldout: ProblemSet):
    for spec in recipe.sources:
        assert sum(problem.tags["source"] == spec.use for problem in train.problems) == spec.train
        assert sum(problem.tags["source"] == spec.use for problem in heldout.problems) == spec.heldout


def keys_in_lineage(problems: tuple[Problem, ...]) -> Iterator[tuple[str, str]]:
    """What each problem says it was made of, read from the files and not from the builder's books."""
    for problem in problems:
        made = problem.lineage[0]
        if "digit images" in made:
            for index in json.loads(made.partition("digit images ")[2]):
                yield "digit", str(index)
        elif "scene " in made:
            yield "scene", made.rpartition("scene ")[2]
        else:
            text = next(part.text for part in problem.messages[0].parts if part.text)
            yield "expression", made.partition("expression ")[2] or text.removeprefix("Work it out. ")


def test_no_digit_image_scene_or_expression_of_held_out_is_trained_on(train: ProblemSet, heldout: ProblemSet):
    trained, held = set(keys_in_lineage(train.problems)), set(keys_in_lineage(heldout.problems))
    assert {kind for kind, _ in trained} == {kind for kind, _ in held} == {"digit", "scene", "expression"}
    assert not trained & held
    assert max(int(name) for kind, name in trained if kind == "digit") < min(int(name) for kind, name in held if kind == "digit")


def test_no_picture_of_held_out_is_trained_on(train: ProblemSet, heldout: ProblemSet):
    assert train.images
    assert heldout.images
    assert not set(train.images) & set(heldout.images)


def test_the_manifest_counts_what_the_splits_share(manifest: dict[str, Any]):
    assert set(manifest["disjoint"]) == {"uci-digit", "scene", "expression"}
    for found in manifest["disjoint"].values():
        assert found["shared"] == 0
        assert found[TRAIN] > 0
        assert found[HELDOUT] > 0
    assert disjointness({TRAIN: {"scene:a", "scene:b"}, HELDOUT: {"scene:b"}}) == {"scene": {TRAIN: 2, HELDOUT: 1, "shared": ["scene:b"]}}


def test_every_solution_is_judged_correct_and_a_perturbed_answer_wrong(train: ProblemSet, heldout: ProblemSet):
    for problem in (*train.problems, *heldout.problems):
        assert [solution.style for solution in problem.solutions] == ["reasoned", "direct"]
        for solution in problem.solutions:
            assert verify(solution.text, problem.answer).status is Status.CORRECT, solution.text
        for wrong in perturbed(problem.answer, 1):
            assert verify(f"\\boxed{{{wrong}}}", problem.answer).status is Status.WRONG


def test_no_problem_is_kept_twice(train: ProblemSet, heldout: ProblemSet):
    problems = (*train.problems, *heldout.problems)
    assert len({problem.id for problem in problems}) == len(problems)
    assert len({asked(problem) for problem in problems}) == len(problems)


def test_the_fingerprint_is_of_the_files(built: Path, manifest: dict[str, Any]):
    named = {}
    for found in manifest["splits"].values():
        assert found["fingerprint"] == hashlib.sha256(json.dumps(found["files"], sort_keys=True).encode()).hexdigest()
        named |= found["files"]
    assert named == {str(path.relative_to(built)): sha256_file(path) for split in (TRAIN, HELDOUT) for path in (built / split).iterdir()}
    assert manifest["fingerprint"] == hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
    assert manifest["dropped_sha256"] == sha256_file(built / "dropped.jsonl")


def test_dropped_rows_keep_their_reason_and_are_counted(built: Path, manifest: dict[str, Any]):
    rows = list(read_jsonl(built / "dropped.jsonl"))
    assert len(rows) == sum(manifest["dropped"].values())
    assert all(row["step"] and row["reason"] and row["row"]["id"] == row["id"] for row in rows)


def candidate(source: str, index: int = 0) -> Candidate:
    return get_source(source).make(TRAIN, index, 1)


def test_a_candidate_that_touches_held_out_is_dropped_whole():
    pair = candidate("rendered")
    seen = Seen()
    seen.add(HELDOUT, (), pair.keys)
    assert fault_of(pair, TRAIN, seen) == ("held-out first", f"{pair.keys[0]} is in the held-out split")
    assert fault_of(pair, TRAIN, Seen()) is None


def test_an_exact_duplicate_is_dropped_and_so_is_the_same_question_with_another_answer():
    one = candidate("text")
    seen = Seen()
    seen.add(TRAIN, one.problems, one.keys)
    step, reason = fault_of(one, TRAIN, seen) or ("", "")
    assert step == "exact duplicate"
    assert one.problems[0].id in reason
    changed = replace(one.problems[0], answer=Answer("number", "12345"))
    step, reason = fault_of(Candidate((changed,)), TRAIN, seen) or ("", "")
    assert (step, "another answer" in reason) == ("exact duplicate", True)


@pytest.mark.parametrize("style", ["reasoned", "direct"])
def test_a_solution_that_misses_the_answer_is_dropped_with_its_verdict(style: str):
    one = candidate("text").problems[0]
    wrong = replace(one, solutions=(Solution("<think> so </think> \\boxed{999}", style),))
    assert round_trip_fault(one) is None
    assert style in str(round_trip_fault(wrong))
    assert (fault_of(Candidate((wrong,)), TRAIN, Seen()) or ("",))[0] == "verifier round trip"


def test_a_source_that_runs_dry_is_refused_by_a_gate_and_leaves_no_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    same = candidate("text")
    monkeypatch.setattr(ingesting, "make_chunk", lambda task: [same] * (task[4] - task[3]))
    recipe = Recipe(name="dry", sources=(SourceSpec(use="text", train=5),))
    with pytest.raises(GateError, match="recipe dry: source text gave 1 of 5 train problems; ask for fewer"):
        build(recipe, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def table(folder: Path, count: int) -> dict[str, Any]:
    """A source of `count` records."""
    path = folder / "mine.csv"
    path.write_text("q,a\n" + "".join(f"What is {at} + 1?,{at + 1}\n" for at in range(count)))
    return {"use": "csv", "path": str(path), "fields": {"question": "q", "answer": "a"}, "licence": "MIT"}


def counts(manifest: dict[str, Any]) -> tuple[int, int]:
    return tuple(manifest["splits"][split]["problems"] for split in (TRAIN, HELDOUT))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("records", "own", "limit", "wanted"),
    [
        (20, {}, 50, (20, 0)),
        (20, {"train": 15}, 50, (15, 0)),
        (20, {"train": 30}, 50, (20, 0)),
        (20, {"heldout": 8}, 4, (4, 1)),
        (200, {"heldout": 8}, 100, (100, 8)),
        (200, {"heldout": 60}, 100, (100, 10)),
        (200, {"train": 100, "heldout": 60}, 50, (50, 30)),
    ],
)
def test_under_a_limit_a_reader_gives_at_most_its_share_and_held_out_is_cut_alike(
    tmp_path: Path, records: int, own: dict, limit: int, wanted: tuple[int, int]
):
    recipe = parse_config(Recipe, {"name": "few", "sources": [{**table(tmp_path, records), **own}]}).limited(limit)
    assert counts(build(recipe, tmp_path / "out")) == wanted


def test_a_small_reader_beside_a_generator_does_not_stop_a_limited_build(tmp_path: Path):
    sources = [table(tmp_path, 20), {"use": "text", "train": 1000}]
    assert counts(build(parse_config(Recipe, {"name": "few", "sources": sources}).limited(100), tmp_path / "out")) == (70, 0)


def test_without_a_limit_a_shortfall_stops_the_build_even_if_a_limited_one_is_in_the_cache(tmp_path: Path):
    recipe = parse_config(Recipe, {"name": "few", "sources": [{**table(tmp_path, 20), "train": 30}]})
    build(recipe.limited(30), tmp_path / "limited")
    with pytest.raises(GateError, match="source csv gave 20 of 30 train records"):
        build(recipe, tmp_path / "out")


def test_a_reader_asked_for_no_training_problem_gives_none_and_its_bad_records_are_still_told(tmp_path: Path):
    source = {**table(tmp_path, 20), "train": 0, "heldout": 5}
    beside = {"use": "text", "train": 10}
    assert counts(build(parse_config(Recipe, {"name": "none", "sources": [source, beside]}), tmp_path / "out")) == (10, 5)
    path = Path(source["path"])
    path.write_text(path.read_text().replace("q,a\n", "q,a\nWhat is missing?,\n"))
    with pytest.raises(UserError, match=r"mine.csv:2: field 'a': there is no answer"):
        build(parse_config(Recipe, {"name": "none", "sources": [source, beside]}), tmp_path / "out")
    dropping = {**source, "bad_records": "drop"}
    found = build(parse_config(Recipe, {"name": "none", "sources": [dropping, beside]}), tmp_path / "out")
    assert (counts(found), found["dropped"]["unreadable"]) == ((10, 5), 1)


def test_another_version_of_a_package_makes_stages_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    recipe = parse_config(Recipe, {"name": "small", "sources": [{"use": "text", "train": 10}], "steps": ["exact_dedup"]})

    def stages() -> set[str]:
        return {str(path.relative_to(tmp_path)) for path in (tmp_path / ".stages").rglob("*") if path.is_file()}

    build(recipe, tmp_path / "out")
    first, fingerprint = stages(), recipe.steps[0].step().fingerprint()
    build(recipe, tmp_path / "out")
    assert stages() == first
    monkeypatch.setattr(base, "packages", lambda: {"pillow": "0.1"})
    assert recipe.steps[0].step().fingerprint() != fingerprint
    build(recipe, tmp_path / "out")
    assert sum("segment.json" in name for name in stages()) == 2
    assert len(stages()) == 2 * len(first) - 1  # the lock file is one


def test_a_folder_that_was_not_built_is_never_replaced(tmp_path: Path, built: Path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="would be replaced whole"):
        check_replaceable(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        check_replaceable(tmp_path / "thesis.tex")
    check_replaceable(tmp_path / "new")
    check_replaceable(built)


def test_the_recipe_refuses_half_a_pair_and_keeps_pairs_whole_under_a_limit():
    with pytest.raises(ValueError, match="61 is no multiple of 2"):
        SourceSpec(use="rendered", train=60, heldout=61)
    cut = Recipe(name="r", sources=(SourceSpec(use="rendered", train=300), SourceSpec(use="text", train=100, heldout=7))).limited(33)
    assert cut.sources[0].train % 2 == 0
    assert cut.sources[0].heldout == 0
    assert cut.sources[1].heldout >= 1
    assert sum(spec.train for spec in cut.sources) in range(30, 37)


def test_pairs_are_whole_and_share_their_answer(train: ProblemSet, heldout: ProblemSet):
    for data in (train, heldout):
        pairs: dict[str, list[Problem]] = {}
        for problem in data.problems:
            if problem.tags["source"] == "rendered":
                assert problem.pair_id
                pairs.setdefault(problem.pair_id, []).append(problem)
        assert pairs
        for pair in pairs.values():
            assert sorted(problem.tags["modality"] for problem in pair) == ["image-text", "text"]
            assert pair[0].answer == pair[1].answer
            assert pair[0].grade == pair[1].grade


def test_the_four_cognitive_processes_are_shown_and_marked_in_the_text(train: ProblemSet):
    mark = {"planning": "plan :", "evaluation": "check :", "reflection": "wait ,", "exploration": "another way :"}
    for process, words in mark.items():
        shown = [problem for problem in train.problems if problem.tags["process"] == process]
        assert 0.08 < len(shown) / len(train.problems) < 0.24, process
        assert all(words in problem.solutions[0].text for problem in shown)
    plain = [problem for problem in train.problems if problem.tags["process"] == "none"]
    assert plain
    assert not any(words in problem.solutions[0].text for problem in plain for words in mark.values())


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("split", [None, TRAIN])
def test_hugging_face_datasets_reads_a_folder_without_held_out_rows(tmp_path: Path, streaming: bool, split: str | None):
    import datasets

    build(parse_config(Recipe, {"name": "one", "sources": [{"use": "rendered", "train": 20}]}), tmp_path / "out")
    loaded: Any = datasets.load_dataset(str(tmp_path / "out"), split=split, streaming=streaming, cache_dir=str(tmp_path / "cache"))
    if split is None:
        assert set(loaded) == {TRAIN}
        loaded = loaded[TRAIN]
    rows = list(loaded)
    assert len(rows) == 20
    assert {row["id"] for row in rows} == {problem.id for problem in load_problems(tmp_path / "out", TRAIN).problems}
    assert any(row["images"] for row in rows)
    assert load_problems(tmp_path / "out", HELDOUT).problems == ()


def test_the_files_of_an_empty_split_have_their_columns_and_can_be_loaded(tmp_path: Path):
    import datasets

    build(parse_config(Recipe, {"name": "one", "sources": [{"use": "rendered", "train": 4}]}), tmp_path / "out")
    (path,) = (tmp_path / "out" / HELDOUT).iterdir()
    assert pq.read_schema(path).names == [*COLUMNS, "images"]
    loaded: Any = datasets.load_dataset("parquet", data_files=str(path), streaming=True, split="train")
    assert list(loaded) == []


def test_hugging_face_datasets_reads_the_folder_with_pictures_decoded(built: Path, train: ProblemSet, heldout: ProblemSet, tmp_path: Path):
    import datasets

    loaded = datasets.load_dataset(str(built), cache_dir=str(tmp_path))
    assert isinstance(loaded, datasets.DatasetDict)
    assert {split: loaded[split].num_rows for split in loaded} == {"train": len(train.problems), "heldout": len(heldout.problems)}
    row: Any = next(row for row in loaded["train"] if row["images"])  # type: ignore[index]
    assert row["images"][0].size[0] % 28 == 0
    assert row["id"] in {problem.id for problem in train.problems}


def test_a_small_build_makes_no_more_candidates_at_a_time_than_it_wants(tmp_path, monkeypatch):
    made: dict[str, list[tuple[int, int]]] = {HELDOUT: [], TRAIN: []}
    real = ingesting.make_chunk

    def recording(task):
        made[task[2]].append(task[3:5])
        return real(task)

    monkeypatch.setattr(ingesting, "make_chunk", recording)
    wanted = {HELDOUT: 3, TRAIN: 7}
    build(Recipe(name="few", seed=1, sources=(SourceSpec(use="scenes", train=7, heldout=3),)), tmp_path / "data")
    for split, count in wanted.items():
        assert made[split][0] == (0, count)
        assert all(one[1] == other[0] for one, other in pairwise(made[split]))
        assert len(load_problems(tmp_path / "data", split).problems) == count
