"""Documents of texts and pictures (K79): every picture stands where the record had it, and counts by OBELICS's rules.

The order is compared with the record before we changed it, where the row keeps it, in one of three forms:

    {"segments": [{"type": "text", "text": ...}, {"type": "image", "image": ...}]}
    {"parts": [{"text": ...}, {"image": ...}]}
    {"texts": ["...", null], "images": [null, "https://..."]}      OBELICS: one of the two at each place

A picture of the record is recognised by its sha256 where the record gives one; else the same reference must always have
become the same picture. Thresholds are those of OBELICS (Laurençon et al. 2023).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from pydantic import Field

from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measure, Measures, RowStep
from openk15.errors import UserError

_WORD = re.compile(r"[㐀-鿿぀-ヿ]|[^\s㐀-鿿぀-ヿ]+")  # a Chinese or Japanese character is a word
_DIGEST = re.compile(r"[0-9a-f]{64}")
SHOWN = 80  # characters of a text in evidence
Item = tuple[str, Any]  # ("text", text) or ("image", reference)


def words(text: str) -> int:
    return len(_WORD.findall(text))


def record_order(raw: Mapping[str, Any], where: str) -> list[Item] | None:
    """Texts and pictures of the record in order; None if it keeps none; UserError naming `where` and the place if it is malformed."""
    if isinstance(listed := raw.get("segments", raw.get("parts")), Sequence) and not isinstance(listed, str):
        return [_item(entry, f"{where}, segment {at}") for at, entry in enumerate(listed)]
    texts, images = raw.get("texts"), raw.get("images")
    if not (isinstance(texts, list) and isinstance(images, list)):
        return None
    if len(texts) != len(images):
        raise UserError(f"{where}: {len(texts)} texts and {len(images)} images; OBELICS has one of the two, and null, at each place")
    found: list[Item] = []
    for at, (text, image) in enumerate(zip(texts, images, strict=True)):
        if (text is None) == (image is None):
            raise UserError(f"{where}, place {at}: expected a text or an image there, got {'neither' if text is None else 'both'}")
        found.append(("text", text) if text is not None else ("image", image))
    return found


def _item(entry: Any, where: str) -> Item:
    if isinstance(entry, Mapping):
        kind = entry.get("type")
        if kind != "image" and isinstance(text := entry.get("text"), str):
            return "text", text
        if kind != "text" and entry.get("image") is not None:
            return "image", entry["image"]
    expected = '{"type": "text", "text": ...} or {"type": "image", "image": ...}'
    raise UserError(f"{where}: {str(entry)[:SHOWN]!r} is no segment; expected {expected}")


def difference(wanted: Sequence[Item], found: Sequence[Item]) -> dict[str, Any] | None:
    """Where two orders first differ, and how; None if they are the same."""
    became: dict[str, str] = {}
    for at, (one, two) in enumerate(zip(wanted, found, strict=False)):
        if one[0] != two[0] or (one[0] == "text" and one[1] != two[1]):
            return {"at": at, "record": _shown(one), "row": _shown(two)}
        if one[0] == "image":
            known = _sha256(one[1]) or became.setdefault(json.dumps(one[1], sort_keys=True, default=str), two[1])
            if known != two[1]:
                return {"at": at, "record": _shown(one), "row": _shown(two)}
    if len(wanted) != len(found):
        return {"at": min(len(wanted), len(found)), "record": f"{len(wanted)} parts", "row": f"{len(found)} parts"}
    return None


def _sha256(reference: Any) -> str | None:
    given = reference.get("sha256") if isinstance(reference, Mapping) else reference
    return given if isinstance(given, str) and _DIGEST.fullmatch(given) else None


def _shown(item: Item) -> str:
    text = item[1] if isinstance(item[1], str) else json.dumps(item[1], default=str)
    return f"{item[0]} {text[:SHOWN]}"


class Interleaved(RowStep):
    use: ClassVar[str] = "interleaved"
    measured: ClassVar[Mapping[str, str]] = {
        "order": "texts and pictures stand as in the record; null where the row keeps none. Evidence: the first place that differs",
        "images": "pictures",
        "texts": "pieces of text",
        "turns": "changes from text to picture or back",
        "least_words": "words of the shortest piece of text; a Chinese or Japanese character is a word",
        "most_words": "words of the longest piece of text",
        "words": "words of the document",
        "repeated_images": "pictures that stood before in the document",
        "fits": "true when every rule is kept. Evidence: the rules that are not",
    }

    min_images: int = Field(default=1, ge=0, description="OBELICS 1")
    max_images: int = Field(default=30, ge=0, description="OBELICS 30")
    min_node_words: int = Field(default=4, ge=0, description="OBELICS 4")
    max_node_words: int = Field(default=1000, ge=1, description="OBELICS 1,000")
    min_words: int = Field(default=10, ge=0, description="OBELICS 10")
    max_words: int = Field(default=2000, ge=1, description="OBELICS 2,000")
    max_repeats: int = Field(default=0, ge=0, description="OBELICS removes repeated pictures")

    def measure(self, shard: Shard) -> list[Measures]:
        return [self._row(row) for row in shard.rows]

    def _row(self, row: Row) -> Measures:
        parts = [part for message in row.problem.messages for part in message.parts]
        found: list[Item] = [("image", part.image) if part.image is not None else ("text", part.text) for part in parts]
        counts = [words(text) for kind, text in found if kind == "text"]
        images = [name for kind, name in found if kind == "image"]
        repeats = {name: count - 1 for name, count in Counter(images).items() if count > 1}
        measures: Measures = {
            "order": self._order(row, found),
            "images": {"value": len(images), "threshold": [self.min_images, self.max_images]},
            "texts": {"value": len(counts)},
            "turns": {"value": sum(one[0] != two[0] for one, two in pairwise(found))},
            "least_words": {"value": min(counts, default=None), "threshold": self.min_node_words},
            "most_words": {"value": max(counts, default=None), "threshold": self.max_node_words},
            "words": {"value": sum(counts), "threshold": [self.min_words, self.max_words]},
            "repeated_images": {"value": sum(repeats.values()), "threshold": self.max_repeats, "pictures": repeats},
        }
        broken = [name for name, broke in self._broken(measures).items() if broke]
        measures["fits"] = {"value": not broken, "broken": broken}
        return measures

    def _order(self, row: Row, found: Sequence[Item]) -> Measure:
        wanted = record_order(row.raw, f"row {row.key}")
        if wanted is None:
            return {"value": None, "why": "the row keeps no record of the order"}
        differs = difference(wanted, found)
        return {"value": differs is None, **({"differs": differs} if differs else {})}

    def _broken(self, measures: Measures) -> dict[str, bool]:
        value = {name: measure["value"] for name, measure in measures.items()}
        return {
            "order": value["order"] is False,
            "images": not self.min_images <= value["images"] <= self.max_images,
            "least_words": value["least_words"] is not None and value["least_words"] < self.min_node_words,
            "most_words": value["most_words"] is not None and value["most_words"] > self.max_node_words,
            "words": not self.min_words <= value["words"] <= self.max_words,
            "repeated_images": value["repeated_images"] > self.max_repeats,
        }
