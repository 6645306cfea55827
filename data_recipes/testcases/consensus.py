"""Which cases are valid, what is expected of them, and is the problem admitted: pure functions on outputs (K44 to K46).

An output is what a submission printed, or None where it crashed, ran out of time or ended with another exit code than 0.
Outputs match when they are equal without blanks at line ends and blank lines at the end; None matches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rewards.code.compare import lines

Output = bytes | None


@dataclass(frozen=True, slots=True)
class Rule:
    """The paper's numbers (section 2.3.5): 50 cases, 10 submissions, 7 agree, 40 valid, 9 pass."""

    cases: int = 50
    submissions: int = 10
    agree: int = 7  # outputs of a case that match for it to be valid
    valid: int = 40  # valid cases that a problem needs
    passing: int = 9  # submissions that pass every valid case

    def __post_init__(self) -> None:
        for name, most in (("agree", "submissions"), ("passing", "submissions"), ("valid", "cases")):
            if not 1 <= getattr(self, name) <= getattr(self, most):
                raise ValueError(f"{name} must be from 1 to {most} ({getattr(self, most)}), got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class CaseVote:
    """One case: the output of the largest group, how many are in it, and whether that is enough."""

    agreed: int
    expected: bytes | None  # normalised; None when the case is not valid

    @property
    def valid(self) -> bool:
        return self.expected is not None


@dataclass(frozen=True, slots=True)
class Admission:
    """`passing`: submissions that pass every valid case, of those that were asked."""

    valid: int
    passing: tuple[str, ...]
    failing: Mapping[str, int]  # name -> number of valid cases it fails

    def enough_cases(self, rule: Rule) -> bool:
        return self.valid >= rule.valid

    def enough_passing(self, rule: Rule) -> bool:
        return len(self.passing) >= rule.passing


def normalised(output: bytes) -> bytes | None:
    """The output in the form that is compared and kept; None when it is no text (then it can match nothing)."""
    text = b"".join(line + b"\n" for line in lines(output))
    try:
        text.decode()
    except UnicodeDecodeError:
        return None
    return None if b"\0" in text else text


def vote(outputs: Sequence[Output], agree: int) -> CaseVote:
    """K44: valid when at least `agree` outputs match. Between groups of one size the one that comes first counts."""
    found = Counter(text for output in outputs if output is not None and (text := normalised(output)) is not None)
    if not found:
        return CaseVote(0, None)
    text, count = found.most_common(1)[0]
    return CaseVote(count, text if count >= agree else None)


def admission(votes: Sequence[CaseVote], outputs: Mapping[str, Sequence[Output]]) -> Admission:
    """K45 and K46: how many cases are valid, and which submissions pass all of them. `outputs`: name -> output by case."""
    failing = {name: failed_cases(votes, printed) for name, printed in outputs.items()}
    passing = tuple(name for name, count in failing.items() if not count)
    return Admission(sum(one.valid for one in votes), passing, {name: count for name, count in failing.items() if count})


def failed_cases(votes: Sequence[CaseVote], outputs: Sequence[Output]) -> int:
    """How many of the valid cases these outputs, one for each case, fail."""
    assert len(outputs) == len(votes), f"{len(outputs)} outputs for {len(votes)} cases"
    return sum(one.valid and (output is None or normalised(output) != one.expected) for one, output in zip(votes, outputs, strict=True))
