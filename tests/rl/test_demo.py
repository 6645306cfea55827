"""The demo in miniature: every stage for real, its summary, and that nothing is done twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openk15.config import parse_config
from openk15.errors import UserError
from openk15.files import atomic_write_json, read_json
from rl import demo as stages
from rl.config import SFTConfig
from rl.demo import DemoConfig, Stage

RL = Path(sys.executable).parent / "rl"


def demo(repo_root: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Benchmarks with vLLM; training, which test_kills.py does with it, with the engine that starts sooner."""
    small = [
        f"out={out}",
        "limit=120",
        "benchmark.samples=2",
        "benchmark.limit=24",
        "benchmark.max_tokens=24",
        'sft_overrides=["steps=6","batch_size=8"]',
        'rl_overrides=["iterations=3","engine.kind=torch","rollout.problems=3","rollout.samples=3","rollout.budget=8","rollout.max_tokens=24","evaluation.problems=6","evaluation.every=2"]',
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


@pytest.mark.parametrize(("key", "name"), [("rl_overrides", "rollout.budgte=8"), ("sft_overrides", "stepz=6")])
def test_a_misspelt_override_of_a_later_stage_is_said_before_the_first(repo_root, tmp_path, monkeypatch, key, name):
    monkeypatch.chdir(repo_root)
    monkeypatch.setattr(stages, "call", lambda command: pytest.fail(f"began with {command}"))
    config = DemoConfig(
        out=tmp_path / "demo",
        sft=Path("configs/demo/sft.yaml"),
        rl=Path("configs/demo/rl.yaml"),
        **{key: (name,)},  # pyright: ignore
    )
    with pytest.raises(UserError, match=name.partition("=")[0].rpartition(".")[2]):
        stages.run_demo(config, fresh=False)


def test_warm_up_and_benchmarks_know_the_verifiers_of_the_run(config):
    warm_up = stages.sft_stage(config, "abc", ("mine", "yours")).command
    given = parse_config(SFTConfig, {"data": "x", "out": "y"}, [part for part in warm_up[3:] if part.startswith("modules=")])
    assert given.modules == ("mine", "yours")
    atomic_write_json(config.out / "data" / "manifest.json", {"fingerprint": "abc"})
    policy = config.out / "policy"
    policy.mkdir()
    command = stages.bench_stage(config, "rl", policy, ("mine", "yours")).command
    assert [command[at + 1] for at, option in enumerate(command) if option == "--module"] == ["mine", "yours"]


def test_the_warm_up_keeps_the_verifiers_of_its_own_config(config, tmp_path, monkeypatch):
    (tmp_path / "recipe.yaml").write_text("name: x")
    (tmp_path / "sft.yaml").write_text("modules: [mine]")
    (tmp_path / "rl.yaml").write_text("rewards: {modules: [yours]}")
    given = []

    def stop_at_warm_up(config: DemoConfig, fingerprint: str, modules: tuple[str, ...] = ()) -> Stage:
        given.extend(modules)
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "call", lambda command: atomic_write_json(config.out / "data" / "manifest.json", {"fingerprint": "abc"}))
    monkeypatch.setattr(stages, "sft_stage", stop_at_warm_up)
    changed = config.model_copy(update={"recipe": tmp_path / "recipe.yaml", "sft": tmp_path / "sft.yaml"})
    with pytest.raises(KeyboardInterrupt):
        stages.run_demo(changed, fresh=False)
    assert given == ["mine", "yours"]


class Calls(list):
    """Stands for the commands: records them, and makes what `rl train` and `rl resume` would make."""

    def __init__(self, config: DemoConfig):
        super().__init__()
        self.run, self.interrupt = config.out / "rl", False

    def __call__(self, command: tuple[str, ...]) -> None:
        self.append(command)
        if not (self.run / "run.json").exists():
            atomic_write_json(self.run / "run.json", {"made by": list(command)})
        if self.interrupt:
            raise KeyboardInterrupt


@pytest.fixture
def config(tmp_path) -> DemoConfig:
    (tmp_path / "rl.yaml").write_text("seed: 0")
    return DemoConfig(out=tmp_path / "demo", rl=tmp_path / "rl.yaml")


@pytest.fixture
def calls(config, monkeypatch) -> Calls:
    found = Calls(config)
    monkeypatch.setattr(stages, "call", found)
    return found


def test_a_run_that_was_interrupted_does_not_pass_for_the_one_before_it(config, calls):
    other = config.model_copy(update={"rl_overrides": ("learner.tau=0.2",)})
    stages.run_rl(config, "data", "policy")
    calls.interrupt = True
    with pytest.raises(KeyboardInterrupt):
        stages.run_rl(other, "data", "policy")
    calls.interrupt = False
    stages.run_rl(config, "data", "policy")
    assert [command[:2] for command in calls] == [("rl", "train")] * 3
    assert "learner.tau=0.2" not in read_json(config.out / "rl" / "run.json")["made by"]
    stages.run_rl(config, "data", "policy")
    assert len(calls) == 3


def test_an_interrupted_run_of_the_same_inputs_is_resumed(config, calls):
    calls.interrupt = True
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            stages.run_rl(config, "data", "policy")
    calls.interrupt = False
    stages.run_rl(config, "data", "policy")
    assert [command[1] for command in calls] == ["train", "resume", "resume"]
    stages.run_rl(config, "data", "policy")
    assert len(calls) == 3


def test_a_stage_that_fails_is_not_vouched_for_by_an_older_stamp(config, calls):
    old, new = (Stage("sft", ("rl", "sft", name), (), (config.out / "rl" / "run.json",)) for name in ("old", "new"))
    stages.run_stage(config, old)
    calls.interrupt = True
    with pytest.raises(KeyboardInterrupt):
        stages.run_stage(config, new)
    assert stages.done_seconds(config, old) is None


def test_a_benchmark_is_done_only_while_all_its_results_are_there(config, calls):
    policy = config.out / "policy"
    atomic_write_json(config.out / "data" / "manifest.json", {"fingerprint": "abc"})
    policy.mkdir()
    stage = stages.bench_stage(config, "rl", policy)
    results = [config.out / "bench" / name / "results.json" for name in ("rl", "blank")]
    for file in results:
        atomic_write_json(file, {})
    stages.run_stage(config, stage)
    assert stages.done_seconds(config, stage) is not None
    for file in results:
        file.unlink()
        assert stages.done_seconds(config, stage) is None
        atomic_write_json(file, {})
