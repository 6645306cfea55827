"""Copies of benchmark questions that are planted to see whether they are found: recall measured, not assumed.

Kinds: word for word; with every number changed; drawn as a picture (with its text known, and with its text to be read);
reworded by simple rules. Questions are drawn benchmark by benchmark in turn, by seed.
"""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_recipes.chance import wilson
from data_recipes.contamination.corpus import Corpus
from data_recipes.dedup.text import numbers, tokens
from data_recipes.problem import Problem
from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measures
from multimodal.images import encode_png, image_digest
from multimodal.messages import Part, user
from openk15.seeds import derive_seed
from rewards.verdict import Answer

LEAST_WORDS = 5  # of a question that is worth planting
COLUMNS, SIZE, MARGIN = 64, 22, 24  # of a drawn question: characters a line, points, pixels


class Kind(StrEnum):
    VERBATIM = "verbatim"
    NUMBERS = "numbers changed"
    RENDERED = "rendered, text known"
    READ = "rendered, text to be read"
    REWORDED = "reworded"


_WORDING: Final = tuple(
    (re.compile(rf"\b{said}\b", re.IGNORECASE), instead)
    for said, instead in (
        ("how many", "what number of"),
        ("how much", "what amount of"),
        ("what is", "determine"),
        ("which of the following", "which one of these"),
        ("find", "work out"),
        ("compute|calculate|evaluate", "work out"),
        ("write a (?:python )?function to", "implement a routine which should"),
        ("each", "every"),
        ("there are", "we have"),
        ("buys", "purchases"),
        ("total", "overall"),
        ("let", "suppose that"),
        ("if", "supposing"),
        ("given", "provided"),
        ("returns?", "gives back"),
        ("all", "the whole of the"),
        ("and", "as well as"),
    )
)


@dataclass(frozen=True)
class Canary:
    kind: Kind
    source: str  # "gsm8k 17"
    row: Row
    images: Mapping[str, bytes]


def plant(corpus: Corpus, count: int, seed: int, kinds: Sequence[Kind]) -> list[Canary]:
    """`count` copies of each kind, fewer where not so many questions can be changed in that way."""
    order = _drawn(corpus, seed)
    out: list[Canary] = []
    for kind in kinds:
        planted = 0
        for number in order:
            if planted == count:
                break
            changed = _CHANGES[kind](corpus.texts[number], derive_seed("canary", kind, number, seed))
            if changed is not None:
                item = corpus.items[corpus.of[number]]
                out.append(_canary(kind, f"{item.benchmark} {item.id}", f"canary/{kind}/{planted}", changed))
                planted += 1
    return out


def shard(canaries: Sequence[Canary]) -> Shard:
    images = {name: data for canary in canaries for name, data in canary.images.items()}
    return Shard(tuple(canary.row for canary in canaries), images)


def recall(canaries: Sequence[Canary], measured: Sequence[Measures], kinds: Sequence[Kind]) -> tuple[list[str], list[list[Any]], list[str]]:
    """(header, a row for each kind, the copies that were missed altogether)."""
    rows: list[list[Any]] = []
    missed: list[str] = []
    for kind in kinds:
        found = [(canary, measures) for canary, measures in zip(canaries, measured, strict=True) if canary.kind is kind]
        hits = sum(bool(measures["hit"]["value"]) for _, measures in found)
        seen = sum(bool(measures["hit"]["value"] or measures["review"]["value"]) for _, measures in found)
        rows.append([str(kind), len(found), *_share(hits, len(found)), *_share(seen, len(found))])
        missed += [
            f"{kind}: {canary.source}" for canary, measures in found if not (measures["hit"]["value"] or measures["review"]["value"])
        ]
    return ["kind", "planted", "hit", "95 % interval", "hit or to review", "95 % interval"], rows, missed


def _share(count: int, of: int) -> list[str]:
    if not of:
        return ["not checked", "-"]
    low, high = wilson(count, of)
    return [f"{count} ({count / of:.0%})", f"{low:.0%}-{high:.0%}"]


def _drawn(corpus: Corpus, seed: int) -> list[int]:
    """Numbers of texts: one of each benchmark in turn, shuffled by seed; a question's first text only."""
    by_benchmark: dict[str, list[tuple[int, int]]] = defaultdict(list)
    before = -1
    for number, item in enumerate(corpus.of):
        if item != before and len(tokens(corpus.texts[number])) >= LEAST_WORDS:
            found = corpus.items[item]
            by_benchmark[found.benchmark].append((derive_seed("canary", found.benchmark, found.id, seed), number))
        before = item
    queues = [[number for _, number in sorted(by_benchmark[name])] for name in sorted(by_benchmark)]
    longest = max(map(len, queues), default=0)
    return [queue[at] for at in range(longest) for queue in queues if at < len(queue)]


Changed = tuple[str, bool, bool]  # text, drawn as a picture, text told


def _verbatim(text: str, seed: int) -> Changed | None:
    return text, False, True


def _numbers(text: str, seed: int) -> Changed | None:
    random = np.random.Generator(np.random.Philox(seed))

    def other(found: re.Match[str]) -> str:
        length = len(found[0])
        low = 10 ** (length - 1) if length > 1 else 1
        drawn = int(random.integers(low, 10**length - 1))
        return str(drawn + (drawn >= int(found[0])))

    changed = re.sub(r"\d{1,9}", other, text)
    return (changed, False, True) if numbers(changed) != numbers(text) else None


def _rendered(text: str, seed: int) -> Changed | None:
    drawable = 30 <= len(text) <= 900 and all(" " <= character <= "~" or character == "\n" for character in text)
    return (text, True, True) if drawable else None


def _unread(text: str, seed: int) -> Changed | None:
    drawn = _rendered(text, seed)
    return None if drawn is None else (text, True, False)


def _reworded(text: str, seed: int) -> Changed | None:
    changed = text
    for said, instead in _WORDING:
        changed = said.sub(instead, changed)
    return (changed, False, True) if changed != text else None


_CHANGES: Final[dict[Kind, Callable[[str, int], Changed | None]]] = {
    Kind.VERBATIM: _verbatim,
    Kind.NUMBERS: _numbers,
    Kind.RENDERED: _rendered,
    Kind.READ: _unread,
    Kind.REWORDED: _reworded,
}


def _canary(kind: Kind, source: str, key: str, changed: Changed) -> Canary:
    text, drawn, told = changed
    images: dict[str, bytes] = {}
    message = user(Part(text=text))
    tags = {"modality": "text", "source": "canary", "grade": "1"}
    if drawn:
        picture = draw(text)
        images = {image_digest(picture): picture}
        message = user(Part(image=image_digest(picture)), Part(text="Solve the task in the picture."))
        tags = {**tags, "modality": "image-text", "origin": "rendered" if told else "real"}
    keys, raw = ((f"text:{text}",), {"source_text": text}) if drawn and told else ((), {})
    return Canary(kind, source, Row(key, "train", Problem((message,), Answer("exact", "-"), tags), keys, raw), images)


def draw(text: str) -> bytes:
    """The text in black on white, wrapped."""
    import matplotlib

    font = ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), SIZE)
    lines = [line for paragraph in text.split("\n") for line in textwrap.wrap(paragraph, COLUMNS) or [""]]
    width = int(max(font.getlength(line) for line in lines)) + 2 * MARGIN
    image = Image.new("RGB", (width, len(lines) * (SIZE + 10) + 2 * MARGIN), "white")
    for at, line in enumerate(lines):
        ImageDraw.Draw(image).text((MARGIN, MARGIN + at * (SIZE + 10)), line, font=font, fill="black")
    return encode_png(image)
