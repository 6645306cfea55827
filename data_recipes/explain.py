"""Questions that a person asks of a built folder: why is this row not there, where does that one come from, what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data_recipes.output import DROPPED, read_trace
from data_recipes.store import read_manifest
from openk15.errors import UserError
from openk15.files import read_jsonl


def find(folder: Path, name: str) -> list[dict[str, Any]]:
    """Trace rows whose key or id is `name` or begins with it (an id of at least 6 characters); of a copy (id-2) the row itself."""
    read_manifest(folder)
    head, dash, copy = name.rpartition("-")
    if dash and copy.replace(".", "").isdigit() and "/" not in head:
        name = head
    rows = [row for row in read_trace(folder) if row["key"] == name or (len(name) >= 6 and row["id"].startswith(name))]
    if rows:
        return rows
    early = [row for row in read_jsonl(folder / DROPPED) if name in (row.get("key"), row.get("id")) or _begins(row.get("id"), name)]
    if not early:
        raise UserError(f"{folder}: knows no row {name!r}; give a row's key (like gsm8k/train/17) or the first characters of its id")
    return [{"key": row["key"], "id": row["id"], "split": None, "decision": row, "measures": {}, "raw": {}, "keys": []} for row in early]


def _begins(identity: str | None, name: str) -> bool:
    return identity is not None and len(name) >= 6 and identity.startswith(name)


def why_dropped(folder: Path, name: str) -> Iterator[str]:
    """What became of a row and why, with the value measured, the threshold and the matched record."""
    for row in find(folder, name):
        decision = row["decision"]
        yield f"{row['key']} (id {row['id']})"
        if decision is None:
            yield "  was kept"
            continue
        yield f"  dropped by {decision['step']}" + (f": {decision['rule']}" if decision.get("rule") else "")
        yield f"  because {decision['reason']}"
        evidence = decision.get("evidence") or {}
        yield from (f"  {key}: {_short(value)}" for key, value in evidence.items())


def trace(folder: Path, name: str) -> Iterator[str]:
    """Everything known of a row: origin, measures with evidence, decision."""
    for row in find(folder, name):
        yield f"{row['key']} (id {row['id']}, split {row['split']})"
        yield from (f"  made of {key}" for key in row["keys"])
        yield from _content(folder, row)
        yield from (f"  as it was read: {key} = {_short(value)}" for key, value in row["raw"].items())
        for measure, found in sorted(row["measures"].items()):
            rest = ", ".join(f"{key} {_short(value)}" for key, value in found.items() if key != "value" and value not in (None, [], {}))
            yield f"  {measure} = {_short(found.get('value'))}" + (f"  ({rest})" if rest else "")
        decision = row["decision"]
        yield "  kept" if decision is None else f"  dropped by {decision['step']}: {decision['reason']}"


def _content(folder: Path, row: Mapping[str, Any]) -> Iterator[str]:
    """What is asked and what is right; nothing for rows that were dropped without their text."""
    if row["decision"] is None:
        import pyarrow.parquet as pq

        columns = ["messages", "answer"]
        found = pq.read_table(folder / row["split"], columns=columns, filters=[("id", "=", row["id"])]).to_pylist()
    else:
        found = [one["row"] for one in read_jsonl(folder / DROPPED) if one.get("id") == row["id"] and one.get("row")]
    for problem in found[:1]:
        parts = [part for message in json.loads(problem["messages"]) for part in message["parts"]]
        yield f"  asks: {_short(' '.join(part['text'] or '[picture]' for part in parts), 600)}"
        answer = json.loads(problem["answer"])
        yield f"  right is: {_short(answer['reference'])}, judged by {answer['verifier']}"


def diff(old: Path, new: Path) -> Iterator[str]:
    """What a second build has that the first has not, the other way round, and which parameters differ."""
    before, after = read_manifest(old), read_manifest(new)
    yield from (f"recipe {line}" for line in _differences(before["recipe"], after["recipe"]))
    kept = [{row["id"]: row for row in read_trace(folder) if row["decision"] is None} for folder in (old, new)]
    decisions = {row["id"]: row["decision"] for row in read_trace(new) if row["decision"] is not None}
    gone, come = sorted(set(kept[0]) - set(kept[1])), sorted(set(kept[1]) - set(kept[0]))
    moved = sorted(name for name in set(kept[0]) & set(kept[1]) if kept[0][name]["split"] != kept[1][name]["split"])
    yield f"kept: {len(kept[0])} before, {len(kept[1])} now; {len(gone)} gone, {len(come)} new, {len(moved)} in another split"
    for name in gone[:20]:
        reason = decisions[name]["reason"] if name in decisions else "not among the rows considered"
        yield f"  - {kept[0][name]['key']} ({name[:12]}): {reason}"
    yield from (f"  + {kept[1][name]['key']} ({name[:12]})" for name in come[:20])
    more = max(0, len(gone) - 20) + max(0, len(come) - 20)
    if more:
        yield f"  … {more} more"


def _differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(set(old) | set(new)):
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _differences(left, right, f"{path}[{at}]")
    elif old != new:
        yield f"{path}: {_short(old)} -> {_short(new)}"


def _short(value: Any, most: int = 200) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "…"
