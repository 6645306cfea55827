"""What `rl plan`, `rl train` and `rl resume` refuse before a model is loaded, each in this process."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from data_recipes.problem import Problem
from multimodal.processing import PromptProcessor
from openk15.errors import UserError
from rewards import registry
from rl import inputs, run
from rl.config import RLConfig, SFTConfig
from rl.inputs import check_lengths, load_inputs, parameter_count, prompt_lengths
from rl.plan import print_plan
from rl.run import create_run, resume_run
from rl.sft import run_sft


def changed(config: RLConfig, **values) -> RLConfig:
    return RLConfig.model_validate(config.model_dump() | values)


def short(config: RLConfig, most: int) -> RLConfig:
    """With room for prompts of `most` tokens."""
    return changed(config, engine={**config.engine.model_dump(), "max_model_len": most + config.rollout.max_tokens})


# -- prompt lengths --------------------------------------------------------------------------------------------


def test_measured_lengths_are_those_of_the_processed_prompts(problems, policy):
    processor = PromptProcessor.load(policy)
    lengths = prompt_lengths(processor, problems.problems, problems.images)
    assert lengths == {one.id: len(processor.prompt(one.messages, problems.images)) for one in problems.problems}


def test_prompts_that_do_not_fit_are_refused_before_the_run_begins(config, problems, policy):
    processor = PromptProcessor.load(policy)
    most = max(len(processor.prompt(one.messages, problems.images)) for one in problems.problems)
    config = changed(config, evaluation={"every": 0})
    assert check_lengths(short(config, most), load_inputs(config)) == most
    for start in (create_run, print_plan):
        with pytest.raises(UserError, match=rf"split 'train': record \w+ is a prompt of {most} tokens, .* leaves {most - 1}; set engine"):
            start(short(config, most - 1))
    assert not config.out.exists()


def test_held_out_prompts_that_do_not_fit_are_refused(config, monkeypatch):
    found = load_inputs(config)
    assert found.held_out is not None
    long = found.held_out.problems[-1]
    real = inputs.prompt_lengths
    monkeypatch.setattr(inputs, "prompt_lengths", lambda *given: {key: 500 if key == long.id else n for key, n in real(*given).items()})
    with pytest.raises(UserError, match=f"split 'heldout': record {long.id} is a prompt of 500 tokens, the longest of 1 that do not fit"):
        check_lengths(config, found)


def test_what_was_not_measured_is_said(config, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(inputs, "MEASURED", 10)
    check_lengths(config, load_inputs(config), said.append)
    assert said[0] == "measuring 10 prompts of train"
    assert said[1].startswith("10 of 60 were measured")


def test_of_too_many_picture_sizes_the_largest_are_measured(problems, policy, monkeypatch):
    monkeypatch.setattr(inputs, "PICTURE_SIZES", 1)
    processor = PromptProcessor.load(policy)
    lengths = prompt_lengths(processor, problems.problems, problems.images)
    texts = {one.id for one in problems.problems if not one.images}
    assert texts < lengths.keys() < {one.id for one in problems.problems}
    whole = {one.id: len(processor.prompt(one.messages, problems.images)) for one in problems.problems}
    assert max(lengths.values()) == max(whole.values())
    assert all(whole[key] == length for key, length in lengths.items())


def test_the_plan_shows_the_longest_prompt(config):
    console = Console(file=io.StringIO(), width=200)
    print_plan(config, console)
    assert isinstance(console.file, io.StringIO)
    line = next(line for line in console.file.getvalue().splitlines() if "longest prompt" in line)
    assert f"tokens; {128 - 16} fit" in line


# -- verifiers of the user's own ---------------------------------------------------------------------------------


@pytest.fixture
def own_data(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The dataset, its first record judged by `own`; nobody has registered that yet."""
    folder = shutil.copytree(dataset, tmp_path / "own-data")
    manifest = json.loads((folder / "manifest.json").read_text())
    for split in manifest["splits"].values():
        for name in split["files"]:
            table = pq.read_table(folder / name)
            rows = table.to_pylist()
            rename(rows[0])
            pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / name)
            split["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    yield folder
    registry._REGISTRY.pop("own", None)
    sys.modules.pop("own_verifier", None)


def rename(row: dict) -> None:
    """Name verifier `own`, and give the row the id that this content has."""
    problem = Problem.from_row(row)
    answer = replace(problem.answer, verifier="own")
    row["id"] = replace(problem, answer=answer).id
    row["answer"] = json.dumps({**json.loads(row["answer"]), "verifier": "own"})


def test_modules_of_the_user_are_imported_before_the_data_are_read(config, own_data):
    config = changed(config, data=own_data)
    with pytest.raises(UserError, match="no verifier is called 'own'"):
        create_run(config)
    own = changed(config, rewards={**config.rewards.model_dump(), "modules": ("own_verifier",)})
    print_plan(own, Console(file=io.StringIO()))
    create_run(own).close()
    registry._REGISTRY.pop("own")
    sys.modules.pop("own_verifier")
    resume_run(config.out).close()


def test_a_warm_up_imports_modules_of_the_user_too(policy, own_data, tmp_path):
    config = SFTConfig(data=own_data, out=tmp_path / "sft", policy=policy, steps=1, batch_size=2)
    with pytest.raises(UserError, match=r"no verifier is called 'own'.* modules of `rl sft`"):
        run_sft(config)
    assert (run_sft(config.model_copy(update={"modules": ("own_verifier",)})) / "config.json").is_file()


@pytest.mark.parametrize("text", [None, "1 +", "raise RuntimeError('no luck')"])
def test_a_module_that_cannot_be_imported_is_named_with_its_key(config, tmp_path, monkeypatch, text):
    if text is not None:
        (tmp_path / "broken_verifier.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    config = changed(config, rewards={**config.rewards.model_dump(), "modules": ("broken_verifier",)})
    for start in (create_run, print_plan):
        with pytest.raises(UserError, match=r"rewards\.modules: module 'broken_verifier'.* PYTHONPATH"):
            start(config)


# -- splits, policies, threads -----------------------------------------------------------------------------------


def test_an_evaluation_split_that_is_none_is_refused_before_the_run_begins(config):
    wrong = changed(config, evaluation={"every": 2, "split": "validation"})
    with pytest.raises(UserError, match="has no split 'validation'; it has heldout, train"):
        create_run(wrong)
    assert not config.out.exists()
    create_run(config).close()


def test_an_empty_evaluation_split_is_refused_before_the_run_begins(config, monkeypatch):
    load = inputs.load_problems

    def bare(folder, split):
        found = load(folder, split)
        return replace(found, problems=()) if split == "heldout" else found

    monkeypatch.setattr(inputs, "load_problems", bare)
    with pytest.raises(UserError, match=r"split 'heldout' is empty; set evaluation\.every=0"):
        create_run(config)


LFS = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda data: LFS, "a git-lfs pointer, not the weights; run `git lfs pull`"),
        (lambda data: data[:-100], r"truncated, \d+ of \d+ bytes"),
        (lambda data: data[:100], "truncated or no safetensors file"),
        (lambda data: b"", "truncated or no safetensors file"),
        (lambda data: data[:8] + b"x" + data[9:], "no safetensors file, its header cannot be read"),
    ],
)
def test_weights_that_are_not_whole_are_named(config, policy, tmp_path, broken, message):
    folder = shutil.copytree(policy, tmp_path / "policy")
    file = folder / "model.safetensors"
    file.write_bytes(broken(file.read_bytes()))
    for start in (create_run, print_plan):
        with pytest.raises(UserError, match=f"model.safetensors: {message}"):
            start(changed(config, policy=folder))


def test_parameters_are_counted_from_the_headers(policy):
    from multimodal.policy import load_for_training

    assert parameter_count(policy) == sum(tensor.numel() for tensor in load_for_training(policy).state_dict().values())


def test_of_a_list_of_openmp_threads_the_first_counts(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2,1")
    assert run.threads_here() == 2
    for wrong in ("many", "0", ",2"):
        monkeypatch.setenv("OMP_NUM_THREADS", wrong)
        with pytest.raises(UserError, match=f"OMP_NUM_THREADS='{wrong}': expected a number"):
            run.threads_here()
