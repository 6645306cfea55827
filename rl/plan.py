"""`rl plan`: what a config comes to, checked without loading a model."""

from __future__ import annotations

import os
from collections import Counter

from rich.console import Console
from rich.table import Table

from openk15.config import config_hash
from rl.config import RLConfig
from rl.inputs import check_lengths, load_inputs, parameter_count
from rl.run import FREE_KEYS


def print_plan(config: RLConfig, console: Console | None = None) -> None:
    """Check data, verifiers and policy, then print derived sizes and memory; UserError says what is wrong."""
    console = console or Console()
    inputs = load_inputs(config)
    data, held_out = inputs.data, inputs.held_out
    longest = check_lengths(config, inputs)
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
            f"{len(held_out.problems)} problems every {config.evaluation.every} iterations" if held_out else "none",
        ),
        ("longest prompt", f"{longest} tokens; {config.engine.max_model_len - rollout.max_tokens} fit"),
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
            f"up to {learner.minibatches} x {learner.epochs} an iteration, "
            f"{config.iterations * learner.minibatches * learner.epochs} in all",
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
