r"""The 25 instructions of IFEval (Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models").

`CHECKS[id](text, kwargs)` says whether `text` follows the instruction; `variants(text)` are the paper's eight
loose readings. Each check keeps the published definition; where that one scans a text many times over (`\[.*?\]`
over unclosed brackets), the same count is taken in one pass. Raises ValueError for kwargs that lack what they need.

Two definitions rest on NLTK's trained Punkt model, which no package ships: sentences and tokens are split here
by rule (`sentences`, `_WORD`), which can differ by one at unusual abbreviations.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[str, Mapping[str, Any]], bool]
CHECKS: dict[str, Check] = {}

MAX_LANGUAGE_CHARS = 10_000  # what the language detector reads; it reads no more of any text


def instruction(name: str) -> Callable[[Check], Check]:
    def add(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return add


def need(kwargs: Mapping[str, Any], key: str, kind: type) -> Any:
    value = kwargs.get(key)
    if isinstance(value, float) and kind is int and value.is_integer():
        value = int(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"kwargs[{key!r}]: {value!r} is not {kind.__name__}")
    return value


def words_of(kwargs: Mapping[str, Any], key: str) -> list[str]:
    value = need(kwargs, key, list)
    if not value or not all(isinstance(word, str) and word for word in value):
        raise ValueError(f"kwargs[{key!r}]: {value!r} is not a list of words")
    return value


def compare(kwargs: Mapping[str, Any], key: str, count: int, wanted: int) -> bool:
    """The two relations of the set: "at least" and "less than"."""
    relation = kwargs.get(key)
    if relation not in ("at least", "less than"):
        raise ValueError(f"kwargs[{key!r}]: {relation!r} is neither 'at least' nor 'less than'")
    return count >= wanted if relation == "at least" else count < wanted


_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|prof|sr|jr|vs|etc|inc|ltd|co|no|fig|e\.g|i\.e|a\.m|p\.m|u\.s|ph\.d)|\b[a-z])\.\Z", re.IGNORECASE
)
_END = re.compile(r"(?<![.!?])[.!?]++[\"')\]*_”’]*+(?=\s|\Z)")


def sentences(text: str) -> int:
    """Number of sentences: ends at `.`, `!` or `?` before a blank, not after an abbreviation, nor before a lower-case word."""
    count, last = 0, 0
    for end in _END.finditer(text):
        mark = end[0]
        following = text[end.end() : end.end() + 40].lstrip()
        if mark == ".":
            if _ABBREVIATION.search(text, max(0, end.start() - 6), end.end()) and following:
                continue
            if following[:1].islower():
                continue
        if re.search(r"\w", text[last : end.start()]):
            count += 1
        last = end.end()
    return count + bool(re.search(r"\w", text[last:]))


def language(text: str) -> str | None:
    """ISO code by langdetect, seeded (same text, same code); None where it finds no features. RuntimeError without langdetect."""
    try:
        import langdetect
    except ImportError:
        raise RuntimeError("the language instructions need the package langdetect, which is not installed") from None
    # Its profiles load lazily into a global, and its sampling is seeded through another.
    with _LANGUAGE_LOCK:
        langdetect.DetectorFactory.seed = 0
        try:
            return langdetect.detect(text[:MAX_LANGUAGE_CHARS])
        except langdetect.LangDetectException:
            return None


_LANGUAGE_LOCK = threading.Lock()


def _is_language(text: str, code: str) -> bool:
    # As published: a text in which no language can be told follows the instruction.
    return language(text) in (code, None)


@instruction("keywords:existence")
def _existence(text: str, kwargs: Mapping[str, Any]) -> bool:
    folded = text.lower()
    return all(word.lower() in folded for word in words_of(kwargs, "keywords"))


@instruction("keywords:frequency")
def _frequency(text: str, kwargs: Mapping[str, Any]) -> bool:
    count = text.lower().count(need(kwargs, "keyword", str).strip().lower())
    return compare(kwargs, "relation", count, need(kwargs, "frequency", int))


@instruction("keywords:forbidden_words")
def _forbidden(text: str, kwargs: Mapping[str, Any]) -> bool:
    words = words_of(kwargs, "forbidden_words")
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in words)


@instruction("keywords:letter_frequency")
def _letter_frequency(text: str, kwargs: Mapping[str, Any]) -> bool:
    letter = need(kwargs, "letter", str).strip().lower()
    if len(letter) != 1:
        raise ValueError(f"kwargs['letter']: {letter!r} is not one character")
    return compare(kwargs, "let_relation", text.lower().count(letter), need(kwargs, "let_frequency", int))


@instruction("language:response_language")
def _response_language(text: str, kwargs: Mapping[str, Any]) -> bool:
    return _is_language(text, need(kwargs, "language", str))


@instruction("length_constraints:number_sentences")
def _number_sentences(text: str, kwargs: Mapping[str, Any]) -> bool:
    return compare(kwargs, "relation", sentences(text), need(kwargs, "num_sentences", int))


@instruction("length_constraints:number_paragraphs")
def _number_paragraphs(text: str, kwargs: Mapping[str, Any]) -> bool:
    """Paragraphs stand between `***` dividers; an empty one inside breaks the instruction, an empty end does not count."""
    parts = [part.strip() for part in text.split("***")]
    if not all(parts[1:-1]):
        return False
    return sum(bool(part) for part in parts) == need(kwargs, "num_paragraphs", int)


@instruction("length_constraints:number_words")
def _number_words(text: str, kwargs: Mapping[str, Any]) -> bool:
    return compare(kwargs, "relation", sum(1 for _ in re.finditer(r"\w+", text)), need(kwargs, "num_words", int))


@instruction("length_constraints:nth_paragraph_first_word")
def _nth_paragraph_first_word(text: str, kwargs: Mapping[str, Any]) -> bool:
    """Paragraphs stand between two line ends; the first word is taken up to its first `. , ? ! ' "`, in lower case."""
    wanted, nth, word = need(kwargs, "num_paragraphs", int), need(kwargs, "nth_paragraph", int), need(kwargs, "first_word", str)
    if nth < 1:
        raise ValueError(f"kwargs['nth_paragraph']: {nth} is less than 1")
    parts = text.split("\n\n")
    count = sum(bool(part.strip()) for part in parts)
    if nth > count or not parts[nth - 1].strip():
        return False
    first = parts[nth - 1].split()[0].lstrip("'").lstrip('"')
    first = re.split(r"[.,?!'\"]", first, maxsplit=1)[0].lower()
    return count == wanted and first == word.lower()


def _placeholders(text: str) -> int:
    count = 0
    for line in text.split("\n"):
        at = line.find("[")
        while at != -1:
            end = line.find("]", at)
            if end == -1:
                break
            count += 1
            at = line.find("[", end)
    return count


@instruction("detectable_content:number_placeholders")
def _number_placeholders(text: str, kwargs: Mapping[str, Any]) -> bool:
    return _placeholders(text) >= need(kwargs, "num_placeholders", int)


@instruction("detectable_content:postscript")
def _postscript(text: str, kwargs: Mapping[str, Any]) -> bool:
    marker = need(kwargs, "postscript_marker", str).strip()
    forms = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(forms.get(marker) or re.escape(marker.lower()), text.lower()) is not None


@instruction("detectable_format:number_bullet_lists")
def _number_bullets(text: str, kwargs: Mapping[str, Any]) -> bool:
    """Lines that open with `-`, or with `*` followed by something other than `*`."""
    # As published, "something" may be the line's end: a lone `*` opens a bullet that takes in the next line.
    stars = sum(1 for _ in re.finditer(r"^[^\S\n]*\*[^*].*$", text, re.MULTILINE))
    dashes = sum(1 for _ in re.finditer(r"^[^\S\n]*-", text, re.MULTILINE))
    return stars + dashes == need(kwargs, "num_bullets", int)


@instruction("detectable_format:constrained_response")
def _constrained(text: str, _kwargs: Mapping[str, Any]) -> bool:
    return any(f"My answer is {word}." in text for word in ("yes", "no", "maybe"))


@instruction("detectable_format:number_highlighted_sections")
def _highlights(text: str, kwargs: Mapping[str, Any]) -> bool:
    single = sum(1 for found in re.findall(r"\*[^\n*]*\*", text) if found.strip("*").strip())
    double = sum(1 for found in re.findall(r"\*\*[^\n*]*\*\*", text) if found[2:-2].strip())
    return single + double >= need(kwargs, "num_highlights", int)


@instruction("detectable_format:multiple_sections")
def _sections(text: str, kwargs: Mapping[str, Any]) -> bool:
    splitter = need(kwargs, "section_spliter", str).strip()  # the published spelling of the key
    found = re.findall(rf"{re.escape(splitter)}\s?\d+", text)
    return len(found) >= need(kwargs, "num_sections", int)


@instruction("detectable_format:json_format")
def _json(text: str, _kwargs: Mapping[str, Any]) -> bool:
    text = text.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


@instruction("detectable_format:title")
def _title(text: str, _kwargs: Mapping[str, Any]) -> bool:
    for line in text.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if start != -1 and end - start > 2 and line[start : end + 2].strip("<>").strip():
            return True
    return False


@instruction("combination:two_responses")
def _two_responses(text: str, _kwargs: Mapping[str, Any]) -> bool:
    parts = [part.strip() for part in text.split("******")]
    if not all(parts[1:-1]):
        return False
    answers = [part for part in parts if part]
    return len(answers) == 2 and answers[0] != answers[1]


@instruction("combination:repeat_prompt")
def _repeat_prompt(text: str, kwargs: Mapping[str, Any]) -> bool:
    return text.strip().lower().startswith(need(kwargs, "prompt_to_repeat", str).strip().lower())


@instruction("startend:end_checker")
def _end(text: str, kwargs: Mapping[str, Any]) -> bool:
    return text.strip().strip('"').lower().endswith(need(kwargs, "end_phrase", str).strip().lower())


# A word as a tokeniser that splits off punctuation sees it; hyphens and dots inside stay.
_WORD = re.compile(r"\w(?:[\w.'’/-]*\w)?")


@instruction("change_case:capital_word_frequency")
def _capital_words(text: str, kwargs: Mapping[str, Any]) -> bool:
    count = sum(word.isupper() for word in _WORD.findall(text))
    return compare(kwargs, "capital_relation", count, need(kwargs, "capital_frequency", int))


@instruction("change_case:english_capital")
def _english_capital(text: str, _kwargs: Mapping[str, Any]) -> bool:
    return text.isupper() and _is_language(text, "en")


@instruction("change_case:english_lowercase")
def _english_lowercase(text: str, _kwargs: Mapping[str, Any]) -> bool:
    return text.islower() and _is_language(text, "en")


@instruction("punctuation:no_comma")
def _no_comma(text: str, _kwargs: Mapping[str, Any]) -> bool:
    return "," not in text


@instruction("startend:quotation")
def _quotation(text: str, _kwargs: Mapping[str, Any]) -> bool:
    text = text.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'


def variants(text: str) -> list[str]:
    """The loose readings (section 3 of the paper): with or without `*`, the first line, the last line."""
    lines = text.split("\n")
    found: list[str] = []
    for first, last in itertools.product((0, 1), (0, 1)):
        part = "\n".join(lines[first : len(lines) - last]).strip() if first or last else text
        found += [part, part.replace("*", "")]
    return found
