"""Verifiers by name. Training, data audits and evaluation all score through `verify`, so they cannot disagree."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from openk15.errors import UserError
from rewards.verdict import Answer, Status, Verdict


class Verifier(Protocol):
    """Judges one response. `version` changes whenever any verdict could."""

    version: str

    def verify(self, response: str, answer: Answer) -> Verdict: ...


_REGISTRY: dict[str, Verifier] = {}
_Class = TypeVar("_Class", bound=type)


def register(name: str) -> Callable[[_Class], _Class]:
    """Class decorator: one instance of the class serves every `Answer` that names `name`."""

    def add(verifier: _Class) -> _Class:
        if name in _REGISTRY:
            raise ValueError(f"verifier {name!r} is registered twice")
        _REGISTRY[name] = verifier()
        return verifier

    return add


def _load_builtin() -> None:
    import rewards.math
    import rewards.text  # noqa: F401


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
        why = f"{type(error).__name__}: {error}"
        return Verdict(Status.ERROR, None, None, why, seconds, f"{answer.verifier}@{verifier.version}")
