"""Runs untrusted programs: what a Job asks, how a RunResult says it ended, and the walls between.

    job         the records: Job, Limits, Ending, RunResult, and the Sandbox protocol
    backends    `open_sandbox`: zygote, crun, nsjail, bwrap, none
    pool        slots, threads, helpers that are started again
    worker      the judge's end of one slot
    endings     how a run ended, from its facts
    jail/       the helper: a program of its own that holds the walls (see its docstring)
    cgroups     pre-made, reused, swept
    wrappers    command lines and bundles for crun, nsjail and bubblewrap
    images      root file systems by name
    stages      compile, run, look, run again: jobs that hand files on
    guarantees  what is promised
    attacks     programs that try to break a promise; doctor plays them against the backend it found

Invariants: what a test expects never enters a run; a program's output is bytes and nothing more; every limit has its own
ending; a fault of ours is FAULT, never a verdict; on return nothing of a run is left.
"""

from rewards.sandbox.backends import BACKENDS, open_sandbox
from rewards.sandbox.guarantees import Guarantee
from rewards.sandbox.job import Ending, Job, Limits, RunResult, Sandbox
from rewards.sandbox.pool import SlotSandbox

__all__ = ["BACKENDS", "Ending", "Guarantee", "Job", "Limits", "RunResult", "Sandbox", "SlotSandbox", "open_sandbox"]
