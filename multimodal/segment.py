"""What one engine call produced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class StopReason(StrEnum):
    EOS = "eos"  # the model ended its turn
    BUDGET = "budget"  # cut by this call's token budget; goes on next iteration
    REPEAT = "repeat"  # stopped early because it repeats itself
    CONTEXT = "context"  # no room left: the response reached its greatest length
    ABORT = "abort"  # stopped from outside; the tokens are real but the segment is not complete


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens sampled by one policy version in one call; never spans two versions."""

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]  # log-probability of each token under the policy that sampled it, nats
    version: int  # weight version that sampled it
    seed: int
    stop: StopReason

    def __post_init__(self) -> None:
        if len(self.token_ids) != len(self.logprobs):
            raise ValueError(f"segment has {len(self.token_ids)} tokens but {len(self.logprobs)} log-probs")
        if not self.token_ids and self.stop is not StopReason.ABORT:
            raise ValueError(f"segment with stop {self.stop} has no tokens")

    def __len__(self) -> int:
        return len(self.token_ids)

    def to_dict(self) -> dict[str, Any]:
        return {
            "token_ids": list(self.token_ids),
            "logprobs": list(self.logprobs),
            "version": self.version,
            "seed": self.seed,
            "stop": str(self.stop),
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Segment:
        return cls(tuple(row["token_ids"]), tuple(row["logprobs"]), row["version"], row["seed"], StopReason(row["stop"]))
