r"""The final answer of a response: what stands after `</think>` counts, not what stands in it.

    "<think> 3 + 5 = 8 </think> \boxed{8}"  ->  "8"
    "\boxed{7} no, \boxed{8}"               ->  "8"        a later box corrects an earlier one
    "\boxed{7} or \boxed{8}"                ->  "7 or 8"   boxes with nothing but a joint between them are one answer

The answer is the content of the last balanced `\boxed{...}` after the thoughts, with those that are joined to it. A
response that opens its thoughts and never closes them has no answer (it was cut), whatever stands in them; so has one
that opens them again after its last `</think>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.denials import ANNOUNCED, CHINESE_AFTER, CHINESE_BEFORE, DISOWNED, NOT

MAX_READ = 200_000  # characters read of what follows the thoughts: its end, where answers stand
THINK_OPEN, THINK_CLOSE = "<think>", "</think>"
BOX = "\\boxed{"

# "up to 5" bounds; "adds up to 5" says how much it is. Part of a regular expression.
UP_TO = r"(?<!add )(?<!adds )(?<!added )(?<!adding )(?<!sum )(?<!sums )(?<!come )(?<!comes )up\s+to"

Span = tuple[int, int, str]  # where it starts and ends in the text, and its content


@dataclass(frozen=True, slots=True)
class Found:
    """An answer as a text gives it. Parts are answers beside each other; their text names all of them."""

    text: str
    parts: tuple[str, ...]


def after_thoughts(response: str) -> str | None:
    """The text after the last `</think>`; the whole response if it has no thoughts; None if they never end."""
    text = response.rpartition(THINK_CLOSE)[2]
    return None if THINK_OPEN in text else text


def _box_spans(text: str) -> list[Span]:
    found: list[Span] = []
    at = text.find(BOX)
    while at != -1:
        depth, start = 1, at + len(BOX)
        end = start
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        if depth:
            break
        found.append((at, end, text[start : end - 1].strip()))
        at = text.find(BOX, end)
    return found


def boxed(text: str) -> list[str]:
    r"""Contents of every outermost balanced `\boxed{...}`, in order; an unclosed box yields nothing."""
    return [content for _, _, content in _box_spans(text)]


# -- what stands between two answers -------------------------------------------------------------------------------

_MEANT = {"or": re.compile(r"\\(?:lor|vee|cup)(?![A-Za-z])"), "and": re.compile(r"\\(?:land|wedge|cap)(?![A-Za-z])")}
_SAID = re.compile(r"\\(?:text\w{0,4}|mathrm|mbox|operatorname)\s?\{([^{}]*)\}")
_SET = re.compile(
    r"\\(?:q?quad|newline|par|hfill|to|rightarrow|Rightarrow|implies)(?![A-Za-z])|\\hspace\*?\{[^{}]*\}|\\[,;:! ()\[\]\\]"
    r"|</?[A-Za-z][^<>]*>"
)
_LEFT_SIDE = re.compile(r"[A-Za-z](?:_\{?\w{1,3}\}?)?\s*=\s*\$?\Z")
_LABEL = re.compile(r"(?<!\S)[(\[]?\d{1,3}[)\].:]+(?!\S)")  # of a list: "2.", "(3)"
_SUM = re.compile(r"\d\s*[-+*×·/^=<>]|[-+*×·/^=<>]\s*\d|\\(?:times|cdot|div|pm)")
_TOKEN = re.compile(r"[a-z']{2,}|[^\W\d_a-z]+", re.IGNORECASE)
# They coordinate, hedge, or name once more what is listed; none takes back what stands before it.
_JOINT_WORDS = """
    and or nor as well else also either both even maybe perhaps possibly probably alternatively otherwise could might may be it
    versus vs plus the answer answers is are option options choice choices letter oder und ou et o y 或 或者 和
"""
_JOINTS = frozenset(_JOINT_WORDS.split())
_TAKES_BACK = re.compile(
    r"\b(?:then|wait|actually|no|rather|instead|not|correct\w*|so|thus|therefore|hence|but|mistake|should|sorry|oops|re\w*count\w*|recheck\w*"
    r"|again|finally)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)|[。！？]")
MAX_PARTS = 400  # answers beside each other; of more the last are taken, which are several still
MAX_CLAUSE = 80  # characters between two answers that one sentence may still coordinate


def joint(between: str) -> str | None:
    r"""How the text between two answers makes them one: " or ", ", ", or not at all, because the later takes the earlier's place.

    To replace an answer takes words. Where there are none, or only such as coordinate ("or", "and also", "or maybe"),
    or where a clause begins or ends with its conjunction ("\boxed{4} or it may be \boxed{5}"), both are offered.
    """
    said = _SAID.sub(r" \1 ", between)
    for word, mark in _MEANT.items():
        said = mark.sub(f" {word} ", said)
    said = " ".join(_SET.sub(" ", said).replace("$", " ").split())
    said = _LEFT_SIDE.sub("", said)
    words = [token.lower() for token in _TOKEN.findall(said)]
    either = " or " if {"or", "nor", "either", "maybe", "perhaps", "possibly", "oder", "ou", "或", "或者"} & set(words) else ", "
    if all(word in _JOINTS for word in words):
        return None if _SUM.search(_LABEL.sub(" ", said)) else either
    if len(said) > MAX_CLAUSE or _TAKES_BACK.search(said) or _SENTENCE_END.search(said):
        return None
    return either if words[0] == "or" or words[-1] in ("or", "and") else None


# A box or a tag may stand in a sentence that denies something else ("This is not hard, so □"), so only words that carry
# the denial on stand between, on the same line.
_B = r"[^\S\n]+"
_CARRIES = (
    rf"(?:{_B}(?:be|been|equals?|to|the|an?|my|answer|solution|choose|pick|select|option|letter|in|possibly|actually|really|necessarily"
    r"|exactly|definitely)\b){1,4}"
)
_LEAD, _CLOSE = r"[^\S\n]*[$(*]*[^\S\n]*", r"\s*[$)*]*\s*"
_DENIED_BEFORE = re.compile(
    rf"(?:\b(?:not|never|cannot)|{NOT})\s*[$(*]*\s*\Z|(?:(?:\b(?:not|never|cannot)|{NOT}){_CARRIES}|\b(?:other|rather){_B}than"
    rf"|\binstead{_B}of|\b(?:any\w*|every\w*|all){_B}but|\bexcept(?:{_B}for)?|\bfar{_B}from|{DISOWNED}|{CHINESE_BEFORE}){_LEAD}\Z",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    rf"{_CLOSE}(?:(?:is|was|would\s+be|are)\s+(?:\w+ly\s+|also\s+)?(?:wrong|incorrect|false|invalid|impossible)\b"
    rf"|(?:(?:is|was|would|are|can)(?:\s+not|{NOT})|cannot)\s+(?:be\s+)?(?:\w+ly\s+)?"
    r"(?:the\s+(?:\w+\s+)?(?:answer|solution|result|option|choice|one)\b|(?:right|correct|it|true|valid|possible)\b)"
    rf"|(?:(?:right|correct|true|it|the\s+answer)\s*)?[?？]\s*(?:no\b|nope\b|wrong\b|不)|{CHINESE_AFTER})",
    re.IGNORECASE,
)
_BESIDE = 80  # characters looked at on either side of a box or a tag


def _asserted(text: str, spans: Sequence[Span]) -> list[Span]:
    """The last of the spans, without those that are denied right where they stand: "not □", "□ is wrong"."""
    return [
        span
        for span in spans[-2 * MAX_PARTS :]
        if _DENIED_BEFORE.search(text, max(0, span[0] - _BESIDE), span[0]) is None
        and _DENIED_AFTER.match(text, span[1], span[1] + _BESIDE) is None
    ]


def _joined(text: str, spans: Sequence[Span]) -> Found:
    """The last of `spans` and those before it that are joined to it; what says nothing, or the same again, adds no part."""
    *_, (start, _, last) = spans
    parts, said = [last], [last]  # backwards
    for before in spans[-2::-1]:
        mark = joint(text[before[1] : start])
        if mark is None or len(parts) == MAX_PARTS:
            break
        start = before[0]
        if last and before[2] and before[2] not in parts:
            parts.append(before[2])
            said += [mark, before[2]]
    return Found("".join(reversed(said)), tuple(reversed(parts)))


# -- the answer ----------------------------------------------------------------------------------------------------

# A tag's content holds no second opening: a thousand unclosed tags would otherwise each be read to the end.
_TAG = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL | re.IGNORECASE)
_STATED = re.compile(
    r"(?:final\s+answer|(?<!final )answer)\s*(?:is|are|:|=)+\s*"
    r"|答案\s*(?:应该|应当|应)?\s*(?:是|为|选择?|[:：])\s*[:：]?\s*|(?<!\w)故(?:本题|答案)?选择?\s*[:：]?\s*",
    re.IGNORECASE,
)
_ANNOUNCED_DENIED = re.compile(ANNOUNCED, re.IGNORECASE)
# "the answer is 3 or the answer is 4"
_STATED_BESIDE = re.compile(r"\b(?:or|and)\s+(?:(?:the|my|its?|also|maybe|perhaps|possibly|else)\s+)*\Z", re.IGNORECASE)


def boxed_answer(text: str) -> Found | None:
    r"""What the boxes of `text` (made free of thoughts before) give; None without a box, or where each is denied."""
    spans = _asserted(text, _box_spans(text))
    return _joined(text, spans) if spans else None


def tagged_answer(text: str) -> Found | None:
    """The same of its `<answer>...</answer>` tags."""
    spans = _asserted(text, tag_spans(text))
    return _joined(text, spans) if spans else None


def tag_spans(text: str) -> list[Span]:
    """Every closed `<answer>...</answer>`, in order."""
    return [(tag.start(), tag.end(), tag[1].strip()) for tag in _TAG.finditer(text)]


def _stated_line(text: str) -> str | None:
    """What the last "answer is" states, to the end of its line; "the wrong answer is" and such as are denied state nothing."""
    found = [
        mark for mark in _STATED.finditer(text) if _ANNOUNCED_DENIED.search(text, max(0, mark.start() - _BESIDE), mark.start()) is None
    ]
    if not found:
        return None
    at = len(found) - 1
    while at:
        between = text[found[at - 1].end() : found[at].start()]
        if len(between) > MAX_CLAUSE or "\n" in between or not _STATED_BESIDE.search(between):
            break
        at -= 1
    return text[found[at].end() :].lstrip().partition("\n")[0].strip() or None


def read_answer(text: str) -> Found | None:
    r"""What a text (made free of thoughts before) gives as its answer, for verifiers that do not insist on a box.

    In this order: the last box; the last `<answer>...</answer>`, each with those joined to it; what follows the last
    "answer is", "answer:", 答案是 or 故选 on its line; else the whole text. None when nothing is left, or all is denied.
    """
    if BOX in text and _box_spans(text):
        found = boxed_answer(text)
    elif _TAG.search(text):
        found = tagged_answer(text)
    else:
        line = _stated_line(text)
        said = line.strip("*` ").removesuffix(".").removesuffix("。").strip() if line else text.strip()
        found = Found(said, (said,))
    return found if found and found.text else None


def stated_answer(response: str) -> str | None:
    r"""`read_answer` of what follows the thoughts. None when they never end or nothing is left."""
    text = after_thoughts(response)
    found = read_answer(text[-MAX_READ:]) if text is not None else None
    return found.text if found else None


def final_answer(response: str) -> str | None:
    r"""The last box after the thoughts, with those joined to it, or None when there is none in the last MAX_READ characters."""
    text = after_thoughts(response)
    found = boxed_answer(text[-MAX_READ:]) if text is not None else None
    return found.text if found else None
