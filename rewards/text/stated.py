r"""What a response says: its stated answer, whether it is marked as one, and notation made plain.

In: a response. Out: `Stated`, or None when the thoughts never end or nothing is left.

An answer is marked when the response sets it apart: a box, `<answer>` tags, or "the answer is". Unmarked, the
whole text is the answer, and a verifier may then read from it only what cannot be mistaken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from rewards.denials import CHINESE_AFTER, CHINESE_BEFORE, CHINESE_BOUND_AFTER, CHINESE_BOUND_BEFORE, CHINESE_NOT, DISOWNED
from rewards.extract import MAX_READ, UP_TO, after_thoughts, read_answer

MAX_CHARS = MAX_READ
MAX_MENTIONS = 500  # numbers, letters or words looked at in prose; a text with more of them gives no single one
MAX_SHOWN = 300  # characters of a response that a verdict repeats


@dataclass(frozen=True, slots=True)
class Stated:
    text: str  # never empty
    marked: bool  # set apart as the answer; else `text` is all that follows the thoughts
    parts: tuple[str, ...] = ()  # of boxes or tags that are joined: each one's content, all of them in `text`

    @property
    def several(self) -> bool:
        return len(self.parts) > 1


def stated(response: str) -> Stated | None:
    """The stated answer. Of more than MAX_CHARS characters only the last count, and then only a marked answer."""
    text = after_thoughts(response)
    if text is None:
        return None
    cut = len(text) > MAX_CHARS
    if cut:
        text = text[-MAX_CHARS:]
    found = read_answer(text)
    if found is None:
        return None
    marked = found.text != text.strip()
    return None if cut and not marked else Stated(found.text, marked, found.parts)


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
_MATHS = re.compile(r"(?<!\\)\$((?:[^$\\]|\\.)*)\$", re.DOTALL)  # an escaped dollar is money
# "3**2" is a power: without its sign it would be another number.
_MARKUP = re.compile(r"\\[()\[\]]|(?<!\d)\*\*|\*\*(?!\d)|__|`")


_STRUCK = re.compile(r"(?<!\S)~~(?=\S)[^~\n]{1,200}~~(?!\w)|\\(?:[bx]?cancel|sout)\{[^{}]*\}")


def plain(text: str) -> str:
    r"""Notation without meaning removed: fullwidth forms, LaTeX wrappers and spaces, `$…$`, bold and code marks; and what is struck out.

    Superscripts and `½` stay what they are (unlike under Unicode's NFKC, where `3²` would become `32`).
    """
    text = _STRUCK.sub(" ", text.translate(_PLAIN))
    if "\\" in text:
        text = _WRAPPER.sub(r"\1", _WRAPPER.sub(r"\1", text))
        for mark, meaning in _LATEX.items():
            text = text.replace(mark, meaning)
    return _MARKUP.sub("", _MATHS.sub(r"\1", _SPACES.sub(" ", text)).replace("\\$", "$")).strip()


# -- what is denied, and what is only bounded ----------------------------------------------------------------------

_WINDOW = 48  # characters looked at on either side, for a bound
_DENIAL_WINDOW = 80  # and for a denial: "I do not think that the answer to the question is"
_BEFORE = r"(?:\s(?:\s*(?!but\b)\w+\s){0,2}\s*[\"'(\[]?|[\"'(\[])\Z"
_NEGATIONS = (
    r"\b(?:not|never|no(?!\s+doubt)|nor|neither|without(?!\s+(?:an?y?\s+)?doubt)|cannot(?!\s+deny)|unlikely|hardly"
    r"|nothing|nobody|none(?:\s+of\s+(?:the\s+)?\w+)?)|n't"
)
# "all but B", "other than B", "I rule out B" name B as what it is not; "nothing but B" would name it, and is left unread.
_EXCLUSIONS = (
    r"\b(?:except(?:ing)?|excluding|excludes?|(?:all|any\w*|every\w*|none|nothing)\s+but|but\s+not|(?:other|rather)\s+than|instead\s+of"
    r"|apart\s+from|aside\s+from|far\s+from|opposite\s+of|unlike|rul(?:es?|ed|ing)\s+out|eliminat(?:es?|ed|ing)|reject(?:s|ed|ing)?"
    r"|discard(?:s|ed|ing)?)"
)
_MISTAKES = r"\b(?:wrong|incorrect|false)\s+(?:(?:final\s+)?answers?|options?|choices?|letters?|one)\b\s*(?:is|are|be|:|=)?"
_DENIAL = re.compile(rf"(?:{_NEGATIONS}|{_EXCLUSIONS}|{_MISTAKES}){_BEFORE}|{DISOWNED}\s*[\"'(\[]?\Z|{CHINESE_BEFORE}\Z", re.IGNORECASE)
# Unequal, or negated: "≠ 3", "¬3", "!3", "=/= 3".
_UNEQUAL = re.compile(r"(?:≠|!=|=/=|¬|\\(?:neq?|neg|lnot)(?![A-Za-z]))\s*\Z|(?<![\w!])!\Z")
_IS, _ARE = r"(?:is|was|seems|looks|would\s+be|can\s+be|could\s+be|must\s+be)", r"(?:are|were)"
_ADVERB = r"(?:\s+(?:also|clearly|definitely|obviously|certainly|simply|just))?\s+"
_FALSE = (
    r"(?:wrong|incorrect|false|absent|impossible|unlikely|excluded|eliminated|(?:ruled\s+)?out|missing"
    r"|not\s+(?:the|right|correct|true|it|possible|visible|present|there|shown|an?\s+(?:option|answer|choice|possibility))"
    r"|(?:the|an?)\s+(?:wrong|incorrect|false)\s+(?:one|answer|option|choice)"
    r"|in(?:valid|accurate))\b"
)
_ENDS_NOT = rf"(?:{_IS}|{_ARE})\s+not\s*(?=[.,;!?]|\Z)"  # "red it is not"
_CANNOT = r"can(?:not|'t)\b"
_NOT = r"(?:n't\b|\s+not\b|\s+never\b)"
_END = r"[\"')\]]*,?\s*"
_ASKED_NO = r"[\"')\]]*[?？]\s*(?:no(?!\s+doubt)|nope|wrong)\b"  # "Is it red? No"


class Kind(Enum):
    """What stands there decides what denies it. Each value is the pattern of a denial that follows.

    A word has properties, so "the dog is not red" leaves the dog standing; a letter and a number have none that a
    picture shows. "3 are not red" speaks of three things, "3 is not" of the number.
    """

    WORD = re.compile(
        rf"{_END}(?:(?:{_IS}|{_ARE}){_ADVERB}{_FALSE}|{_CANNOT}\s+be\s+(?:the|right|correct|it|true)\b|{_ENDS_NOT})|{_ASKED_NO}|{CHINESE_AFTER}",
        re.IGNORECASE,
    )
    LETTER = re.compile(
        rf"{_END}(?:(?:{_IS}|{_ARE}){_ADVERB}{_FALSE}|(?:is|are|was|were|can|could|would|does|do|should|must){_NOT}|{_CANNOT})"
        rf"|{_ASKED_NO}|{CHINESE_AFTER}|{CHINESE_NOT}",
        re.IGNORECASE,
    )
    NUMBER = re.compile(
        rf"{_END}(?:{_IS}{_ADVERB}{_FALSE}|(?:is|was|can|could|would|does|should|must){_NOT}|{_CANNOT})|{_ASKED_NO}|{CHINESE_AFTER}|{CHINESE_NOT}",
        re.IGNORECASE,
    )


_THAN = r"(?:more|less|fewer|greater|larger|smaller|higher|lower)\s+than"
_LEAST = rf"(?:at\s+(?:the\s+)?(?:least|most|minimum|maximum)|{_THAN}|min(?:imum)?|max(?:imum)?)"
_BOUND = re.compile(
    rf"\b(?:{_LEAST}|over|under|above|below|beyond|exceed(?:s|ing)?|{UP_TO}|almost|nearly){_BEFORE}|{CHINESE_BOUND_BEFORE}\Z", re.IGNORECASE
)
_SIGN = re.compile(r"(?:(?<![-=])>=?|<=?|[≤≥⩽⩾≦≧]|\\(?:leq?|geq?|lt|gt|leqslant|geqslant)(?![A-Za-z]))\s*\Z")
_MARKUP_TAG = re.compile(r"<[/A-Za-z][^<>]{0,40}>\s*\Z")  # "<b>3</b>" compares nothing
_BOUNDED_AFTER = re.compile(
    r"\s*(?:\+(?!\s*[\d(\\])"
    r"|,?\s*(?:or|and)\s+(?:even\s+)?(?:more|fewer|less|greater|higher|lower|larger|smaller|above|below|up|upwards?|over|under|beyond|so)\b(?!\s+than\s+\d)"
    r"|,?\s*at\s+(?:the\s+)?(?:(?:very\s+)?(?:least|most)|minimum|maximum)\b"
    rf"|[≤≥⩽⩾≦≧]|[<>]=?\s*\w(?![^<>\n]{{0,40}}>)|\\(?:leq?|geq?|lt|gt)(?![A-Za-z]))|{CHINESE_BOUND_AFTER}",
    re.IGNORECASE,
)


def denied(text: str, start: int, end: int, kind: Kind = Kind.WORD) -> bool:
    """Is `text[start:end]` denied by what stands beside it: "not 3", "all except the red", "B is wrong"?"""
    begin = max(0, start - _DENIAL_WINDOW)
    before = _DENIAL.search(text, begin, start) or _UNEQUAL.search(text, begin, start)
    return before is not None or kind.value.match(text, end, end + _WINDOW) is not None


def bounded(text: str, start: int, end: int) -> bool:
    """Is the number at `text[start:end]` only a bound: "at least 3", "> 3", "3 or more", "3+"?"""
    begin = max(0, start - _WINDOW)
    if _BOUND.search(text, begin, start) or _BOUNDED_AFTER.match(text, end, end + _WINDOW):
        return True
    return _SIGN.search(text, begin, start) is not None and _MARKUP_TAG.search(text, begin, start) is None
