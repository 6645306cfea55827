"""Texts as keys: what two records share when they ask the same thing.

normalise   NFKC, case, spaces, LaTeX spelling: equal for two writings of one question; punctuation stays
tokens      words, single characters of Chinese, Japanese and Korean, arithmetic signs; other punctuation is gone
loose_key   the tokens in one line: equal for questions that differ in punctuation and layout only
mask        the numbers of a text replaced by 0: equal for questions made from one template
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from data_recipes.problem import Problem
from multimodal.messages import Role

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_TOKEN: Final = re.compile(f"[{_CJK}]|[^\\W_{_CJK}]+|[-+*/=<>^%]")
_SPACE: Final = re.compile(r"\s+")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_ASCII_TOKEN: Final = re.compile(r"[a-z0-9]+|[-+*/=<>^%]")  # the same for ASCII in lower case, four times as fast
_SIGNS: Final = {"−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "÷": "/", "’": "'", "‘": "'", "“": '"', "”": '"', "\u200b": ""}
_SIGN: Final = re.compile(f"[{''.join(_SIGNS)}]")
_LATEX: Final = (
    (re.compile(r"\\[dtc]frac(?![a-z])"), r"\\frac"),
    (re.compile(r"\\(?:left|right|displaystyle|limits)(?![a-z])"), ""),
    (re.compile(r"\\(?:text|mbox|textrm|mathrm|operatorname)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\(?:[!,;:> ]|q?quad(?![a-z]))"), " "),
    (re.compile(r"\\(?:leq|le)(?![a-z])"), r"\\le"),
    (re.compile(r"\\(?:geq|ge)(?![a-z])"), r"\\ge"),
    (re.compile(r"\\(?:neq|ne)(?![a-z])"), r"\\ne"),
    (re.compile(r"\\[()\[\]]|\$+"), ""),
)


def asking(problem: Problem) -> list[str]:
    """The text of every message that is not the assistant's; of all messages where there is no other."""
    asked = [message.text for message in problem.messages if message.role is not Role.ASSISTANT]
    return asked if any(asked) else [message.text for message in problem.messages]


def question_text(problem: Problem) -> str:
    """What is asked, as one text."""
    return "\n".join(asking(problem)).strip()


def _spelled(text: str) -> str:
    if not text.isascii():
        if not unicodedata.is_normalized("NFKC", text):
            text = unicodedata.normalize("NFKC", text)
        text = _SIGN.sub(lambda found: _SIGNS[found[0]], text)
    text = text.lower()
    if "\\" in text or "$" in text:
        for pattern, instead in _LATEX:
            text = pattern.sub(instead, text)
    return text


def normalise(text: str) -> str:
    """One line in which spelling, case and spacing no longer matter."""
    return _SPACE.sub(" ", _spelled(text)).strip()


def tokens(text: str) -> list[str]:
    spelled = _spelled(text)
    return (_ASCII_TOKEN if spelled.isascii() else _TOKEN).findall(spelled)


def loose_key(text: str) -> str:
    return " ".join(tokens(text))


def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text in order, as they are written (1,000 as 1000)."""
    return tuple(found.replace(",", "").rstrip(".") for found in _NUMBER.findall(text))


def mask(words: Sequence[str]) -> str:
    """Tokens in one line with every number, and every run of numbers, as 0: a longer list is the same template."""
    out: list[str] = []
    for word in words:
        if not word[0].isdigit():
            out.append(word)
        elif not out or out[-1] != "0":
            out.append("0")
    return " ".join(out)
