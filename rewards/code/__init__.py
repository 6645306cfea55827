"""Programs judged by tests: the `code` verifier.

    verifier   the Rule, `judge_many`, `check_toolchain`
    problem    what an Answer says: tests, limits, how to compare
    extract    the program in a response
    plans      how a program is judged: which runs, and what their results say
    program    a program ready to run; what the end of a run means
    tester     assert tests, run apart from the program (sent into a sandbox)
    child      what runs beside the program: calls, and values as plain data (sent into a sandbox)
    checker    special judges
    compare    outputs and values, five ways
    languages  toolchains
    shared     this process's sandbox

Invariants: the right answers never enter a process that holds the program under judgement; what comes out of one is
bytes or plain data, compared outside; a toolchain or a sandbox that is not there is an error, never a wrong answer.
"""

from rewards.code.languages import toolchains
from rewards.code.shared import use_sandbox
from rewards.code.verifier import check_toolchain, judge_many

__all__ = ["check_toolchain", "judge_many", "toolchains", "use_sandbox"]
