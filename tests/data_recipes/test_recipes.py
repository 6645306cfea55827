"""The shipped recipes say the paper's numbers, and their parts fit together; nothing is built here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from data_recipes.mixture import TEXT_SFT, VISION_SFT_TOTAL, vision_sft
from data_recipes.recipe import Recipe
from openk15.config import load_config
from openk15.errors import UserError

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
OURS = ("long2short", "long_cot_warmup", "text_pretrain", "vanilla_sft", "vision_rl", "vl_pretrain")

# category of the mixture -> sources that fill it
TEXT = {
    "general_qa": ("general_qa",),
    "code": ("code", "mbpp"),
    "math_science": ("math_science", "gsm8k"),
    "creative_writing": ("creative_writing",),
    "long_context": ("long_context",),
}
VISION = {
    "chart": ("charts",),
    "ocr": ("ocr", "handwriting"),
    "grounded_conversation": ("grounded_conversation",),
    "visual_coding": ("visual_coding",),
    "visual_reasoning": ("worlds", "matrices"),
    "figure_math_science": ("diagrams",),
}


def raw(name: str) -> dict[str, Any]:
    return yaml.safe_load((RECIPES / f"{name}.yaml").read_text("utf-8"))


def step(recipe: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item[name] for item in recipe["steps"] if isinstance(item, dict) and name in item)


@pytest.mark.parametrize("name", OURS)
def test_every_recipe_can_be_read_without_anything_it_points_to(name):
    recipe = load_config(Recipe, RECIPES / f"{name}.yaml")
    assert recipe.name == name
    assert recipe.scale == 1.0
    assert recipe.description


def test_the_text_part_of_the_mixture_has_the_papers_counts():
    quotas = raw("vanilla_sft")["gates"]["quotas"]["source"]
    assert {category: sum(quotas[source] for source in sources) for category, sources in TEXT.items()} == TEXT_SFT


def test_the_text_vision_part_is_a_million_in_six_categories():
    quotas = raw("vanilla_sft")["gates"]["quotas"]["source"]
    found = {category: sum(quotas[source] for source in sources) for category, sources in VISION.items()}
    assert sum(found.values()) == VISION_SFT_TOTAL
    assert all(abs(found[category] - wanted) <= 1 for category, wanted in vision_sft().items())
    assert len(quotas) == sum(map(len, [*TEXT.values(), *VISION.values()])), "a source is in no category"


def test_code_and_mathematics_enter_by_rejection_sampling_only():
    recipe = raw("vanilla_sft")
    reasoning = {source for category in ("code", "math_science") for source in TEXT[category]}
    assert set(step(recipe, "rejection")["only"]["source"]) == reasoning
    rule = next(rule for rule in recipe["select"] if rule.get("keep") == "rejection.accepted")
    assert set(rule["only"]["source"]) == reasoning
    assert rule["missing"] == "drop"


def test_long2short_has_the_papers_numbers_and_one_set_of_samples():
    recipe = raw("long2short")
    rejection, preference = step(recipe, "rejection"), step(recipe, "preference")
    assert (rejection["n"], rejection["prefer"], preference["factor"]) == (8, "shortest", 1.5)
    loaded = load_config(Recipe, RECIPES / "long2short.yaml")
    shared = [
        {key: spec.options[key] for key in ("sampler", "prompt", "n")} for spec in loaded.steps if spec.use in ("rejection", "preference")
    ]
    assert shared[0] == shared[1]


def test_the_warmup_asks_for_all_four_processes_in_text_and_pictures():
    gates = raw("long_cot_warmup")["gates"]["quotas"]
    assert {name.partition(".")[2] for name in gates if name.startswith("rejection.")} == {
        "planning",
        "evaluation",
        "reflection",
        "exploration",
    }
    assert set(gates["modality"]) == {"text", "image-text"}
    assert step(raw("long_cot_warmup"), "rejection")["prompt"] == "long_cot"


def test_vision_rl_has_exactly_the_three_categories():
    assert set(raw("vision_rl")["gates"]["quotas"]["category"]) == {"real-world", "synthetic", "text-rendered"}


def test_pretraining_has_the_papers_domains_and_categories():
    quotas = raw("text_pretrain")["gates"]["quotas"]["source"]
    assert set(quotas) == {"english", "chinese", "code", "code_text", "mathematics", "knowledge"}  # code: files, and text with code in it
    assert sum(quotas.values()) == raw("text_pretrain")["gates"]["min_rows"]
    recipe = raw("vl_pretrain")
    used = {source.get("tags", {}).get("source", source["use"]) for source in recipe["sources"]}
    for category in (("captions",), ("interleaved",), ("rendered_text",), ("diagrams", "maps"), ("charts", "worlds")):
        assert used & set(category), f"nothing fills {category}"
    synthetic = next(rule["take"] for rule in recipe["select"] if rule.get("only") == {"caption_origin": "synthetic"})
    captions = recipe["gates"]["quotas"]["source"]["captions"]
    assert synthetic == pytest.approx(0.3 * captions)
    assert recipe["gates"]["max_share"]["caption_origin"]["synthetic"] == 0.06


@pytest.mark.parametrize("name", OURS)
def test_what_a_gate_asks_for_is_what_is_taken_and_less_than_what_is_made(name):
    recipe = raw(name)
    made = {source["use"]: source["train"] for source in recipe["sources"] if "train" in source}
    taken = {
        rule["only"]["source"]: rule["take"]
        for rule in recipe["select"]
        if "take" in rule and isinstance(rule.get("only", {}).get("source"), str)
    }
    for source, wanted in recipe["gates"].get("quotas", {}).get("source", {}).items():
        assert taken[source] == wanted
        assert made.get(source, wanted + 1) > wanted, f"{source} makes {made[source]}, its quota is {wanted}: nothing may be dropped"


@pytest.mark.parametrize("name", OURS)
def test_scaling_scales_sources_rules_and_gates_alike(name):
    full = load_config(Recipe, RECIPES / f"{name}.yaml")
    small = load_config(Recipe, RECIPES / f"{name}.yaml", ["scale=0.01"]).scaled()
    assert small.gates.min_rows == round(full.gates.min_rows * 0.01)
    takes = [(a.take, b.take) for a, b in zip(full.select, small.select, strict=True) if a.take is not None and b.take is not None]
    assert all(cut == round(whole * 0.01) for whole, cut in takes)


def test_an_unknown_key_names_its_neighbour(tmp_path):
    text = (RECIPES / "long2short.yaml").read_text("utf-8").replace("tokens_at_least: 16 ", "token_at_least: 16 ", 1)
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UserError, match=r"step rejection: unknown key 'token_at_least'; did you mean 'tokens_at_least'\?"):
        load_config(Recipe, tmp_path / "mine.yaml")
