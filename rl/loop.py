"""The algorithm on one page.

Iteration i, with the policy of version i as sampler and as reference (section 2.3.2, 2.6):

    publish version i to every engine, and prove that it arrived
    draw problems (uniform, then hard; in proportion to 1 - success rate), k responses each
    extend every live response by at most `budget` tokens; the unfinished ones wait for iteration i + 1
    judge what finished, while the rest is still generating
    take the groups whose k responses are all judged; reward, advantage
    a few gradient steps of the exact objective; a fresh optimizer every iteration
    commit: from here on version i + 1 is the policy

Who waits for whom: rollout waits for publish; scoring runs beside rollout; training waits for both, or with
`overlap: train` runs beside them on the groups that were complete before. What is written before it is used:
starts, segments, verdicts, the batch (all in the ledger), then the checkpoint, then the metrics row, then the
commit. A kill between any two of these repeats work but changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from multimodal.processing import ProcessedPrompt, PromptProcessor
from openk15.errors import RunError, UserError
from rewards.verdict import Status
from rl.batch import Batch, assemble, minibatches
from rl.config import Overlap
from rl.curriculum import draw
from rl.evaluation import run_evaluation
from rl.fleet import Fleet, Judged
from rl.guards import Probes, SyncCheck, check_errors, check_sync, make_probes
from rl.learner import TrainStats
from rl.measure import IterationRecord, measure
from rl.metrics import IterationMetrics, MetricsWriter
from rl.rollout import RolloutTask
from rl.run import Run, state_of
from rl.trajectory import Trajectory, new_group


@dataclass
class Hooks:
    """What a person sees while it runs."""

    status: Callable[[str], None] = lambda _: None
    iteration: Callable[[IterationMetrics], None] = lambda _: None
    evaluation: Callable[[dict], None] = lambda _: None


class Clock:
    """Seconds by phase of one iteration."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.monotonic()

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        now = time.monotonic()
        self.seconds[phase] = now - start
        self.seconds["total"] = now - self._begun


def train(run: Run, fleet: Fleet, writer: MetricsWriter, hooks: Hooks | None = None) -> None:
    """Run iterations until `config.iterations` are committed."""
    config, ledger, hooks = run.config, run.ledger, hooks or Hooks()
    processor = PromptProcessor.load(config.policy)
    prompts: dict[str, ProcessedPrompt] = {}
    probes = make_probes(run.data.problems, run.data.images, processor, config.guards.probes)
    writer.truncate_after(ledger.committed - 1)
    for iteration in range(ledger.committed, config.iterations):
        clock = Clock()
        hooks.status(f"iteration {iteration}: publishing version {iteration}")
        with clock("sync"):
            sync = publish(run, fleet, probes, iteration)
        if config.evaluation.every and iteration % config.evaluation.every == 0:
            with clock("eval"):
                run_evaluation(run, fleet, writer, hooks, iteration)
        hooks.status(f"iteration {iteration}: sampling")
        with clock("rollout"):
            fresh = start_groups(run, iteration)
            prompts = process_prompts(run, processor, prompts)
            learning = learn(run, fleet, prompts, iteration) if config.overlap is Overlap.TRAIN else None
            sampled = roll_out(run, fleet, processor, prompts, iteration)
        with clock("score"):
            collect_verdicts(run, fleet, iteration)
        learning = learning or learn(run, fleet, prompts, iteration)
        hooks.status(f"iteration {iteration}: training on {len(learning.batch.members)} responses")
        with clock("train"):
            stats = finish(learning)
        batch = learning.batch
        row = measure(IterationRecord(iteration, config, fresh, ledger, batch, stats, sync, clock.seconds, sampled))
        writer.append(row)
        ledger.commit(iteration)
        run.prune(iteration + 1)
        hooks.iteration(row)
    publish(run, fleet, probes, ledger.committed)
    if config.evaluation.every:
        run_evaluation(run, fleet, writer, hooks, ledger.committed)


def publish(run: Run, fleet: Fleet, probes: Probes, version: int) -> SyncCheck:
    fleet.publish(version)
    return check_sync(fleet, probes, run.config.guards, version=version, seed=run.config.seed)


def start_groups(run: Run, iteration: int) -> list[Trajectory]:
    """Draw this iteration's problems and record their k trajectories; a repeat draws the same."""
    config = run.config
    drawn = draw(run.grades, run.rates, config.curriculum, iteration=iteration, count=config.rollout.problems, seed=config.seed)
    fresh = [
        item
        for slot, problem_id in enumerate(drawn)
        for item in new_group(config.seed, iteration, slot, problem_id, config.rollout.samples, config.rollout.max_tokens)
    ]
    run.ledger.start(fresh)
    return fresh


def process_prompts(run: Run, processor: PromptProcessor, known: dict[str, ProcessedPrompt]) -> dict[str, ProcessedPrompt]:
    """Processed prompts of all live trajectories, each made once; those no longer needed are let go."""
    wanted = sorted({item.problem_id for item in run.ledger.live.values()})
    prompts = {key: known.get(key) or processor.prompt(run.problems[key].messages, run.data.images) for key in wanted}
    room = run.config.engine.max_model_len - run.config.rollout.max_tokens
    for key, prompt in prompts.items():
        if len(prompt) > room:
            raise UserError(
                f"{run.data.folder}: problem {key}: prompt of {len(prompt)} tokens; "
                f"engine.max_model_len - rollout.max_tokens leaves {room}; resume with a larger engine.max_model_len"
            )
    return prompts


def roll_out(run: Run, fleet: Fleet, processor: PromptProcessor, prompts: dict[str, ProcessedPrompt], iteration: int) -> int:
    """Extend every live trajectory once by at most the budget; hand finished ones to the reward pool at once.

    Returns the tokens sampled now.

    Trajectories that already have a segment of this iteration (recorded before a kill) are not extended again.
    """
    config, ledger = run.config, run.ledger
    submit(run, fleet, processor, ledger.unjudged())
    tasks = [
        RolloutTask(item.id, item.problem_id, item.token_ids, item.budget(config.rollout.budget), item.seed(config.seed))
        for item in ledger.unfinished()
        if not item.segments or item.segments[-1].version < iteration
    ]
    sampled = 0
    for segments in fleet.rollout(tasks, prompts):
        ledger.segments(iteration, segments)
        sampled += sum(len(segment) for _, segment in segments)
        submit(run, fleet, processor, [ledger.live[key] for key, _ in segments if ledger.live[key].done])
    return sampled


def submit(run: Run, fleet: Fleet, processor: PromptProcessor, finished: list[Trajectory]) -> None:
    fleet.submit([(item.id, processor.decode(item.token_ids), run.problems[item.problem_id].answer) for item in finished])


def collect_verdicts(run: Run, fleet: Fleet, iteration: int) -> None:
    """Record this iteration's verdicts; errors of ours last, and only if they are few: a stopped run judges them again.

    They are few among all that ended in this iteration: a resumed one asks only for the verdicts it lacks, and may lack nothing but errors.
    """
    failed: list[Judged] = []
    for judged in fleet.verdicts():
        errors = [item for item in judged if item[2].status is Status.ERROR]
        run.ledger.verdicts(iteration, [item for item in judged if item[2].status is not Status.ERROR])
        failed += errors
    check_errors([verdict for _, _, verdict in failed], len(run.ledger.ended(iteration)), run.config.guards)
    run.ledger.verdicts(iteration, failed)


@dataclass(frozen=True)
class Learning:
    """Gradient steps under way; `stats` waits for them and for the checkpoint of the next version."""

    batch: Batch
    folder: Path
    stats: Callable[[], TrainStats]


def learn(run: Run, fleet: Fleet, prompts: dict[str, ProcessedPrompt], iteration: int) -> Learning:
    """Record the batch, update success rates, and start the gradient steps of version iteration + 1."""
    groups = run.ledger.complete_groups()
    if run.config.overlap is Overlap.TRAIN:  # a resumed iteration may have finished more groups since: they wait their turn
        groups = [group for group in groups if all(item.segments[-1].version < iteration for item in group)]
    batch = assemble(groups, iteration, run.config)
    run.ledger.train(iteration, [item.id for item in batch.members], batch.rewards, batch.advantages, batch.dropped)
    for group in batch.groups:
        run.rates.update(group.problem_id, group.scores)
    folder, state = run.checkpoint(iteration + 1), state_of(run, iteration + 1)
    return Learning(batch, folder, fleet.train(iteration, minibatches(batch, iteration, run.config), prompts, folder, state))


def finish(learning: Learning) -> TrainStats:
    stats = learning.stats()
    if not (learning.folder / "state.json").is_file():
        raise RunError(
            f"{learning.folder}: the learner saved no checkpoint that this machine can see; "
            "the run's folder must be on a shared file system"
        )
    return stats
