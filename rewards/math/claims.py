r"""What a sentence says of the answer in it: denied, only a bound, negative, taken back. Text work, in bounded windows.

    "cannot be 5"   "\boxed{5} is wrong"   "at least 5"   "between 4 and 5"   "negative 5"   "5. Actually, it is 6."

A number that is denied or only bounded is no answer; a later correction takes the answer's place.
"""

from __future__ import annotations

import re

from rewards.denials import (
    ANNOUNCED,
    CHINESE_AFTER,
    CHINESE_BEFORE,
    CHINESE_BOUND_AFTER,
    CHINESE_BOUND_BEFORE,
    CHINESE_NOT,
    DISOWNED,
    DOUBT,
    SUPPOSED,
)
from rewards.extract import UP_TO

WINDOW = 80  # characters looked at before and after an answer

# What may open an answer: marks of maths, of emphasis, of quotation, a tag.
_LEAD = r"[\s$*\"'(\[`]*(?:<answer>\s*)?(?:\\[(\[]\s*)?"
_MONEY = r"(?:\\?\$|€|£|¥)?\s*"
# Up to two words may stand between ("not equal to 5"); after "but" the sentence says what is so.
_DENIES = re.compile(
    r"(?:\b(?:not|never|no|nor|neither|without|cannot|hardly|impossible)|n['’]t|\bfar\s+from|\bother\s+than"
    r"|\bdiffer(?:s|ent)?\s+from|\bunlike|\brather\s+than|\binstead\s+of|\b(?:anything|everything|all)\s+but|\bexcept(?:\s+for)?)"
    rf"(?:\s+(?!but\b|so\b|then\b|thus\b|is\b|are\b)[A-Za-z]+){{0,2}}\s{_LEAD}\Z|\bnot\s*:{_LEAD}\Z"
    rf"|{DISOWNED}{_LEAD}\Z|{CHINESE_BEFORE}{_LEAD}\Z|(?:¬|\\(?:neg|lnot)|(?<![\w!])!)\Z",
    re.IGNORECASE,
)
_DOUBTS = re.compile(rf"{DOUBT}(?:\s+[A-Za-z]+){{0,4}}\s{_LEAD}\Z", re.IGNORECASE)
_BOUNDS = re.compile(
    r"(?:\b(?:at\s+(?:least|most)|(?:more|less|fewer|greater|larger|smaller|bigger|higher|lower)\s+than|over|under|above|below"
    rf"|{UP_TO}|almost|nearly|exceed(?:s|ing)?|a\s+(?:minimum|maximum)\s+of|(?:upper|lower)\s+bound\s+(?:of|is))"
    r"(?:\s+or\s+equal\s+to)?(?:\s+(?:about|around|exactly|only|the|a))?"
    rf"|\bbetween\s+\S{{1,20}}\s+and|{CHINESE_BOUND_BEFORE}){_LEAD}{_MONEY}\Z",
    re.IGNORECASE,
)
_SIGN = re.compile(rf"\b(negative|minus){_LEAD}\Z", re.IGNORECASE)
_LEFT_OF_MINUS = re.compile(
    r"(?:^|[.:;,=(]|\b(?:is|are|be|was|equals|equal\s+to|gives?|gets?|obtain|and|or|of|by|to|answer|value))\s*\Z", re.IGNORECASE
)

_CLOSE = r"[\s$*\"')\]`]*(?:\\[)\]]\s*)?(?:</answer>\s*)?"  # what may close an answer
_WRONG = r"(?:\w+ly\s+)?(?:wrong|incorrect|false|impossible|invalid|mistaken|too\s+\w+|an?\s+(?:mistake|error))\b"
_NOT = r"(?:is|was|are|does|do|can|could|would|should|will)\s*(?:\w+ly\s+)?(?:not\b|n['’]t\b)|cannot\b"
# A box may stand in a sentence about it ("\\boxed{B} is not on the line"); it is denied where it is called no answer.
_NO_ANSWER = (
    rf"(?:{_NOT})\s+(?:be\s+)?(?:\w+ly\s+)?"
    r"(?:(?:the|my|our|an?)\s+(?:\w+\s+)?(?:answer|solution|result)|correct|right|true|valid|possible|it\b)"
)
_IS_WRONG = rf"(?:is|was|are|seems|looks)\s+{_WRONG}"
_NUMBER_DENIED_AFTER = re.compile(rf"{_CLOSE}(?:(?:which|that)\s+)?(?:{_NOT}|(?:is|was|are)\s+(?:never|no)\b)|{CHINESE_NOT}", re.IGNORECASE)
_DENIED_AFTER = re.compile(
    rf"{_CLOSE}(?:(?:which|that)\s+)?(?:{_NO_ANSWER}|{_IS_WRONG})"
    rf"|{_CLOSE}[.!;,]?\s*(?:\W*(?:but|no|wait|actually|sorry|oops)\b\W*){{0,3}}(?:that|this|it|which|(?:the|my|this|that)\s+answer)"
    rf"\s*(?:is|['’]s|was)\s*(?:{_WRONG}|not\s+(?:\w+ly\s+)?(?:correct|right|true|the\s+(?:\w+\s+)?answer))"
    rf"|{_CLOSE}[—–-]*\s*[(\[]\s*(?:(?:this|that|it|which)\s+is\s+)?(?:{_WRONG}|not\s+(?:correct|right|true|the\s+(?:\w+\s+)?answer)\b)"
    rf"|{_CLOSE}(?:(?:right|correct|true|it|the\s+answer)\s*)?[?？]\s*(?:no\b|nope\b|wrong\b|不)|{CHINESE_AFTER}",
    re.IGNORECASE,
)
_BOUNDED_AFTER = re.compile(
    rf"{_CLOSE}(?:\w+\s+)?(?:or|and)\s+(?:more|less|fewer|greater|larger|smaller|higher|lower|above|below|over|under|up)\b"
    rf"|{_CLOSE}(?:\w+\s+)?at\s+(?:most|least)\b|{CHINESE_BOUND_AFTER}",
    re.IGNORECASE,
)
# "Is it 5?" asks; "What is the sum? 5" has another sentence behind its question mark.
_ASKED = re.compile(
    r"(?:^|[.!?;:\n]|,\s*or)[\s\W]*(?:so|but|and|then|well|hmm+|wait)?[\s,]*"
    rf"(?:is|are|was|were|could|can|would|should|might|may|does|do|did|what\s+if|how\s+about|what\s+about|maybe|perhaps)\b[^.!?;:\n]*{_LEAD}\Z",
    re.IGNORECASE,
)
_QUESTION = re.compile(rf"{_CLOSE}[?？]")
_YES = re.compile(rf"{_CLOSE}[?？]\s*(?:yes|yep|yeah|indeed|correct|right|exactly|是|对|没错)", re.IGNORECASE)
# "I do not think that the answer is": the denial stands before the words that announce the answer.
_ANNOUNCED_DENIED = re.compile(ANNOUNCED, re.IGNORECASE)
_ANNOUNCED_SUPPOSED = re.compile(SUPPOSED, re.IGNORECASE)
_CORRECTION = re.compile(
    r"(?:^|(?<=[\s.,;:!?$)}\]*—-]))(?:(?:actually|wait|no|sorry|oops|correction|rather|hmm+|hold\s+on|i\s+mean)\b[\s,:.!;—-]*+){1,6}+"
    r"(?:(?:so|but|then|i\s+made\s+a\s+mistake)\b[\s,:.!;—-]*+){0,6}+"
    r"(?:(?:it|that|this|(?:the|my)\s+(?:\w+\s+)?(?:answer|value|result|solution)|answer)\s*"
    r"(?:is|['’]s|was|equals|(?:should|must|has\s+to|ought\s+to)\s+(?:actually\s+)?be)\s+(?:actually\s+|really\s+)?(?=\S)"
    rf"|(?=(?:negative\s+|minus\s+|-)?{_LEAD}{_MONEY}-?\d[\d,./]*[\s$*%)\]]*(?:\\[)\]])?[.!]?\s*\Z))",
    re.IGNORECASE,
)
_STATES = re.compile(
    rf"(?:negative\s+|minus\s+)?{_LEAD}[-−+]?{_MONEY}(?:\d|\.\d|\\(?:d?frac|sqrt|pi|boxed)\b|[A-Za-z]{_CLOSE}(?:[.!?]|\Z))",
    re.IGNORECASE,
)


def refused(text: str, start: int, end: int, *, boxed: bool = False) -> str | None:
    """Why what stands at text[start:end] is no answer; None if nothing around it says so.

    A box is a statement by itself: "the number is at least \\boxed{5}" gives 5 as the least one.
    """
    before, after = text[max(0, start - WINDOW) : start], text[end : end + WINDOW]
    if _DENIES.search(before) or _DOUBTS.search(before) or _DENIED_AFTER.match(after):
        return "the answer is denied"
    if _QUESTION.match(after) and not _YES.match(after) and _ASKED.search(before):
        return "the answer is only asked"
    if not boxed and _NUMBER_DENIED_AFTER.match(after):
        return "the answer is denied"
    if not boxed and (_BOUNDS.search(before) or _BOUNDED_AFTER.match(after)):
        return "the answer is only a bound"
    return None


def announced_denied(text: str, start: int) -> bool:
    """Whether the words at text[start:] ("the answer is") are themselves denied: "I do not think the answer is 5"."""
    return _ANNOUNCED_DENIED.search(text, max(0, start - WINDOW), start) is not None


def announced_supposed(text: str, start: int) -> int | None:
    """Where the words begin that make of those at text[start:] ("the answer is") a supposition or a question; None if none do."""
    found = _ANNOUNCED_SUPPOSED.search(text, max(0, start - WINDOW), start)
    return None if found is None else found.start()


def affirmed(text: str, end: int) -> bool:
    """Whether a question that ends at text[end:] is answered with yes there."""
    return _YES.match(text, end, end + WINDOW) is not None


def sign_before(text: str, start: int) -> str | None:
    """What a word before text[start] makes of its sign: "-", "" (nothing), or None where it is the second part of a difference."""
    found = _SIGN.search(text, max(0, start - WINDOW), start)
    if found is None:
        return ""
    if found.group(1).lower() == "negative":
        return "-"
    return "-" if _LEFT_OF_MINUS.search(text, max(0, found.start() - WINDOW), found.start()) else None


def correction(text: str) -> str | None:
    """What the last correction in the text gives instead ("Actually, it is 6" -> "6"); None if nothing is corrected."""
    last = None
    for found in _CORRECTION.finditer(text):
        if _STATES.match(text, found.end()):
            last = found.end()
    return None if last is None else text[last:]


__all__ = ["affirmed", "announced_denied", "announced_supposed", "correction", "refused", "sign_before"]
