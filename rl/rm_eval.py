"""Spot-checks of a reward model (K52): right and wrong against labels, beside a rule verifier and trivial judges.

In: judged answers and a verifier of rewards.models. Out: `SpotCheck`: one `Confusion` a judge, calibration of a
classic model's probabilities, and how often the bare model, its rules switched off, pays for master keys.

Invariants: one answer to a problem, so that answers are independent; an error counts as neither right nor wrong and is
shown; every rate has its Wilson 95 % interval and its n.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval.stats import mean_score, wilson
from openk15.errors import UserError
from rewards import Status, Verdict, verify
from rewards.models.screen import MASTER_KEYS
from rewards.models.verifiers import ClassicVerifier, ModelVerifier
from rewards.registry import Outcome
from rl.rm_data import JudgedAnswer

CHUNK = 64  # answers a verifier is asked for at once, between two reports of progress
BINS = 10
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of one judge. `unparsed` are counted as judged wrong as well; `errors` nowhere else."""

    name: str
    right_paid: int
    right_refused: int
    wrong_paid: int
    wrong_refused: int
    unparsed: int = 0
    errors: int = 0

    @property
    def n(self) -> int:
        return self.right_paid + self.right_refused + self.wrong_paid + self.wrong_refused

    def rates(self) -> dict[str, tuple[int, int]]:
        """(how many, of how many) for each rate."""
        return {
            "accuracy": (self.right_paid + self.wrong_refused, self.n),
            "false_positive": (self.wrong_paid, self.wrong_paid + self.wrong_refused),
            "false_negative": (self.right_refused, self.right_paid + self.right_refused),
            "unparsed": (self.unparsed, self.n),
        }

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "n": self.n, **{name: _rate(*counts) for name, counts in self.rates().items()}}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of n probabilities: mean squared error (Brier 1950) and expected calibration error (Guo et al. 2017, equal-width bins)."""

    brier: float
    brier_low: float | None
    brier_high: float | None
    ece: float
    ece_low: float  # bootstrap percentiles, less the resamples' excess over the sample
    ece_high: float
    n: int
    bins: int = BINS


@dataclass(frozen=True, slots=True)
class Attack:
    """Master keys, each with one held-out question: how many the verifier paid, and how many the model pays when asked anyway."""

    keys: int
    paid_by_verifier: int
    paid_by_model: int


@dataclass(frozen=True, slots=True)
class SpotCheck:
    judges: tuple[Confusion, ...]  # the reward model first
    calibration: Calibration | None
    attack: Attack
    verdicts: tuple[Verdict, ...]


def _rate(count: int, n: int) -> dict[str, Any]:
    low, high = wilson(count, n) if n else (None, None)
    return {"value": count / n if n else None, "low": low, "high": high, "count": count, "n": n}


def confusion(name: str, rows: Sequence[JudgedAnswer], paid: Sequence[bool | None], unparsed: int = 0) -> Confusion:
    """`paid[i]` is None when judge `name` failed on row i."""
    found = [(row.correct, given) for row, given in zip(rows, paid, strict=True)]
    return Confusion(
        name,
        right_paid=found.count((True, True)),
        right_refused=found.count((True, False)),
        wrong_paid=found.count((False, True)),
        wrong_refused=found.count((False, False)),
        unparsed=unparsed,
        errors=sum(given is None for _, given in found),
    )


def of_verdicts(name: str, rows: Sequence[JudgedAnswer], verdicts: Sequence[Verdict]) -> Confusion:
    paid = [None if verdict.score is None else verdict.score == 1.0 for verdict in verdicts]
    return confusion(name, rows, paid, sum(verdict.status is Status.UNPARSED for verdict in verdicts))


def expected_calibration_error(probabilities: np.ndarray, correct: np.ndarray, bins: int = BINS) -> float:
    """Sum over bins of the share of items times |mean label - mean probability| (Guo et al. 2017, eq. 3)."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [abs(float((correct[places == at] - probabilities[places == at]).sum())) for at in range(bins)]
    return sum(gaps) / len(probabilities)


def calibration(probabilities: Sequence[float], correct: Sequence[bool], seed: int = 0) -> Calibration:
    p, y = np.asarray(probabilities, dtype=float), np.asarray(correct, dtype=float)
    brier = mean_score(((p - y) ** 2).tolist())
    random = np.random.default_rng(seed)
    resampled = [expected_calibration_error(p[at], y[at]) for at in (random.integers(0, len(p), len(p)) for _ in range(RESAMPLES))]
    ece = expected_calibration_error(p, y)
    # Chance gaps add up whatever their sign, so a resample's error is greater than its sample's by about as much as that is than the truth.
    low, high = (np.percentile(resampled, [2.5, 97.5]) - (np.mean(resampled) - ece)).clip(0.0, 1.0).tolist()
    return Calibration(brier.value, brier.low, brier.high, ece, low, high, len(p))


def spot_check(
    verifier: ModelVerifier, name: str, rows: Sequence[JudgedAnswer], progress: Callable[[int], None] = lambda _: None
) -> SpotCheck:
    """Judge `rows` and the master keys with `verifier`; `progress` is told how many rows are done."""
    if not rows:
        raise UserError("no judged answers to check the reward model on")
    if len({row.group for row in rows}) < len(rows):
        raise ValueError("a spot-check takes one answer to a problem: see one_per_group")
    replies: dict[str, Any] = {}
    ask = verifier.ask

    def recorded(prompts: Sequence[str]) -> Sequence[Any]:
        found = ask(prompts)
        replies.update(zip(prompts, found, strict=True))
        return found

    verifier.ask = recorded
    try:
        verdicts: list[Verdict] = []
        for start in range(0, len(rows), CHUNK):
            verdicts += verifier.verify_all([(row.response, row.model_answer(verifier.name)) for row in rows[start : start + CHUNK]])
            progress(len(verdicts))
        attack = attack_of(verifier, rows)
    finally:
        verifier.ask = ask
    judges = [of_verdicts(name, rows, verdicts)]
    if all(row.rule is not None for row in rows):
        ruled = [verify(row.rule_text(), row.rule) for row in rows if row.rule is not None]
        judges.append(of_verdicts(f"rule verifier ({ruled[0].verifier})", rows, ruled))
    judges += [confusion("always right", rows, [True] * len(rows)), confusion("always wrong", rows, [False] * len(rows))]
    found = None
    if isinstance(verifier, ClassicVerifier):
        asked = [(verifier.prepare(row.response, row.model_answer(verifier.name)), row.correct) for row in rows]
        known = [(replies[text], label) for text, label in asked if not isinstance(text, Outcome) and replies.get(text) is not None]
        if known:
            found = calibration([p for p, _ in known], [label for _, label in known])
    return SpotCheck(tuple(judges), found, attack, tuple(verdicts))


def attack_of(verifier: ModelVerifier, rows: Sequence[JudgedAnswer]) -> Attack:
    """Every master key as the response to a question of `rows`: through the verifier, and past its rules."""
    pairs = [(key, rows[at % len(rows)]) for at, key in enumerate(MASTER_KEYS)]
    judged = verifier.verify_all([(key, row.model_answer(verifier.name)) for key, row in pairs])
    texts = [verifier.prompt.text(row.question, row.reference, key.strip()) for key, row in pairs]
    bare = [verifier.read(reply).status is Status.CORRECT for reply in verifier.ask(texts)]
    return Attack(len(pairs), sum(verdict.score == 1.0 for verdict in judged), sum(bare))


def table(found: SpotCheck) -> str:
    """Markdown: one line a judge."""
    head = "| judge | n | accuracy | wrong answers paid | right answers refused | unparsed | errors |"
    lines = [head, "| --- " * 7 + "|"]
    for judge in found.judges:
        rates = {name: _shown(*counts) for name, counts in judge.rates().items()}
        lines.append(
            f"| {judge.name} | {judge.n} | {rates['accuracy']} | {rates['false_positive']} | {rates['false_negative']} "
            f"| {judge.unparsed} of {judge.n} | {judge.errors} |"
        )
    return "\n".join(lines) + "\n"


def _shown(count: int, n: int) -> str:
    if not n:
        return "none to judge"
    low, high = wilson(count, n)
    return f"{count / n:.1%} [{low:.1%}, {high:.1%}] ({count}/{n})"
