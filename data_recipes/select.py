"""The one place where rows are dropped: rules over measures and tags, in the order they are written.

select:
  - {drop: question_type.multiple_choice}                    # a true value drops the row
  - {keep: difficulty.correct, at_least: 1, at_most: 9}      # a value outside drops it
  - {keep: language.code, one_of: [en, zh]}
  - {one_per: near_dup.group}                                # the first of each group stays
  - {one_per: template.group, at_most: 200}
  - {balance: domain, max_share: 0.15}
  - {sample: quality.score, floor: 0.1}                      # kept with a probability that rises with the score
  - {copies: quality.rate, at_most: 4}                       # drawn 0, 1 or more times, on average as often as the rate says
  - {take: 500, of: category}                                # at most 500 of each category

`only: {source: gsm8k}` limits a rule to rows with these tags. Rules see what earlier rules left. Changing a
rule or a threshold measures nothing again.

`copies` makes nothing of a row but a number: what is written later is as many copies, the numbers of several such rules multiplied.
Held-out rows are never copied and never go by a rate. All other rules count rows, not copies.

Tags are text: beside a number, "3" is 3. Linked rows (`Candidate.together`) are one unit: drawn, counted and dropped together.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_recipes.copies import draw_repeats
from data_recipes.rules import Rule, Value, bounds, number_of, plain
from openk15.errors import UserError
from openk15.seeds import derive_seed

HELDOUT = "heldout"  # the split that no rate touches


@dataclass(frozen=True, slots=True)
class Candidate:
    """What selection knows of a row. `values` holds measures ("near_dup.group") and tags ("domain")."""

    key: str
    split: str
    values: Mapping[str, Value]
    evidence: Mapping[str, Any] = field(default_factory=dict)  # by measure
    together: str | None = None  # rows that stay or go as one (text form and image form of a question)

    @property
    def unit(self) -> str:
        return self.together or self.key


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a row was dropped; rows without a decision stay."""

    rule: int
    title: str
    reason: str
    measure: str | None = None
    value: Value = None
    evidence: Any = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """How often a row is written, where that is more than once, and by which rules."""

    copies: int
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """By key: why rows go, and how often those that stay are written where that is more than once."""

    gone: Mapping[str, Decision]
    drawn: Mapping[str, Drawn]


def decide(rules: Sequence[Rule], candidates: Sequence[Candidate], seed: int) -> dict[str, Decision]:
    """Decisions by key of the rows that go."""
    return dict(choose(rules, candidates, seed).gone)


def choose(rules: Sequence[Rule], candidates: Sequence[Candidate], seed: int) -> Choice:
    """What goes and what is copied. Deterministic in (rules, candidates in order, seed).

    A rule that looks at groups, shares or counts works within each split: held-out rows never displace training rows.
    """
    gone: dict[str, Decision] = {}
    drawn: dict[str, Drawn] = {}
    linked: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.together is not None:
            linked[candidate.together].append(candidate)
    for number, rule in enumerate(rules):
        alive = [candidate for candidate in candidates if candidate.key not in gone and _applies(rule, candidate)]
        own = derive_seed("select", number, rule.title, seed)
        if rule.copies is not None:
            for unit, (count, rate) in _unit_copies(rule, alive, own).items():
                for key in {row.key for row in linked.get(unit, ())} or {unit} if count > 1 else ():
                    before = drawn.get(key, Drawn(1, ""))
                    why = f"{rule.copies} is {rate:g}: drawn {count} times"
                    drawn[key] = Drawn(before.copies * count, f"{before.why}; {why}" if before.why else why)
        for candidate, reason in _KINDS[rule.kind](rule, alive, own):
            gone[candidate.key] = _decision(number, rule, candidate, reason)
            for partner in linked.get(candidate.together or "", ()):
                if partner.key not in gone:
                    gone[partner.key] = Decision(number, rule.title, f"linked to {candidate.key}, which was dropped: {reason}")
    return Choice(gone, {key: found for key, found in drawn.items() if key not in gone})


def _decision(number: int, rule: Rule, candidate: Candidate, reason: str) -> Decision:
    name = rule.reads[0] if rule.reads else None
    because = f"{reason} ({rule.because})" if rule.because else reason
    value = candidate.values.get(name) if name else None
    return Decision(number, rule.title, because, name, value, candidate.evidence.get(name) if name else None)


def _applies(rule: Rule, candidate: Candidate) -> bool:
    for tag, wanted in rule.only.items():
        value = candidate.values.get(tag)
        if value is None or plain(value) not in ((wanted,) if isinstance(wanted, str) else wanted):
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
        elif rule.inside(value) if rule.bounded else bool(value):
            out.append((row, f"{name} is {plain(value)}{bounds(rule, 'dropped')}"))
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
            out.append((row, f"{name} is {plain(value)}{bounds(rule, 'kept')}"))
    return out


def _one_per(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    name, most = rule.one_per or "", int(rule.at_most or 1)
    out: Dropped = []
    for group, members in _groups(name, rows).items():
        if group[1] is None:
            continue
        ranked = _preferred(rule, members)
        out += [
            (row, f"{name} {plain(group[1])} already has {ranked[0].key}" + (f" and {most - 1} more" if most > 1 else ""))
            for row in ranked[most:]
        ]
    return out


def _balance(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    """Largest set in which no value has more than `max_share`; which rows of a value go is drawn with the seed (K4)."""
    name, share = rule.balance or "", rule.max_share or 1.0
    out: Dropped = []
    for split in dict.fromkeys(row.split for row in rows):
        own = [row for row in rows if row.split == split]
        units = _drawn(_units(name, own), seed)
        found = Counter(row.values.get(name) for row in own)
        kept = _balanced_units(units, {(split, value): count for value, count in found.items()}, share)
        stay = Counter(row.values.get(name) for row in own if row.unit in kept)
        out += [
            (row, f"{name} {plain(value)} may have {share:.0%} of what is kept: {stay[value]} of its {found[value]} rows stay")
            for row in own
            if row.unit not in kept
            for value in (row.values.get(name),)
        ]
    return out


def _balanced_units(units: Sequence[_Unit], counts: Mapping[_Group, int], share: float) -> set[str]:
    """Units that are kept. A cap that linked rows cannot fill leaves the others a greater share, so they are cut again."""
    while True:
        room = balanced_counts(counts, share)
        kept = _filled(units, room)
        left: Counter[_Group] = Counter()
        for unit in units:
            if unit.name in kept:
                left.update(unit.rows)
        if share * len(counts) < 1 or balanced_counts(left, share) == left:
            return kept
        counts = left


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
        given = _number(rule, row, name)
        if given > 1.0 + 1e-6:  # every grade and count would be kept, as if there were no rule; a cosine may lie below zero
            raise UserError(f"select: rule {rule.title!r}: row {row.key}: {name} is {given:g}; a score to sample by is at most 1")
        score = min(1.0, max(0.0, given))
        rate = rule.floor + (1 - rule.floor) * score**rule.power
        if random.Random(derive_seed(seed, row.unit)).random() >= rate:
            out.append((row, f"{name} is {plain(value)}: sampled at a rate of {rate:.3f} and not drawn"))
    return out


def _unit_copies(rule: Rule, rows: Sequence[Candidate], seed: int) -> dict[str, tuple[int, float]]:
    """(copies, rate) of every training unit on which the rate was measured; linked rows have the mean of theirs (K69, K71, K76)."""
    rates: dict[str, list[float]] = defaultdict(list)
    name = rule.copies or ""
    for row in rows:
        if row.split == HELDOUT or row.values.get(name) is None:
            continue
        rate = _number(rule, row, name)
        if rate < 0:
            raise UserError(f"select: rule {rule.title!r}: row {row.key}: {name} is {rate:g}; a rate is 0 or more")
        rates[row.unit].append(rate if rule.at_most is None else min(rate, rule.at_most))
    means = {unit: sum(found) / len(found) for unit, found in rates.items()}
    return {unit: (draw_repeats(rate, derive_seed(seed, unit)), rate) for unit, rate in means.items()}


def _copies(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    """Rows that are drawn no time at all; how often the others are is `Choice.drawn`."""
    counts = _unit_copies(rule, rows, seed)
    out: Dropped = []
    for row in rows:
        count, rate = counts.get(row.unit, (1, 1.0))
        if count == 0:
            out.append((row, f"{rule.copies} is {rate:g}: expected copies, and drawn 0 times"))
        elif row.split != HELDOUT and row.unit not in counts and rule.missing == "drop":
            out.append((row, f"{rule.copies} was not measured"))
    return out


def _take(rule: Rule, rows: Sequence[Candidate], seed: int) -> Dropped:
    """A random subset of each value's rows, or the preferred ones."""
    most = rule.take or 0
    units = _units(rule.of, _preferred(rule, rows)) if rule.prefer else _drawn(_units(rule.of, rows), seed)
    groups = _groups(rule.of, rows)
    kept = _filled(units, dict.fromkeys(groups, most))
    out: Dropped = []
    for group, members in groups.items():
        label = f"{rule.of} {plain(group[1])}" if rule.of else "the selection"
        taken = sum(row.unit in kept for row in members)
        out += [(row, f"{label} is full: {taken} of {len(members)} rows are taken") for row in members if row.unit not in kept]
    return out


_Group = tuple[str, Value]  # split, value


@dataclass(slots=True)
class _Unit:
    """Rows that stay or go as one, and how many of them each group has."""

    name: str
    rows: Counter[_Group]


def _units(name: str | None, rows: Sequence[Candidate]) -> list[_Unit]:
    """In the order of their first rows."""
    units: dict[str, _Unit] = {}
    for row in rows:
        units.setdefault(row.unit, _Unit(row.unit, Counter())).rows[_group(name, row)] += 1
    return list(units.values())


def _drawn(units: Sequence[_Unit], seed: int) -> list[_Unit]:
    """In an order drawn with the seed; units in several groups come first, for the others would use up the room that they need in each."""
    return sorted(units, key=lambda unit: (len(unit.rows) == 1, derive_seed(seed, unit.name)))


def _filled(units: Sequence[_Unit], room: Mapping[_Group, int]) -> set[str]:
    """Names of the units, first come first served, with which no group has more rows than its room, and as many as can be."""
    left = {group: room.get(group, 0) for unit in units for group in unit.rows}
    taken: list[_Unit] = []
    over: list[_Unit] = []
    for unit in units:
        fits = all(count <= left[group] for group, count in unit.rows.items())
        (taken if fits else over).append(unit)
        if fits:
            for group, count in unit.rows.items():
                left[group] -= count
    kept = {unit.name for unit in taken}
    wider, narrower = _first_by_size(over), _first_by_size(taken[::-1])
    for group, gap in left.items():  # room for one row, and only pairs are over: the last single row makes way for the first pair
        more, fewer = wider.get(group, {}), narrower.get(group, {})
        swaps = [(big - small, small) for big in more for small in fewer if 0 < big - small <= gap]
        if swaps:
            gain, small = max(swaps)
            kept.discard(fewer[small].name)
            kept.add(more[small + gain].name)
    return kept


def _first_by_size(units: Sequence[_Unit]) -> dict[_Group, dict[int, _Unit]]:
    """By group the first unit of each size, of those that lie in one group alone."""
    found: dict[_Group, dict[int, _Unit]] = defaultdict(dict)
    for unit in units:
        if len(unit.rows) == 1:
            ((group, size),) = unit.rows.items()
            found[group].setdefault(size, unit)
    return found


def _groups(name: str | None, rows: Sequence[Candidate]) -> dict[_Group, list[Candidate]]:
    groups: dict[_Group, list[Candidate]] = defaultdict(list)
    for row in rows:
        groups[_group(name, row)].append(row)
    return groups


def _group(name: str | None, row: Candidate) -> _Group:
    return row.split, row.values.get(name) if name else ""


def _preferred(rule: Rule, rows: Sequence[Candidate]) -> list[Candidate]:
    """By the preferred measure, greatest first; the order of the rows otherwise, and among equals."""
    prefer = rule.prefer
    if prefer is None:
        return list(rows)
    return sorted(rows, key=lambda row: -_number(rule, row, prefer))


def _number(rule: Rule, row: Candidate, name: str) -> float:
    """A value that must be a number; 0 where it was not measured."""
    value = row.values.get(name)
    number = 0.0 if value is None else number_of(value)
    if number is None:
        raise UserError(f"select: rule {rule.title!r}: row {row.key}: {name} is {value!r}; a number is expected")
    return number


_KINDS: dict[str, Callable[[Rule, Sequence[Candidate], int], Dropped]] = {
    "drop": _drop,
    "keep": _keep,
    "one_per": _one_per,
    "balance": _balance,
    "sample": _sample,
    "copies": _copies,
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
