r"""What people put around a question: `unwrapped` takes it off, so that a short question is found whatever template it went through.

A form that is left over counts only if it is a whole benchmark question, so the lists may be generous: what they take away too much
is no find, it only finds nothing. They name what prompt templates are for, not what one set of prompts looks like.
"""

from __future__ import annotations

import re
from functools import lru_cache

MOST = 3  # leads, and instructions at the end, that are taken off one after the other
TAIL = 400  # characters at the end of a text in which instructions are looked for: they are short, texts may be long

_I = re.IGNORECASE
_THINGS = r"(?:problems?|questions?|tasks?|exercises?|quer(?:y|ies)|puzzles?|equations?)"
_KINDLY = r"(?:(?:please|kindly|(?:can|could|would) you|i want you to|i need(?: you)? to|help me)\b,?\s*)"
_LEADS = (
    # labels of few-shot prompts and of dialogues that were written down as text
    rf"(?:{_THINGS}|instructions?|prompt|input|q|user|human|student)\s*(?:[#№]?\s*\d+\s*)?[:：.)](?!\w)",
    r"(?:问题|题目|问|题|用户|提问|例题?)\s*\d*\s*[:：、.]",
    # a sentence that only announces that a question follows
    rf"{_KINDLY}*(?:solve|answer|consider|read|work out|complete|here is|here's|this is|below is|i have|i need help"
    r"|(?:help )?(?:me )?with|look at|try)\b"
    rf"[^.:?!\n]{{0,60}}\b{_THINGS}\b[^.:?!\n]{{0,60}}[.:?!\n]",
    r"(?:请你?|帮我|麻烦)?(?:认真|仔细)?(?:回答|解答|解决|完成|计算|阅读|看|做)(?:一下)?(?:下面|以下|下列|这)[^。：:？！\n]{0,12}[。：:\n]",
    # polite words before the question's own verb
    r"(?:hi|hello|hey)\b[^.!?\n]{0,20}[,.!]",
    rf"{_KINDLY}+",
    r"(?:请问|请你?|麻烦)",
)
_POLITE = (
    r"(?:and |then |now |first,? |finally,? |also,? |please,? |kindly |you (?:should|must|need to|can) "
    r"|(?:make|be) sure (?:to|that you) |remember to |don't forget to )*"
)
_ENDS = (
    # asks for thinking before the answer
    _POLITE + r"(?:let['’]?s |let us )?(?:think|reason|work|solve|go|proceed|explain|answer|do|show|break)\b"
    r"[^.?!:$\n]{0,60}\bstep[- ]by[- ]step",
    _POLITE + r"(?:let['’]?s |let us )?think\b[^.?!\n]{0,30}\b(?:carefully|hard|through|before|first)",
    # says where the answer goes, or in what form it is wanted
    _POLITE + r"(?:put|write|give|place|box|enclose|provide|state|return|output|present|report|express|submit|enter|wrap|mark|end|conclude"
    r"|finish)\b"
    r"[^.?!\n]{0,60}(?:\banswers?\b|\bresult\b|\bsolution\b|\bboxed\b|\\boxed)",
    r"(?:your|the) (?:final )?(?:answer|response|solution|output)s? (?:should|must|needs? to|has to|is to|will)\b",
    _POLITE + r"(?:answer|respond|reply)\b(?: only| just| directly)? ?(?:with|in|by|using|only|directly|briefly|concisely|the question)\b",
    _POLITE + r"(?:only|just) (?:give|output|return|write|answer|provide|reply|respond)\b",
    # asks for the working, or not to show it
    _POLITE + r"(?:show|explain|justify|include|describe|detail|write(?: down| out)?)\b[^.?!\n]{0,20}"
    r"\b(?:your|the|each|every|all)\b[^.?!\n]{0,20}\b(?:work|working|steps?|reasoning|thinking|calculations?|answer|solution|process)\b",
    r"(?:do not|don't) (?:explain|show|include|write|give|use)\b",
    r"thank(?:s| you)\b",
    r"(?:请|并|然后|最后|你需要|务必)*(?:一步一步|逐步|一步步|分步|仔细)",
    r"(?:请|并|然后|最后)*(?:把|将|写出|给出|说明|写下|用)[^。？！\n]{0,20}(?:答案|过程|步骤|理由|思路|boxed)",
    r"(?:请|并)?(?:直接|只)(?:回答|给出|输出|写出)",
    # a label that waits for the answer
    r"(?:final |short )?(?:answers?|solution|response|output|assistant|a)\s*[:：][\s*_]*$",
    r"(?:答案|解答|回答|答|解)\s*[:：]\s*$",
)  # fmt: skip
_MARKS = r"[\s#>*_(\[\"“]*"
# Nearly every text ends without an instruction, and nearly every instruction has one of these: looking for them costs next to nothing.
_HINTS = (
    "step", "answer", "box", "your", "result", "solution", "think", "thank", "only", "just", "do not", "don't", "repl", "respon", "output",
    "explain", "show", "justif", "working", "reasoning", "答", "步", "请", "过程", "理由", "思路", "仔细",
)  # fmt: skip
_LEAD = re.compile(rf"{_MARKS}(?:{'|'.join(_LEADS)}){_MARKS}", _I)
_END = re.compile(rf"(?:^|(?<=[\n\d,;.，；。？！?!$)\]}}*:：])){_MARKS}(?:{'|'.join(_ENDS)})[^.?!。？！\n]*[\s.?!。？！)\]*_\"”]*$", _I)


@lru_cache(maxsize=1024)  # system messages and instructions are the same in row after row
def unwrapped(text: str) -> tuple[str, ...]:
    """Forms of a text without leads, without instructions at its end, and without both; each is shorter than the text."""
    bodies = [text]
    while len(bodies) <= MOST and (found := _LEAD.match(bodies[-1])) is not None:
        bodies.append(bodies[-1][found.end() :])
    forms: list[str] = []
    for body in bodies:
        forms.append(body)
        for _ in range(MOST):
            found = _END.search(body, max(0, len(body) - TAIL)) if _hinted(body[-TAIL:]) else None
            if found is None:
                break
            body = body[: found.start()]
            forms.append(body)
    return tuple(form for form in dict.fromkeys(forms[1:]) if form.strip())


def _hinted(end: str) -> bool:
    low = end.lower()
    return any(hint in low for hint in _HINTS) or low.rstrip(" \n\t*_").endswith((":", "："))
