"""`rm_classic` and `rm_cot`: verifiers over a reward model that the caller hands in as a callable.

    Answer("rm_cot", "18", {"question": "How many ..."})

`use_classic(score, model=...)` and `use_cot(judge, model=...)` register one. Judging many at once is much cheaper:
`verify_all` asks the model once for the whole batch.
"""

from __future__ import annotations

import json
import math
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from openk15.errors import RunError
from rewards.extract import after_thoughts
from rewards.models.judgement import read_judgement
from rewards.models.prompt import JudgePrompt
from rewards.models.screen import screened
from rewards.registry import Outcome, Rule, register_instance
from rewards.verdict import Answer, Status, Verdict

Scorer = Callable[[Sequence[str]], Sequence[float | None]]  # prompts -> probability in [0, 1] of being right; None: too long to read
Judge = Callable[[Sequence[str]], Sequence[str | None]]  # prompts -> what the judge wrote; None: too long to read, or it was cut
SHOWN = 160  # characters of a judge's text in a verdict's reason


class ModelVerifier(Rule):
    """What both kinds share: screen, quote, ask, and tell the model's faults from the response's."""

    revision = "1"  # of the screen, the prompt and the reading of replies

    def __init__(self, ask: Callable[[Sequence[str]], Sequence[Any]], model: str, prompt: JudgePrompt | None = None):
        """`model` names the model behind `ask` so that other weights have another name; it is part of the version."""
        if not model:
            raise ValueError("a reward model needs a name, for example the digest of its weights")
        self.ask = ask
        self.prompt = prompt or JudgePrompt()
        self.version = f"{self.revision}+{model}"

    @abstractmethod
    def read(self, reply: Any) -> Outcome:
        """What one reply says; RunError when it is none of the form agreed on."""

    def prepare(self, response: str, answer: Answer) -> Outcome | str:
        """The outcome when no model need be asked, else the prompt. ValueError when the answer lacks what it takes."""
        question = answer.params.get("question")
        if not isinstance(question, str) or not question.strip():
            raise ValueError(f"params['question'] must be the question's text, got {question!r}")
        if answer.reference is None or answer.reference == "":
            raise ValueError(f"reference is {answer.reference!r}; a reward model compares with the right answer")
        reference = answer.reference if isinstance(answer.reference, str) else json.dumps(answer.reference, ensure_ascii=False)
        said = after_thoughts(response)
        if said is None:
            return Outcome.unparsed("the thoughts never end")
        if why := screened(said, reference):
            return Outcome(Status.WRONG, None, f"not shown to the model: {why}")
        return self.prompt.text(question, reference, said.strip())

    def judge(self, response: str, answer: Answer) -> Outcome:
        found = self.prepare(response, answer)
        return self.read(self._replies([found])[0]) if isinstance(found, str) else found

    def verify_all(self, items: Sequence[tuple[str, Answer]]) -> list[Verdict]:
        """Verdicts in order, with one call of the model; `seconds` is each item's share. A fault is `error`, never raised."""
        start = time.perf_counter()
        found: list[Outcome | str] = []
        for response, answer in items:
            try:
                found.append(self.prepare(response, answer))
            except Exception as error:
                found.append(_fault(error))
        waiting = [at for at, item in enumerate(found) if isinstance(item, str)]
        try:
            replies = self._replies([str(found[at]) for at in waiting])
        except Exception as error:
            found = [_fault(error) if isinstance(item, str) else item for item in found]
        else:
            for at, reply in zip(waiting, replies, strict=True):
                try:
                    found[at] = self.read(reply)
                except Exception as error:
                    found[at] = _fault(error)
        share = (time.perf_counter() - start) / max(1, len(items))
        return [self._verdict(item, share) for item in found if isinstance(item, Outcome)]

    def verify_many(self, items: Sequence[tuple[str, Answer]]) -> list[Verdict]:
        """`verify_all` under the name that `RewardPool.score` looks for."""
        return self.verify_all(items)

    def _replies(self, prompts: Sequence[str]) -> Sequence[Any]:
        if not prompts:
            return []
        replies = self.ask(prompts)
        if len(replies) != len(prompts):
            raise RunError(f"{self.name}: the reward model gave {len(replies)} replies to {len(prompts)} prompts")
        return replies

    def _verdict(self, found: Outcome, seconds: float) -> Verdict:
        score = None if found.status is Status.ERROR else 1.0 if found.status is Status.CORRECT else 0.0
        return Verdict(found.status, score, found.extracted, found.reason, seconds, f"{self.name}@{self.version}")


class ClassicVerifier(ModelVerifier):
    """A value-head model's scalar, cut at a threshold to {0, 1} (K50)."""

    def __init__(self, score: Scorer, model: str, prompt: JudgePrompt | None = None, threshold: float = 0.5):
        if not 0.0 < threshold < 1.0:
            raise ValueError(f"threshold must lie between 0 and 1, got {threshold}")
        super().__init__(score, model, prompt)
        self.threshold = threshold

    def read(self, reply: Any) -> Outcome:
        if reply is None:
            return Outcome.unparsed("it is too long for the model to read")
        if isinstance(reply, bool) or not isinstance(reply, int | float) or not math.isfinite(reply) or not 0.0 <= reply <= 1.0:
            raise RunError(f"{self.name}: the reward model's scalar must be a probability in [0, 1], got {reply!r}")
        return Outcome.of(reply >= self.threshold, None, f"probability {reply:.4f} of being right, threshold {self.threshold:g}")


class CoTVerifier(ModelVerifier):
    """A generative judge: it reasons, then gives a JSON verdict (K51). A malformed verdict is `unparsed`."""

    def read(self, reply: Any) -> Outcome:
        if reply is not None and not isinstance(reply, str):
            raise RunError(f"{self.name}: the judge must answer with text, got {type(reply).__name__}")
        found = read_judgement(reply)
        said = " ".join((reply or "").split())[-SHOWN:]
        if found.correct is None:
            return Outcome.unparsed(f"{found.fault}: …{said}" if said else found.fault)
        return Outcome.of(found.correct, None, f"judge: {said}")


def _fault(error: Exception) -> Outcome:
    return Outcome(Status.ERROR, None, f"{type(error).__name__}: {error}")


def use_classic(
    score: Scorer, *, model: str, prompt: JudgePrompt | None = None, threshold: float = 0.5, name: str = "rm_classic"
) -> ClassicVerifier:
    """Let `score` serve every answer that names `name`; ValueError when the name is taken."""
    verifier = ClassicVerifier(score, model, prompt, threshold)
    register_instance(name, verifier)
    return verifier


def use_cot(judge: Judge, *, model: str, prompt: JudgePrompt | None = None, name: str = "rm_cot") -> CoTVerifier:
    """Let `judge` serve every answer that names `name`; ValueError when the name is taken."""
    verifier = CoTVerifier(judge, model, prompt)
    register_instance(name, verifier)
    return verifier
