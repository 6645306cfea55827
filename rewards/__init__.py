"""Floor 1: is this answer right?  Knows no model and no dataset.

In: a response's text and an `Answer` (verifier name, reference, parameters). Out: a `Verdict`.

    verdict   the records: Answer, Status, Verdict
    registry  verifiers by name; `verify` times them and turns their faults into `error`, never into a zero
    extract   the final answer of a response (what stands after the thoughts)
    denials   words that deny or bound an answer, English and Chinese
    math      numbers and mathematical answers of any form
    code      programs against tests, in the sandbox
    vision    counts, boxes, points, charts, documents, attributes, quantities
    text      words and choices, instructions, schemas, format
    models    reward models, through a callable that is handed in
    shaping   length reward, repetition, format: pure functions over a group
    sandbox   runs untrusted programs; nothing of a run survives it
    workers   killable processes for work that may hang; pool scores batches on them; service over HTTP
    cases     cases with reasons that prove the verifiers; bench measures them, audit plays trivial policies on a dataset
    cli       `rewards score|bench|audit|serve|doctor|list`

Invariants: an error is never a zero reward; a verdict names the verifier's version; nothing evaluates
model text as code.
"""

from rewards.registry import Verifier, names, register, verify
from rewards.verdict import Answer, Status, Verdict

__all__ = ["Answer", "Status", "Verdict", "Verifier", "names", "register", "verify"]
