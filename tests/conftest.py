"""What every test runs under: no hub, no telemetry, no GPU unless OPENK15_TEST_GPU=1, and the folders tests read."""

from __future__ import annotations

import gc
import os
from pathlib import Path

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

# Collecting imports every library and makes thousands of tests that stay: no use to look through them for garbage, now or ever after.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those that start Ray or vLLM begin, the longest first: last, it would leave the others idle.

    The others keep their order: a process gets neighbours, which share what their file built, until it takes over from another.
    """
    if PROCESSES > 1:
        items.sort(key=lambda item: (not (item.get_closest_marker("ray") or item.get_closest_marker("vllm")), -_limit(item)))
    if not GPU_WANTED:
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="needs a GPU: set OPENK15_TEST_GPU=1 on a machine that has one"))


def _limit(item: pytest.Item) -> float:
    """Seconds a test may take, where it has a limit of its own: a sign of those that take long."""
    marker = item.get_closest_marker("timeout")
    return marker.args[0] if marker else 0.0


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
