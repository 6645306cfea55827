"""What a verifier is asked and what it answers. Both records are frozen and cross processes as dicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """`correct` and `wrong` train; `unparsed` is wrong and counted apart; `error` (ours) masks the sample."""

    CORRECT = "correct"
    WRONG = "wrong"
    UNPARSED = "unparsed"  # no answer could be read from the response
    TIMEOUT = "timeout"  # the checked program ran out of time: the response's fault
    ERROR = "error"  # the verifier failed: our fault, never a reward


@dataclass(frozen=True, slots=True)
class Answer:
    """What is right for a problem, and who decides it."""

    verifier: str  # a registered name, e.g. "number"
    reference: str  # the right answer, in the form that verifier reads
    params: Mapping[str, Any] = field(default_factory=dict)  # JSON-able

    def __post_init__(self) -> None:
        if not self.verifier:
            raise ValueError("Answer.verifier is empty; name a registered verifier")
        if not isinstance(self.reference, str):
            raise ValueError(f"Answer.reference must be text, got {type(self.reference).__name__}")

    def to_dict(self) -> dict[str, Any]:
        return {"verifier": self.verifier, "reference": self.reference, "params": dict(self.params)}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Answer:
        return cls(row["verifier"], row["reference"], dict(row.get("params") or {}))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement. `score` is in [0, 1] and is None exactly when the status is `error`."""

    status: Status
    score: float | None
    extracted: str | None  # the final answer as read from the response
    why: str  # one line for a person
    seconds: float
    verifier: str  # name@version

    def __post_init__(self) -> None:
        if (self.score is None) != (self.status is Status.ERROR):
            raise ValueError(f"a verdict has no score exactly when it is an error: {self.status}, score {self.score}")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score {self.score} is outside [0, 1]")

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "status": str(self.status)}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Verdict:
        return cls(Status(row["status"]), row["score"], row["extracted"], row["why"], row["seconds"], row["verifier"])
