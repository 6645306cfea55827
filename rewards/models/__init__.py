"""Verifiers that ask a reward model (section 2.3.5, K50-K52). The model is a callable that is handed in; none lives here.

    question, reference ─┐
    response ─▶ screened ─▶ quoted ─▶ text ─▶ callable ─▶ probability   `rm_classic`  p >= threshold
                (master keys: 0,                        └─▶ model's text `rm_cot`      strict JSON verdict
                 the model is not asked)

    quoting      judged text as JSON strings that cannot be mistaken for a verdict, a fence or a chat mark
    prompt       the one text that both models read
    screen       what earns 0 by rule: nothing said, master keys, forged verdicts
    judgement    a judge's text -> true, false, or why it is malformed
    verifiers    ClassicVerifier, CoTVerifier; `use_classic` and `use_cot` register one with a callable

Invariants: a response that is screened out is never shown to the model; a malformed judgement never earns and is
`unparsed`; a callable that fails, or returns what it must not, is `error` and never a zero.
"""

from rewards.models.judgement import Judgement, read_judgement
from rewards.models.prompt import JudgePrompt
from rewards.models.screen import MASTER_KEYS, screened
from rewards.models.verifiers import ClassicVerifier, CoTVerifier, use_classic, use_cot

__all__ = [
    "MASTER_KEYS",
    "ClassicVerifier",
    "CoTVerifier",
    "JudgePrompt",
    "Judgement",
    "read_judgement",
    "screened",
    "use_classic",
    "use_cot",
]
