import hashlib
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from eval import cli
from eval.samples import read_samples
from multimodal.segment import StopReason
from openk15.seeds import derive_seed


@pytest.fixture
def benchmark(monkeypatch, capsys):
    """Run the command in process: (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["benchmark", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.entry()
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture
def world(monkeypatch, tmp_path, checkpoint, engine_of, processor, problem_of, picture):
    """A data folder, a checkpoint and an engine that knows `world.right` share of its answers."""
    import multimodal.engines
    import multimodal.processing

    name, image = picture
    texts = [problem_of(f"sum {n}+1", str(n + 1), grade=1 + n % 2) for n in range(20)]
    pictures = [problem_of(f"count dots {n}", str(n), image=name) for n in range(10)]
    data = tmp_path / "data"
    data.mkdir()
    (data / "manifest.json").write_text('{"no_image_chance": 0.125}')
    world = types.SimpleNamespace(data=data, checkpoint=checkpoint, problems=[*texts, *pictures], engine=None, configs=[], right=0.5)
    gold = {problem.messages[0].text: problem.answer.reference for problem in world.problems}

    def respond(text: str, seed: int) -> tuple[str, StopReason]:
        right = (derive_seed(text, seed) % 1000) / 1000 < world.right
        return f"\\boxed{{{gold[text] if right else 'x'}}}", StopReason.EOS

    def open_engine(config, folder):
        world.configs.append(config)
        world.engine = engine_of(respond)
        return world.engine

    store = types.ModuleType("data_recipes.store")
    loaded = types.SimpleNamespace(problems=tuple(world.problems), images={name: image}, fingerprint="abc123")
    store.load_problems = lambda folder, split: loaded  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "data_recipes.store", store)
    monkeypatch.setattr(multimodal.engines, "open_engine", open_engine)
    monkeypatch.setattr(multimodal.processing.PromptProcessor, "load", lambda folder: processor)
    return world


def test_run_writes_samples_results_and_table(benchmark, world, tmp_path):
    out = tmp_path / "bench"
    code, stdout, stderr = benchmark("run", world.checkpoint, "--data", world.data, "--samples", 3, "--out", out, "--seed", 9)
    assert (code, stderr) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["results.json", "samples.jsonl", "table.txt"]
    results = json.loads((out / "results.json").read_text())
    samples = read_samples(out / "samples.jsonl")
    assert len(samples) == 90
    scores = [[s.verdict.score or 0.0 for s in samples if s.problem_id == p.id] for p in world.problems]
    assert results["accuracy"] == pytest.approx(sum(sum(score) / 3 for score in scores) / 30)
    assert results["low"] < results["accuracy"] < results["high"]
    assert (results["n"], results["samples_per_problem"], results["image_accuracy"]["n"]) == (30, 3, 10)
    assert results["checkpoint_digest"] == hashlib.sha256(b"first" + b"second").hexdigest()
    assert (results["fingerprint"], results["split"], results["seed"]) == ("abc123", "heldout", 9)
    assert (results["engine"], results["temperature"], results["max_tokens"], results["blank_images"]) == ("vllm", 1.0, 160, False)
    assert results["no_image_chance"] == 0.125
    assert "number@3" in results["verifiers"]
    assert {row["tag"] for row in results["by_tag"]} == {"template", "source", "modality", "grade"}
    for key in ("tokens", "tokens_low", "tokens_high", "truncation_rate", "verdicts", "stops", "seconds", "versions", "data", "checkpoint"):
        assert results[key] is not None
    line = f"accuracy {results['accuracy']:.3f} [{results['low']:.3f}, {results['high']:.3f}] over 30 problems x 3 samples"
    assert line in stdout
    assert line in (out / "table.txt").read_text()
    assert str(out) in stdout.splitlines()[-1]
    assert world.engine.closed


def test_the_same_run_twice_gives_the_same_samples(benchmark, world, tmp_path):
    def responses(name: str) -> list[tuple[str, str]]:
        assert benchmark("run", world.checkpoint, "--data", world.data, "--samples", 2, "--out", tmp_path / name)[0] == 0
        return [(sample.problem_id, sample.response) for sample in read_samples(tmp_path / name / "samples.jsonl")]

    assert responses("one") == responses("two")


def test_results_go_beside_the_checkpoint_by_default(benchmark, world):
    assert benchmark("run", world.checkpoint, "--data", world.data, "--samples", 1)[0] == 0
    assert (world.checkpoint.parent / "bench-policy-heldout" / "results.json").is_file()
    assert benchmark("run", world.checkpoint, "--data", world.data, "--samples", 1, "--blank-images")[0] == 0
    assert (world.checkpoint.parent / "bench-policy-heldout-blank" / "results.json").is_file()


def test_a_blank_run_after_a_plain_one_is_the_run_that_it_would_be_alone(benchmark, world, tmp_path):
    opened = len(world.configs)
    both = ["--out", tmp_path / "shown", "--blank-out", tmp_path / "blank"]
    code, stdout, _ = benchmark("run", world.checkpoint, "--data", world.data, "--samples", 2, *both)
    assert code == 0
    assert len(world.configs) == opened + 1
    assert stdout.count("written: ") == 2
    assert benchmark("run", world.checkpoint, "--data", world.data, "--samples", 2, "--blank-images", "--out", tmp_path / "alone")[0] == 0

    def results(name: str) -> dict:
        found = json.loads((tmp_path / name / "results.json").read_text())
        return {key: value for key, value in found.items() if key != "seconds"}

    assert results("blank") == results("alone")
    assert results("blank")["blank_images"] is True
    assert results("shown")["blank_images"] is False
    responses = [[sample.response for sample in read_samples(tmp_path / name / "samples.jsonl")] for name in ("blank", "alone")]
    assert responses[0] == responses[1]


def test_blanking_twice_is_refused(benchmark, world, tmp_path):
    code, _, stderr = benchmark("run", world.checkpoint, "--data", world.data, "--blank-images", "--blank-out", tmp_path / "b")
    assert code == 2
    assert "use one of them" in stderr


def test_a_blank_run_never_replaces_the_plain_one(benchmark, world, tmp_path):
    same = ["--out", tmp_path / "b", "--blank-out", tmp_path / "x" / ".." / "b"]
    code, _, stderr = benchmark("run", world.checkpoint, "--data", world.data, *same)
    assert code == 2
    assert "name another one" in stderr
    assert not (tmp_path / "b").exists()


def test_a_blank_run_shows_the_no_image_chance_beside_the_image_problems(benchmark, world, tmp_path):
    _, stdout, _ = benchmark("run", world.checkpoint, "--data", world.data, "--samples", 1, "--blank-images", "--out", tmp_path / "b")
    said = " ".join(stdout.split())  # where lines break depends on how long the folder's name is
    assert re.search(r"pictures blanked\S* [^;]*over 10 problems; no-image chance 0\.125", said)
    _, stdout, _ = benchmark("run", world.checkpoint, "--data", world.data, "--samples", 1, "--out", tmp_path / "s")
    assert "pictures blanked" not in stdout


def test_engine_settings_come_from_options_and_overrides(benchmark, world):
    options = ("--engine", "torch", "--temperature", 0.5, "--batch", 7, "max_model_len=900", "repeat.min_count=9")
    assert benchmark("run", world.checkpoint, "--data", world.data, "--limit", 3, *options)[0] == 0
    config = world.configs[0]
    assert (str(config.kind), config.temperature, config.max_num_seqs, config.max_model_len) == ("torch", 0.5, 7, 900)
    assert config.repeat.min_count == 9


def test_limit_takes_the_same_mixed_choice_every_time(world):
    chosen = cli.choose(world.problems, 10)
    assert [p.id for p in chosen] == [p.id for p in cli.choose(world.problems, 10)]
    assert {p.tags["modality"] for p in chosen} == {"image", "text"}
    order = [p.id for p in world.problems]
    assert [p.id for p in chosen] == sorted((p.id for p in chosen), key=order.index)
    assert {p.id for p in cli.choose(list(reversed(world.problems)), 10)} == {p.id for p in chosen}
    assert cli.choose(world.problems, None) == world.problems


def test_too_many_verifier_errors_break_the_run_after_it_is_written(benchmark, world, tmp_path, monkeypatch):
    from rewards import registry

    verifier = registry.get("number")
    sound = type(verifier).verify

    def faulty(self, response, answer):
        if answer.reference in ("1", "2"):
            raise OSError("no space left")
        return sound(self, response, answer)

    monkeypatch.setattr(type(verifier), "verify", faulty)
    code, stdout, stderr = benchmark("run", world.checkpoint, "--data", world.data, "--out", tmp_path / "b")
    assert code == 1
    assert "no space left" in stderr
    assert "limit 2%" in stderr
    assert len(stderr.strip().splitlines()) == 1
    results = json.loads((tmp_path / "b" / "results.json").read_text())
    assert results["verdicts"]["error"] > 0
    assert results["n"] == 30 - results["verdicts"]["error"] // 4
    assert "verdicts are errors; they are left out" in stdout


def test_compare_pairs_two_runs_and_writes_json(benchmark, world, tmp_path):
    for name, right in (("a", 0.3), ("b", 0.9)):
        world.right = right
        assert benchmark("run", world.checkpoint, "--data", world.data, "--out", tmp_path / name)[0] == 0
    code, stdout, stderr = benchmark("compare", tmp_path / "a", tmp_path / "b", "--json", tmp_path / "c.json")
    assert (code, stderr) == (0, "")
    found = json.loads((tmp_path / "c.json").read_text())
    accuracy = {name: json.loads((tmp_path / name / "results.json").read_text())["accuracy"] for name in ("a", "b")}
    assert found["difference"]["value"] == pytest.approx(accuracy["b"] - accuracy["a"])
    assert found["difference"]["low"] > 0
    assert found["p"] < 0.01
    assert f"wrong to right {len(found['wrong_to_right'])}" in stdout
    assert f"{found['difference']['value']:+.3f}" in stdout


def test_compare_refuses_blanked_against_seen_in_one_line(benchmark, world, tmp_path):
    assert benchmark("run", world.checkpoint, "--data", world.data, "--out", tmp_path / "a")[0] == 0
    assert benchmark("run", world.checkpoint, "--data", world.data, "--out", tmp_path / "b", "--blank-images")[0] == 0
    code, _, stderr = benchmark("compare", tmp_path / "a", tmp_path / "b")
    assert code == 2
    assert len(stderr.strip().splitlines()) == 1
    assert "blanked pictures differ" in stderr
    assert benchmark("compare", tmp_path / "a", tmp_path / "b", "--force")[0] == 0


def test_list_shows_finished_results_and_skips_others(benchmark, world, tmp_path):
    benchmark("run", world.checkpoint, "--data", world.data, "--out", tmp_path / "runs" / "first")
    (tmp_path / "runs" / "other").mkdir()
    (tmp_path / "runs" / "other" / "results.json").write_text("{}")
    code, stdout, stderr = benchmark("list", tmp_path / "runs")
    assert code == 0
    assert "1 finished benchmarks" in stdout
    assert "30 x 4" in stdout
    assert "other" in stderr


def one_line(stderr: str, *parts: object) -> None:
    assert len(stderr.strip().splitlines()) == 1
    assert stderr.startswith("benchmark: error: ")
    for part in parts:
        assert str(part) in stderr


def test_wrong_inputs_are_one_line_and_exit_2(benchmark, world, tmp_path):
    run = ("run", world.checkpoint, "--data", world.data)
    cases = {
        ("run", tmp_path / "none", "--data", world.data): "none: no such checkpoint folder",
        ("run", world.checkpoint, "--data", tmp_path / "nodata"): "nodata: no such data folder",
        (*run, "--max-tokens", 600): "leaves no room for a prompt in max_model_len=512",
        (*run, "--temperature", 0): "temperature",
        (*run, "max_modellen=5"): "did you mean 'max_model_len'?",
        (*run, "--out", world.checkpoint): "config.json",
        ("list", tmp_path / "none"): "no such folder",
        ("list", world.data): "no finished benchmark",
        ("compare", world.data, world.data): "no results.json",
    }
    for arguments, part in cases.items():
        code, _, stderr = benchmark(*arguments)
        assert code == 2, arguments
        one_line(stderr, part)


def test_where_results_cannot_go_is_known_before_anything_is_generated(benchmark, world, tmp_path):
    (tmp_path / "file").write_text("mine")
    for option in ("--out", "--blank-out"):
        code, _, stderr = benchmark("run", world.checkpoint, "--data", world.data, option, tmp_path / "file" / "sub")
        assert code == 2
        one_line(stderr, tmp_path / "file" / "sub", "cannot be written", f"{tmp_path / 'file'} is a file")
    assert world.engine is None
    for target, part in ((tmp_path / "file" / "x.json", "is a file"), (tmp_path, "is a folder; --json must name a file")):
        code, stdout, stderr = benchmark("compare", tmp_path / "none", tmp_path / "none", "--json", target)
        assert (code, stdout) == (2, "")
        one_line(stderr, target, part)


def test_a_module_of_the_user_registers_its_verifier_before_the_data_are_read(benchmark, world, tmp_path, monkeypatch):
    from rewards import registry

    source = """
from rewards.registry import Outcome, Rule, register

@register("of the user")
class Mine(Rule):
    version = "1"

    def judge(self, response, answer):
        return Outcome.of(True, None, "as told")
"""
    (tmp_path / "mine_of_the_user.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = sys.modules["data_recipes.store"].load_problems
    seen: list[bool] = []

    def load(folder, split):
        seen.append("of the user" in registry.names())
        return loaded(folder, split)

    monkeypatch.setattr(sys.modules["data_recipes.store"], "load_problems", load)
    run = ("run", world.checkpoint, "--data", world.data, "--samples", 1, "--module")
    try:
        assert benchmark(*run, "mine_of_the_user")[0] == 0
        assert seen == [True]
    finally:
        registry._REGISTRY.pop("of the user", None)
        sys.modules.pop("mine_of_the_user", None)
    code, _, stderr = benchmark(*run, "nobodys_module")
    assert code == 2
    one_line(stderr, "--module: module 'nobodys_module'", "PYTHONPATH")


def test_a_checkpoint_without_weights_is_named(benchmark, world):
    for file in world.checkpoint.glob("*.safetensors"):
        file.unlink()
    code, _, stderr = benchmark("run", world.checkpoint, "--data", world.data)
    assert code == 2
    one_line(stderr, world.checkpoint, "no *.safetensors file")


@pytest.mark.parametrize("chance", ['"high"', "1.5", "true"])
def test_a_no_image_chance_that_is_no_share_is_named(benchmark, world, chance):
    (world.data / "manifest.json").write_text(f'{{"no_image_chance": {chance}}}')
    code, _, stderr = benchmark("run", world.checkpoint, "--data", world.data)
    assert code == 2
    one_line(stderr, "manifest.json", "no_image_chance")


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "from eval.cli import entry; entry()"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300, env=environment
    )


def test_a_checkpoint_without_processor_is_one_line_and_exit_2(checkpoint, tmp_path):
    (tmp_path / "data").mkdir()
    done = command("run", checkpoint, "--data", tmp_path / "data")
    assert done.returncode == 2
    one_line(done.stderr, checkpoint, "no processor_config.json")


def test_commands_start_without_torch_vllm_or_scipy():
    code = "import sys, eval.cli; print([m for m in ('torch', 'vllm', 'transformers', 'scipy', 'datasets', 'ray') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["run", "compare", "list"])
def test_help_shows_an_example_the_command_accepts(benchmark, name, tmp_path, monkeypatch):
    """The example's options exist: it fails only because its folders are not here."""
    monkeypatch.chdir(tmp_path)
    code, stdout, _ = benchmark(name, "--help")
    assert code == 0
    words = stdout[stdout.index("Example:") :].split()[1:]
    assert words[:2] == ["benchmark", name]
    code, _, stderr = benchmark(*words[1:])
    assert code == 2
    one_line(stderr, "no such")


def test_the_default_folder_is_named_after_a_resolved_checkpoint(monkeypatch, tmp_path):
    (tmp_path / "final").mkdir()
    monkeypatch.chdir(tmp_path / "final")
    assert cli.default_out(Path("."), "heldout", blank=False) == tmp_path / "bench-final-heldout"
