"""Scores batches. A plain class: a unit test builds it in process, Ray places it as an actor."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rewards.registry import verify
from rewards.verdict import Answer, Verdict


class RewardPool:
    """Judges (response, answer) pairs in order. Stateless: any copy gives the same verdicts."""

    def score(self, items: Sequence[tuple[str, Answer]]) -> list[Verdict]:
        return [verify(response, answer) for response, answer in items]

    def ping(self) -> int:
        """The process it lives in."""
        return os.getpid()
