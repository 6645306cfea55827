"""When a generation counts as repeating itself (K100).

A generation repeats when its last tokens are one pattern of `min_period`..`max_period` tokens written
`min_count` times in a row. Both engines apply it after every token to prefix and new tokens together, so they
stop at the same token (vLLM's own check sees only the new tokens of a request).
"""

from __future__ import annotations

from collections.abc import Sequence

from openk15.config import StrictModel


class RepeatRule(StrictModel):
    min_period: int = 1  # tokens
    max_period: int = 16  # tokens
    min_count: int = 6  # whole copies in a row


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
