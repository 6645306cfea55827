"""`rl plan`: what a config comes to, checked without loading a model."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from data_recipes.store import load_problems
from openk15.config import config_hash
from openk15.errors import UserError
from rl.config import RLConfig
from rl.run import FREE_KEYS, check_inputs


def parameter_count(policy: Path) -> int:
    """Counted from the safetensors headers; no tensor is read."""
    total = 0
    for file in sorted(policy.glob("*.safetensors")):
        with file.open("rb") as handle:
            header = json.loads(handle.read(int.from_bytes(handle.read(8), "little")))
        for name, entry in header.items():
            if name != "__metadata__":
                size = 1
                for extent in entry["shape"]:
                    size *= extent
                total += size
    if not total:
        raise UserError(f"{policy}: no *.safetensors file; save the policy with save_pretrained")
    return total


def print_plan(config: RLConfig, console: Console | None = None) -> None:
    """Check data, verifiers and policy, then print derived sizes and memory; UserError says what is wrong."""
    console = console or Console()
    data = load_problems(config.data, config.split)
    heldout = load_problems(config.data, config.evaluation.split) if config.evaluation.every else None
    check_inputs(config, data)
    parameters = parameter_count(config.policy)
    rollout, learner = config.rollout, config.learner
    responses = rollout.problems * rollout.samples
    hard = sum(problem.grade >= config.curriculum.hard_grade for problem in data.problems)
    bytes_each = 2 if config.engine.dtype in ("bfloat16", "float16") else 4
    verifiers = Counter(problem.answer.verifier for problem in data.problems)
    rows = [
        ("policy", f"{config.policy}, {parameters:,} parameters"),
        (
            "data",
            f"{len(data.problems):,} problems ({data.fingerprint[:12]}); {hard:,} of grade {config.curriculum.hard_grade} or more",
        ),
        ("verifiers", ", ".join(f"{name} ({count:,})" for name, count in sorted(verifiers.items()))),
        (
            "evaluation",
            f"{min(config.evaluation.problems, len(heldout.problems))} problems every {config.evaluation.every} iterations"
            if heldout
            else "none",
        ),
        ("responses an iteration", f"{rollout.problems} problems x {rollout.samples} samples = {responses}"),
        (
            "tokens an iteration",
            f"at most {responses * rollout.budget:,} from new responses ({rollout.budget} each), plus those carried over",
        ),
        (
            "segments a response",
            f"up to {-(-rollout.max_tokens // rollout.budget)}" + ("; no partial rollouts" if rollout.budget >= rollout.max_tokens else ""),
        ),
        (
            "gradient steps",
            f"{learner.minibatches} x {learner.epochs} an iteration, {config.iterations * learner.minibatches * learner.epochs} in all",
        ),
        ("learner memory", f"about {parameters * 16 / 2**20:,.0f} MiB for weights, gradients and optimizer"),
        (
            "engine memory",
            f"about {parameters * bytes_each / 2**20:,.0f} MiB for weights, {config.engine.kv_cache_gib:g} GiB for keys and values",
        ),
        ("workers", f"{rollout.workers} rollout, 1 learner, 1 reward pool; {len(os.sched_getaffinity(0))} cores here"),
        ("config hash", config_hash(config, exclude=set(FREE_KEYS))),
    ]
    table = Table(show_header=False, title=f"plan of {config.out}", title_justify="left")
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)
