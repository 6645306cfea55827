r"""`choice`: one of several options, by letter or by text; or one of a closed set of words.

    {"verifier": "choice", "reference": "B", "options": {"A": "cat", "B": "dog"}}     letter or text; a box is not needed
    {"verifier": "choice", "reference": "B", "options": ["cat", "dog"]}               letters in order
    {"verifier": "choice", "reference": "B"}                                          letters alone, A to Z
    {"verifier": "choice", "reference": "red", "choices": ["red", "blue"]}            one of the words, in a box

`B`, `(B)`, `B.`, `**B**`, `option B`, `B: dog`, `选B` and `dog` all choose B; so does "B. A shows a cat", where reasons
stand behind the letter. Several letters are wrong, whatever they are; so is a letter beside the text of another option,
and an echo of the list of options. What is denied ("not B", "B is wrong", "all except dog", "不选B") is not chosen; what
is both denied and said, or only asked ("Is it B?"), chooses nothing. A letter that is only mentioned in prose counts
when it is the only one; `A` and `I` in prose count as letters only where they cannot be the article or the pronoun.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

from rewards.denials import OUTSIDE_AFTER, OUTSIDE_BEFORE
from rewards.extract import final_answer
from rewards.registry import Outcome, Rule, register
from rewards.text import options as read
from rewards.text.stated import MAX_MENTIONS, Kind, Stated, denied, plain, shown, stated
from rewards.verdict import Answer

MAX_OPTIONS = 100

_LEAD = re.compile(
    r"(?:(?:the|my|final|correct|best|right)\s+)*(?:option|choice|answer|letter)\s*(?:is|:|=)?\s*"
    r"|(?:所以|因此|故|应|应该)?(?:(?:正确)?(?:答案|选项)(?:是|为|:)?|选择?)\s*",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:a|an|the)\s+", re.IGNORECASE)
# An article or the pronoun "I" is never followed by one of these.
_NOT_AFTER_ARTICLE = r"(?:is|because|since|as|and|or|but|seems|looks|matches|would|fits)\b"
# Words with which a sentence behind a letter offers another one, or takes the letter back.
_UNSURE = re.compile(
    r"\b(?:or|also|too|maybe|perhaps|possibly|probably|could|might|may|either|both|actually|wait|no|sorry|correction|rather|instead"
    r"|alternatively|oops|mistake\w*|should|right|correct|choose|pick|select)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"[)\]\"']{0,3}(?:[.!](?=\s)|\n|,?\s+(?:because|since|for|as(?!\s+well))\b)\s*", re.IGNORECASE)
_ONLY_ASKED = re.compile(
    r"(?:(?:so|and|but|hmm+|well|wait)\b[\s,]*)?(?:is|are|was|could|can|would|should|might|may|does|do)\b[^.!?\n]{0,300}\?", re.IGNORECASE
)
_LOWER = re.compile(r"(?<![A-Za-z])[a-z]{2,}")
_EDGE = " \t\r\n()[]{}.:;,*_\"'"


def form(text: str) -> str:
    """How option texts compare: plain notation, letter case, outer punctuation and a leading article aside."""
    text = " ".join(plain(text).casefold().split()).strip(_EDGE) or plain(text).casefold()
    return _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text


def _joined(text: str) -> str:
    """5cm of "5 cm": whether a blank parts a number from its unit is a matter of taste."""
    return re.sub(r"(?<=\d) (?=[a-z°%])", "", text)


def read_options(answer: Answer) -> dict[str, str]:
    """Option texts by key (upper case); the text is "" where only letters are known."""
    given = answer.params.get("options")
    if given is None:
        return dict.fromkeys(string.ascii_uppercase, "")
    if isinstance(given, list | tuple):
        given = dict(zip(string.ascii_uppercase, given, strict=False)) if len(given) <= 26 else {}
    if not isinstance(given, Mapping) or not 1 <= len(given) <= MAX_OPTIONS:
        raise ValueError(
            f"param 'options': {str(given)[:80]!r} is not a mapping of 1 to {MAX_OPTIONS} letters to texts, nor a list of texts"
        )
    found = {str(key).strip().upper(): str(text) for key, text in given.items()}
    if len(found) != len(given) or "" in found:
        raise ValueError(f"param 'options': keys {list(given)} are not different and non-empty")
    texts = [form(text) for text in found.values() if text.strip()]
    if len(set(texts)) != len(texts):
        raise ValueError(f"param 'options': two options have the same text: {list(found.values())}")
    return found


def right_key(reference: object, options: Mapping[str, str]) -> str:
    text = str(reference).strip()
    if text.upper() in options:
        return text.upper()
    same = [key for key, option in options.items() if option and form(option) == form(text)]
    if not same:
        raise ValueError(f"reference {reference!r} is none of the options {dict(options) if any(options.values()) else 'A to Z'}")
    return same[0]


def _past_its_text(text: str, end: int, option: str) -> int:
    """Where what is said of a letter goes on: after "(dog)" in "B (dog) is wrong"."""
    if not option.strip():
        return end
    own = re.compile(rf"\s?[(:.,–-]?\s?(?:(?:a|an|the)\s)?{re.escape(form(option))}(?!\w)", re.IGNORECASE)
    match = own.match(text, end)
    return match.end() if match else end


def _listed(text: str, end: int, option: str) -> bool:
    """Does its own text follow a letter, and then the end of an item? "A cat, B dog" lists the options."""
    past = _past_its_text(text, end, option)
    return past > end and re.match(r"\s*(?:[,;/|)\n]|(?:and|or)\b|\Z)", text[past : past + 16]) is not None


def committed(text: str, options: Mapping[str, str]) -> str | None:
    """B of "B. Option A shows a cat": the letter that the text begins with, where what follows only gives reasons.

    A list ("B. C. D.", "A. cat B. dog") chooses nothing, nor does what hedges or corrects.
    """
    begin = led.end() if (led := _LEAD.match(text)) else 0
    keys = "|".join(re.escape(key) for key in sorted(options, key=len, reverse=True))
    first = re.compile(rf"[\s(\[\"']{{0,3}}(?P<key>{keys}){OUTSIDE_AFTER}").match(text, begin)
    if first is None or not (reason := _REASON.match(text, _past_its_text(text, first.end(), options[first["key"]]))):
        return None
    rest = text[reason.end() :]
    if _UNSURE.search(rest) or len(_LOWER.findall(rest)) < 2:
        return None
    for at, other in enumerate(re.finditer(rf"{OUTSIDE_BEFORE}(?:{keys}){OUTSIDE_AFTER}", rest)):
        option = options[other[0]]
        listed = _past_its_text(rest, other.end(), option) > other.end() if option.strip() else re.match(r"[.:)]\s", rest[other.end() :])
        if listed or at == MAX_MENTIONS:
            return None
    return first["key"]


def letters(text: str, options: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Keys that stand alone in `text`, as written or in parentheses in any case; and those of them that it denies."""
    keys = "|".join(re.escape(key) for key in sorted(options, key=len, reverse=True))
    pattern = re.compile(rf"\((?P<wrapped>(?i:{keys}))\)|{OUTSIDE_BEFORE}(?<!['/.-])(?P<bare>{keys}){OUTSIDE_AFTER}(?!['/-]|\.\w)")
    found: set[str] = set()
    without: set[str] = set()
    for at, match in enumerate(pattern.finditer(text)):
        if at == MAX_MENTIONS:
            return set(options), without
        key = (match["wrapped"] or match["bare"]).upper()
        if match["bare"] in ("A", "I") and re.match(rf"\s+(?!{_NOT_AFTER_ARTICLE})[a-z]", text[match.end() : match.end() + 16]):
            led = _LEAD.search(text, max(0, match.start() - 24), match.start())
            if (led is None or led.end() != match.start()) and not _listed(text, match.end(), options[key]):
                continue
        no = denied(text, match.start(), _past_its_text(text, match.end(), options[key]), Kind.LETTER)
        (without if no else found).add(key)
    return found, without


def mentioned(text: str, options: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Options whose text stands in `text` as whole words, the longest reading first; and those of them that it denies."""
    by_form = {form(option): key for key, option in options.items() if option.strip()}
    if not by_form:
        return set(), set()
    words = "|".join(re.escape(option).replace(r"\ ", r"\s+") for option in sorted(by_form, key=len, reverse=True))
    found: set[str] = set()
    without: set[str] = set()
    folded = text.casefold()
    for at, match in enumerate(re.finditer(rf"{OUTSIDE_BEFORE}(?:{words}){OUTSIDE_AFTER}", folded)):
        if at == MAX_MENTIONS:
            return set(by_form.values()), without
        (without if denied(folded, match.start(), match.end()) else found).add(by_form[" ".join(match[0].split())])
    return found, without


def chosen(said: Stated, options: Mapping[str, str]) -> tuple[set[str], str]:
    """The keys a response chooses (none, one, or several: no choice at all), and how they were read."""
    text = plain(said.text)
    if not said.marked and _ONLY_ASKED.fullmatch(text):
        return set(), "only asked"
    bare = text.strip(_EDGE)
    if (lead := _LEAD.match(bare)) is not None:
        bare = bare[lead.end() :].strip(_EDGE)
    if bare.upper() in options:
        return {bare.upper()}, "letter"
    whole = form(text)
    if same := {key for key, option in options.items() if option.strip() and _joined(form(option)) == _joined(whole)}:
        return same, "text"
    keys, no_keys = letters(text, options)
    texts, no_texts = mentioned(text, options)
    if len(keys) > 1:
        key = committed(text, options)
        return ({key}, "letter") if key is not None and key not in no_keys else (keys, "several letters")
    if keys & no_keys or (not keys and texts & (no_texts | no_keys)):
        return set(), "said and denied"
    if keys:
        (key,) = keys
        others = texts - keys
        if said.marked:
            rest = form(bare[len(key) :].lstrip(_EDGE + "-–—=").removeprefix("is ")) if bare.upper().startswith(key) else whole
            others = {other for other in others if re.match(rf"{re.escape(form(options[other]))}(?!\w)", rest)}
        if others and key not in texts and (said.marked or len(others) == 1):
            return keys | others, "a letter and the text of another option"
        return keys, "letter"
    if not texts and (no_keys or no_texts):
        return set(), "only what is denied"
    return texts, "text" if len(texts) < 2 else "several options"


@register("choice")
class ChoiceVerifier(Rule):
    """See the module. `params["choices"]` is the strict form: the box holds exactly one of the words, letter case aside."""

    version = "5"

    def judge(self, response: str, answer: Answer) -> Outcome:
        read.known(answer.params, "options", "choices")
        if "choices" in answer.params:
            if "options" in answer.params:
                raise ValueError("params 'options' and 'choices' are both given; one form is enough")
            return self._word(response, answer)
        options = read_options(answer)
        right = right_key(answer.reference, options)
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        keys, how = chosen(said, options)
        if not keys:
            return Outcome.unparsed(f"no option is chosen ({how})", shown(said.text))
        if len(keys) > 1:
            return Outcome.of(False, shown(said.text), f"{how}: {', '.join(sorted(keys))}")
        return Outcome.of(keys == {right}, shown(said.text), f"{how} {next(iter(keys))}, reference {right}")

    def _word(self, response: str, answer: Answer) -> Outcome:
        choices = [str(choice).casefold() for choice in answer.params.get("choices", ())]
        reference = str(answer.reference).strip().casefold()
        if reference not in choices:
            raise ValueError(f"reference {answer.reference!r} is not among params['choices'] {choices}")
        extracted = final_answer(response)
        if extracted is None:
            return Outcome.unparsed("no \\boxed{...} after the thoughts")
        given = extracted.strip().casefold()
        if given not in choices:
            return Outcome.unparsed(f"{shown(extracted)!r} is none of {', '.join(choices)}", shown(extracted))
        right = given == reference
        return Outcome.of(right, shown(extracted), "equal" if right else f"{shown(extracted)} is not {answer.reference}")
