r"""A formula without what a sentence or Markdown puts around it. Pure text work, linear in the length.

"So x = 5"   "2x = 10, so x = 5"   "\Rightarrow x = 5"   ->  "x = 5"        "2 + 3 = **5**" -> "2 + 3 = 5"
"""

from __future__ import annotations

import re

# As CommonMark has it: two stars after a letter, a digit or a bracket open no emphasis, so 2**3 stays a power.
_EMPHASIS = re.compile(r"(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]{1,300})(?<=\S)\*\*(?![\w(*])")
_UNIT_POWER = re.compile(r"(?<=[A-Za-z\d])\s?\$\^\{?([23]|\\circ)\}?\$")  # cm$^2$, 60$^\circ$
_TICKS = re.compile("[✓✔✅☑\ufe0f\U0001f300-\U0001faff]")
_LEADS_ON = re.compile(
    r"(?:(?:(?:and\s+)?(?:so|thus|hence|then|therefore|now|finally)\b|but\b|(?:yes|no)\s*[,:.]|(?:we|i)\s+(?:have|get|find|obtain|see)\b"
    r"|(?:this|that|which|it)\s+(?:gives|means|yields|is)\b|there\s+(?:is|are)\b)[\s,:]*(?:that\b)?|=>|->|[∴⇒→=]|\\(?:therefore|Rightarrow|implies)(?![A-Za-z])|\s){1,12}",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"[,;.]?\s*(?:\b(?:so|thus|hence|therefore)\b|[∴⇒]|=>|\\(?:therefore|Rightarrow|implies)(?![A-Za-z]))[\s,:]*", re.IGNORECASE
)


def unmarked(text: str) -> str:
    """Without emphasis and ticks; a unit's power stands with its unit."""
    return _EMPHASIS.sub(r"\1", _UNIT_POWER.sub(_power_of_unit, _TICKS.sub("", text)))


def _power_of_unit(found: re.Match[str]) -> str:
    return "°" if found[1] == "\\circ" else f"^{found[1]}"


def formula_of(said: str) -> str:
    """Without the words and signs that lead on to a formula, which are no letters of it."""
    led = _LEADS_ON.match(said)
    if led and led.end() < len(said):
        said = said[led.end() :]
    concludes = list(_CONCLUDES.finditer(said))
    return said[concludes[-1].end() :] if concludes and re.search(r"\d", said[concludes[-1].end() :]) else said


__all__ = ["formula_of", "unmarked"]
