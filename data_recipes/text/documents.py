"""Labels of a document (section 6.5, K74): how well its OCR went, what it teaches, what type it is. Rules with evidence.

Repeated patterns are the mark of a recogniser that lost its place ("the the the", "- - - -", the same line again and
again), so they weigh most in the OCR quality (K75).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from data_recipes.text import stats
from data_recipes.text.found import Found

MIN_REPEATS = 4  # a thing said four times running is no style
_LOOP = re.compile(r"(?P<unit>\S(?:.{0,58}\S)?)(?P<gap>\s*)(?:(?P=unit)(?P=gap)){3,}", re.DOTALL)
_LEADERS = re.compile(r"^[\W_]+$")
_GARBAGE = re.compile(
    r"(?=\S*[A-Za-z])(?=\S*\d)(?=\S*[^\w\s.,;:()'-])\S{4,}|\b[bcdfghjklmnpqrstvwxz]{5,}\b|\b[a-z]+[A-Z][a-z]+[A-Z]\w*\b|\b\w*[|¦¬~^]\w*\b"
    r"|[|¦¬]{1,}|\b[Il1|]{4,}\b",
    re.ASCII,
)
_HYPHEN = re.compile(r"[a-z]-\s*\n\s*[a-z]")
_SINGLE = re.compile(r"(?<!\S)(?![aAI](?!\S))[^\W\d_](?!\S)", re.ASCII)
_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\\\[.*?\\\]|\\\(.*?\\\)|\\begin\{.*?\\end\{\w+\*?\}|\\[a-zA-Z]+", re.DOTALL)
_DRAWING = re.compile(r"\[asy\].*?\[/asy\]|\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}|<svg\b.*?</svg>|```.*?```", re.DOTALL)


def _without_drawings(text: str) -> str:
    """Drawing code and code blocks as blanks of the same length: they repeat themselves by nature."""
    return _DRAWING.sub(lambda match: " " * len(match[0]), text)


@lru_cache(maxsize=1)  # the labels of a document ask twice, for the evidence and for its share
def repeated_patterns(text: str) -> tuple[Found, ...]:
    """Runs of one unit of 1 to 60 characters, at least four times in a row; rules and dot leaders ("....", "----") are none."""
    found = []
    for match in _LOOP.finditer(_without_drawings(text)):
        if not (_LEADERS.match(match["unit"]) and len(match[0]) < 200) and not (match["unit"].isdigit() and len(match["unit"]) == 1):
            found.append(Found.at(f"repeats {match['unit'][:20]!r}", text, *match.span()))
    return tuple(found)


def repeated_share(text: str) -> float:
    """Of the characters, those in repeated patterns or in lines that have appeared before, whichever is more."""
    covered = sum(hit.span[1] - hit.span[0] for hit in repeated_patterns(text) if hit.span)
    return round(max(covered / max(1, len(text)), stats.duplicate_line_characters(_without_drawings(text)) or 0.0), 4)


def ocr_parts(text: str) -> dict[str, float]:
    """Shares in [0, 1] that a bad recognition raises. Formulas are taken out for the garbage of words: theirs is no garbage."""
    plain = _FORMULA.sub(" ", _without_drawings(text))
    tokens = max(1, len(text.split()))
    broken = len(re.findall("[\ufffd\u25a1\ue000-\uf8ff]", text))
    return {
        "repeated": repeated_share(text),
        "garbage_words": round(min(1.0, len(_GARBAGE.findall(plain)) / tokens), 4),
        "single_letters": round(min(1.0, len(_SINGLE.findall(plain)) / tokens), 4),
        "broken_characters": round(min(1.0, broken / max(1, len(text))), 4),
        "hyphenated_ends": round(min(1.0, len(_HYPHEN.findall(text)) / max(1, text.count("\n"))), 4),
    }


# How much of the quality each share takes: full loss at 1 / weight.
WEIGHTS: Mapping[str, float] = {
    "repeated": 3.0,
    "garbage_words": 4.0,
    "single_letters": 2.0,
    "broken_characters": 20.0,
    "hyphenated_ends": 0.5,
}


def ocr_quality(text: str) -> tuple[float | None, dict[str, float]]:
    """(1 is clean, 0 unusable; None for no text), and the shares it is made of."""
    parts = ocr_parts(text)
    if not text.strip():
        return None, parts
    return round(max(0.0, 1.0 - sum(WEIGHTS[name] * value for name, value in parts.items())), 4), parts


_TEACHES: Mapping[str, str] = {
    "definition": r"\b(?:is|are) (?:called|defined as|said to be)\b|\bdefinition\b|\bwe (?:define|call|say that)\b|\brefers to\b|\bis "
    r"known as\b|定义|称为|叫做|是指",
    "explanation": r"\b(?:because|therefore|hence|thus|so that|it follows|this means|in other words|as a result|consequently)\b"
    r"|因为|所以|因此"
    r"|由此|也就是说|从而",
    "example": r"\b(?:for example|for instance|e\.g\.|such as|consider the|example \d|worked example)\b|例如|比如|例\s?\d|举例|例题",
    "exercise": r"\b(?:exercises?|problems?|questions?) \d|\b(?:find|compute|determine|show|prove|calculate|explain"
    r"|solve)\b[^.?!\n]{5,}[.?]|练习|习题|思考题|求证|计算",
    "structure": r"^\s*(?:chapter|section|lesson|unit|theorem|lemma|proof|summary|key (?:points|terms|ideas))\b|^\s*\d+(?:\.\d+)+\s+\S"
    r"|^#{1,4} |^\s*第[一二三四五六七八九十\d]+[章节课]|小结|本章",
    "formula": r"\$[^$]+\$|\\\[|\\begin\{(?:equation|align)|[A-Za-z]\s*=\s*[-\w(]|→|⇌",
    "objective": r"\b(?:learning (?:objectives?|outcomes?)|you will (?:learn|be able to)|in this (?:chapter|lesson|section|unit))\b"
    r"|学习目标"
    r"|教学目标|通过本(?:章|节|课)",
}
_SELLS = re.compile(
    r"\b(?:buy|price|discount|subscribe|click|shop|cart|sale|deal|casino|login|cookies?)\b|购买|优惠|点击|下单", re.IGNORECASE
)


def educational_value(text: str) -> tuple[float | None, dict[str, int]]:
    """(0 nothing taught … 1, None for fewer than 20 words), and how often each mark of teaching occurs. Selling takes away."""
    if stats.word_count(text) < 20:
        return None, {}
    counts = {name: len(re.findall(pattern, text, re.IGNORECASE | re.MULTILINE)) for name, pattern in _TEACHES.items()}
    per = stats.word_count(text) / 100
    strength = sum(min(1.0, count / max(1.0, per)) for count in counts.values())
    sells = min(1.0, len(_SELLS.findall(text)) / max(1.0, per))
    return round(max(0.0, min(1.0, strength / 4 - sells / 2)), 4), {
        **{name: count for name, count in counts.items() if count},
        "selling": len(_SELLS.findall(text)),
    }


_TYPES: Mapping[str, Sequence[str]] = {
    "exercises": (
        r"^\s*(?:(?:exercise|problem|question|task)s?\s*)?\(?\d{1,3}[.)]\s+\S",
        r"[?？]\s*$",
        r"\b(?:find|compute|determine|calculate|solve|prove|evaluate)\b",
        r"\b(?:answer key|solutions?:|answers?:)",
        r"练习|习题|选择题|填空题|解答题|答案[:：]",
    ),
    "theory": (
        r"\b(?:theorem|lemma|definition|corollary|proposition|axiom)\b",
        r"\b(?:is called|is defined as|we define|it follows that)\b",
        r"\bchapter \d+\b|^\s*\d+\.\d+\s+[A-Z]",
        r"\bfor example\b|\bconsider the\b",
        r"定理|定义|引理|概念|原理|第[一二三四五六七八九十\d]+章",
    ),
    "paper": (
        r"^\s*abstract\b",
        r"\b(?:et al\.|doi:|arxiv:|\[\d{1,3}(?:, ?\d{1,3})*\])",
        r"^\s*(?:\d\.?\s+)?(?:introduction|related work|methods?|results|conclusions?|references|acknowledge?ments)\s*$",
        r"\bin this (?:paper|work|study)\b",
        r"摘要[:：]|关键词[:：]|参考文献",
    ),
    "reference": (
        r"^\s*[A-Z][\w -]{1,40}\s*[:—–-]\s+\S",
        r"\b(?:see also|synonyms?|etymology|glossary|index)\b",
        r"\b(?:born|died) (?:on |in )?\d|\(\d{4}[–-]\d{2,4}\)",
        r"词条|又称|释义|出生于",
    ),
    "code": (r"^\s*(?:def|class|import|from|#include|public|function|const|let|var|fn|func)\b", r"[;{}]\s*$", r"^```"),
    "conversation": (
        r"^\s*(?:user|assistant|human|q|a|question|answer)\s*[:：]",
        r"^\s*>\s",
        r"\b(?:thanks|hi everyone|hope this helps)\b",
        r"^\s*(?:问|答)[:：]",
    ),
    "narrative": (
        r"[\"“][^\"”\n]{3,200}[\"”],? (?:he|she|they|i|\w+) (?:said|asked|replied|cried|whispered)",
        r"\b(?:once upon a time|chapter one)\b",
        r"\b(?:he|she) (?:was|had|looked|walked|turned|smiled)\b",
        r"[“「][^”」\n]{2,100}[”」]\s*(?:他|她)?(?:说|道|问)",
    ),
}


def document_type(text: str) -> tuple[str, dict[str, float]]:
    """(type, score of every type): marks per 100 words, each kind of mark at most 3, so that no one mark decides alone."""
    per = max(1.0, stats.word_count(text) / 100)
    drawn = "[asy]" in text or "\\begin{" in text or "$" in text
    plain = _FORMULA.sub("", _without_drawings(text)) if drawn else text  # their braces and semicolons are no program's

    def score(name: str) -> float:
        read = plain if name == "code" else text
        return round(sum(min(3.0, len(re.findall(pattern, read, re.IGNORECASE | re.MULTILINE)) / per) for pattern in _TYPES[name]), 4)

    scores = {name: score(name) for name in _TYPES}
    best = max(scores, key=lambda name: (scores[name], -list(scores).index(name)))
    return (best if scores[best] >= 0.5 else "other"), scores
