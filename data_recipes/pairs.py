"""Preference pairs of a built dataset -> the JSON lines that TRL's DPOTrainer reads.

    data_recipes pairs runs/long2short/data pairs.jsonl

    {"prompt": [{"role": "user", "content": ...}], "chosen": [{"role": "assistant", "content": ...}], "rejected": [...]}

Where a prompt has pictures, contents are lists of {"type": "text"|"image"} parts, `images` names the files in order,
and the files lie in OUT's folder under `OUT.images/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data_recipes.problem import Problem
from data_recipes.sources.base import TRAIN
from multimodal.messages import Message
from openk15.errors import UserError
from openk15.files import atomic_write_bytes, atomic_write_text


def write_pairs(folder: Path, out: Path, split: str = TRAIN) -> int:
    """Pairs of the kept rows of `split`; returns how many. UserError when the dataset was built without a `preference` step."""
    from data_recipes.output import read_trace
    from data_recipes.store import load_problems

    data = load_problems(folder, split)
    problems = {problem.id: problem for problem in data.problems}
    lines: list[str] = []
    measured, pictures = False, set()
    for row in read_trace(folder):
        found = [measure for name, measure in (row["measures"] or {}).items() if name.endswith(".pairs") and "pairs" in measure]
        measured = measured or bool(found)
        if row["decision"] is not None or row["split"] != split or row["id"] not in problems:
            continue
        problem = problems[row["id"]]
        for pair in (pair for measure in found for pair in measure["pairs"]):
            lines.append(json.dumps(_line(problem, pair, out), ensure_ascii=False) + "\n")
            pictures.update(problem.images)
    if not measured:
        raise UserError(f"{folder}: no row has preference pairs; build it with a `preference` step")
    for name in sorted(pictures):
        atomic_write_bytes(out.parent / _picture(out, name), data.images[name])
    atomic_write_text(out, "".join(lines))
    return len(lines)


def _line(problem: Problem, pair: Mapping[str, Any], out: Path) -> dict[str, Any]:
    with_pictures = bool(problem.images)
    line: dict[str, Any] = {"prompt": [_message(message, with_pictures) for message in problem.messages]}
    for name in ("chosen", "rejected"):
        content = [{"type": "text", "text": pair[name]}] if with_pictures else pair[name]
        line[name] = [{"role": "assistant", "content": content}]
    if with_pictures:
        line["images"] = [_picture(out, name) for name in problem.images]
    return {**line, "id": problem.id}


def _message(message: Message, with_pictures: bool) -> dict[str, Any]:
    if not with_pictures:
        return {"role": str(message.role), "content": message.text}
    return {"role": str(message.role), "content": list(_parts(message))}


def _parts(message: Message) -> Iterator[dict[str, str]]:
    for part in message.parts:
        yield {"type": "image"} if part.image is not None else {"type": "text", "text": part.text or ""}


def _picture(out: Path, name: str) -> str:
    return f"{out.stem}.images/{name}.png"
