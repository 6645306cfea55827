"""Periodic evaluation inside a run: the same held-out problems with the same seeds every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.runner import summarise
from multimodal.segment import StopReason
from openk15.seeds import derive_seed
from rewards.verdict import Status
from rl.fleet import Fleet
from rl.guards import check_errors
from rl.inputs import load_held_out
from rl.metrics import MetricsWriter, read_evals
from rl.run import Run

if TYPE_CHECKING:
    from rl.loop import Hooks


def run_evaluation(run: Run, fleet: Fleet, writer: MetricsWriter, hooks: Hooks, version: int) -> None:
    """Judge the published `version` on `evaluation.problems` held-out problems and append the row.

    A resumed run that has the row already leaves it at that. The row's `iteration` is the last one trained. GuardError,
    and no row, when more than `guards.max_error_rate` of the verdicts are errors of ours: a resumed run evaluates again.
    """
    config = run.config.evaluation
    if any(row["iteration"] == version - 1 for row in read_evals(run.folder)):
        return
    hooks.status(f"version {version}: evaluating on {config.split}")
    data = load_held_out(run.config)
    seed = derive_seed("eval", run.config.seed)
    records = fleet.evaluate(data.problems, data.images, config.samples, run.config.rollout.max_tokens, seed)
    judged = [record.verdict for record in records if record.stop is not StopReason.ABORT]
    check_errors([verdict for verdict in judged if verdict.status is Status.ERROR], len(judged), run.config.guards)
    summary = summarise(records, data.problems)
    row = {"iteration": version - 1, **summary.to_dict()}
    writer.append_eval(row)
    hooks.evaluation(row)
