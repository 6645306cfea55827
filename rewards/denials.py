r"""Words that deny or bound what stands beside them, English and Chinese: parts of regular expressions for those who read answers.

    not B · n't think that it is B · anything but B · 不是B · 不选B        before       B is wrong · B isn't right · B不对        after

Chinese sets no blanks between words, so its parts touch what they deny; up to one noun (选项, 答案) stands between. The
parts are bounded in length: whoever searches with them looks at a window of some dozens of characters.
"""

from __future__ import annotations

NOT = r"n['’]t"

# "no doubt", "beyond doubt", "I cannot deny" say the contrary.
_CONTRARY = ("no", "not", "n't", "n’t", "cannot", "never", "without", "beyond", "any", "a", "little", "to")
DOUBT = "".join(rf"(?<!{word} )" for word in _CONTRARY) + r"\b(?:doubt|deny|refute)"
_B = r"[^\S\n]+"  # blanks of one line: a denial does not reach into the next
# "I don't think that it is", "I doubt it is", "it is not the case that it is", or without what follows.
_OPINIONS = (
    rf"(?:(?:\b(?:not|never|cannot)|{NOT}){_B}(?:\w+ly{_B})?(?:think|believe|agree|say|claim|mean|conclude|suppose|accept|guess)"
    rf"|{DOUBT}|(?:\bnot|{NOT}){_B}(?:the{_B}case|true|correct|right|likely)"
    rf"|\b(?:wrong|false|incorrect){_B}(?:to{_B}say|that))\b"
)
_WORDS = rf"(?:{_B}(?!(?:but|so|then|thus|hence|therefore|because|since)\b)[\w'’]+)"
DISOWNED = rf"{_OPINIONS}(?:{_WORDS}{{0,6}}?{_B}(?:is|are|was|be|equals?|to|it['’]s|that['’]s|say|choose|that|an?|the|option)|{_B}it)?"

# Before "answer is", as in "the wrong answer is", "I do not think the answer is", "if the answer is": what follows is not stated.
_OUR = r"(?:\s+(?:the|my|our)(?:\s+\w+)?)?"
_SUPPOSED = (
    rf"\b(?:if|unless|whether|(?:suppos|assum)(?:e|ing)(?:\s+that)?"
    rf"|imagine(?:\s+that)?|let(?:['’]s\s+say(?:\s+that)?)?){_OUR}|(?:如果|假如|假设|若)"
)
_OPENING = r"(?:\A|[.!?\n])[\s\W]*(?:(?:so|but|and|then|well|hmm+|wait)\b[\s,]*)?"
_ASKED = rf"{_OPENING}(?:is|was|could|can|would|should|might|may){_OUR}"  # "is the answer 5?"
SUPPOSED = rf"(?:{_SUPPOSED}|{_ASKED})\s*\Z"
ANNOUNCED = (
    rf"(?:{_OPINIONS}{_WORDS}{{0,7}}|{_SUPPOSED}|{_ASKED}|\b(?:wrong|incorrect|false)"
    r"|错误的?|不正确的?|不(?:认为|觉得|相信)[^，。；,.;\n]{0,8})\s*\Z"
)

_MODAL = "(?:一定|可能|应该|应当|应|该|能|会|可以)?"
_NOUN = "(?:正确)?(?:选项|答案|数字|选择)?"
_TOUCHES = r"[\s$*\"'“‘《(（\[]{0,4}"
CHINESE_BEFORE = (
    rf"(?:不{_MODAL}(?:是|为|等于|选择?|在)|(?:不可能|并非|绝非)(?:是|为)?|而非|非|没有|排除|剔除|除了|除去"
    rf"|不(?:认为|觉得|相信)[^，。；,.;\n]{{0,8}}?(?:是|为)?|错误的?答案(?:是|为|[:：])){_NOUN}{_TOUCHES}"
)
_LED = r"[\s$*\"'”’》)）\]]{0,4}(?:选项|项)?(?:这个|的)?(?:说法|答案|选项)?(?:显然|明显|肯定|也|就|都)?"
CHINESE_AFTER = rf"{_LED}(?:是?(?:不(?:正确|对|成立|可能|符合|合题意|合理)|错(?:误|的|了)|被?排除)|不是?(?:正确)?答案|除外|以外|之外)"
CHINESE_NOT = (
    r"[\s$*\"'”’》)）\]]{0,4}(?:选项|项)?不(?:是(?!\s*[A-Z0-9])|会|能|可能|应|该)"  # of what has no properties: a letter, a number
)

CHINESE_BOUND_BEFORE = (
    r"(?:至少|至多|最多|最少|不(?:超过|少于|多于|大于|小于|低于|高于|足|到)|超过|大于|小于|多于|少于|高于|低于|接近|将近)"
    rf"(?:有|是|为)?{_TOUCHES}"
)
_COUNTED = "[个名人只条张本辆位次件元米]"
CHINESE_BOUND_AFTER = rf"[\s$)）]{{0,4}}{_COUNTED}?(?:(?:或|及|和)?(?:以上|以下|以内|之内|更多|更少)|多{_COUNTED})"

# A character before or after which a word of another script may begin or end: Chinese sets no blanks ("选B").
OUTSIDE_BEFORE, OUTSIDE_AFTER = r"(?<![^\W一-鿿])", r"(?![^\W一-鿿])"
