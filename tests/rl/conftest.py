"""A small dataset and a small policy that RL tests share; built once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_recipes.build import build
from data_recipes.recipe import Recipe, SourceSpec
from data_recipes.store import ProblemSet, load_problems
from multimodal.policy import PolicyConfig, build_policy
from rl.config import RLConfig

SMALL = PolicyConfig(
    hidden_size=64, layers=2, heads=2, kv_heads=2, intermediate_size=128, vision_hidden_size=64, vision_layers=1, vision_heads=2
)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    counts = {"handwriting": 24, "scenes": 16, "rendered": 8, "text": 12}
    recipe = Recipe(name="small", seed=1, sources=tuple(SourceSpec(use=use, train=count, heldout=4) for use, count in counts.items()))
    folder = tmp_path_factory.mktemp("data") / "small"
    build(recipe, folder, command="test")
    return folder


@pytest.fixture(scope="session")
def problems(dataset: Path) -> ProblemSet:
    return load_problems(dataset, "train")


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory, problems: ProblemSet) -> Path:
    """Untrained, but it knows the words: its tokenizer is trained on the problems."""
    folder = tmp_path_factory.mktemp("policy") / "tiny"
    texts = [text for problem in problems.problems for text in (problem.messages[0].text, *(s.text for s in problem.solutions))]
    build_policy(SMALL, ["user\n", "assistant\n", *texts], folder, seed=3)
    return folder


@pytest.fixture
def config(dataset: Path, policy: Path, tmp_path: Path) -> RLConfig:
    """A run of a few seconds with the torch engine."""
    return RLConfig.model_validate(
        {
            "data": dataset,
            "policy": policy,
            "out": tmp_path / "run",
            "iterations": 4,
            "rollout": {"problems": 3, "samples": 3, "budget": 6, "max_tokens": 16},
            "curriculum": {"switch_iteration": 2, "hard_grade": 2},
            "length_reward": {"weight": 0.2, "switch_iteration": 1},
            "learner": {"learning_rate": 1e-3, "minibatches": 2, "row_tokens": 256},
            "engine": {"kind": "torch", "max_model_len": 128},
            "evaluation": {"every": 2, "problems": 6},
            "guards": {"probes": 3, "probe_tokens": 4},
            "rewards": {"workers": 0},
        }
    )
