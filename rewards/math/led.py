r"""A formula without what a sentence or Markdown puts around it. Pure text work, linear in the length.

"So x = 5"   "2x = 10, so x = 5"   "\Rightarrow x = 5"   ->  "x = 5"        "2 + 3 = **5**" -> "2 + 3 = 5"
"""

from __future__ import annotations

import re

# As CommonMark has it: two stars after a letter, a digit or a bracket open no emphasis, so 2**3 stays a power.
_EMPHASIS = re.compile(r"(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]{1,300})(?<=\S)\*\*(?![\w(*])")
_VALUE = re.compile(r"(?:[A-Za-z]\s*=\s*)?[-−]?\s*\\?[$(]?\s*[\d.\\]")
_UNIT_POWER = re.compile(r"(?<=[A-Za-z\d])\s?\$\^\{?([23]|\\circ)\}?\$")  # cm$^2$, 60$^\circ$
_TICKS = re.compile("[✓✔✅☑\ufe0f\U0001f300-\U0001faff]")
_LEADS_ON = re.compile(
    r"(?:(?:(?:and\s+)?(?:so|thus|hence|then|therefore|now|finally)\b|but\b|(?:yes|no)\s*[,:.]|(?:we|i)\s+(?:have|get|find|obtain|see)\b"
    r"|(?:this|that|which|it)(?:\s+(?:gives|means|yields|is)|['’]s)\b|there\s+(?:is|are)\b)[\s,:]*(?:that\b)?|=>|->|[∴⇒→=]|\\(?:therefore|Rightarrow|implies)(?![A-Za-z])|\s){1,12}",
    re.IGNORECASE,
)
_TIMES = re.compile(r"(?<=\d) [xX] (?=\\?\$?\d)")  # 9 x 2: outside of dollars a variable never stands before its number
_IS = re.compile(r"\A([A-Za-z])\s+(?:is|equals)\s+(?=[-−\d\\$(])")  # x is 5
_CALCULATOR = re.compile(r"<<[^<>\n]{1,120}>>")  # GSM8K's annotations, which are no text
_CONCLUDES = re.compile(
    r"[,;.]?\s*(?:\b(?:so|thus|hence|therefore)\b|[∴⇒]|=>|\\(?:therefore|Rightarrow|implies)(?![A-Za-z]))[\s,:]*", re.IGNORECASE
)


def unmarked(text: str) -> str:
    """`unannotated`, and without emphasis."""
    return _EMPHASIS.sub(r"\1", unannotated(text))


def unannotated(text: str) -> str:
    """Without ticks and calculations in angle brackets; a unit's power stands with its unit."""
    return _CALCULATOR.sub("", _UNIT_POWER.sub(_power_of_unit, _TICKS.sub("", text)))


def emphasised(sentence: str) -> tuple[int, int, str] | None:
    """Start, end and content of the one value that a sentence sets in bold: "She earned **$10** for 50 minutes"."""
    spans = [(found.start(), found.end(), found[1].strip()) for found in _EMPHASIS.finditer(sentence)]
    values = [span for span in spans if _VALUE.match(span[2]) and not span[2].endswith(":")]
    return values[0] if len(values) == 1 == len(spans) else None


def _power_of_unit(found: re.Match[str]) -> str:
    return "°" if found[1] == "\\circ" else f"^{found[1]}"


def formula_of(said: str) -> str:
    """Without the words and signs that lead on to a formula, which are no letters of it."""
    said = said.removeprefix("$$").removesuffix("$$")
    led = _LEADS_ON.match(said)
    if led and led.end() < len(said):
        said = said[led.end() :]
    said = _TIMES.sub(" × ", _IS.sub(r"\1 = ", said))
    concludes = list(_CONCLUDES.finditer(said))
    return said[concludes[-1].end() :] if concludes and re.search(r"\d", said[concludes[-1].end() :]) else said


__all__ = ["emphasised", "formula_of", "unannotated", "unmarked"]
