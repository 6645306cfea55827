"""Can the text of a rendered picture be read? OCR of the picture against the text that was drawn (K75, K80).

The character error rate is the edit distance over the length of the drawn text, blanks aside: where a line breaks or how
far code is indented is no matter of legibility. Pictures that were augmented (tag `augment`) may be read worse.

A rendered picture whose text nobody told is read as well: where nothing can be read in it, it is not legible; where something
can, whether that is right is not known (null).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from data_recipes.dedup.origin import Origin, drawn_text, origin
from data_recipes.ocr import installed, ocr_text
from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measures, RowStep

_SAME = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "·": "."})
SHOWN = 2000  # characters of the read text in evidence


def normal(text: str) -> str:
    """Compatibility forms and look-alike marks as one; no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_SAME).split())


def character_error_rate(read: str, drawn: str) -> float:
    """Edit distance over the length of `drawn`, both normalised; ValueError when nothing was drawn."""
    from rapidfuzz.distance import Levenshtein

    wanted = normal(drawn)
    if not wanted:
        raise ValueError("the drawn text is empty")
    return Levenshtein.distance(normal(read), wanted) / len(wanted)


class Legibility(RowStep):
    use: ClassVar[str] = "legibility"
    measured: ClassVar[Mapping[str, str]] = {
        "cer": "character error rate of OCR, 0 is perfect; null where no drawn text is known. Evidence: what was read",
        "legible": "the rate is within its threshold; of an unknown text false where nothing can be read, else null",
    }

    max_cer: float = Field(default=0.05, ge=0.0, le=1.0, description="of a clean picture")
    max_cer_augmented: float = Field(default=0.15, ge=0.0, le=1.0, description="of an augmented one")

    def check(self) -> None:
        installed()

    def measure(self, shard: Shard) -> list[Measures]:
        return [self._row(row, shard.images) for row in shard.rows]

    def _row(self, row: Row, images: Mapping[str, bytes]) -> Measures:
        drawn = drawn_text(row)
        known = bool(normal(drawn))
        if not known and origin(row) is not Origin.RENDERED:
            return {"cer": {"value": None}, "legible": {"value": None}}
        read = "\n".join(ocr_text(images[name], f"row {row.key}, picture {name[:12]}") for name in row.problem.images)
        if not known:
            because = "the drawn text is not known, and nothing can be read" if not normal(read) else "the drawn text is not known"
            return {"cer": {"value": None, "text": read[:SHOWN]}, "legible": {"value": None if normal(read) else False, "because": because}}
        rate = round(character_error_rate(read, drawn), 4)
        most = self.max_cer if row.problem.tags.get("augment", "none") == "none" else self.max_cer_augmented
        return {"cer": {"value": rate, "threshold": most, "text": read[:SHOWN]}, "legible": {"value": rate <= most, "threshold": most}}
