"""One iteration in numbers, computed from its records (K40). Pure: everything here can be recomputed from files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from eval.stats import mean_score
from multimodal.segment import StopReason
from rewards.shaping import length_weight
from rewards.verdict import Status
from rl.batch import Batch
from rl.config import RLConfig
from rl.curriculum import phase_of
from rl.guards import SyncCheck
from rl.learner import TrainStats
from rl.ledger import Ledger
from rl.metrics import IterationMetrics
from rl.trajectory import Trajectory


@dataclass(frozen=True)
class IterationRecord:
    """All that `measure` looks at; the ledger as it is before the commit."""

    iteration: int
    config: RLConfig
    fresh: Sequence[Trajectory]
    ledger: Ledger
    batch: Batch
    stats: TrainStats
    sync: SyncCheck
    seconds: Mapping[str, float]
    sampled: int  # tokens sampled by this process; a resumed iteration has some from before


def measure(record: IterationRecord) -> IterationMetrics:
    iteration, batch, stats = record.iteration, record.batch, record.stats
    live = list(record.ledger.live.values())
    segments = [segment for item in live for segment in item.segments if segment.version == iteration]
    finished = record.ledger.ended(iteration)
    judged = [item for item in finished if item.verdict is not None and item.verdict.status is not Status.ERROR]
    lengths = [item.length for item in finished]
    accuracy = (
        mean_score(_problem_means([(item.problem_id, item.verdict.score or 0.0) for item in judged if item.verdict])) if judged else None
    )
    earned = [(group.problem_id, reward) for group in batch.groups for reward in group.rewards]
    members = batch.members
    generated = sum(len(segment) for segment in segments)
    rollout_seconds = record.seconds.get("rollout", 0.0)
    shaped = [extra for group in batch.groups for extra in group.length_rewards]
    weight = length_weight(iteration, record.config.length_reward.switch_iteration, record.config.length_reward.weight)
    reward = mean_between(_problem_means(earned), *reward_bounds(record.config, weight)) if earned else None
    return IterationMetrics(
        iteration=iteration,
        policy_version=iteration,
        phase=str(phase_of(iteration, record.config.curriculum)),
        problems_drawn=len({item.group for item in record.fresh}),
        groups_trained=len(batch.groups),
        groups_zero_variance=sum(group.zero_variance for group in batch.groups),
        trajectories_started=len(record.fresh),
        trajectories_finished=len(finished),
        trajectories_carried=sum(not item.done for item in live),
        trained_trajectories=len(members),
        trained_tokens=stats.tokens,
        generated_tokens=generated,
        accuracy=accuracy.value if accuracy else None,
        accuracy_low=accuracy.low if accuracy else None,
        accuracy_high=accuracy.high if accuracy else None,
        accuracy_n=len(judged),
        reward_mean=reward.mean if reward else None,
        reward_low=reward.low if reward else None,
        reward_high=reward.high if reward else None,
        length_mean=float(np.mean(lengths)) if lengths else None,
        length_p2_5=float(np.percentile(lengths, 2.5)) if lengths else None,
        length_p97_5=float(np.percentile(lengths, 97.5)) if lengths else None,
        length_reward_mean=float(np.mean(shaped)) if shaped else None,
        length_weight=weight,
        stops=_counts(StopReason, (segment.stop for segment in segments)),
        verdicts=_counts(Status, (item.verdict.status for item in finished if item.verdict is not None)),
        multi_segment_share=sum(len(item.segments) > 1 for item in members) / len(members) if members else None,
        segments_max=max((len(item.segments) for item in members), default=0),
        log_ratio_mean=stats.log_ratio_mean if stats.steps else None,
        log_ratio_abs_max=stats.log_ratio_abs_max if stats.steps else None,
        loss=stats.loss if stats.steps else None,
        grad_norm=stats.grad_norm if stats.steps else None,
        parity_max_abs=record.sync.parity_max_abs,
        image_sensitivity=record.sync.image_sensitivity,
        seconds={phase: round(value, 4) for phase, value in record.seconds.items()},
        tokens_per_second=record.sampled / rollout_seconds if rollout_seconds > 0 and record.sampled else None,
    )


def reward_bounds(config: RLConfig, weight: float) -> tuple[float, float]:
    """Between what a reward lies, and so its interval: the score or a repeat's penalty, plus or minus half the length reward's weight."""
    extra = 0.5 * weight
    return 0.0 - config.shaping.repeat_penalty - extra, 1.0 + extra  # 0.0 - 0.0: no -0.0 is shown


class Bounded(NamedTuple):
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_between(values: Sequence[float], lowest: float, highest: float) -> Bounded:
    """The mean of values that lie in [lowest, highest], with `mean_score`'s interval: that of equal values, or of one, has a width too."""
    span = highest - lowest
    share = mean_score([min(max((value - lowest) / span, 0.0), 1.0) for value in values])
    assert share.low is not None
    assert share.high is not None
    mean = float(np.mean(values))
    return Bounded(mean, min(mean, lowest + span * share.low), max(mean, lowest + span * share.high))


def _problem_means(scored: Sequence[tuple[str, float]]) -> list[float]:
    """Means by problem: samples of one problem are not independent."""
    grouped: dict[str, list[float]] = {}
    for problem_id, value in scored:
        grouped.setdefault(problem_id, []).append(value)
    return [sum(values) / len(values) for values in grouped.values()]


def _counts(kinds: type[StrEnum], seen: Iterable[StrEnum]) -> dict[str, int]:
    counted = Counter(str(one) for one in seen)
    return {str(kind): counted.get(str(kind), 0) for kind in kinds}
