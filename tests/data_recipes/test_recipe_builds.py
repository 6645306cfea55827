"""Each shipped recipe built small: corpora out of installed packages, answers of a scripted model, quotas that hold or stop the build."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from data_recipes.build import build
from data_recipes.corpora.write import write_corpora
from data_recipes.pairs import write_pairs
from data_recipes.problem import COPY, Problem
from data_recipes.recipe import Recipe
from data_recipes.store import load_problems
from openk15.config import parse_config
from openk15.errors import GateError

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
_SPEC = importlib.util.spec_from_file_location("drawing", Path(__file__).parent / "drawing.py")
assert _SPEC is not None
assert _SPEC.loader is not None
drawing = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(drawing)

LONG_COT = (
    "<think> Let me plan: read the question, then compute. That gives {wrong}. Wait, that is not right, it is {right}. "
    "Let me check: it fits. Alternatively, I can count. </think> \\boxed{{{right}}}"
)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "corpora"
    write_corpora(folder, limit=60)
    return folder


@pytest.fixture
def home(tmp_path: Path, corpora: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that the recipes point to."""
    words = ("apples", "pears", "plums", "nuts")
    grade_school = [
        {"question": f"Ann has {a} {word} and buys {b} more. How many {word} has she?", "answer": f"She has {a}+{b}.\n#### {a + b}"}
        for a, word in enumerate(words, 3)
        for b in range(5, 17)
    ]
    competition = [
        {"problem": f"Compute ${a} \\cdot {b}$.", "solution": f"It is $\\boxed{{{a * b}}}$.", "level": "Level 2", "type": "Prealgebra"}
        for a in range(11, 17)
        for b in range(21, 24)
    ]
    programs = [
        {
            "task_id": 601,
            "text": "Write a function to double a number.",
            "code": "def double(x):\n    return 2 * x",
            "test_list": ["assert double(2) == 4"],
            "test_setup_code": "",
        }
    ]
    for name, rows in (("gsm8k.jsonl", grade_school), ("math.jsonl", competition), ("mbpp.jsonl", programs)):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    benchmark = tmp_path / "benchmarks" / "gsm8k" / "test.jsonl"
    benchmark.parent.mkdir(parents=True)
    item = {
        "question": "A train of nine waggons carries forty sacks of flour in each. How many sacks does it carry in all?",
        "answer": "360\n#### 360",
    }
    benchmark.write_text(json.dumps(item) + "\n")
    drawing.folder_of_a_model(tmp_path / "model")
    drawing.folder_of_a_model(tmp_path / "embedder")
    for name, value in {
        "CORPORA": corpora,
        "GSM8K": tmp_path / "gsm8k.jsonl",
        "MATH": tmp_path / "math.jsonl",
        "MBPP": tmp_path / "mbpp.jsonl",
        "BENCHMARKS": tmp_path / "benchmarks",
        "MODEL": tmp_path / "model",
        "EMBEDDER": tmp_path / "embedder",
        "CLASSIFIER": tmp_path / "classifier",
    }.items():
        monkeypatch.setenv(name, str(value))
    return tmp_path


def shipped(name: str, scale: float, change: Callable[[dict[str, Any]], None] = lambda values: None) -> Recipe:
    values = yaml.safe_load((RECIPES / f"{name}.yaml").read_text("utf-8"))
    values["scale"] = scale
    for step in values["steps"]:
        if "decontaminate" in step:
            step["decontaminate"]["canaries"] = 0  # the step's own tests plant them; here they would be most of the work
    change(values)
    return parse_config(Recipe, values)


def built(recipe: Recipe, home: Path) -> Sequence[Problem]:
    build(recipe, home / "out", cache=home / "cache")
    return load_problems(home / "out", "train").problems


def counts(problems: Sequence[Problem], tag: str = "source") -> dict[str, int]:
    values = [problem.tags.get(tag, "") for problem in problems]
    return {value: values.count(value) for value in sorted(set(values))}


def answers(recipe: Recipe, home: Path) -> dict[str, Problem]:
    """What the recipe's sources ask, by its words."""
    bare = recipe.model_copy(update={"steps": (), "select": (), "gates": type(recipe.gates)(), "name": "bare"})
    build(bare, home / "bare", cache=home / "cache")
    return {problem.messages[-1].text: problem for problem in load_problems(home / "bare", "train").problems}


def knows(known: dict[str, Problem], say: Callable[[Problem, int], str]) -> Callable[[str, int], str]:
    """A model that recognises the question in what it reads."""

    def answer(asked: str, index: int) -> str:
        best = max((text for text in known if text in asked), key=len)
        return say(known[best], index)

    return answer


def test_long2short_gives_short_solutions_and_pairs(home, monkeypatch):
    recipe = shipped("long2short", 0.004)
    known = answers(recipe, home)

    def say(problem: Problem, index: int) -> str:
        right = problem.answer.reference
        if index % 2:
            return f"{'I am not sure . ' * 12} \\boxed{{{right}0}}"
        return f"{'and so on ' * (8 + 8 * index)} \\boxed{{{right}}}"

    drawing.script(monkeypatch, knows(known, say))
    problems = built(recipe, home)
    assert len(problems) >= recipe.scaled().gates.min_rows
    assert all(len(problem.solutions) == 1 and len(problem.solutions[0].text.split()) == 25 for problem in problems)
    pairs = home / "pairs.jsonl"
    # of eight samples one is chosen, four are wrong and longer, three right and more than half as long again
    assert write_pairs(home / "out", pairs) == 7 * len(problems)


def test_the_warmup_is_verified_shows_all_processes_and_has_pictures(home, monkeypatch):
    recipe = shipped("long_cot_warmup", 0.004)
    known = answers(recipe, home)

    def say(problem: Problem, index: int) -> str:
        right = problem.answer.reference
        return f"\\boxed{{{right}}}" if index == 0 else LONG_COT.format(right=right, wrong="7")

    asked = drawing.script(monkeypatch, knows(known, say))
    problems = built(recipe, home)
    assert counts(problems, "modality") == {"image-text": 2, "text": 6}
    assert all("Wait" in problem.solutions[0].text for problem in problems), "a sample that shows no process was kept"
    assert all("1. Plan" in request.messages[-1].text for request in asked)
    assert not any("1. Plan" in message.text for problem in problems for message in problem.messages)
    manifest = json.loads((home / "out" / "manifest.json").read_text())
    tables = {title: rows for title, _, rows in manifest["reports"]["step rejection"]["tables"]}
    processes = dict(row[:2] for row in tables["Cognitive processes of accepted samples"])
    assert set(processes) == {"planning", "evaluation", "reflection", "exploration"}
    assert min(processes.values()) >= 8


def test_a_warmup_whose_model_never_reflects_is_stopped(home, monkeypatch):
    recipe = shipped("long_cot_warmup", 0.004)
    known = answers(recipe, home)
    text = "Let me plan: compute. Let me check: it fits. Alternatively, count. \\boxed{{{right}}}"
    drawing.script(monkeypatch, knows(known, lambda problem, index: text.format(right=problem.answer.reference)))
    with pytest.raises(GateError, match=r"rejection\.reflection True has 0 of the 1 its quota asks for"):
        built(recipe, home)
    assert GateError.exit_code == 3
    assert not (home / "out").exists()


@pytest.mark.slow
def test_text_pretraining_keeps_the_shares_of_its_domains(home, corpora, monkeypatch):
    from data_recipes.steps import embedding_dedup, recall
    from data_recipes.text.training import train

    def vectors(folder: Path, texts: Sequence[str]) -> np.ndarray:
        seeds = [int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) for text in texts]
        rows = np.stack([np.random.default_rng(seed).normal(size=64) for seed in seeds]).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def all_alike_enough(values: dict[str, Any]) -> None:
        next(step["recall"] for step in values["steps"] if "recall" in step)["at_least"] = -1.0

    monkeypatch.setattr(embedding_dedup, "text_vectors", vectors)
    monkeypatch.setattr(recall, "text_vectors", vectors)
    monkeypatch.setenv("EXEMPLARS", str(corpora / "exemplars" / "code_text.jsonl"))
    train(corpora / "documents" / "english.jsonl", corpora / "documents" / "code.jsonl", home / "classifier", heldout=0.25)
    asked = drawing.script(monkeypatch, lambda text, index: "Grade: 4")
    problems = built(shipped("text_pretrain", 2e-5, all_alike_enough), home)
    assert counts([one for one in problems if COPY not in one.tags]) == {
        "chinese": 6,
        "code": 2,
        "code_text": 1,
        "english": 8,
        "knowledge": 1,
        "mathematics": 2,
    }
    assert all(problem.measures["recall.diverse"] for problem in problems if problem.tags["source"] == "code_text")
    assert asked
    assert all(problem.measures["quality.rate"] > 0 for problem in problems)
    assert {problem.tags["licence"] for problem in problems} <= {"PSF-2.0", "BSD-3-Clause", "Apache-2.0"}


def test_a_domain_that_is_under_filled_stops_the_build(home, corpora, monkeypatch):
    def without_models(values: dict[str, Any]) -> None:
        values["steps"] = ["exact_dedup"]
        values["select"] = [rule for rule in values["select"] if "take" in rule or ("one_per" in rule and "exact" in rule["one_per"])]

    with pytest.raises(GateError, match=r"chinese has 12 of the 300 its quota asks for"):
        built(shipped("text_pretrain", 0.001, without_models), home)


@pytest.mark.slow
def test_the_mixture_is_filled_category_by_category_and_code_is_verified(home, monkeypatch):
    def fewer_samples(values: dict[str, Any]) -> None:
        rejection = next(step["rejection"] for step in values["steps"] if "rejection" in step)
        rejection["n"] = 1

    recipe = shipped("vanilla_sft", 2e-5, fewer_samples)
    known = answers(recipe, home)

    def say(problem: Problem, index: int) -> str:
        if problem.tags["source"] == "mbpp":
            return "I cannot"
        if problem.answer.verifier != "code":
            return f"Rounded: \\boxed{{{problem.answer.reference}}}"
        table = {case["stdin"]: case["stdout"] for case in problem.answer.params["tests"]}
        return f"```python\nimport sys\nprint({table!r}[sys.stdin.read()], end='')\n```"

    asked = drawing.script(monkeypatch, knows(known, say))
    problems = built(recipe, home)
    quotas = recipe.scaled().gates.quotas["source"]
    found = counts(problems)
    assert {source: found.get(source, 0) for source in quotas} == quotas
    assert all(problem.solutions for problem in problems if problem.tags["source"] in ("code", "math_science"))
    sampled = "\n".join(request.messages[-1].text for request in asked)
    assert not any(problem.messages[-1].text in sampled for problem in problems if problem.tags["source"] in ("charts", "general_qa"))


def test_a_model_that_cannot_code_leaves_the_quota_of_code_open(home, monkeypatch):
    def text_only(values: dict[str, Any]) -> None:
        wanted = ("code", "math_science")
        values["sources"] = [source for source in values["sources"] if source.get("tags", {}).get("source") in wanted]
        values["steps"] = [step for step in values["steps"] if "rejection" in step]
        values["select"] = [rule for rule in values["select"] if "rejection.accepted" in str(rule)]
        values["gates"]["quotas"]["source"] = dict.fromkeys(wanted, 200000)

    recipe = shipped("vanilla_sft", 2e-5, text_only)
    known = answers(recipe, home)
    drawing.script(monkeypatch, knows(known, lambda problem, index: f"\\boxed{{{problem.answer.reference}}}"))
    with pytest.raises(GateError, match="source code has 0 of the 4 its quota asks for"):
        built(recipe, home)


@pytest.mark.slow
def test_vision_rl_fills_its_three_categories(home, monkeypatch):
    monkeypatch.delenv("MODEL")
    monkeypatch.setenv("GEOMETRY3K", str(RECIPES))

    def without_folders(values: dict[str, Any]) -> None:
        values["sources"] = [source for source in values["sources"] if source["use"] != "geometry3k"]

    problems = built(shipped("vision_rl", 0.0006, without_folders), home)
    assert counts(problems, "category") == {"real-world": 6, "synthetic": 6, "text-rendered": 12}
    pairs = [problem.pair_id for problem in problems if problem.pair_id]
    assert all(pairs.count(name) == 2 for name in pairs)
    assert all(problem.answer.verifier != "none" for problem in problems)


@pytest.mark.slow
def test_vl_pretraining_caps_synthetic_captions_and_keeps_the_order_of_documents(home, corpora):
    problems = built(shipped("vl_pretrain", 0.00008), home)
    found = counts(problems)
    assert found["captions"] == 16
    assert found["interleaved"] == 16
    captions = [problem for problem in problems if problem.tags["source"] == "captions"]
    assert 0 < sum(problem.tags["caption_origin"] == "synthetic" for problem in captions) <= 4
    records = {}
    for line in (corpora / "interleaved" / "interleaved.jsonl").read_text("utf-8").splitlines():
        kinds = [(segment["type"], segment.get("text")) for segment in json.loads(line)["segments"]]
        records[tuple(kinds)] = True
    for problem in problems:
        if problem.tags["source"] == "interleaved":
            kinds = [("image", None) if part.image else ("text", part.text) for part in problem.messages[0].parts]
            assert tuple(kinds) in records, "text and pictures do not stand as in the record"
