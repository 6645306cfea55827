r"""Which part of a response is its answer. Pure text work, linear in the length.

    after the thoughts   the last box; boxes that are joined ("\boxed{1} and \boxed{2}") are one answer of several parts
                         else what follows the last "answer is", "answer:", "####" (also in other languages)
                         else the whole text, if it is a formula or one word
                         else the last formula, or the last number after it

A box that is never closed, an answer that is denied ("is not 7"), one that is only a bound ("at least 7") and one that
hedges between candidates ("3 or maybe 4") are none; a later correction ("Actually, it is 8") counts (`claims`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from rewards.extract import after_thoughts, tag_spans
from rewards.math.claims import affirmed, announced_denied, announced_supposed, correction, refused, sign_before
from rewards.math.led import emphasised, formula_of, unannotated, unmarked
from rewards.math.lexer import FUNCTIONS
from rewards.math.units import MAGNITUDE_AFTER, PLAIN_UNITS, is_symbol

MAX_TEXT = 200_000  # characters of a response that are looked at, from its end
MAX_PROSE = 8_000  # characters of a text without a box, from its end
MAX_ANSWER = 4_000  # characters of an answer
MAX_PARTS = 64

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{")
_JOINT_WORDS = re.compile(r"(?:^|[\s,;$}])(?:and|or|&)$|^$|[,;]$", re.IGNORECASE)
_JOINT = re.compile(r"\b(and|or)\b[\s$}\\(\[]*\Z", re.IGNORECASE)
_CORRECTS = re.compile(
    r"\b(?:then|wait|actually|no|rather|instead|not|correct\w*|so|thus|therefore|hence|but|mistake|should|sorry|oops|recheck\w*)\b", re.I
)
_MARKUP = re.compile(r"\\(?:quad|qquad|[,;:! ()\[\]])|\\text\s*\{([^{}]*)\}|[$~{}]")
_LEFT_SIDE = re.compile(r"[A-Za-z]\w*(?:_\{?\w+\}?)?(?:\([^()]{1,12}\))?\s*=\s*$")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n\s*\n|[。！？]")
_MARK = re.compile(
    r"(?:final\s+answer|\bcorrect\s+answer|answer|result|solution)s?\b\**(?:(?!\b(?:answer|result|solution)s?\b)[^\n.:=$\\]){0,60}?"
    r"(?:\b(?:is|are|was|be|equals)\b|[:=])\**:?|\bans\b\.?\s*[:=]"
    # "A: 18" under a worked solution; above "B: 20" it is an option.
    r"|(?:\A|(?<=\n))A:(?=[ \t]*(?:\\?\$|\\\(|-?\d)[^\n]*(?:\Z|\n(?!\s*B[:.)])))"
    r"|final\s+answer\**\s*\n|\banswer\b\**(?=\s*(?:\$|\\\(|\\\[|-?\d))|####|答案\s*(?:是|为|：|:)|réponse\s+(?:est|:)|respuesta\s+(?:es|:)|antwort\s+(?:ist|lautet|:)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"s\b[^\n]*\bare\b", re.IGNORECASE)  # "the solutions are": a list may follow
_LISTED = re.compile(r"\s*\n(?:[ \t]*(?:[-*•]|\(?\d{1,2}[.)])[ \t]+\S[^\n]{0,80}(?:\n[ \t]*)*(?:\n|\Z)){2,20}")
_ITEM = re.compile(r"^[ \t]*(?:[-*•]|\(?\d{1,2}[.)])[ \t]+(\S.*)$", re.MULTILINE)
_HEADS_WORK = re.compile(r"solution\**\s*:\**\Z", re.IGNORECASE)
_DENIED_IN_MARK = re.compile(r"\b(?:not|never|cannot)\b|n['’]t\b", re.IGNORECASE)  # "the answer cannot be"
_INSTEAD = re.compile(
    r"(?:\bbut\s+(?:rather\s+)?|[,;]\s*(?:(?:and|so|hence|thus|therefore)\s+)*(?:it|the\s+answer|this)\s+(?:is|equals|must\s+be)\s+)"
    r"(?=\$|\\\(|m|-?\d)",
    re.IGNORECASE,
)
_FINAL = re.compile(r"final\s+answer\**\s*(?::|is|\n)", re.IGNORECASE)
_COMMENT = re.compile(r"^[ \t]*%.*$", re.MULTILINE)  # a line that TeX does not print
_BECOMES = re.compile(r"\b(?:is|are|equals|becomes|gives|obtain|get|to|as|equation|expression|function)\s+(?=\S)", re.IGNORECASE)
_OPERATES = re.compile(r"[\w)]\s*[-−+*/^²³]\s*[\w(]|\d[A-Za-z]|=")
_RECORD = re.compile(r"[\"']\s*:\s*")  # JSON or code: its numbers are fields, not answers
_HEDGE = re.compile(r"\b(?:maybe|perhaps|possibly|could\s+be|might\s+be|may\s+be|either|not\s+sure|i\s+guess|alternatively)\b", re.I)
_DENIED = re.compile(r"\s*(?:not\b|n't\b|unknown\b|unclear\b|impossible\s+to\s+(?:say|tell|determine))", re.I)
# As Pandoc has it, no dollar before a digit closes: "$5 + $6" is money.
_MATH = re.compile(r"(?<!\\)\$\$(.+?)\$\$|(?<!\\)\$((?:[^$\\]|\\.)+)\$(?!\d)|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,/\\^])(?P<sign>(?<![A-Za-z0-9_)\]}])[-−])?\\?\$?\s?(?P<num>(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s?/\s?\d+)?(?:\s+\d+/\d+)?)(?P<tail>\s*(?:\\?%|percent\b|pct\b))?",
)
_COORDINATE = r"(?:infinity|sqrt|(?![A-Za-z]{3})[^()\[\],;\n]){1,24}"  # no words
_TUPLE = re.compile(rf"(?<![\w)\]}}])[(\[]{_COORDINATE}(?:[,;]{_COORDINATE}){{1,9}}[)\]](?![\w(^])", re.IGNORECASE)
# What makes of the number beside it another one: a power, a product, a quotient, a sum.
_CALCULATED_AFTER = re.compile(r"\s*[\^×·÷²³¹⁰⁴-⁹ⁿ√]|\*(?=[\w(])|\s+\*\s+|_|\s*/\s*[A-Za-z(\\]|\s+[+]|\s+[-−]\s+[B-HJ-Zb-z](?![A-Za-z'’])")
_CALCULATED_BEFORE = re.compile(r"(?:[+×·÷√^/]|(?<=[\w)])\*|\s\*\s)\s*\Z")
_GLUED = re.compile(r"[A-Za-z]+[²³]?")
_GLUED_ENDINGS = frozenset(("st", "nd", "rd", "th", "am", "pm"))
_MINUS_BEFORE = re.compile(r"(?:[$=(]|\\[(\[])\s*[-−]\s*\Z")
_ORDER = re.compile(r"[<>≤≥≠]|\\(?:leq?|geq?|neq?|lt|gt)(?:slant)?(?![a-zA-Z])")
_WORD = re.compile(r"[A-Za-z]{3,}")
_COMMANDS = re.compile(r"\\[a-zA-Z]+\*?(?:\s*\{[^{}\\]*\})?")
_CONTRAST = re.compile(
    r"(?:\s*[,;]\s*|\s[(\[]|\s[—–]\s?|\s(?=rather|instead|and\s+not))(?:and\s+|but\s+)?(?:not|rather\s+than|instead\s+of)\s"
    r"(?!only\b)(?:(?!\bbut\b)[^;:=\n]){1,40}\Z",
    re.IGNORECASE,
)
# No aside makes another number of it, as "(base 8)" or "(in thousands)" would.
_ASIDE = re.compile(
    r"\s\(((?=[^()]{0,80}\d)(?![^()]{0,80}\b(?:base|mod\w*|radix|hundreds?|thousands?|millions?|billions?|dozens?|percent|wrong|not|or)\b)[^()]{1,80})\)[\s.]*\Z",
    re.IGNORECASE,
)
_ENDINGS = re.compile(r"(?<!\s)\s*(?:I hope (?:it|this) is correct\.?|<\|[^|]*\|>.*)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Final:
    """What a text gives as its answer. `parts` are read each by itself and are one answer together."""

    parts: tuple[str, ...]
    boxes: tuple[str, ...] = ()  # every box after the thoughts, in order
    fallback: str | None = None  # the last number, for when the parts are no formula
    boxed: bool = False

    @property
    def stated_together(self) -> bool:
        """Whether several boxes are one formula, with the words between them: then these say how they belong together."""
        return self.boxed and len(self.parts) == 1 and bool(self.boxes) and self.parts[0] != self.boxes[-1]

    @property
    def text(self) -> str:
        return ", ".join(self.parts)


def box_spans(text: str) -> tuple[list[tuple[int, int, str]], bool]:
    """(start, end, content) of every outermost closed box, and whether the last one is never closed."""
    spans: list[tuple[int, int, str]] = []
    at = 0
    while (found := _BOX.search(text, at)) is not None:
        depth, end = 1, found.end()
        for brace in re.finditer(r"\\?[{}]", text[found.end() :]):
            if brace.group() in ("\\{", "\\}"):
                continue
            depth += 1 if brace.group() == "{" else -1
            if not depth:
                end = found.end() + brace.end()
                break
        if depth:
            return spans, True
        spans.append((found.start(), end, text[found.end() : end - 1].strip()))
        at = end
    return spans, False


def joins(between: str) -> bool:
    """Whether the text between two answers makes them one: "and", ",", a few words that end so, in one sentence."""
    if len(between) > 80 or _SENTENCE_END.search(between.strip()):
        return False
    said = _MARKUP.sub(lambda found: f" {found.group(1) or ''} ", between)
    said = _LEFT_SIDE.sub("", " ".join(said.split())).strip()
    if _CORRECTS.search(said) or len(said.split()) > 7:
        return False
    return bool(_JOINT_WORDS.search(said))


def joined_tail(text: str, spans: list[tuple[int, int, str]]) -> list[str]:
    """The last answer and those before it that are joined to it."""
    group = [spans[-1][2]]
    for before, after in zip(spans[-2::-1], spans[:0:-1], strict=True):
        if not joins(text[before[1] : after[0]]):
            break
        group.insert(0, before[2])
    return group


def stated_together(text: str, spans: list[tuple[int, int, str]], parts: list[str]) -> tuple[str, ...]:
    """The parts; inequalities as one formula with the words that join them, which say whether all hold or any."""
    between = [text[before[1] : after[0]] for before, after in pairwise(spans[-len(parts) :])]
    said = {found.group(1).lower() for found in map(_JOINT.search, between) if found}
    if len(parts) < 2 or len(said) != 1 or not all(map(_ORDER.search, parts)):
        return tuple(parts)
    return (f" \\text{{ {said.pop()} }} ".join(parts),)


def final_answer(response: str) -> Final | str:
    """The answer of a response, or why it has none."""
    text = after_thoughts(response)
    if text is None:
        return "the thoughts are never closed"
    text = _COMMENT.sub("", text[-MAX_TEXT:])
    spans, unclosed = box_spans(text)
    if unclosed:
        return "a box is never closed"
    if spans:
        parts = joined_tail(text, spans)
        if not any(parts):
            return "the box is empty"
        if len(parts) > MAX_PARTS:
            return f"more than {MAX_PARTS} boxes beside each other"
        after = text[spans[-1][1] :]
        if later := _FINAL.search(after):
            said = _unboxed(after[later.start() :])
            # "The final answer is a positive integer less than 10" says what the box holds, and no other answer.
            if isinstance(said, Final) and re.search(r"\d|\$", said.text) and not is_prose(said.text):
                return said
        if later_said := correction(after[:MAX_PROSE]):
            return _from_sentence(_first_sentence(later_said))
        start, end = spans[-len(parts)][0], spans[-1][1]
        if reason := refused(text, start, end, boxed=True):
            return reason
        if sign_before(text, start) != "" or _MINUS_BEFORE.search(text, max(0, start - 12), start):
            return "the sign before the box is not in it"
        return Final(stated_together(text, spans, parts), tuple(content for _, _, content in spans), boxed=True)
    if spans := tag_spans(text):
        return _tagged(text, spans)
    return _unboxed(text)


def _tagged(text: str, spans: list[tuple[int, int, str]]) -> Final | str:
    """What the last `<answer>...</answer>` and those joined to it say. A tag holds a formula or a sentence, with or without dollars."""
    contents = joined_tail(text, spans)
    if not any(contents):
        return "the tag is empty"
    if later_said := correction(text[spans[-1][1] :][:MAX_PROSE]):
        return _from_sentence(_first_sentence(later_said))
    if reason := refused(text, spans[-len(contents)][0], spans[-1][1], boxed=True):
        return reason
    return _together([_unboxed(content) for content in contents[-MAX_PARTS:]])


def _together(found: list[Final | str]) -> Final | str:
    """Answers that are one together; if one of them is none, so is the whole."""
    finals = [one for one in found if isinstance(one, Final)]
    if len(finals) < len(found):
        return next(one for one in found if isinstance(one, str))
    return finals[0] if len(finals) == 1 else Final(tuple(part for one in finals for part in one.parts))


def reference_answer(text: str) -> Final:
    """The answer of a reference: all of it, unless it boxes a part or is a worked solution."""
    spans, unclosed = box_spans(text)
    if unclosed and (found := _BOX.search(text, spans[-1][1] if spans else 0)):
        return Final((text[found.end() :].strip(),), boxed=True)
    if spans:
        return Final(tuple(joined_tail(text, spans)), boxed=True)
    if len(text) > 600 or "####" in text:
        found_answer = _unboxed(text)
        if isinstance(found_answer, Final):
            return found_answer
    return Final((_unwrapped(text),))


def _unboxed(text: str) -> Final | str:
    text = text.rstrip()
    if len(text) > MAX_PROSE:  # from where a sentence begins: a formula cut in two would be another formula
        begin = re.search(r"\n|(?<=[.!?])\s", text[-MAX_PROSE:])
        if begin is None:
            return f"a last sentence of more than {MAX_PROSE} characters"
        text = text[begin.end() - MAX_PROSE :]
    written = unannotated(_ENDINGS.sub("", text.rstrip())).strip()
    text = unmarked(written).strip()
    if not text:
        return "nothing is written"
    said, supposed = text, None
    marks = list(_MARK.finditer(text))
    while marks:
        mark = marks.pop()
        rest = said[mark.end() :]
        if later := correction(rest):
            return _from_sentence(_first_sentence(later))
        asks = "?" in mark.group()  # "Is the answer even? It is 4": answers what is asked
        if not asks and (begin := announced_supposed(text, mark.start())) is not None:
            # It states nothing, so what is stated before it counts, else what follows its sentence.
            sentence = _first_sentence(rest)
            end = mark.end() + rest.find(sentence) + len(sentence)
            if affirmed(text, end):
                return _from_sentence(sentence)
            supposed = text[end:] if supposed is None else supposed
            said = text[:begin]
            continue
        if not asks and announced_denied(text, mark.start()):
            return "the answer is denied"
        if _DENIED.match(rest) or _DENIED_IN_MARK.search(mark.group()):
            return _instead(rest)
        if _HEADS_WORK.search(mark.group()) and re.match(r"[ \t]*\n\s*\S[^\n]*\n+\s*\S", rest):
            return _unboxed(rest)  # a heading over several lines of work, whose end counts
        if _SEVERAL.search(mark.group()) and (listed := _LISTED.match(rest)):
            return _together([_from_sentence(_first_sentence(item[1])) for item in _ITEM.finditer(listed.group())])
        if rest.strip(" *:$\n.\"'"):
            sentence = _first_sentence(rest)
            start = rest.find(sentence)
            return refused(rest, start, start + len(sentence), boxed=True) or _from_sentence(sentence)
    if supposed is not None:
        if not re.search(r"\d|\$|\\\(|\\\[", supposed):
            return "the answer is only supposed or asked"
        text = written = supposed.strip(" ?!.。？！\n")
    sentence = _last_with_answer(written)
    if bold := emphasised(sentence):
        return refused(sentence, bold[0], bold[1]) or _from_sentence(bold[2])
    if len(text) <= 400 and "\n" not in text.strip() and not is_prose(text) and not _speaks_of_formulas(text):
        hedged = _HEDGE.search(text)
        if hedged:
            return "the answer hedges between candidates"
        return Final((formula_of(_unwrapped(_last_with_answer(text))),), fallback=_number_in_words(text) or _end_of_chain(text))
    return _from_sentence(_last_with_answer(text))


def _without_aside(sentence: str) -> str:
    """The sentence without what it contrasts its answer with ("5, not 4") or explains it by ("5 (2 red and 3 blue)") at its end."""
    contrast = _CONTRAST.search(sentence)
    if contrast and re.search(r"[\d$]", sentence[: contrast.start()]):
        return sentence[: contrast.start()]
    aside = None if _HEDGE.search(sentence) else _ASIDE.search(sentence)
    if aside and is_prose(aside[1]) and not refused(sentence, 0, aside.start()) and re.search(r"[\d$]", sentence[: aside.start()]):
        return sentence[: aside.start()]
    return sentence


def _instead(denial: str) -> Final | str:
    """ "not 4 but 5" gives 5, and so does "cannot be negative, so it is 5"."""
    sentence = _first_sentence(denial)
    found = _INSTEAD.search(_masked(sentence))
    return _from_sentence(sentence[found.end() :]) if found else "the answer is denied"


def _speaks_of_formulas(text: str) -> bool:
    """Formulas with words around them: "So we get $x$"."""
    if not _MATH.search(text):
        return False
    return any(word.lower() not in _NO_PROSE | {"or"} for word in re.findall(r"[A-Za-z]{2,}", _MATH.sub(" ", text)))


def _first_sentence(text: str) -> str:
    text = text.lstrip(" \t*:\"'`\n\\" if text.lstrip(" \t*:\"'`\n")[:2] in ('\\"', "\\n") else " \t*:\"'`\n")
    found = re.search(r"[.!?](?=\s+[A-Z\"(*]|\s*$)|\n|[。！？]|,\s+(?:because|since|as)\b|\s(?:because|since)\s", _masked(text))
    return text[: found.start()] if found else text


def _masked(text: str) -> str:
    """The text with its formulas blanked, so that a full stop inside them ends no sentence."""
    return _MATH.sub(lambda found: "m" * len(found.group()), text)


def _last_with_answer(text: str) -> str:
    """The last sentence that has a formula or a digit in it; the whole text if there is none."""
    masked = _masked(text)
    start = len(text)
    for end in reversed([0, *(found.end() for found in re.finditer(r"(?<=[.!?])\s+(?=[A-Z*\"(])|\n+|[。！？]", masked))]):
        sentence = text[end:start]
        if re.search(r"\d", sentence) or _MATH.search(sentence):
            return sentence
        start = end
    return text


def _from_sentence(sentence: str) -> Final | str:
    sentence = _without_aside(sentence.strip().strip("*\"'`").strip())
    spans = [
        (found.start(), found.end(), next(part for part in found.groups() if part is not None).strip())
        for found in _MATH.finditer(sentence)
    ]
    if _HEDGE.search(sentence):
        return "the answer hedges between candidates"
    number = _number_in_words(_masked(sentence))
    if spans:
        tail = sentence[spans[-1][1] :]
        last = _last_number(tail)
        if last is not None:
            return Final((f"-{last}" if spans[-1][2].strip() in ("-", "−") else last,))
        parts = joined_tail(sentence, spans)
        start = spans[-len(parts)][0]
        if reason := refused(sentence, start, spans[-1][1]):
            return reason
        minus = sign_before(sentence, start)
        if minus is None or (minus and len(parts) > 1):
            return "the sign before the answer is not in it"
        if minus:
            parts = [f"-({parts[0]})"]
        sign = re.match(r"\s*(\\?%|percent|pct|°|degrees)", tail)
        if sign:
            parts[-1] += "\\%" if sign.group(1) not in ("°", "degrees") else "^{\\circ}"
        return Final(stated_together(sentence, spans, parts), fallback=number)
    if len(sentence) <= 400 and not is_prose(sentence):
        return Final((formula_of(_unwrapped(sentence)),), fallback=number or _end_of_chain(sentence))
    number = None if _RECORD.search(sentence) else _last_number(sentence)
    if number is None and (said := _said_to_be(sentence)):
        return said
    if number is None:
        return Final((_unwrapped(sentence),)) if len(sentence) <= 400 else "no answer is to be found"
    return Final((number,))


def _said_to_be(sentence: str) -> Final | str | None:
    """The formula at the end of a sentence without dollars: "The expression simplifies to 2x + 3"."""
    begins = list(_BECOMES.finditer(sentence))
    said = sentence[begins[-1].end() :] if begins else ""
    if not _OPERATES.search(said) or is_prose(said) or _WORD.search(said):
        return None
    return refused(sentence, begins[-1].end(), len(sentence)) or Final((_unwrapped(said),))


def is_prose(text: str) -> bool:
    """Two or more ordinary words outside commands, functions and units."""
    words = [word for word in _WORD.findall(_COMMANDS.sub(" ", text)) if word.lower() not in _NO_PROSE]
    return len(words) >= 2 or _SUBJECT.match(text) is not None or (not text.isascii() and _FOREIGN.search(text) is not None)


# "It costs 5" is a sentence, however short; "we have x = 5" leads on to a formula.
_SUBJECT = re.compile(
    r"\s*(?:so,?\s+)?(?:it|he|she|they|you|we)\s+(?!(?:have|get|find|obtain|see|gives|means|yields)\b)[a-z]{3,20}\s+(?=[-−\d$\\])",
    re.IGNORECASE,
)
# Five letters of another script, other than Chinese numerals.
_FOREIGN = re.compile(r"(?:(?![零〇一二两三四五六七八九十百千万亿分之负])[^\W\d_a-zA-Z].*?){5}", re.DOTALL)
_NO_PROSE = {name.lower() for name in FUNCTIONS} | PLAIN_UNITS | {"and", "infinity", "theta", "alpha", "beta", "lambda", "omega", "sigma"}


def _last_number(text: str) -> str | None:
    """The last number of prose as the sentence means it: with the sign and the magnitude in words; None if it is no answer."""
    every = list(_NUMBER.finditer(text))
    if not every:
        return None
    found = every[-1]
    value, start, end = found.group("num").rstrip(","), found.start(), found.end()
    for tuple_found in _TUPLE.finditer(text):
        if tuple_found.start() < start < tuple_found.end():  # a coordinate or an end of an interval is no answer by itself
            return None if refused(text, *tuple_found.span()) else tuple_found.group()
    if refused(text, start, end) or _CALCULATED_BEFORE.search(text, max(0, start - 4), start):
        return None
    sign = "-" if found.group("sign") else sign_before(text, start)
    if sign is None:
        return None
    if found.group("tail"):
        return f"{sign}{value}\\%"
    if magnitude := MAGNITUDE_AFTER.match(text, end):
        return f"{sign}{value} {magnitude.group().strip(' -')}"
    if _CALCULATED_AFTER.match(text, end) or ((glued := _GLUED.match(text, end)) and not _may_be_glued(glued.group())):
        return None
    return sign + value


def _may_be_glued(letters: str) -> bool:
    """A unit or the ending of an ordinal may stand right after a number (5cm, 5m², 5th); a single letter is a factor (5x)."""
    if letters[-1] in "²³":
        return is_symbol(letters[:-1]) and letters[-2] == "m"  # areas and volumes
    return letters in PLAIN_UNITS or letters.lower() in _GLUED_ENDINGS or (len(letters) > 1 and is_symbol(letters))


def _number_in_words(text: str) -> str | None:
    """The last number of a text that is words, figures and punctuation; no number is fished out of a formula or of code."""
    return None if _FORMULA.search(text) else _last_number(text)


def _end_of_chain(text: str) -> str | None:
    """The number at the end of a calculation that begins with a word: "Total = 2 + 3 = 5", "So he makes 80*1.2 = $96"."""
    before, equals, end = text.rstrip(" .").rpartition("=")
    return _number_in_words(end.strip(" $\\")) if equals and len(end) <= 40 and _WORD.search(_COMMANDS.sub(" ", before)) else None


_FORMULA = re.compile(r"[()\[\]{}=^*+<>\\_'\"|&@#]")


def _unwrapped(text: str) -> str:
    text = text.strip().strip('*`"').strip()
    text = re.sub(r"^\\\[(.*)\\\]$|^\\\((.*)\\\)$", lambda found: found.group(1) or found.group(2) or "", text, flags=re.DOTALL)
    text = text.replace("\\(", " ").replace("\\)", " ") if "\\(" in text else text
    return text.strip().removesuffix(".").strip()
