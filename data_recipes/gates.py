"""What must hold of a selection before anything is written. Every broken gate is named with its number and what was asked.

Gates count different problems: further copies of one (`copies`) fill no quota and no share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from data_recipes.recipe import Gates, Recipe
from data_recipes.select import Candidate
from data_recipes.sources.base import TRAIN
from openk15.errors import GateError


def check_gates(recipe: Recipe, kept: Iterable[Candidate]) -> None:
    """GateError listing every gate that does not hold."""
    gates = recipe.gates
    rows = list(kept)
    train = [row for row in rows if row.split == TRAIN]
    faults = [*_counts(gates, train), *_shares(gates, train), *_forbidden(gates, rows), *_licences(gates, rows)]
    if faults:
        raise GateError(f"recipe {recipe.name}: {'; '.join(faults)}")


def _counts(gates: Gates, train: list[Candidate]) -> list[str]:
    faults = []
    if len(train) < gates.min_rows:
        faults.append(f"{len(train)} training problems are left, min_rows asks for {gates.min_rows}")
    for tag, wanted in gates.quotas.items():
        found = Counter(str(row.values.get(tag)) for row in train)
        faults += [
            f"{tag} {value} has {found[value]} of the {least} its quota asks for" for value, least in wanted.items() if found[value] < least
        ]
    return faults


def _shares(gates: Gates, train: list[Candidate]) -> list[str]:
    faults = []
    for tag, wanted in gates.max_share.items():
        found = Counter(str(row.values.get(tag)) for row in train)
        for value, most in wanted.items():
            if train and found[value] > most * len(train):
                faults.append(f"{tag} {value} is {found[value]} of {len(train)} problems, max_share allows {most:.1%}")
    return faults


def _forbidden(gates: Gates, rows: list[Candidate]) -> list[str]:
    faults = []
    for name in gates.none_with:
        hit = [row for row in rows if row.values.get(name)]
        if hit:
            faults.append(f"{name} is true of {len(hit)} kept problems, for example {hit[0].key}; a select rule must drop them")
    return faults


def _licences(gates: Gates, rows: list[Candidate]) -> list[str]:
    if gates.licences is None:
        return []
    found = Counter(str(row.values.get("licence")) for row in rows)
    refused = {name: count for name, count in sorted(found.items()) if name not in gates.licences}
    return [f"licence {name} of {count} problems is not allowed; allowed: {', '.join(gates.licences)}" for name, count in refused.items()]
