r"""What sort of question a prompt is: signals for the exclusions of section 2.1 (K7) and Big-Math's and OpenThoughts' like.

Each function takes the prompt and its answer and returns what it found, or None. None decides anything: a step
writes the findings down and the selection reads them. A form that the answer contradicts is not found: "A true-false
test has 10 questions, how many …?" with the answer 1024 is no true/false question.
"""

from __future__ import annotations

import re

from data_recipes.text.answers import Kind, kind_of
from data_recipes.text.found import Found, reference_text
from data_recipes.text.labels import LabelledList, Labels, begins_line, labelled_lists
from rewards.verdict import Answer

_I = re.IGNORECASE
_EMPTY = re.compile(r"\\(?:qquad|quad|text|textbf|mathrm|hspace|newline|,|;|!|:| )|[\W_]+|\b(?:and|or|of)\b")
_OPTION_CUE = re.compile(r"\b(?:which|letters?|options?|choices?|choose|select|pick|correct|answer|none of|all of)\b|选|哪|下列|以下", _I)
_ASKS_OPTION = re.compile(
    r"\bwhich (?:one )?(?:of|among) (?:the )?(?:following|these|below)\b(?! questions)|\b(?:must|could|can|will) (?:also )?be which of\b"
    r"|\benter (?:all )?the letters? of\b|\b(?:letter|answer|option|choice)s?\b[^.\n]{0,30}\(?\bA, B,? (?:C|or C)\b|\benter "
    r"[\"“']?[A-Z][\"”']? for \w+, [\"“']?[A-Z][\"”']? for\b|\b(?:choose|select|pick) (?:the|one|all) (?:\w+ )?(?:correct|right|best)? "
    r"?(?:options?|answers?|choices?|letters?)\b"
    r"|(?:下列|以下)[^。？?\n]{0,40}(?:的是|的有|是)\s*[(（_]|选项|单选题|多选题|选择题",
    _I,
)
_ASK = re.compile(
    r"[?？]|^\W*(?:please |then |now |hence,? |also,? )?(?:find|determine|compute|calculate|evaluate|prove|show that|simplify|solve|what"
    r"|how|which|"
    r"who|when|why|express|write|state|give|sketch|draw|explain|describe|estimate|list|identify|name|is|are|does|do|can)\b|[求证]|证明|计算|判断"
    r"|写出|多少",
    _I,
)  # fmt: skip
_SENTENCE_END = re.compile(r"[.!?。？！](?=[\s\"”'’)\]$]|$)|\n|(?<=[。？！])")


def multiple_choice(text: str, answer: Answer, closed_set_at_most: int = 0) -> Found | None:
    """By options in the text, by options (or a closed set of words that is small enough) in the answer, or by being asked for one."""
    for run in _lists(text, Labels.UPPER, Labels.LOWER, Labels.DIGITS, Labels.CIRCLED):
        if _are_options(run, text, answer):
            last = run.items[-1]
            return Found.at("options in the text", text, run.start, _content_end(text, last.after))
    options = answer.params.get("options")
    if isinstance(options, (list, dict)) and options:
        return Found("options in the answer", str(options))
    if 0 < (size := closed_set(answer) or 0) <= closed_set_at_most:
        return Found(f"one of {size} words in the answer", str(answer.params["choices"]))
    if answer.verifier == "choice" and "choices" not in answer.params:
        return Found("the answer is a letter of the verifier choice", str(answer.reference))
    if (match := _ASKS_OPTION.search(text)) is not None and kind_of(answer) is not Kind.NUMBER:
        return Found.at("asks for one of given options", text, *match.span())
    return None


def closed_set(answer: Answer) -> int | None:
    """Number of words that the answer is one of, where the answer says so."""
    choices = answer.params.get("choices")
    return len(choices) if isinstance(choices, (list, tuple)) else None


def true_false(text: str, answer: Answer) -> Found | None:
    """By the answer, or by asking for it where the answer does not contradict."""
    kind = kind_of(answer)
    if kind is Kind.TRUTH:
        return Found("answer", reference_text(answer) or "")
    asked = re.search(
        r"\btrue\s*(?:or|/|-)\s*false\b|\bT\s*/\s*F\b|判断(?:题|对错|正误|下列.{0,20}(?:对错|正误|是否正确))|(?:对还是错|正确还是错误)",
        text,
        _I,
    )
    if asked is not None and kind in (Kind.NONE, Kind.YES_NO, Kind.LETTERS):
        return Found.at("question", text, *asked.span())
    return None


_YES_OR_NO = re.compile(
    r"(?<!not )\b(?:answer|say|write|enter|respond|reply)[^.?!\n]{0,40}\b[\"'“]?yes[\"'”]?\s*(?:or|/)\s*[\"'“]?no\b|\byes\s*/\s*no\b"
    r"|\(\s*yes or no\s*\)",
    _I,
)
_YES_NO_FORM = re.compile(
    r"^\W*(?:(?:if so|so|then|now|and|but),?\s+|(?:among|in|of|if|given|for|when|since|based on|according to)\b[^?,]*,\s*)?(?:is|are|was"
    r"|were|do|does|did|can|could|will|would|has|have|had|should|must|may)\b(?! you\b| i\b)[^?？]*[?？]",
    _I,
)
_NOT_YES_NO = re.compile(r"\bor\b(?! not\b)|\b(?:what|how|which|who|when|where|why)\b", _I)
_YES_NO_ZH = re.compile(r"(?:是否|能否|可否|是不是|能不能|有没有|对不对|吗)[^。？?！!\n]*[。？?！!]?\s*$")


def yes_no(text: str, answer: Answer) -> Found | None:
    """By the answer; by a question that says so; or by the form of the last sentence where the answer does not contradict."""
    kind = kind_of(answer)
    if kind is Kind.YES_NO:
        return Found("answer", reference_text(answer) or "")
    if kind in (Kind.NUMBER, Kind.OTHER, Kind.LETTERS):
        return None
    if (asked := _YES_OR_NO.search(text)) is not None:
        return Found.at("question", text, *asked.span())
    start, last = _last_sentence(text)
    # A sentence begins with a capital: "… \\]is an integer?" is the end of one.
    if last.lstrip("\"'“‘(*$ ")[:1].isupper() and _YES_NO_FORM.match(last) and not _NOT_YES_NO.search(last):
        return Found.at("form of the question", text, start, start + len(last))
    if (found := _YES_NO_ZH.search(last)) is not None and "还是" not in last and kind is not Kind.TRUTH:
        return Found.at("form of the question", text, start + found.start(), start + found.end())
    return None


_PROOF = re.compile(
    r"(?:^|[.!?:;。！？；：,，]\s*|\n\s*|\$\s+|\]\s*|[)）]\s+)"
    r"(?P<ask>(?:please |then |hence,? |thus |also |and |now |first,? |you must |using [^,.\n]{1,60}, )?"
    r"(?:(?:prove|show|demonstrate|verify|establish)\s*(?:(?:that|by induction|or disprove|if and only if)\b|:)|prove\s+(?:the\b|\$|\\\["
    r"|\\\()))",
    _I,
)
_PROOF_ZH = re.compile(
    r"(?:^|[。！？；，：\s）)、,;:.])(?P<ask>(?:请|试|求证|试求证|请你)?\s*证明(?![了书文者人信]|材料|过程|方法|结果|表明)|求证|试证)"
)


def proof(text: str, answer: Answer) -> Found | None:
    """An imperative to prove at the start of a sentence or clause. "The records show that …", "出生证明" are none."""
    for match in (*_PROOF.finditer(text), *_PROOF_ZH.finditer(text)):
        comma = text[: match.start("ask")].rstrip()[-1:] in (",", "，")
        if comma and not match["ask"].lower().startswith(("prove", "show that", "请", "试", "求证", "证明")):
            continue
        return Found.at("asks for a proof", text, match.start("ask"), match.end("ask"))
    return None


def multi_part(text: str, answer: Answer) -> Found | None:
    """At least two labelled parts that each ask for something. Conditions, points and options are labelled too and are none."""
    if multiple_choice(text, answer) is not None:
        return None
    for run in _lists(text, Labels.LOWER, Labels.DIGITS, Labels.ROMAN, Labels.CIRCLED, Labels.UPPER):
        if run.style != "(A)" and run.labels is not Labels.CIRCLED and not all(begins_line(text, item.start) for item in run.items):
            continue
        asking = [item for item, content in zip(run.items, run.contents(text), strict=True) if _ASK.search(content.strip())]
        if len(asking) >= 2:
            return Found.at("parts that ask", text, run.start, min(len(text), asking[-1].end))
    return None


def _lists(text: str, *labels: Labels) -> list[LabelledList]:
    return [run for kind in labels for run in labelled_lists(text, kind)]


def _are_options(run: LabelledList, text: str, answer: Answer) -> bool:
    at_lines = all(begins_line(text, item.start) for item in run.items)
    if len(run.items) < (2 if at_lines else 3):
        return False
    # a lone "b" is a letter only beside a list that has a (b): elsewhere it is a variable
    lettered = kind_of(answer) is Kind.LETTERS or (run.labels is not Labels.DIGITS and _names_one(run, answer))
    before, contents = text[: run.start], run.contents(text)
    contents[-1] = text[run.items[-1].after : _content_end(text, run.items[-1].after)]
    if not lettered and not all(_EMPTY.sub("", content) for content in contents):
        return False  # "points (A), (B) and (C)"
    tail = text[_content_end(text, run.items[-1].after) :]
    if _ASK.search(tail.strip()) and not _OPTION_CUE.search(tail):
        return False  # a list in the story, then a question about something else
    asked = before.rstrip().endswith(("?", "？", ":", "：", ")", "）", "(", "_", "is", "are", "equals", "=")) or _OPTION_CUE.search(
        before + tail
    )
    if run.labels in (Labels.UPPER,):
        return bool(asked) or lettered or at_lines or (len(run.items) >= 4 and not tail.strip())
    # "(a) … (b) …" and "1) … 2) …" are as often parts or conditions: options only where one is asked for.
    if any(_ASK.search(content.strip()) for content in contents):
        return False
    if len(run.items) >= 3 and (_holds(contents, answer) or _numbers_one(run, before, contents, tail, answer)):
        return True
    return bool(_ASKS_OPTION.search(before + tail)) or (lettered and bool(asked))


_ONE_LABEL = re.compile(r"[\s$*({\[]*(?:\\text\w*\s*\{\s*)?\(?([A-Ja-j1-9])\)?[\s$*)}\].:]*")
_CLAIM = re.compile(
    r"[<>=≤≥≠]|\\(?:le|ge|lt|gt|ne)(?![a-z])|\b(?:is|are|was|has|have|must|can|may|each|every|all|no|not|divisible|divides|满足|是|有)\b",
    _I,
)
_PADDING = re.compile(r"^[\s,;.:，。；、$*]+|[\s,;.:，。；、$*]+$")


def _names_one(run: LabelledList, answer: Answer) -> bool:
    """The answer is one label of the list and nothing else."""
    found = _ONE_LABEL.fullmatch(reference_text(answer) or "")
    return found is not None and found[1].casefold() in {item.label.casefold() for item in run.items}


def _holds(contents: list[str], answer: Answer) -> bool:
    """One of the items is the answer, word for word."""
    wanted = _PADDING.sub("", reference_text(answer) or "").casefold()
    return bool(wanted) and any(_PADDING.sub("", content).casefold() == wanted for content in contents)


def _numbers_one(run: LabelledList, before: str, contents: list[str], tail: str, answer: Answer) -> bool:
    """The answer is the number of an option. It may as well be how many there are of something, so the list has to follow its
    question, to end the text, and to hold no claims: those are conditions."""
    if run.labels is not Labels.DIGITS or not _names_one(run, answer) or tail.strip():
        return False
    asked = before.rstrip().endswith(("?", "？")) and re.search(r"\beach\b", before, _I) is None
    return asked and not any(_CLAIM.search(content) for content in contents)


def _content_end(text: str, start: int) -> int:
    """Where the last option ends: at its sentence's or line's end."""
    while start < len(text) and (text[start].isspace() or text[start] in "\\~"):
        start += 1
    ends = [match.end() for match in _SENTENCE_END.finditer(text, start) if match.end() > start]
    return ends[0] if ends else len(text)


def _last_sentence(text: str) -> tuple[int, str]:
    """(where it starts, the sentence), without trailing space."""
    body = text.rstrip(" \t\r\n\"'”’*")
    starts = [match.end() for match in _SENTENCE_END.finditer(body) if match.end() < len(body)]
    start = starts[-1] if starts else 0
    start += len(body[start:]) - len(body[start:].lstrip())
    return start, body[start:]
