"""The four cognitive processes of the long-CoT warm-up (section 2.2, K16), found in a solution by their phrases, English and Chinese.

    planning      outlines steps before executing them
    evaluation    assesses an intermediate step or result
    reflection    notices that something is off and refines the approach
    exploration   considers another solution

A phrase counts where it opens a sentence or clause, or where it cannot mean anything else: "Wait, that gives 7" is
reflection, "they wait for the bus" is not; "Let me check" is evaluation, "a check of $50" is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_recipes.sources.cot import Process

_I = re.IGNORECASE
_OPENS = r"(?:^|(?<=[.!?。！？;；:\n>,，—])|(?<=[.!?:;,] ))\s*(?:(?:ok|okay|so|now|well|but|and|hmm+|oh|ah|actually)\b[,. ]*)*"
_WE = (
    r"(?:let me|let's|let us|i|we|i'll|we'll|i will|we will|i should|we should|i need to|we need to|i can|we can|i could|we could|i "
    r"want to)"
)

_PATTERNS: Mapping[Process, Sequence[str]] = {
    Process.PLANNING: (
        rf"{_OPENS}(?:my|the|our|here(?:'s| is) (?:my|the|our|a)) (?:plan|strategy|approach|outline)(?: (?:is|will be|here)\b| ?:)",
        rf"{_OPENS}plan ?:",
        rf"{_OPENS}{_WE} (?:first |start by |begin by )?(?:outline|plan|break (?:this|it|the problem) (?:down|into)|map out|lay out"
        rf"|organi[sz]e|set up a plan)\b",
        rf"{_OPENS}(?:first|to (?:start|begin)(?: with)?),? {_WE} (?:need|have|want|should|must|find|compute|calculate|figure|determine"
        rf"|set|define|list|work|look|read)\b",
        rf"{_OPENS}to (?:solve|answer|tackle|approach) (?:this|the|it)\b[^.\n]{{0,80}}, {_WE}\b",
        rf"{_OPENS}step 1\b|\bthe steps are\b|\bthere are (?:two|three|four|several) steps\b",
        r"(?:^|[。！？\n])\s*(?:(?:我|我们|咱们|解题)的?)?(?:计划|思路|步骤|方案|策略)(?:是|为|如下|：|:)|先.{1,30}(?:再|然后|接着).{1,30}(?:最后|最终)|首先.{0,40}(?:然后|其次|接着)|分(?:为|成)?[两二三四几]步"
        r"|第一步",
    ),
    Process.EVALUATION: (
        rf"{_OPENS}{_WE} (?:just |quickly |now )?(?:double[- ]?check|check|verify|confirm|test|validate|make sure|sanity[- ]check)\b(?! "
        rf"(?:out|in)\b)",
        rf"{_OPENS}(?:check|checking|verification|verify|to verify|to check|as a check|sanity check|double[- ]checking) ?[:,]",
        rf"{_OPENS}(?:does|is) (?:this|that|it) (?:make sense|correct|right|reasonable|consistent)\b",
        r"\b(?:this|that|which|it) (?:makes sense|checks out|is (?:consistent with|reasonable|plausible)|matches (?:the|what|our))\b",
        rf"{_OPENS}(?:plugging|substituting) (?:it|this|that|these|them|back|the (?:answer|value|solution)s?)\b[^.\n]{{0,60}}\b(?:back"
        rf"|check|satisf|hold|original)",
        r"检查一下|验证一下|验算|检验|代入(?:检验|验证|原)|核对|确认一下|是否(?:合理|正确|成立)|(?:结果|答案)(?:是)?(?:合理|符合)|检查：|验证：",
    ),
    Process.REFLECTION: (
        rf"{_OPENS}(?:wait|hold on|hang on)(?: a (?:minute|moment|second))?\s*[,.!…—–-]",
        r"\b(?:i|we) (?:made|may have made|might have made|must have made) (?:a|an|the|some) (?:\w+ )?(?:mistake|error|slip)",
        r"\b(?:that|this|it) ?(?:'s|is|was) (?:not (?:right|correct|true)|wrong|incorrect|a mistake|an error)\b",
        r"\b(?:that|this|it) (?:isn't|can't be|cannot be|doesn't (?:seem|look)) (?:right|correct)\b",
        rf"{_OPENS}{_WE} (?:re-?(?:consider|think|read|examine|visit|do|calculate|check|compute)|correct (?:that|this|myself|it)|go back"
        rf"|start over|try again|fix (?:that|this|it)|backtrack)\b",
        rf"{_OPENS}(?:on second thought|looking back|in hindsight|i (?:was wrong|forgot|overlooked|misread|missed|miscounted"
        rf"|misunderstood)|my mistake|scratch that|oops|no, )",
        r"(?:^|[。！？!?\n])\s*(?:等等|等一下|不对)[，,。！]|(?:我|这里|刚才|前面)[^。\n]{0,10}(?:错了|算错|弄错|看错|有误|忽略了|漏了)|重新(?:考虑|思考|计算|审视|检查|算|看)|回过头来?(?:看|想|检查)|反思",
    ),
    Process.EXPLORATION: (
        rf"{_OPENS}alternatively\b",
        rf"{_OPENS}(?:another|an alternative|a different|one other|other) (?:way|approach|method|idea|option|possibility|strategy"
        rf"|solution)s?\b",
        rf"{_OPENS}(?:what if|suppose instead|instead,|perhaps (?:there|we|i)\b|maybe (?:there|we|i)\b|or (?:maybe|we could|i could))",
        rf"{_OPENS}{_WE} (?:also )?(?:try|explore|consider|think (?:about|of)|look at)(?: (?:this|it|the problem))? (?:a different"
        rf"|another|an alternative|other|differently|from another|a second|some other)",
        rf"{_OPENS}(?:we|i|you) (?:can|could|may) also (?:solve|find|do|compute|get|approach|use|see)\b",
        r"另一种(?:方法|思路|解法|做法|方式|可能)|换(?:一种|个|一个)(?:方法|思路|角度|方式)|或者(?:可以|我们|也可以)|也可以(?:用|这样|通过)|还可以(?:用|这样|通过)|(?:如果|假如|要是)(?:换成|改用|不是)"
        r"|试试(?:别的|另)",
    ),
}  # fmt: skip
_COMPILED = {process: tuple(re.compile(pattern, _I | re.MULTILINE) for pattern in patterns) for process, patterns in _PATTERNS.items()}


@dataclass(frozen=True, slots=True)
class Sign:
    process: Process
    matched: str
    start: int
    end: int


def signs(text: str) -> list[Sign]:
    """Every sign of a process, in the order of the text; signs of one process never overlap."""
    found: list[Sign] = []
    for process, patterns in _COMPILED.items():
        taken = -1
        spans = sorted(match.span() for pattern in patterns for match in pattern.finditer(text))
        for start, end in spans:
            start += len(text[start:end]) - len(text[start:end].lstrip())
            if start >= taken:
                found.append(Sign(process, text[start:end], start, end))
                taken = end
    return sorted(found, key=lambda sign: (sign.start, sign.process))
