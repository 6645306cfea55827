"""What a person meets when something is wrong: one line that names the thing and the fix, exit code 2, no traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import data_recipes.cli
import eval.cli
import rl.cli
from rl.run import create_run

BIN = Path(sys.executable).parent


def command(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / name), *arguments], capture_output=True, text=True, timeout=120, check=False)


def refused(process: subprocess.CompletedProcess[str], *parts: str) -> None:
    said = process.stderr.strip().splitlines()
    errors = [line for line in said if "error:" in line]
    assert process.returncode == 2, process
    assert len(errors) == 1, said
    for part in parts:
        assert part in errors[0], errors[0]
    assert "Traceback" not in process.stderr + process.stdout


@pytest.fixture
def rl_yaml(repo_root: Path) -> str:
    return str(repo_root / "configs/demo/rl.yaml")


def test_a_misspelt_key_names_its_neighbour(rl_yaml):
    refused(command("rl", "plan", rl_yaml, "learner.learning_rte=1"), "unknown key 'learner.learning_rte'", "did you mean 'learning_rate'?")
    refused(command("rl", "plan", rl_yaml, "rolout.budget=1"), "unknown key 'rolout'", "did you mean 'rollout'?")


def test_a_bad_value_names_key_and_value(rl_yaml):
    refused(command("rl", "plan", rl_yaml, "learner.tau=-1"), "learner.tau", "greater than 0", "-1")
    refused(command("rl", "plan", rl_yaml, "engine.kind=vlm"), "engine.kind", "'vllm' or 'torch'")
    refused(command("rl", "plan", rl_yaml, "engine.max_model_len=100"), "rollout.max_tokens=160", "engine.max_model_len=100")


def test_a_missing_config_or_dataset_is_named(rl_yaml, tmp_path):
    refused(command("rl", "plan", str(tmp_path / "no.yaml")), "no.yaml: no such config file")
    where = [f"data={tmp_path / 'none'}", f"out={tmp_path / 'run'}"]
    refused(command("rl", "train", rl_yaml, *where), "none: no such dataset folder", "data_recipes build")
    refused(command("benchmark", "run", str(tmp_path), "--data", str(tmp_path / "none")), str(tmp_path))


def test_a_truncated_parquet_is_named(rl_yaml, dataset, policy, tmp_path):
    broken = shutil.copytree(dataset, tmp_path / "data")
    file = next(broken.glob("train*/*.parquet"), None) or next(broken.rglob("*train*/*.parquet"))
    file.write_bytes(file.read_bytes()[:-100])
    refused(
        command("rl", "train", rl_yaml, f"data={broken}", f"policy={policy}", f"out={tmp_path / 'run'}"), file.name, "rebuild the dataset"
    )
    assert not (tmp_path / "run").exists()


def test_an_image_that_is_none_is_named(rl_yaml, dataset, policy, tmp_path):
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = shutil.copytree(dataset, tmp_path / "data")
    manifest = json.loads((broken / "manifest.json").read_text())
    name = next(iter(manifest["splits"]["train"]["files"]))
    table = pq.read_table(broken / name)
    rows = table.to_pylist()
    victim = next(row for row in rows if row["images"])
    victim["images"][0]["bytes"] = b"this is not a picture"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), broken / name)
    digest = hashlib.sha256((broken / name).read_bytes()).hexdigest()
    manifest["splits"]["train"]["files"][name] = digest
    (broken / "manifest.json").write_text(json.dumps(manifest))
    said = command("rl", "train", rl_yaml, f"data={broken}", f"policy={policy}", f"out={tmp_path / 'run'}")
    refused(said, Path(name).name, victim["id"], "not an image")


def test_a_policy_without_processor_is_named(rl_yaml, dataset, policy, tmp_path):
    bare = shutil.copytree(policy, tmp_path / "bare", ignore=shutil.ignore_patterns("*processor_config.json"))
    refused(
        command("rl", "train", rl_yaml, f"data={dataset}", f"policy={bare}", f"out={tmp_path / 'run'}"),
        "bare: no processor_config.json",
        "save",
    )


def test_a_ray_address_that_does_not_answer_is_named_and_leaves_no_folder(rl_yaml, dataset, policy, tmp_path):
    where = [f"data={dataset}", f"policy={policy}", f"out={tmp_path / 'run'}", "evaluation.every=0"]
    said = command("rl", "train", rl_yaml, *where, "placement.ray_address=127.0.0.1:1")
    refused(said, "placement.ray_address=127.0.0.1:1: nothing answers there", "ray start --head")
    assert not (tmp_path / "run").exists()


def test_resume_at_a_ray_address_that_is_none_is_named(config):
    create_run(config).close()
    refused(command("rl", "resume", str(config.out), "placement.ray_address=nowhere"), "expected host:port")


def test_resume_of_what_is_no_run_is_named(tmp_path):
    refused(command("rl", "resume", str(tmp_path)), "no run.json", "rl train")


def test_plan_prints_derived_sizes(rl_yaml, dataset, policy):
    said = CliRunner().invoke(
        rl.cli.app, ["plan", rl_yaml, f"data={dataset}", f"policy={policy}", "rollout.problems=3", "rollout.samples=5"]
    )
    assert said.exit_code == 0, said.output
    assert "3 problems x 5 samples = 15" in said.output
    assert "parameters" in said.output


def test_configs_import_without_torch():
    code = "import sys, rl.config, data_recipes.recipe, multimodal.engines; sys.exit('torch' in sys.modules or 'vllm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("name", "app"), [("rl", rl.cli.app), ("data_recipes", data_recipes.cli.app), ("benchmark", eval.cli.app)])
def test_help_shows_an_example_for_every_command(name, app):
    commands = getattr(typer.main.get_command(app), "commands")  # noqa: B009
    assert len(commands) > 2
    for one in commands:
        shown = CliRunner().invoke(app, [one, "--help"])
        assert shown.exit_code == 0
        assert f"Example: {name} {one} " in shown.output
