r"""One spelling for one thing: Unicode, LaTeX spacing, sizes and synonyms become one ASCII form before lexing.

    "５π²∕3"  ->  "5\pi ^{2}/3"        "12,\!345" -> "12345"        "\left( \dfrac12 \right)" -> "( \frac12 )"

Nothing here decides anything: a change of spelling never changes the value that is written.
"""

from __future__ import annotations

import re
import unicodedata

_CHARS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "﹣": "-", "×": r"\times ", "⋅": r"\cdot ", "·": r"\cdot ", "∙": r"\cdot ", "÷": r"\div ",
    "∕": "/", "⁄": "/", "±": r"\pm ", "∓": r"\mp ", "≤": r"\le ", "⩽": r"\le ", "≦": r"\le ", "≥": r"\ge ", "⩾": r"\ge ", "≧": r"\ge ",
    "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ", "√": r"\sqrt ", "π": r"\pi ", "∞": r"\infty ", "∪": r"\cup ", "∩": r"\cap ",
    "∖": r"\setminus ", "∅": r"\emptyset ", "⌀": r"\emptyset ", "∈": r"\in ", "°": r"^{\circ}", "º": r"^{\circ}", "∠": r"\angle ",
    "△": r"\triangle ", "′": "'", "’": "'", "‘": "'", "″": "''", "“": '"', "”": '"', "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ",
    "⌉": r"\rceil ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}", "ℕ": r"\mathbb{N}", "ℂ": r"\mathbb{C}", "→": r"\to ",
    "∫": r"\int ", "∑": r"\sum ", "∏": r"\prod ", "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}",
    "⅕": r"\frac{1}{5}", "⅛": r"\frac{1}{8}", "。": ". ",
    "，": ",", "、": ",", "；": ";", "：": ":", "（": "(", "）": ")",
    "％": "%", "＝": "=", "…": r"\ldots ", "⋯": r"\ldots ", "ℓ": "l", "µ": r"\mu ", "∣": "|", "‖": r"\|", "ⅈ": "i", "ⅇ": "e",
    "∧": r"\land ",
    "¥": r"\text{yuan}", "￥": r"\text{yuan}", "€": r"\text{euro}", "£": r"\text{pound sterling}",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "λ": "lambda",
    "μ": "mu", "ν": "nu", "ξ": "xi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n", strict=True))
_SUB = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_TABLE = str.maketrans(_CHARS | {key: f"\\{name} " for key, name in _GREEK.items()})
# Invisible characters carry no value: zero width, left-to-right marks, soft hyphen, byte-order mark. What reorders text does.
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
# A form feed or backspace is what an unescaped "\\f" or "\\b" of "\\frac" or "\\boxed" turned into.
_CONTROL = {0x0C: r"\f", 0x08: r"\b"}
_SUPERS = re.compile(f"[{''.join(_SUPER)}]+")
_SUBS = re.compile(f"[{''.join(_SUB)}]+")

_SIZES = re.compile(
    r"\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|bigl|bigr|Bigl|Bigr|biggl|biggr|Biggl|Biggr|big|Big|bigg|Bigg|"
    r"mathstrut|nonumber|notag|boldmath|hfill|allowbreak|nobreak|rm|bf|it|cal|sf)(?![a-zA-Z])"
)
_DROPPED = re.compile(r"\\(?:hspace|vspace|phantom|hphantom|vphantom|label|tag)\*?\s*\{[^{}]*\}")
_SPACES = re.compile(r"\\(?:quad|qquad|thinspace|medspace|thickspace|enspace|negthinspace|space)(?![a-zA-Z])|(?<!\\)\\[,;:! >]|~")
_DELIMITED = re.compile(r"\\m?(left|right|middle)\s*(?=[()\[\]|.\\{}/<>])")
_GROUPING = re.compile(r"(?<=\d)(?:\{,\}|,?\\!,?|\\,|\\;|\\ |,\\ ?,?|[\u2009\u202f\u00a0'])\s*(?=\d{3}(?!\d))")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{(?:align|aligned|equation|gather|gathered|split|displaymath|math|multline|center)\*?\}")
_REPEATING = re.compile(r"(\d*)\.(\d*)(?:\\overline\s*\{\s*(\d+)\s*\}|\\dot\s*\{?(\d)\}?(?:(\d*)\\dot\s*\{?(\d)\}?)?)")
_DOTTED = re.compile(r"(\d*\.\d*?)(\d+?)(\2{2,})(?:\\(?:l|c)?dots\b|\.\.\.)")
_MONEY = re.compile(r"\\\$\s*((?>\d(?:[\d,]*\d)?(?:\.\d+)?))(?!\s*\\text)")
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z]{2,})")
_SAME = {
    r"\dfrac": r"\frac", r"\tfrac": r"\frac", r"\cfrac": r"\frac", r"\dbinom": r"\binom", r"\tbinom": r"\binom", r"\leq": r"\le",
    r"\geq": r"\ge", r"\leqslant": r"\le", r"\geqslant": r"\ge", r"\neq": r"\ne", r"\lt": "<", r"\gt": ">", r"\ast": "*",
    r"\lbrack": "[", r"\rbrack": "]", r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lparen": "(", r"\rparen": ")", r"\vert": "|",
    r"\lvert": r"\lvert", r"\varnothing": r"\emptyset", r"\rightarrow": r"\to", r"\longrightarrow": r"\to", r"\land": r"\wedge",
    r"\degree": r"^{\circ}", r"\dots": r"\ldots", r"\cdots": r"\ldots", r"\dotsc": r"\ldots", r"\dotsb": r"\ldots", r"\hdots": r"\ldots",
    r"\varepsilon": r"\epsilon", r"\varphi": r"\phi", r"\vartheta": r"\theta", r"\colon": ":", r"\backslash": r"\setminus",
    r"\smallsetminus": r"\setminus", r"\ulcorner": r"\lceil", r"\urcorner": r"\rceil", r"\llcorner": r"\lfloor", r"\lrcorner": r"\rfloor",
    r"\exponentialE": "e", r"\imaginaryI": "i", r"\imaginaryJ": "i", r"\lor": r"\vee", r"\prime": "'", r"\mid": r"\mid",
    r"\thickapprox": r"\approx", r"\simeq": r"\approx", r"\doteq": r"\approx", r"\infin": r"\infty", r"\euro": r"\text{euro}",
    r"\iff": r"\iff", r"\textdollar": r"\$", r"\percent": r"\%", r"\bmod": r"\mod", r"\fbox": r"\boxed",
}  # fmt: skip
_SAME_RE = re.compile("|".join(re.escape(key) + r"(?![a-zA-Z])" for key in sorted(_SAME, key=len, reverse=True)))


def unicode_to_latex(text: str) -> str:
    """ASCII and LaTeX in place of mathematical Unicode; digits of any script become ASCII digits."""
    if text.isascii():
        return text.translate(_CONTROL)
    text = _INVISIBLE.sub("", text)
    text = _SUPERS.sub(lambda found: "^{" + "".join(_SUPER[char] for char in found.group()) + "}", text)
    text = _SUBS.sub(lambda found: "_{" + "".join(_SUB[char] for char in found.group()) + "}", text)
    text = text.translate(_TABLE)
    if not text.isascii():
        text = "".join(_plain(char) for char in text)
    return text.translate(_CONTROL)


def _plain(char: str) -> str:
    if char.isascii():
        return char
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    folded = unicodedata.normalize("NFKC", char)
    return folded if folded.isascii() and len(folded) == 1 else char


def _repeating(found: re.Match[str]) -> str:
    whole, start = found.group(1) or "0", found.group(2)
    period = found.group(3) or found.group(4) + (found.group(5) or "") + (found.group(6) or "")
    nines = (10 ** len(period) - 1) * 10 ** len(start)
    value = int(whole + start + period) - int(whole + start)
    return f"(\\frac{{{value}}}{{{nines}}})"


def _repeating_dots(found: re.Match[str]) -> str:
    return _repeating_of(found.group(1), found.group(2))


def _repeating_of(start: str, period: str) -> str:
    whole, _, decimals = start.partition(".")
    nines = (10 ** len(period) - 1) * 10 ** len(decimals)
    value = int((whole or "0") + decimals + period) - int((whole or "0") + decimals)
    return f"(\\frac{{{value}}}{{{nines}}})"


def _delimiter(found: re.Match[str]) -> str:
    return "\\lvert " if found.group(1) == "left" else "\\rvert "


_SIDED_BAR = re.compile(r"\\m?(left|right)\s*(?:\||\\vert(?![a-zA-Z])|\\[lr]vert(?![a-zA-Z])|\\vert)")
_EMPTY_SIDE = re.compile(r"\\m?(?:left|right)\s*\.")


def normalise(text: str) -> str:
    """The form that the lexer reads; see the module's docstring."""
    text = unicode_to_latex(text)
    if "\\" in text:
        if "\\\\" in text and "matrix" not in text and "array" not in text and "cases" not in text:
            text = _DOUBLED.sub(lambda _: "\\", text)
        text = _SIDED_BAR.sub(_delimiter, text)
        text = _EMPTY_SIDE.sub(" ", text)
        text = _DELIMITED.sub("", text)
        text = _GROUPING.sub("", text)
        text = _SIZES.sub(" ", text)
        text = _DROPPED.sub(" ", text)
        text = _ENVIRONMENT.sub(" ", text)
        text = _SAME_RE.sub(lambda found: _SAME[found.group()] + " ", text)
        text = _SPACES.sub(" ", text)
        if "\\overline" in text or "\\dot" in text:
            text = _REPEATING.sub(_repeating, text)
    elif "{,}" in text or "\u00a0" in text or "'" in text or "\u2009" in text:
        text = _GROUPING.sub("", text)
    if "..." in text or "dots" in text:
        text = _DOTTED.sub(_repeating_dots, text)
    text = _MONEY.sub(lambda found: found.group(1) + r"\text{dollars}", text)
    text = text.replace("{,}", ",").replace(r"\$", " ").replace("$", " ")
    return text.strip()
