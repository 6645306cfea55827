"""The one place where rows are dropped: rules over measures and tags, in the order they are written.

select:
  - {drop: question_type.multiple_choice}                    # a true value drops the row
  - {keep: difficulty.correct, at_least: 1, at_most: 9}      # a value outside drops it
  - {keep: language.code, one_of: [en, zh]}
  - {one_per: near_dup.group}                                # the first of each group stays
  - {one_per: template.group, at_most: 200}
  - {balance: domain, max_share: 0.15}
  - {sample: quality.score, floor: 0.1}                      # kept with a probability that rises with the score
  - {take: 500, of: category}                                # at most 500 of each category

`only: {source: gsm8k}` limits a rule to rows with these tags. Rules see what earlier rules left. Changing a
rule or a threshold measures nothing again.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, model_validator

from openk15.config import StrictModel
from openk15.seeds import derive_seed

Value = bool | int | float | str | None
KINDS = ("drop", "keep", "one_per", "balance", "sample", "take")


class Rule(StrictModel):
    """Exactly one of drop, keep, one_per, balance, sample, take; the other keys refine it."""

    drop: str | None = Field(default=None, description="measure or tag: a true value, or one inside the bounds, drops the row")
    keep: str | None = Field(default=None, description="measure or tag: a value outside the bounds drops the row")
    one_per: str | None = Field(default=None, description="measure or tag that names a group; rows without a group stay")
    balance: str | None = Field(default=None, description="tag or measure whose values are to have at most max_share of what is kept")
    sample: str | None = Field(default=None, description="score in [0, 1]: kept with probability floor + (1 - floor) * score ** power")
    take: int | None = Field(default=None, ge=0, description="at most this many rows, of each value of `of` if given")

    at_least: float | None = None
    at_most: float | None = None
    equals: bool | float | str | None = None
    one_of: tuple[float | str, ...] | None = None
    missing: Literal["keep", "drop"] = "keep"  # what happens to rows on which it was not measured
    prefer: str | None = None  # one_per: the row with the greatest value of this measure; take: likewise
    of: str | None = None
    max_share: float | None = Field(default=None, gt=0.0, le=1.0)
    floor: float = Field(default=0.0, ge=0.0, le=1.0)
    power: float = Field(default=1.0, gt=0.0)
    only: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict)
    because: str = ""  # said to whoever asks why

    @model_validator(mode="after")
    def _one_kind(self) -> Rule:
        named = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(f"a rule has exactly one of {', '.join(KINDS)}; this one has {', '.join(named) or 'none'}")
        if self.keep is not None and not self._bounded:
            raise ValueError(f"keep: {self.keep} needs at_least, at_most, equals or one_of")
        if (self.balance is not None) != (self.max_share is not None):
            raise ValueError("balance and max_share belong together")
        return self

    @property
    def _bounded(self) -> bool:
        return not (self.at_least is None and self.at_most is None and self.equals is None and self.one_of is None)

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the measures or tags it looks at."""
        main = self.of if self.take is not None else getattr(self, self.kind)
        return tuple(name for name in (main, self.prefer) if name)

    @property
    def title(self) -> str:
        shown = self.model_dump(exclude_defaults=True, exclude={"because"})
        return ", ".join(f"{key}: {_plain(value)}" for key, value in shown.items())

    def inside(self, value: Value) -> bool:
        """Within every bound that is set."""
        if self.equals is not None and value != self.equals:
            return False
        if self.one_of is not None and value not in self.one_of:
            return False
        number = isinstance(value, (int, float))
        if (self.at_least is not None or self.at_most is not None) and not number:
            return False
        return not (
            number and ((self.at_least is not None and value < self.at_least) or (self.at_most is not None and value > self.at_most))
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """What selection knows of a row. `values` holds measures ("near_dup.group") and tags ("domain")."""

    key: str
    split: str
    values: Mapping[str, Value]
    evidence: Mapping[str, Any] = field(default_factory=dict)  # by measure
    together: str | None = None  # rows that stay or go as one (text form and image form of a question)


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a row was dropped; rows without a decision stay."""

    rule: int
    title: str
    reason: str
    measure: str | None = None
    value: Value = None
    evidence: Any = None


def decide(rules: Sequence[Rule], candidates: Sequence[Candidate], seed: int) -> dict[str, Decision]:
    """Decisions by key of the rows that go. Deterministic in (rules, candidates in order, seed).

    A rule that looks at groups, shares or counts works within each split: held-out rows never displace training rows.
    """
    gone: dict[str, Decision] = {}
    linked: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.together is not None:
            linked[candidate.together].append(candidate)
    for number, rule in enumerate(rules):
        alive = [candidate for candidate in candidates if candidate.key not in gone and _applies(rule, candidate)]
        for candidate, reason in _KINDS[rule.kind](rule, alive, derive_seed("select", number, rule.title, seed)):
            gone[candidate.key] = _decision(number, rule, candidate, reason)
            for partner in linked.get(candidate.together or "", ()):
                if partner.key not in gone:
                    gone[partner.key] = Decision(number, rule.title, f"linked to {candidate.key}, which was dropped: {reason}")
    return gone


def _decision(number: int, rule: Rule, candidate: Candidate, reason: str) -> Decision:
    name = rule.reads[0] if rule.reads else None
    because = f"{reason} ({rule.because})" if rule.because else reason
    value = candidate.values.get(name) if name else None
    return Decision(number, rule.title, because, name, value, candidate.evidence.get(name) if name else None)


def _applies(rule: Rule, candidate: Candidate) -> bool:
    for tag, wanted in rule.only.items():
        value = candidate.values.get(tag)
        if value not in ((wanted,) if isinstance(wanted, str) else wanted):
            return False
    return True


Dropped = list[tuple[Candidate, str]]


def _drop(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    name = rule.drop or ""
    out: Dropped = []
    for row in rows:
        value = row.values.get(name)
        if value is None:
            if rule.missing == "drop":
                out.append((row, f"{name} was not measured"))
        elif rule.inside(value) if rule._bounded else bool(value):
            out.append((row, f"{name} is {_plain(value)}{_bounds(rule, 'dropped')}"))
    return out


def _keep(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    name = rule.keep or ""
    out: Dropped = []
    for row in rows:
        value = row.values.get(name)
        if value is None:
            if rule.missing == "drop":
                out.append((row, f"{name} was not measured"))
        elif not rule.inside(value):
            out.append((row, f"{name} is {_plain(value)}{_bounds(rule, 'kept')}"))
    return out


def _one_per(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    name, most = rule.one_per or "", int(rule.at_most or 1)
    out: Dropped = []
    for group, members in _groups(name, rows).items():
        if group[1] is None:
            continue
        ranked = _preferred(rule, members)
        out += [
            (row, f"{name} {_plain(group[1])} already has {ranked[0].key}" + (f" and {most - 1} more" if most > 1 else ""))
            for row in ranked[most:]
        ]
    return out


def _balance(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    """Largest set in which no value has more than `max_share`; which rows of a value go is drawn with the seed (K4)."""
    name, share = rule.balance or "", rule.max_share or 1.0
    out: Dropped = []
    for split in dict.fromkeys(row.split for row in rows):
        members = {group[1]: found for group, found in _groups(name, [row for row in rows if row.split == split]).items()}
        allowed = balanced_counts({value: len(found) for value, found in members.items()}, share)
        for value, found in members.items():
            shuffled = sorted(found, key=lambda row: derive_seed(seed, row.key))
            kept = {row.key for row in shuffled[: allowed[value]]}
            reason = f"{name} {_plain(value)} may have {share:.0%} of what is kept: {allowed[value]} of its {len(found)} rows stay"
            out += [(row, reason) for row in found if row.key not in kept]
    return out


def balanced_counts(counts: Mapping[Any, int], max_share: float) -> dict[Any, int]:
    """The most rows of each value such that none has more than `max_share` of the total.

    Where fewer than 1 / max_share values exist that is impossible; then all get as many as the rarest.
    """
    if not counts:
        return {}
    if max_share * len(counts) < 1:
        least = min(counts.values())
        return dict.fromkeys(counts, least)
    low, high = 0, max(counts.values())  # the greatest cap c with c <= max_share * sum(min(count, c))
    while low < high:
        cap = (low + high + 1) // 2
        total = sum(min(count, cap) for count in counts.values())
        if min(cap, max(counts.values())) <= max_share * total + 1e-9:
            low = cap
        else:
            high = cap - 1
    return {value: min(count, low) for value, count in counts.items()}


def _sample(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    """Dynamic sampling rate (K69): a row's chance rises with its score."""
    name = rule.sample or ""
    out: Dropped = []
    for row in rows:
        value = row.values.get(name)
        if value is None:
            if rule.missing == "drop":
                out.append((row, f"{name} was not measured"))
            continue
        score = min(1.0, max(0.0, float(value)))
        rate = rule.floor + (1 - rule.floor) * score**rule.power
        if random.Random(derive_seed(seed, row.key)).random() >= rate:
            out.append((row, f"{name} is {_plain(value)}: sampled at a rate of {rate:.3f} and not drawn"))
    return out


def _take(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    """A random subset of each value's rows, or the preferred ones."""
    most = rule.take or 0
    out: Dropped = []
    for group, members in _groups(rule.of, rows).items():
        ranked = _preferred(rule, members) if rule.prefer else sorted(members, key=lambda row: derive_seed(seed, row.key))
        label = f"{rule.of} {_plain(group[1])}" if rule.of else "the selection"
        out += [(row, f"{label} is full: {most} of {len(members)} rows are taken") for row in ranked[most:]]
    return out


def _groups(name: str | None, rows: Sequence[Candidate]) -> dict[tuple[str, Value], list[Candidate]]:
    groups: dict[tuple[str, Value], list[Candidate]] = defaultdict(list)
    for row in rows:
        groups[row.split, row.values.get(name) if name else ""].append(row)
    return groups


def _preferred(rule: Rule, rows: Sequence[Candidate]) -> list[Candidate]:
    """By the preferred measure, greatest first; the order of the rows otherwise, and among equals."""
    prefer = rule.prefer
    if prefer is None:
        return list(rows)
    return sorted(rows, key=lambda row: -float(row.values.get(prefer) or 0.0))


def _bounds(rule: Rule, verb: str) -> str:
    parts = []
    if rule.equals is not None:
        parts.append(f"exactly {_plain(rule.equals)}")
    if rule.one_of is not None:
        parts.append(f"one of {', '.join(map(_plain, rule.one_of))}")
    if rule.at_least is not None:
        parts.append(f"at least {_plain(rule.at_least)}")
    if rule.at_most is not None:
        parts.append(f"at most {_plain(rule.at_most)}")
    return f"; {verb}: {', '.join(parts)}" if parts else ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(inner)}" for key, inner in value.items()) + "}"
    return str(value)


_KINDS: dict[str, Callable[[Rule, Sequence[Candidate], int], Dropped]] = {
    "drop": _drop,
    "keep": _keep,
    "one_per": _one_per,
    "balance": _balance,
    "sample": _sample,
    "take": _take,
}


def funnel(rules: Sequence[Rule], decisions: Mapping[str, Decision], total: int) -> list[tuple[str, int, int]]:
    """(rule, rows it dropped, rows left after it), in order; the last number is what is kept."""
    counts = Counter(decision.rule for decision in decisions.values())
    rows, left = [], total
    for number, rule in enumerate(rules):
        left -= counts[number]
        rows.append((rule.title, counts[number], left))
    return rows
