"""Domain, discipline and skill of a prompt (section 1.2, K3): exactly one of each, with the words that spoke for them.

The source's own subject decides where it is known; else a trained model where one is given; else the words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from data_recipes.text.topic_words import CODE_SKILLS, DISCIPLINES, MATH_SKILLS, STEM

DOMAINS = ("stem", "coding", "competition", "general_reasoning")

# Subjects that sources name -> (discipline, skill). MATH's seven, MathVision's sixteen, and what our sources say.
_SUBJECTS: dict[str, tuple[str, str]] = {
    **{name: ("mathematics", name) for name in MATH_SKILLS},
    **dict.fromkeys(("math", "maths", "mathematics"), ("mathematics", "")),
    **dict.fromkeys(("arithmetic word problems", "math word problem", "grade school math"), ("mathematics", "arithmetic")),
    **dict.fromkeys(("counting and probability", "combinatorics", "counting", "probability"), ("mathematics", "counting_and_probability")),
    **dict.fromkeys(
        ("analytic geometry", "combinatorial geometry", "descriptive geometry", "solid geometry", "transformation geometry", "topology",
         "plane geometry", "metric geometry - angle", "metric geometry - area", "metric geometry - length"), ("mathematics", "geometry")
    ),
    "graph theory": ("mathematics", "graph_theory"),
    "linear algebra": ("mathematics", "precalculus"),
    "logic": ("logic", "deduction"),
    **dict.fromkeys(("programming", "code", "coding", "python functions"), ("computer_science", "")),
    "visual reasoning": ("perception", ""),
}  # fmt: skip
_COMPETITIONS = re.compile(
    r"\b(?:math|math500|math_test5000|aime\d*|amc\d*|mathvision|olympiad\w*|imo|usamo|putnam|hmmt|competition\w*|kangaroo|omni-?math)\b",
    re.I,
)
_COMPETITION_TEXT = re.compile(
    r"\b(?:AIME|AMC ?(?:8|10|12)|IMO|USAMO|HMMT|Putnam|(?:Math(?:ematical)?|Physics|Chemistry|Informatics) Olympiad)\b|奥林匹克|奥赛|竞赛题"
)
_CODE_TEXT = re.compile(
    r"\bwrite (?:a|an|your own)\s+(?:\w+\s+){0,3}(?:function|program|script|method|class|query|code)\b(?! \$)|```|\bdef \w+\("
    r"|\bimplement (?:a|an|the)\b.{0,60}\b(?:function|class|algorithm|method)\b"
    r"|\b(?:python|java|c\+\+|javascript|sql|bash)\s+(?:function|program|code|script|query)\b|编写.{0,12}(?:函数|程序|代码)",
    re.I | re.S,
)
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Topic:
    """`by`: "source", "words" or "model"; `margin` in [0, 1]: how far the best is ahead of the second; `matched`: words and weights."""

    label: str
    by: str
    margin: float = 1.0
    matched: tuple[str, ...] = ()
    score: float = 0.0


class Lexicon:
    """Labels scored by the distinct words of a text that speak for them."""

    def __init__(self, words: Mapping[str, str]):
        self._labels = tuple(words)
        self._weights: dict[str, list[tuple[str, float]]] = {}
        for label, listed in words.items():
            for entry in filter(None, (entry.strip() for entry in listed.split(";"))):
                term, _, weight = entry.rpartition("=") if re.search(r"=\d+$", entry) else (entry, "", "1")
                self._weights.setdefault(term.lower(), []).append((label, float(weight)))
        terms = sorted(self._weights, key=lambda term: (-len(term), term))
        plain = "|".join(re.escape(term) for term in terms if re.match(r"[a-z]", term))
        other = "|".join(
            re.escape(term) + ("(?![a-z])" if re.match(r"\\[a-z]+$", term) else "") for term in terms if not re.match(r"[a-z]", term)
        )
        # A stem such as "diagnos" stands for its whole family, so letters may follow where the term has five or more.
        self._pattern = re.compile(rf"(?<![a-z])(?P<word>{plain})(?:es|s)?(?![a-z])" + (f"|(?P<other>{other})" if other else ""))
        self._stems = (
            re.compile("|".join(re.escape(term) for term in terms if term in _STEMS)) if any(term in _STEMS for term in terms) else None
        )

    def scores(self, text: str) -> tuple[dict[str, float], dict[str, list[str]]]:
        """Score of every label, and the words that made it, in the order of the text."""
        low = text.lower()
        seen: dict[str, None] = {}
        for match in self._pattern.finditer(low):
            seen.setdefault(match["word"] or match[0])
        if self._stems is not None:
            for match in self._stems.finditer(low):
                seen.setdefault(match[0])
        scores, words = dict.fromkeys(self._labels, 0.0), {label: [] for label in self._labels}
        for term in seen:
            for label, weight in self._weights[term]:
                scores[label] += weight
                words[label].append(f"{term}={weight:g}")
        return scores, words

    def best(self, text: str, fallback: str) -> Topic:
        """The label with the highest score; equal scores go to the one that is listed first; no word at all to `fallback`."""
        scores, words = self.scores(text)
        ranked = sorted(self._labels, key=lambda label: -scores[label])
        top, second = scores[ranked[0]], scores[ranked[1]] if len(ranked) > 1 else 0.0
        if top == 0:
            return Topic(fallback, "words", 0.0)
        return Topic(ranked[0], "words", round((top - second) / top, 4), tuple(words[ranked[0]][:12]), top)


_SHAPES = {
    "«formula»": re.compile(r"\$[^$\n]*[\\^_={}+*/()a-zA-Z-][^$\n]*\$|\\\[|\\\(|\$\$"),
    "«variable»": re.compile(r"\$(?:[^$\n]*[^a-zA-Z\\$])??[a-z](?![a-zA-Z])[^$\n]*\$|\\\[[^\]]*(?<![a-zA-Z\\])[xyzabct](?![a-zA-Z])"),
    "«high power»": re.compile(r"[a-z)]\^\{?[3-9]"),
    "«numbers»": re.compile(r"\d\D+\d"),
    "«number asked»": re.compile(
        r"\bhow (?:many|much|old|long|far|tall)\b|\bwhat is the (?:\w+ ){0,3}(?:value|number|sum|total"
        r"|probability|area|average)\b|多少|[几]个",
        re.I,
    ),
}


def shapes(text: str) -> str:
    """Words for what a text looks like: formulas, variables, numbers."""
    return "".join(f" {name}" for name, pattern in _SHAPES.items() if pattern.search(text))


_STEMS = frozenset(
    [
        "stoichiometr",
        "spectroscop",
        "diagnos",
        "vaccin",
        "astronom",
        "archaeolog",
        "agricultur",
        "counsel",
        "psycholog",
        "ethic",
        "philosoph",
        "buddhis",
        "hindu",
        "sociolog",
        "summar",
        "trigonometr",
        "telescop",
        "parametriz",
        "differentia",
    ]
)


@cache
def lexicon(name: str) -> Lexicon:
    return Lexicon({"discipline": DISCIPLINES, "mathematics": MATH_SKILLS, "code": CODE_SKILLS}[name])


def known_subject(tags: Mapping[str, str]) -> tuple[str, str] | None:
    """(discipline, skill or "") where a tag of the source says it in words we know."""
    for name in ("subject", "skill", "discipline", "domain"):
        if (value := tags.get(name)) is None:
            continue
        plain = value.strip().lower().replace("&", "and").replace("_", " ")
        for key in (plain, plain.replace(" ", "_")):
            if key in _SUBJECTS:
                return _SUBJECTS[key]
            if key in DISCIPLINES:
                return key, ""
    return None


def discipline_of(text: str, tags: Mapping[str, str], is_code: bool) -> Topic:
    if is_code:
        return Topic("computer_science", "source", matched=("answered by a program",))
    if (known := known_subject(tags)) is not None:
        return Topic(known[0], "source", matched=(_said(tags),))
    if (match := _CODE_TEXT.search(text)) is not None:
        return Topic("computer_science", "words", matched=(match[0][:60],))
    # Numbers and formulas are everywhere: they speak for mathematics where no other subject's words do.
    words = lexicon("discipline")
    plain = words.best(text, _OTHER)
    return plain if plain.label not in (_OTHER, "mathematics") and plain.score >= 4 else words.best(text + shapes(text), _OTHER)


def skill_of(text: str, tags: Mapping[str, str], discipline: str) -> Topic:
    """Within the discipline; disciplines without a list of skills have one, named after them."""
    known = known_subject(tags)
    if known is not None and known[0] == discipline and known[1]:
        return Topic(known[1], "source", matched=(_said(tags),))
    if discipline == "mathematics":
        return lexicon("mathematics").best(text + shapes(text), "arithmetic")
    if discipline == "computer_science":
        return lexicon("code").best(text, "programming")
    return Topic(discipline, "words")


def domain_of(text: str, tags: Mapping[str, str], discipline: str, is_code: bool) -> Topic:
    """Coding where a program is asked for; competition by source; STEM by discipline; general reasoning is the rest."""
    given = tags.get("domain", "").strip().lower().replace(" ", "_")
    if given in DOMAINS:
        return Topic(given, "source", matched=(f"domain: {tags['domain']}",))
    if is_code:
        return Topic("coding", "source", matched=("answered by a program",))
    if discipline == "computer_science" and (match := _CODE_TEXT.search(text)) is not None:
        return Topic("coding", "words", matched=(match[0][:60],))
    for name in ("source", "competition", "domain", "benchmark"):
        if (value := tags.get(name)) is not None and (_COMPETITIONS.search(value) or name == "competition"):
            return Topic("competition", "source", matched=(f"{name}: {value}",))
    if (match := _COMPETITION_TEXT.search(text)) is not None:
        return Topic("competition", "words", matched=(match[0],))
    return Topic("stem" if discipline in STEM else "general_reasoning", "discipline", matched=(discipline,))


def _said(tags: Mapping[str, str]) -> str:
    return next(f"{name}: {tags[name]}" for name in ("subject", "skill", "discipline", "domain") if name in tags)
