"""Floor 1: is this answer right?  Knows no model and no dataset.

In: a response's text and an `Answer` (verifier name, reference, parameters). Out: a `Verdict`.

    verdict   the records: Answer, Status, Verdict
    registry  verifiers by name; `verify` times them and turns their faults into `error`, never into a zero
    extract   the final answer of a response (what stands after the thoughts)
    math      numbers and lists of numbers, compared exactly
    text      words and choices
    shaping   length reward, weighted sums: pure functions over a group
    pool      scores batches
    cli       `rewards score|list`

Invariants: an error is never a zero reward; a verdict names the verifier's version; nothing evaluates
model text as code.
"""

from rewards.registry import Verifier, names, register, verify
from rewards.verdict import Answer, Status, Verdict

__all__ = ["Answer", "Status", "Verdict", "Verifier", "names", "register", "verify"]
