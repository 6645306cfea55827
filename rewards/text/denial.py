"""What graded verifiers must not pay whatever its similarity: an answer that is denied, or offered among several.

"not Paris" shares most of its characters and words with "Paris" and says the opposite; "Paris or London" says neither.
The formulas of `f1` and `anls` were made for spans that a reader copies out of a document, and know neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rewards.denials import CHINESE_BEFORE, DISOWNED, NOT, OUTSIDE_AFTER, OUTSIDE_BEFORE
from rewards.text.stated import MAX_MENTIONS, denied, plain

# The whole text opens with a denial: "not the Eifel Tower", "it isn't …", "不是…". A "no" before a comma answers the question.
_OPENS = re.compile(
    rf"\W{{0,4}}(?:(?:it|this|that|he|she|they|there|(?:the|my)\s+(?:\w+\s+)?answer|i)\b\s*)?"
    rf"(?:(?:is|are|was|were|would|can|could|do|does|did|has|have|['’]s)\s*)?"
    rf"(?:(?:not|never|neither|cannot|{NOT})\s|no\s+(?=\w)|{DISOWNED}|{CHINESE_BEFORE})",
    re.IGNORECASE,
)
_OR = re.compile(r"\s+(?:or|oder|ou)\s+|\s*(?:或者|或)\s*|\s+/\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"\A(?:a|an|the)\s+(?=\S)")
MAX_CANDIDATES = 20


def _folded(text: str) -> str:
    """Plain notation in lower case, an article before it aside."""
    return _ARTICLE.sub("", _blanks(text))


def _blanks(text: str) -> str:
    return " ".join(plain(text).casefold().split())


def is_denied(text: str, accepted: Sequence[str]) -> bool:
    """Is every accepted string that `text` says denied there; or, where it says none, is the whole a denial that none of them is?"""
    folded = _blanks(text)
    forms = [form for form in map(_folded, accepted) if form]
    seen = False
    for form in forms:
        for at, match in enumerate(re.finditer(rf"{OUTSIDE_BEFORE}{re.escape(form)}{OUTSIDE_AFTER}", folded)):
            if at == MAX_MENTIONS or not denied(folded, match.start(), match.end()):
                return False
            seen = True
    return seen or (_OPENS.match(folded) is not None and not any(_OPENS.match(form) for form in forms))


def is_hedged(text: str, accepted: Sequence[str], score: Callable[[str], float]) -> bool:
    """Does `text` offer several candidates, one of which alone would be worth more than the whole?"""
    parts = [part for part in _OR.split(text, MAX_CANDIDATES) if part.strip()]
    if len(parts) < 2 or any(_OR.search(one) for one in accepted):
        return False
    return max(map(score, parts)) > score(text)
