"""Verifiers by name. Training, data audits and evaluation all score through `verify`, so they cannot disagree.

A verifier is usually a `Rule`: it implements `judge`, which returns an `Outcome`; `Rule.verify` makes the
Verdict of it (time, name and version). Two kinds of fault are never the response's: a reference that the
verifier cannot read (`ValueError` with the offending value) and a fault of ours (any other exception). Both
become status `error` in `verify`.
"""

from __future__ import annotations

import difflib
import importlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from openk15.errors import UserError
from rewards.verdict import Answer, Status, Verdict

# The modules that register the built-in verifiers when they are imported.
BUILTIN = ("rewards.math", "rewards.text", "rewards.vision", "rewards.code")


class Verifier(Protocol):
    """Judges one response. `version` changes whenever any verdict could."""

    version: str

    def verify(self, response: str, answer: Answer) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule found. `score` is 1 for correct and 0 otherwise, unless the rule grades (IoU, ANLS, partial credit)."""

    status: Status
    extracted: str | None
    reason: str
    score: float | None = None

    @classmethod
    def of(cls, right: bool, extracted: str | None, reason: str) -> Outcome:
        return cls(Status.CORRECT if right else Status.WRONG, extracted, reason)

    @classmethod
    def unparsed(cls, reason: str, extracted: str | None = None) -> Outcome:
        return cls(Status.UNPARSED, extracted, reason)


class Rule(ABC):
    """Base of the deterministic verifiers; stateless, safe to call from any thread."""

    name: str = ""  # set by `register`
    version: str

    @abstractmethod
    def judge(self, response: str, answer: Answer) -> Outcome:
        """Raises ValueError naming the reference or parameter when the *answer* cannot be read; never for a response."""

    def verify(self, response: str, answer: Answer) -> Verdict:
        start = time.perf_counter()
        found = self.judge(response, answer)
        score = found.score
        if found.status is Status.ERROR:
            score = None
        elif score is None:
            score = 1.0 if found.status is Status.CORRECT else 0.0
        return Verdict(found.status, score, found.extracted, found.reason, time.perf_counter() - start, f"{self.name}@{self.version}")


_REGISTRY: dict[str, Verifier] = {}
_Class = TypeVar("_Class", bound=type)


def register(name: str) -> Callable[[_Class], _Class]:
    """Class decorator: one instance of the class serves every `Answer` that names `name`. May be stacked."""

    def add(verifier: _Class) -> _Class:
        register_instance(name, verifier())
        return verifier

    return add


def register_instance(name: str, verifier: Verifier) -> None:
    """Make `verifier` serve `name`: for verifiers that need something handed in, such as a reward model's callable."""
    if name in _REGISTRY:
        raise ValueError(f"verifier {name!r} is registered twice")
    if isinstance(verifier, Rule):
        verifier.name = name
    _REGISTRY[name] = verifier


def _load_builtin() -> None:
    for module in BUILTIN:
        importlib.import_module(module)


def names() -> list[str]:
    _load_builtin()
    return sorted(_REGISTRY)


def get(name: str) -> Verifier:
    """The verifier called `name`; UserError with the nearest name when there is none."""
    _load_builtin()
    if name not in _REGISTRY:
        near = difflib.get_close_matches(name, _REGISTRY, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(_REGISTRY))}"
        raise UserError(f"no verifier is called {name!r}; {hint}")
    return _REGISTRY[name]


def verify(response: str, answer: Answer) -> Verdict:
    """Judge `response`. A fault inside the verifier becomes status `error` with its cause, never a zero."""
    verifier = get(answer.verifier)
    start = time.perf_counter()
    try:
        return verifier.verify(response, answer)
    except Exception as error:
        seconds = time.perf_counter() - start
        reason = f"{type(error).__name__}: {error}"
        return Verdict(Status.ERROR, None, None, reason, seconds, f"{answer.verifier}@{verifier.version}")
