"""One sampled response and where it stands.

    QUEUED -> (segment cut by budget) PAUSED -> ... -> DONE (eos | repeat | context) -> verdict

Identity is content: the id names run, iteration, problem and sample, so seeds, order and resumption never
depend on time or worker. Records are immutable; `with_segment` returns a longer trajectory, checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from multimodal.segment import Segment, StopReason
from openk15.seeds import derive_seed
from rewards.verdict import Verdict

FINAL_STOPS = frozenset({StopReason.EOS, StopReason.REPEAT, StopReason.CONTEXT})


class StaleSegments(StrEnum):
    """What to do in the loss with tokens sampled by earlier policy versions (K99)."""

    TRAIN = "train"  # all tokens train; their reference is recomputed under the iteration's policy
    EXCLUDE = "exclude"  # only the current version's tokens train


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A response in the making: segments in the order they were sampled."""

    id: str
    group: str  # the k samples of one problem drawn in one iteration
    problem_id: str
    sample: int  # 0..k-1
    started: int  # iteration in which it was drawn
    max_tokens: int  # greatest response length
    segments: tuple[Segment, ...] = field(default=())
    verdict: Verdict | None = None

    @property
    def token_ids(self) -> tuple[int, ...]:
        return tuple(token for segment in self.segments for token in segment.token_ids)

    @property
    def length(self) -> int:
        return sum(len(segment) for segment in self.segments)

    @property
    def stop(self) -> StopReason | None:
        return self.segments[-1].stop if self.segments else None

    @property
    def done(self) -> bool:
        return self.stop in FINAL_STOPS

    def budget(self, per_iteration: int) -> int:
        """Tokens this trajectory may sample now: the iteration's budget or what is left, whichever is less."""
        return min(per_iteration, self.max_tokens - self.length)

    def seed(self, run_seed: int) -> int:
        """Seed of the next segment: run, trajectory, segment index."""
        return derive_seed("segment", run_seed, self.id, len(self.segments))

    def with_segment(self, segment: Segment) -> Trajectory:
        """This trajectory plus one segment; ValueError when it does not fit."""
        if self.done:
            raise ValueError(f"trajectory {self.id} already ended with {self.stop}")
        length = self.length + len(segment)
        if length > self.max_tokens:
            raise ValueError(f"trajectory {self.id} would have {length} tokens, more than {self.max_tokens}")
        if self.segments and segment.version < self.segments[-1].version:
            raise ValueError(f"trajectory {self.id}: segment of version {segment.version} after version {self.segments[-1].version}")
        if segment.stop is StopReason.BUDGET and length == self.max_tokens:
            segment = replace(segment, stop=StopReason.CONTEXT)
        return replace(self, segments=(*self.segments, segment))

    def loss_mask(self, version: int, stale: StaleSegments) -> tuple[bool, ...]:
        """One flag a response token: does it train under policy `version`? Same length as `token_ids`."""
        return tuple(stale is StaleSegments.TRAIN or segment.version == version for segment in self.segments for _ in segment.token_ids)


def group_id(run_seed: int, iteration: int, slot: int, problem_id: str) -> str:
    """Sorts in the order of drawing: iteration, then slot within it."""
    return f"{iteration:06d}-{slot:04d}-{problem_id[:8]}-{run_seed}"


def new_group(run_seed: int, iteration: int, slot: int, problem_id: str, samples: int, max_tokens: int) -> list[Trajectory]:
    """The k trajectories of one drawn problem (K21)."""
    group = group_id(run_seed, iteration, slot, problem_id)
    return [Trajectory(f"{group}/{sample:03d}", group, problem_id, sample, iteration, max_tokens) for sample in range(samples)]


def in_order(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    """By id: the order of drawing, never of completion."""
    return sorted(trajectories, key=lambda trajectory: trajectory.id)
