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
    """What is right for a problem, and who decides it.

    On disk it is flat or nested: {"verifier": "choice", "reference": "B", "options": {...}} is read as if the
    further keys stood under "params".
    """

    verifier: str  # a registered name, e.g. "math"
    reference: Any  # the right answer as JSON, in the form that verifier reads; None where params say it all
    params: Mapping[str, Any] = field(default_factory=dict)  # JSON-able

    def __post_init__(self) -> None:
        if not isinstance(self.verifier, str) or not self.verifier:
            raise ValueError("Answer.verifier is empty; name a registered verifier")
        if not isinstance(self.reference, str | int | float | bool | list | tuple | dict | None):
            raise ValueError(f"Answer.reference must be JSON (text, number, list, mapping), got {type(self.reference).__name__}")

    def to_dict(self) -> dict[str, Any]:
        return {"verifier": self.verifier, "reference": self.reference, "params": dict(self.params)}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Answer:
        """Raises KeyError without a verifier, ValueError or TypeError when a value has the wrong form."""
        params = dict(row.get("params") or {})
        for key, value in row.items():
            if key not in ("verifier", "reference", "params"):
                if key in params:
                    raise ValueError(f"answer key {key!r} is given twice, beside params and in it")
                params[key] = value
        return cls(row["verifier"], row.get("reference"), params)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement. `score` is in [0, 1] and is None exactly when the status is `error`."""

    status: Status
    score: float | None
    extracted: str | None  # the final answer as read from the response
    reason: str  # one line for a person
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
        return cls(Status(row["status"]), row["score"], row["extracted"], row["reason"], row["seconds"], row["verifier"])
