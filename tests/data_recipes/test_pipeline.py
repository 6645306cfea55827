"""Steps, selection and output together: cached, resumable, the same bytes whoever does the work."""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from data_recipes import explain
from data_recipes.build import build
from data_recipes.cache import StageCache
from data_recipes.executor import LocalExecutor
from data_recipes.lock import verify_folder
from data_recipes.measuring import early_rules
from data_recipes.output import read_trace
from data_recipes.recipe import Recipe
from data_recipes.row import Shard, ShardRef
from data_recipes.select import Rule
from data_recipes.steps import base
from data_recipes.steps.base import Context, GlobalStep, Measures, Report, RowStep, Step, StepOutput
from data_recipes.store import load_problems
from openk15.config import parse_config
from openk15.errors import GateError, RunError, UserError
from openk15.files import sha256_file

MEASURED: list[str] = []  # rows that Length looked at, in this process


class Length(RowStep):
    """Words of the question."""

    use: ClassVar[str] = "length"
    measured: ClassVar[Mapping[str, str]] = {"words": "words of the question"}
    plus: int = 0

    def measure(self, shard: Shard) -> list[Measures]:
        MEASURED.extend(row.key for row in shard.rows)
        return [{"words": {"value": len(row.problem.messages[-1].text.split()) + self.plus, "unit": "words"}} for row in shard.rows]


class SameAnswer(GlobalStep):
    """Rows with one answer are a group; what is compared is only the answers."""

    use: ClassVar[str] = "same_answer"
    measured: ClassVar[Mapping[str, str]] = {"group": "the answer"}

    def sketch(self, shard: Shard) -> Any:
        return [str(row.problem.answer.reference) for row in shard.rows]

    def combine(self, shards: Sequence[ShardRef], sketches: Sequence[Any]) -> tuple[list[list[Measures]], Report]:
        groups = sum(len(set(answers)) for answers in sketches)
        rows: list[list[Measures]] = [[{"group": {"value": answer}} for answer in answers] for answers in sketches]
        return rows, Report(tables=[("Groups", ["shards", "groups"], [[len(shards), groups]])])


class Dear(Step):
    """Looks only at rows that are alive, as the steps that ask a model do; every third question is trivial."""

    use: ClassVar[str] = "dear"
    measured: ClassVar[Mapping[str, str]] = {"rate": "1 where the question is trivial"}

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        return StepOutput(
            [self._of(row) if living else {} for row, living in zip(shard.open().rows, context.alive(shard), strict=True)]
            for shard in shards
        )

    def _of(self, row: Any) -> Measures:
        MEASURED.append(row.key)
        return {"rate": {"value": float(int(row.key.rpartition("/")[2].partition(".")[0]) % 3 == 0)}}


@pytest.fixture(autouse=True)
def _steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(base.STEPS, "length", __name__)
    monkeypatch.setitem(base.STEPS, "same_answer", __name__)
    monkeypatch.setitem(base.STEPS, "dear", __name__)
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules[Length.__module__])
    monkeypatch.setattr(base, "code_digest", lambda module: "fixed")
    MEASURED.clear()


def recipe(**changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "name": "small",
        "seed": 3,
        "sources": [{"use": "text", "train": 400, "heldout": 20}, {"use": "rendered", "train": 60, "heldout": 10}],
        "steps": [{"length": {"plus": 1}}, "same_answer"],
        "select": [{"keep": "length.words", "at_most": 12}, {"one_per": "same_answer.group", "at_most": 9}],
    }
    return parse_config(Recipe, {**values, **changes})


def bytes_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_measures_reach_the_rows_and_every_decision_can_be_explained(tmp_path: Path):
    manifest = build(recipe(), tmp_path / "out")
    data = load_problems(tmp_path / "out", "train")
    assert all(problem.measures["length.words"] <= 12 for problem in data.problems)
    assert "measured by length" in data.problems[0].lineage
    rows = list(read_trace(tmp_path / "out"))
    assert len(rows) == 490
    gone = [row for row in rows if row["decision"]]
    assert len(gone) == manifest["dropped"]["select"] > 0
    long = next(row for row in gone if row["decision"]["measure"] == "length.words")
    said = "\n".join(explain.why_dropped(tmp_path / "out", long["key"]))
    assert f"length.words is {long['measures']['length.words']['value']}; kept: at most 12" in said
    assert "unit: words" in said
    assert "length.words = " in "\n".join(explain.trace(tmp_path / "out", long["key"]))
    kept = next(row for row in rows if row["decision"] is None and row["split"] == "train")
    problem = next(problem for problem in data.problems if problem.id == kept["id"])
    told = list(explain.trace(tmp_path / "out", kept["key"]))
    assert f"  right is: {problem.answer.reference}, judged by {problem.answer.verifier}" in told
    assert f"  asks: {' '.join(problem.messages[-1].text.split())}" in told
    assert any(line.startswith("  asks: ") for line in explain.trace(tmp_path / "out", long["key"]))
    with pytest.raises(UserError, match="knows no row 'nobody'"):
        list(explain.why_dropped(tmp_path / "out", "nobody"))


def test_the_funnel_of_the_card_adds_up(tmp_path: Path):
    manifest = build(recipe(), tmp_path / "out")
    kept = sum(found["problems"] for found in manifest["splits"].values())
    assert manifest["considered"] - sum(manifest["dropped"].values()) == kept
    assert manifest["funnel"]["rules"][-1]["left"] == kept + manifest["funnel"]["repeated"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "## Funnel" in card
    assert "## Step same_answer" in card
    assert "## Before and after selection" in card


def test_another_threshold_measures_nothing_again(tmp_path: Path):
    build(recipe(), tmp_path / "out")
    looked = len(MEASURED)
    assert looked == 490
    other = recipe(select=[{"keep": "length.words", "at_most": 9}])
    build(other, tmp_path / "other")
    assert len(MEASURED) == looked
    build(recipe(steps=[{"length": {"plus": 2}}, "same_answer"]), tmp_path / "third")
    assert len(MEASURED) == 2 * looked


DEAR: dict[str, Any] = {"keep": "dear.rate", "at_most": 0.99}
ONE_PER: dict[str, Any] = {"one_per": "same_answer.group", "at_most": 9}


@pytest.mark.parametrize(
    "rules",
    [
        [DEAR, ONE_PER],
        [ONE_PER, DEAR],
        [DEAR, {"take": 100, "of": "modality"}, ONE_PER],
        [{"take": 100, "of": "modality"}, DEAR, ONE_PER],
        [{"keep": "same_answer.group", "one_of": ["1", "2", "3"], "only": {"dear.rate": 0}}, ONE_PER],
    ],
)
def test_no_row_is_kept_that_a_dear_step_did_not_look_at(tmp_path: Path, rules: list[dict[str, Any]]):
    build(recipe(steps=["same_answer", "dear"], select=rules), tmp_path / "out")
    problems = load_problems(tmp_path / "out", "train").problems
    assert problems
    assert all("dear.rate" in problem.measures for problem in problems)


def test_a_dear_step_looks_only_at_what_the_rules_before_it_keep(tmp_path: Path):
    build(recipe(steps=["same_answer", "dear"], select=[{"take": 30, "only": {"source": "text"}}, DEAR, ONE_PER]), tmp_path / "out")
    assert len(MEASURED) == 30 + 20 + 60 + 10


@pytest.mark.parametrize(
    ("rules", "sure"),
    [
        ([{"drop": "a.x"}, {"one_per": "a.g"}, {"take": 3}, {"keep": "dear.y", "at_most": 1}], [0, 1, 2]),
        ([{"keep": "dear.y", "at_most": 1}, {"one_per": "a.g"}, {"drop": "a.x"}, {"take": 3}], [2]),
        ([{"drop": "a.x", "only": {"dear.y": "1"}}, {"balance": "domain", "max_share": 0.5}, {"drop": "domain", "equals": "a"}], [2]),
        ([{"one_per": "a.g", "prefer": "dear.y"}, {"sample": "a.x"}], []),
    ],
)
def test_rules_that_compare_rows_are_sure_only_while_all_rules_before_them_are(rules: list[dict[str, Any]], sure: list[int]):
    made = [Rule.model_validate(rule) for rule in rules]
    assert early_rules(made, {"a.x", "a.g"}) == [made[at] for at in sure]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"select": [{"drop": "domian", "equals": "a"}]}, "select[0] (drop: domian, equals: a) reads 'domian', a tag that no row has; did"),
        ({"select": [{"balance": "domian", "max_share": 0.6}]}, "did you mean 'domain'?"),
        (
            {"select": [{"take": 5, "only": {"grde": "1"}}]},
            "(take: 5, only: {grde: 1}) reads 'grde', a tag that no row has; did you mean 'grade'?",
        ),
        ({"select": [{"take": 5}, {"take": 5, "of": "domian"}]}, "select[1] (take: 5, of: domian) reads 'domian'"),
        ({"select": [{"one_per": "source", "prefer": "grad"}]}, "reads 'grad', a tag that no row has; did you mean 'grade'?"),
        ({"gates": {"max_share": {"domian": {"a": 0.3}}}}, "gates.max_share names 'domian', a tag that no row has; did you mean 'domain'?"),
        ({"gates": {"quotas": {"modalty": {"text": 1}}}}, "gates.quotas names 'modalty', a tag that no row has; did you mean 'modality'?"),
        ({"gates": {"max_share": {"length.wrods": {"3": 0.3}}}}, "gates.max_share names 'length.wrods', which no step measures; did you"),
        ({"gates": {"quotas": {"lenght.words": {"3": 1}}}}, "gates.quotas names 'lenght.words', which no step measures; did you mean"),
        ({"select": [{"take": 5, "only": {"length.wrods": "1"}}]}, "reads 'length.wrods', which no step measures; did you mean"),
    ],
)
def test_a_misspelt_tag_is_answered_with_the_nearest_before_anything_is_measured(tmp_path: Path, changes: dict, part: str):
    with pytest.raises(UserError) as caught:
        build(recipe(**changes), tmp_path / "out")
    assert part in str(caught.value)
    assert not MEASURED


def test_what_a_step_needs_and_lacks_is_told_before_anything_is_drawn(tmp_path: Path):
    said: list[str] = []
    recipe = {"name": "late", "sources": [{"use": "text", "train": 4}], "steps": ["length", {"decontaminate": {"against": [tmp_path]}}]}
    with pytest.raises(UserError, match=r"is no registered benchmark; registered: aime24.* mmlu\. Or say its fields"):
        build(parse_config(Recipe, recipe), tmp_path / "out", say=said.append)
    assert said == []
    assert not (tmp_path / ".stages").exists()


def test_tags_of_a_source_s_own_and_tags_that_only_other_sources_have_can_be_named(tmp_path: Path):
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps({"q": f"{at} + 1?", "a": str(at + 1), "p": "x"}) + "\n" for at in range(9)))
    mine = {"use": "jsonl", "path": str(tmp_path / "mine.jsonl"), "fields": {"question": "q", "answer": "a", "tags": {"planet": "p"}}}
    rules = [{"take": 5, "of": "planet"}, {"keep": "caption_origin", "equals": "human"}, {"one_per": "id"}]
    found = build(recipe(sources=[{**mine, "licence": "MIT"}], select=rules), tmp_path / "out")
    assert found["splits"]["train"]["problems"] == 5


def test_a_stage_that_fails_is_named_and_what_was_done_before_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(self: Any, *_: Any) -> Any:
        raise ZeroDivisionError("seven")

    with monkeypatch.context() as patch:
        patch.setattr(SameAnswer, "combine", broken)
        with pytest.raises(RunError, match="step same_answer failed: ZeroDivisionError: seven"):
            build(recipe(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    looked = len(MEASURED)
    build(recipe(), tmp_path / "out")
    assert len(MEASURED) == looked


def test_two_builds_never_share_a_cache_at_once(tmp_path: Path):
    with StageCache(tmp_path / ".stages").held(), pytest.raises(UserError, match="another build is using this cache"):
        build(recipe(), tmp_path / "out")


@pytest.mark.parametrize(
    ("gates", "part"),
    [
        ({"min_rows": 9999}, "training problems are left, min_rows asks for 9999"),
        ({"quotas": {"modality": {"image-text": 500}}}, "modality image-text has"),
        ({"max_share": {"modality": {"text": 0.1}}}, "max_share allows 10.0%"),
        ({"licences": ["MIT"]}, "licence Apache-2.0 (generated) of"),
        ({"none_with": ["length.words"]}, "length.words is true of"),
    ],
)
def test_a_gate_that_does_not_hold_stops_the_build_and_writes_nothing(tmp_path: Path, gates: dict, part: str):
    with pytest.raises(GateError) as caught:
        build(recipe(gates=gates), tmp_path / "out")
    assert part in str(caught.value)
    assert caught.value.exit_code == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"steps": ["lenght"]}, "no step is called 'lenght'; did you mean 'length'?"),
        ({"steps": [{"use": "length", "plus": 1}]}, "a step is written `length` or `length: {parameters}`; `use` is for sources"),
        ({"steps": [{"length": {"pluss": 1}}]}, "step length: unknown key 'pluss'; did you mean 'plus'?"),
        ({"steps": ["length", "length"]}, "two steps are called length"),
        ({"select": [{"drop": "length.wrods"}]}, "reads 'length.wrods', which no step measures; did you mean 'length.words'?"),
        ({"sources": [{"use": "text"}]}, "train is required: text is endless"),
        ({"sources": [{"use": "text", "train": 4, "pth": "x"}]}, "source text: unknown key 'pth'"),
        ({"gates": {"min_row": 3}}, "unknown key 'gates.min_row'; did you mean 'min_rows'?"),
    ],
)
def test_a_recipe_that_is_wrong_says_where_and_what_would_be_right(changes: dict, part: str):
    with pytest.raises(UserError) as caught:
        recipe(**changes)
    assert part in str(caught.value)


def test_scale_multiplies_counts_takes_and_quotas():
    big = recipe(scale=2.0, select=[{"take": 10, "of": "modality"}], gates={"min_rows": 30, "quotas": {"modality": {"text": 5}}}).scaled()
    assert [spec.train for spec in big.sources] == [800, 120]
    assert (big.select[0].take, big.gates.min_rows, big.gates.quotas["modality"]["text"]) == (20, 60, 10)


def test_a_scaled_quota_asks_for_no_half_of_a_pair():
    quotas = {"modality": {"text": 50, "image-text": 10}}
    assert recipe(scale=0.1, gates={"quotas": quotas}).scaled().gates.quotas == {"modality": {"text": 4, "image-text": 1}}
    alone = [{"use": "text", "train": 400}]
    assert recipe(scale=0.1, sources=alone, gates={"quotas": quotas}).scaled().gates.quotas == {"modality": {"text": 5, "image-text": 1}}


def test_verify_names_every_file_that_is_not_as_it_was(tmp_path: Path):
    build(recipe(), tmp_path / "out")
    assert verify_folder(tmp_path / "out") == []
    path = tmp_path / "out" / "train" / "part-00000.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    (tmp_path / "out" / "heldout" / "part-00000.parquet").unlink()
    assert verify_folder(tmp_path / "out") == [
        "heldout/part-00000.parquet is missing",
        "train/part-00000.parquet has other bytes than the manifest says",
    ]


def test_diff_names_what_went_and_why(tmp_path: Path):
    build(recipe(), tmp_path / "a")
    build(recipe(select=[{"keep": "length.words", "at_most": 7}]), tmp_path / "b")
    said = list(explain.diff(tmp_path / "a", tmp_path / "b"))
    assert any(line.startswith("recipe select") for line in said)
    assert any("kept: at most 7" in line for line in said)


DYING = """
import os, signal
from pathlib import Path

def square(task):
    number, marker = task
    if number == 3 and not Path(marker).exists():
        Path(marker).write_text("died once")
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number
"""


def test_a_worker_that_is_killed_is_replaced_and_no_task_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "dying_task.py").write_text(DYING)
    monkeypatch.syspath_prepend(str(tmp_path))  # for this process; the spawned ones take over its path
    square = importlib.import_module("dying_task").square
    executor = LocalExecutor(2)
    try:
        assert list(executor.map(square, [(at, str(tmp_path / "marker")) for at in range(12)])) == [at * at for at in range(12)]
    finally:
        executor.close()
    assert (tmp_path / "marker").exists()


REAL = """
name: real
seed: 5
sources:
  - {use: text, train: 900, heldout: 20}
  - {use: rendered, train: 300, heldout: 10}
steps: [exact_dedup, round_trip, question_type]
select: [{keep: round_trip.ok, equals: true}, {one_per: exact_dedup.group}]
"""


def command(repo: Path, recipe_path: Path, out: Path, *more: str) -> list[str]:
    code = f"import sys; sys.path.insert(0, {str(repo)!r}); from data_recipes.cli import entry; entry()"
    return [sys.executable, "-c", code, "build", str(recipe_path), "-o", str(out), *more]


@pytest.mark.slow
def test_killed_at_random_moments_and_with_other_worker_counts_the_bytes_are_the_same(repo_root: Path, tmp_path: Path):
    (tmp_path / "real.yaml").write_text(REAL)
    subprocess.run(command(repo_root, tmp_path / "real.yaml", tmp_path / "whole" / "data"), check=True, capture_output=True, timeout=300)
    moments = random.Random(11)
    out = tmp_path / "killed" / "data"
    kills = 0
    for attempt in range(3):
        process = subprocess.Popen(
            command(repo_root, tmp_path / "real.yaml", out, "--workers", str(1 + attempt % 2)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moments.uniform(1.0, 4.0))
        kills += process.poll() is None
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command(repo_root, tmp_path / "real.yaml", out, "--workers", "2"), check=True, capture_output=True, timeout=300)
    assert kills >= 1
    left, right = bytes_of(tmp_path / "whole" / "data"), bytes_of(out)
    assert left == right
    assert json.loads((out / "manifest.json").read_text())["splits"]["train"]["problems"] > 600
