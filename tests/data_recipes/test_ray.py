"""The same recipe on a Ray cluster: the same bytes, also when a node dies on the way."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from data_recipes.build import build
from data_recipes.executor import RayExecutor
from data_recipes.recipe import Recipe
from openk15.config import parse_config
from openk15.errors import UserError
from openk15.files import sha256_file

pytestmark = [pytest.mark.ray, pytest.mark.slow]

RECIPE = {
    "name": "spread",
    "seed": 2,
    "sources": [{"use": "text", "train": 900, "heldout": 20}, {"use": "rendered", "train": 400, "heldout": 10}],
    "steps": ["exact_dedup", "round_trip", "question_type"],
    "select": [{"keep": "round_trip.ok", "equals": True}, {"one_per": "exact_dedup.group"}],
}


def bytes_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_cluster_of_three_nodes_one_of_which_dies_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAY_worker_niceness", "0")  # Ray's own 15 starves its workers beside other tests
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    recipe = parse_config(Recipe, RECIPE)
    build(recipe, tmp_path / "local" / "data")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    dying = [cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)]
    executor = RayExecutor(cluster.address, wave=6)
    killer = threading.Timer(6.0, lambda: cluster.remove_node(dying[1], allow_graceful=False))
    try:
        assert sum(node["Alive"] for node in ray.nodes()) == 3
        killer.start()
        started = time.monotonic()
        build(recipe, tmp_path / "spread" / "data", executor=executor)
        took = time.monotonic() - started
    finally:
        killer.cancel()
        executor.close()
        cluster.shutdown()
    assert took > 6.0, "the build was over before the node died: make the recipe larger"
    assert bytes_of(tmp_path / "spread" / "data") == bytes_of(tmp_path / "local" / "data")


def test_an_address_that_does_not_answer_is_one_clear_error():
    with pytest.raises(UserError, match=r"--address=127\.0\.0\.1:1: nothing answers there"):
        RayExecutor("127.0.0.1:1")
