"""When a generation counts as repeating itself (K100).

A generation repeats when its last tokens are one pattern of `min_period`..`max_period` tokens written
`min_count` times in a row. Both engines apply it after every token to prefix and new tokens together, so they
stop at the same token (vLLM's own check sees only the new tokens of a request).
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, model_validator

from openk15.config import StrictModel


class RepeatRule(StrictModel):
    min_period: int = Field(default=1, ge=1, description="shortest pattern, tokens")
    max_period: int = Field(default=16, ge=1, description="longest pattern, tokens")
    min_count: int = Field(default=6, ge=2, description="whole copies in a row; one copy is no repetition")

    @model_validator(mode="after")
    def _ordered(self) -> RepeatRule:
        if self.max_period < self.min_period:
            raise ValueError(f"max_period={self.max_period} is less than min_period={self.min_period}")
        return self


def repeats(token_ids: Sequence[int], rule: RepeatRule) -> bool:
    """True when the end of `token_ids` is some pattern repeated `rule.min_count` times."""
    total = len(token_ids)
    for period in range(rule.min_period, rule.max_period + 1):
        span = period * rule.min_count
        if span > total:
            return False
        tail = token_ids[total - span :]
        if all(tail[at] == tail[at - period] for at in range(period, span)):
            return True
    return False
