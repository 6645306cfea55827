"""Verifiers that go wrong, for `RewardPool(preload=["pool_targets"])`."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

from rewards.registry import Outcome, Rule, register
from rewards.verdict import Answer


@register("faulty")
class FaultyVerifier(Rule):
    """Does what the response says; `fine` is correct."""

    version = "1"

    def judge(self, response: str, answer: Answer) -> Outcome:
        match response:
            case "hang":
                while True:
                    pass
            case "sleep":
                time.sleep(3600)
            case "allocate":
                bytearray(1 << 33)
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "disk full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            case "write":
                Path("/dev/full").write_text("x")
            case "alarm":
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
        return Outcome.of(response == "fine", response, "as told")


@register("isolated")
class IsolatedVerifier(Rule):
    """Answers with the process it was called in."""

    version = "1"
    isolated = True

    def judge(self, response: str, answer: Answer) -> Outcome:
        return Outcome.of(True, str(os.getpid()), "called here")
