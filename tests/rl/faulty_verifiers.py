"""A verifier that goes wrong as it is told, for `rewards: {modules: [faulty_verifiers]}`."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

from rewards.registry import Outcome, Rule, register
from rewards.verdict import Answer


@register("faulty")
class FaultyVerifier(Rule):
    """`reference` says what happens."""

    version = "1"

    def judge(self, response: str, answer: Answer) -> Outcome:
        match answer.reference:
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                while True:
                    pass
            case "sleep":
                time.sleep(600)
            case "crash":
                ctypes.string_at(0)
            case "disk full":
                Path("/dev/full").write_text("x")
            case "memory":
                bytearray(1 << 40)
            case "timer":
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
        return Outcome.of(answer.reference in ("right", "timer"), None, "as told")
