"""Seeds derived from identity.

    derive_seed(run_seed, trajectory_id, segment_index) -> the same 63-bit integer everywhere, for ever

Never from time, order, worker or Python's salted `hash`.
"""

from __future__ import annotations

import hashlib
import json


def digest(*parts: object, size: int = 16) -> str:
    """Hex digest (2 * `size` characters) of JSON-able parts; distinct part lists never collide by joining."""
    payload = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return hashlib.blake2b(payload, digest_size=size).hexdigest()


def derive_seed(*parts: object) -> int:
    """A seed in [0, 2**63) from the identity of what it seeds (run, trajectory, segment, ...)."""
    return int(digest(*parts, size=8), 16) >> 1
