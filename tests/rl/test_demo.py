"""The demo in miniature: every stage for real, its summary, and that nothing is done twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

RL = Path(sys.executable).parent / "rl"


def demo(repo_root: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    small = [
        f"out={out}",
        "limit=120",
        "benchmark.samples=2",
        "benchmark.limit=24",
        "benchmark.max_tokens=24",
        'sft_overrides=["steps=6","batch_size=8"]',
        'rl_overrides=["iterations=3","rollout.problems=3","rollout.samples=3","rollout.budget=8","rollout.max_tokens=24","evaluation.problems=6","evaluation.every=2"]',
    ]
    command = [str(RL), "demo", str(repo_root / "configs/demo/demo.yaml"), *small, *more]
    return subprocess.run(command, cwd=repo_root, capture_output=True, text=True, timeout=500, check=False)


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.vllm
@pytest.mark.timeout(900)
def test_the_demo_runs_through_and_a_second_one_does_nothing_again(repo_root, tmp_path):
    out = tmp_path / "demo"
    done = demo(repo_root, out)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"report: {out / 'report.html'}" in done.stdout
    summary = json.loads((out / "summary.json").read_text())
    for name in ("warmup", "rl", "blank_image"):
        row = summary[name]
        assert set(row) == {"accuracy", "low", "high", "n", "tokens"}
        assert 0 <= row["low"] <= row["accuracy"] <= row["high"] <= 1
    assert summary["warmup"]["n"] == summary["rl"]["n"]
    assert summary["iterations"] == 3
    assert summary["trained_tokens"] > 0
    assert 0 <= summary["parity_max_abs"] <= 1e-4
    assert set(summary["seconds"]) == {"setup", "data", "sft", "rl", "benchmark"}
    page = (out / "report.html").read_text()
    assert "<script src" not in page
    assert page.count("<svg") >= 5
    start = time.monotonic()
    again = demo(repo_root, out)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("done before") == 5
    assert json.loads((out / "summary.json").read_text()) == summary
    assert time.monotonic() - start < 120


def test_a_demo_away_from_the_repository_says_so(tmp_path, repo_root):
    done = subprocess.run(
        [str(RL), "demo", str(repo_root / "configs/demo/demo.yaml")], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "recipes/demo.yaml: no such file; run the demo from the repository's root" in done.stderr
