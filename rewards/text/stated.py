r"""What a response says: its stated answer, whether it is marked as one, and notation made plain.

In: a response. Out: `Stated`, or None when the thoughts never end or nothing is left.

An answer is marked when the response sets it apart: a box, `<answer>` tags, or "the answer is". Unmarked, the
whole text is the answer, and a verifier may then read from it only what cannot be mistaken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.extract import after_thoughts, stated_answer

MAX_CHARS = 200_000  # characters read of what follows the thoughts: its end, where answers stand
MAX_MENTIONS = 500  # numbers, letters or words looked at in prose; a text with more of them gives no single one
MAX_SHOWN = 300  # characters of a response that a verdict repeats


@dataclass(frozen=True, slots=True)
class Stated:
    text: str  # never empty
    marked: bool  # set apart as the answer; else `text` is all that follows the thoughts


def stated(response: str) -> Stated | None:
    """The stated answer. Of more than MAX_CHARS characters only the last count, and then only a marked answer."""
    text = after_thoughts(response)
    if text is None:
        return None
    cut = len(text) > MAX_CHARS
    if cut:
        text = text[-MAX_CHARS:]
    found = stated_answer(text)
    if not found:
        return None
    marked = found != text.strip()
    return None if cut and not marked else Stated(found, marked)


def shown(text: str) -> str:
    """`text` as a verdict may repeat it: short, and encodable even when the response holds lone surrogates."""
    short = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    return short.encode("utf-8", "replace").decode("utf-8")


_PLAIN = str.maketrans(
    {
        **{0xFF10 + digit: str(digit) for digit in range(10)},  # fullwidth digits, letters and punctuation
        **{0xFF21 + at: chr(ord("A") + at) for at in range(26)},
        **{0xFF41 + at: chr(ord("a") + at) for at in range(26)},
        **dict(zip("（），．：；％＋－＝［］｛｝", "(),.:;%+-=[]{}", strict=True)),
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\0", ""),
        **dict.fromkeys("\u2212\u2010\u2011", "-"),
        **dict.fromkeys("\u201c\u201d", '"'),
        **dict.fromkeys("\u2018\u2019", "'"),
    }
)
_WRAPPER = re.compile(r"\\(?:text|textbf|textit|textrm|mbox|mathrm|mathbf|mathit|operatorname)\{([^{}]*)\}")
_LATEX = {"{,}": ",", "\\%": "%", "\\left": "", "\\right": "", "\\!": ""}
_SPACES = re.compile(r"\\[,;: ]|~")
_MATHS = re.compile(r"\$([^$]*)\$")
_MARKUP = re.compile(r"\\[()\[\]]|\*\*|__|`")


def plain(text: str) -> str:
    r"""Notation without meaning removed: fullwidth forms, LaTeX wrappers and spaces, `$…$`, bold and code marks.

    Superscripts and `½` stay what they are (unlike under Unicode's NFKC, where `3²` would become `32`).
    """
    text = text.translate(_PLAIN)
    if "\\" in text:
        text = _WRAPPER.sub(r"\1", _WRAPPER.sub(r"\1", text))
        for mark, meaning in _LATEX.items():
            text = text.replace(mark, meaning)
    return _MARKUP.sub("", _MATHS.sub(r"\1", _SPACES.sub(" ", text))).strip()


_BEFORE = r"\s(?:\s*(?!but\b)\w+\s){0,2}\s*[\"'(\[]?\Z"
_DENIAL = re.compile(r"(?:\bnot|n't|\bnever|\bno|\bnor|\bneither|\bwithout)" + _BEFORE, re.IGNORECASE)
_BOUNDS = r"\b(?:at\s+(?:least|most)|(?:more|less|fewer|greater)\s+than|over|under|up\s+to|almost|nearly)"
_BOUND = re.compile(_BOUNDS + _BEFORE, re.IGNORECASE)
_WINDOW = 48  # characters looked back over


def denied(text: str, at: int) -> bool:
    """Does what stands right before `text[at]` deny it: "not 3", "isn't the red"?"""
    return _DENIAL.search(text, max(0, at - _WINDOW), at) is not None


def bounded(text: str, at: int) -> bool:
    """Is the number at `text[at]` only a bound: "at least 3", "more than 3"?"""
    return _BOUND.search(text, max(0, at - _WINDOW), at) is not None
