"""Floor 3: how good is a checkpoint, and is one better than another?

In: an engine on a checkpoint and a built dataset's split. Out: samples, each with its verdict, and numbers
that always come with their count and a 95 % interval.

    samples   SampleRecord: one response and its verdict; samples.jsonl
    runner    evaluate: problems -> records, through any Engine; summarise: records -> EvalSummary
    stats     t and Wilson intervals, paired comparison, sign-flip test: pure functions on numbers
    compare   two result folders -> Comparison, paired by problem
    modules   verifiers of the user's own
    report    tables for a person, results.json for machines
    cli       `benchmark run|compare|list`

Invariants: a problem counts once however often it was sampled (accuracy is the mean over problems of each
problem's mean score); a verifier's error is never counted as wrong; seeds depend on problem and sample index
only; training and evaluation score through the same verifiers.
"""

from eval.runner import EvalSummary, TagRow, evaluate, summarise
from eval.samples import SampleRecord
from eval.stats import Estimate, paired

__all__ = ["Estimate", "EvalSummary", "SampleRecord", "TagRow", "evaluate", "paired", "summarise"]
