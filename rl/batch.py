"""Complete groups -> rewards, advantages and what trains. Pure functions.

An error of ours masks its sample: the group goes on without it, and is dropped when fewer than two are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from multimodal.segment import StopReason
from openk15.seeds import derive_seed
from rewards.shaping import length_rewards, length_weight
from rewards.verdict import Status
from rl.config import RLConfig
from rl.learner import TrainItem
from rl.objective import advantages
from rl.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class ScoredGroup:
    """The judged members of one group, with what each earned; all lists have the same order."""

    problem_id: str
    members: tuple[Trajectory, ...]
    scores: tuple[float, ...]  # what each earned, before shaping by length
    length_rewards: tuple[float, ...]  # before weighting
    rewards: tuple[float, ...]  # score + weight * length reward
    advantages: tuple[float, ...]

    @property
    def zero_variance(self) -> bool:
        return len(set(self.rewards)) == 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What one iteration trains, in order, and what it gives up."""

    groups: tuple[ScoredGroup, ...]
    dropped: tuple[str, ...]  # trajectory ids: verifier errors, and members of groups left too small

    @property
    def members(self) -> list[Trajectory]:
        return [member for group in self.groups for member in group.members]

    @property
    def rewards(self) -> list[float]:
        return [reward for group in self.groups for reward in group.rewards]

    @property
    def advantages(self) -> list[float]:
        return [value for group in self.groups for value in group.advantages]


def earned(member: Trajectory, config: RLConfig) -> float:
    """The verifier's score, but 0 minus a penalty where a response repeats itself (K101), and 0 for a cut one if so wanted (K62)."""
    if member.stop is StopReason.REPEAT:
        return -config.shaping.repeat_penalty
    if member.stop is StopReason.CONTEXT and not config.shaping.cut_earns:
        return 0.0
    return float(member.verdict.score or 0.0) if member.verdict is not None else 0.0


def score_group(members: Sequence[Trajectory], iteration: int, config: RLConfig) -> ScoredGroup:
    """Rewards and advantages of one group's usable members (K20, K22, K30-K32)."""
    scores = [earned(member, config) for member in members]
    weight = length_weight(iteration, config.length_reward.switch_iteration, config.length_reward.weight)
    right = [member.verdict is not None and member.verdict.status is Status.CORRECT for member in members]
    correct = [judged and score > 0 for judged, score in zip(right, scores, strict=True)]
    shaped = length_rewards([member.length for member in members], correct)
    rewards = [score + weight * extra for score, extra in zip(scores, shaped, strict=True)]
    gains = advantages(rewards, config.learner.tau, config.learner.baseline)
    return ScoredGroup(members[0].problem_id, tuple(members), tuple(scores), tuple(shaped), tuple(rewards), tuple(gains))


def assemble(groups: Sequence[Sequence[Trajectory]], iteration: int, config: RLConfig) -> Batch:
    """Score every complete group and shuffle the groups, so neighbours in time do not meet in a minibatch (K93)."""
    scored: list[ScoredGroup] = []
    dropped: list[str] = []
    for group in groups:
        usable = [member for member in group if member.verdict is not None and member.verdict.status is not Status.ERROR]
        if len(usable) < 2:
            usable = []
        kept = {member.id for member in usable}
        dropped += [member.id for member in group if member.id not in kept]
        if usable:
            scored.append(score_group(usable, iteration, config))
    random = np.random.Generator(np.random.Philox(derive_seed("shuffle", config.seed, iteration)))
    order = random.permutation(len(scored))
    return Batch(tuple(scored[at] for at in order), tuple(dropped))


def minibatches(batch: Batch, version: int, config: RLConfig) -> list[list[TrainItem]]:
    """The batch's groups cut into `learner.minibatches` nearly equal parts, groups kept whole.

    Within a part every problem weighs the same: weight = 1 / (k * problems of the part).
    """
    count = min(config.learner.minibatches, len(batch.groups))
    if not count:
        return []
    bounds = np.linspace(0, len(batch.groups), count + 1).round().astype(int)
    parts = [batch.groups[low:high] for low, high in pairwise(bounds)]
    return [
        [
            TrainItem(
                trajectory=member.id,
                prompt=group.problem_id,
                token_ids=member.token_ids,
                mask=member.loss_mask(version, config.learner.stale_segments),
                advantage=advantage,
                weight=1.0 / (len(group.members) * len(part)),
            )
            for group in part
            for member, advantage in zip(group.members, group.advantages, strict=True)
        ]
        for part in parts
    ]
