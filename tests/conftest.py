"""What every test runs under: no hub, no telemetry, no GPU unless OPENK15_TEST_GPU=1, and the folders tests read."""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import Any

import pytest

# Before any test module imports torch, Ray or vLLM; child processes inherit it.
os.environ.update(
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    RAY_AUTH_MODE="disabled",
    RAY_USAGE_STATS_ENABLED="0",
    VLLM_NO_USAGE_STATS="1",
    DO_NOT_TRACK="1",
)
# Two test processes share the cores: torch with all of them in each would run at a tenth of its speed.
PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if PROCESSES > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, len(os.sched_getaffinity(0)) // PROCESSES)))
GPU_WANTED = os.environ.get("OPENK15_TEST_GPU") == "1"
if not GPU_WANTED:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def starts_engines(file: Path) -> bool:
    """Does a test of this file start Ray or vLLM?"""
    return re.search(r"\bmark\.(?:ray|vllm)\b", file.read_text("utf-8")) is not None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of one file in one process, and in one those of all files that start engines: side by side these take three times as long."""
    from xdist.scheduler import LoadFileScheduling

    class EnginesInTurn(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "engines" if starts_engines(ROOT / file) else file

    return EnginesInTurn(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those that start engines begin: the longest group last would leave the others idle."""
    if PROCESSES > 1:
        files = {item.path: not starts_engines(item.path) for item in items}
        items.sort(key=lambda item: files[item.path])
    if not GPU_WANTED:
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="needs a GPU: set OPENK15_TEST_GPU=1 on a machine that has one"))


@pytest.fixture(scope="session")
def repo_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Benchmark data kept beside the checkout (../shared/data, or OPENK15_SHARED_DATA); tests that need it skip without it."""
    folder = Path(os.environ.get("OPENK15_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: put the benchmark data there or point OPENK15_SHARED_DATA at it")
    return folder
