r"""`anls` and `ocr`: text that is read from a picture, by edit distance.

`anls` (Biten et al. 2019, ST-VQA; Mathew et al. 2021, DocVQA): with NL the edit distance over the longer length, both
sides in lower case, trimmed, blanks collapsed, s = 1 - NL if NL < tau, else 0; the best s over the accepted strings.
A denied answer ("not Paris") is wrong and earns nothing, and so do several candidates ("Paris or London"). Markup around the
answer (`**Paris**`, `$5$`) and a full stop after it are notation: the better reading counts.
Params: `tau` 0.5, `threshold` 0.5. (The score of one question; the benchmark's number is the mean over questions.)

`ocr`: how much of a text was transcribed. Params:
    metric      similarity (1 - NL; default), cer (1 - character error rate) or wer (1 - word error rate), floored at 0
    case        keep (default) or fold
    whitespace  collapse (default), keep or drop
    threshold   0.9

Both cap each side at `edit.MAX_CHARS` characters (32,768); a longer response is unparsed.
"""

from __future__ import annotations

from rewards.extract import after_thoughts, boxed, read_answer
from rewards.registry import Outcome, Rule, register
from rewards.text import edit, options
from rewards.text.match import similar
from rewards.text.stated import Stated, plain, stated
from rewards.verdict import Answer


def anls(prediction: str, references: list[str], tau: float = 0.5) -> float:
    """Average-normalised-Levenshtein similarity of one question, in {0} ∪ (1 - tau, 1]."""
    ours = " ".join(prediction.lower().split())
    best = 0.0
    for reference in references:
        distance = edit.normalised_distance(ours, " ".join(reference.lower().split()))
        if distance < tau:
            best = max(best, 1.0 - distance)
    return best


def _readings(text: str) -> list[str]:
    """The text as it is, and without the notation around it."""
    bare = plain(text)
    return list(dict.fromkeys((text, bare, bare.removesuffix(".").removesuffix("。"))))


def _capped(references: list[str]) -> list[str]:
    for reference in references:
        if len(reference) > edit.MAX_CHARS:
            raise ValueError(f"a reference of {len(reference)} characters; at most {edit.MAX_CHARS} are compared")
    return references


@register("anls")
class AnlsVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "tau", "threshold")
        tau = options.number(answer.params, "tau", 0.5, 0.0, 1.0)
        least = options.threshold(answer.params, 0.5)
        references = _capped(options.texts(answer.reference))
        said = stated(response)
        if said is None or len(said.text) > edit.MAX_CHARS:
            return Outcome.unparsed(f"no answer after the thoughts, or more than {edit.MAX_CHARS} characters")
        return similar(said, references, lambda text: max(anls(one, references, tau) for one in _readings(text)), least, "ANLS")


_QUOTES = (("**", "**"), ('"', '"'), ("“", "”"), ("`", "`"))


def transcription(response: str, reference: str) -> Stated | None:
    """What a response gives as the text of a picture: the box, the tag, "answer is …", else all after the thoughts.

    "Answer:" inside the text to be read is part of it, so it introduces nothing where the reference says it too. Nothing is
    denied here: "not" may be what the picture says.
    """
    text = after_thoughts(response)
    if text is None or len(text) > 2 * edit.MAX_CHARS:
        return None
    parts: tuple[str, ...] = ()
    introduces = not any(word in reference.casefold() for word in ("answer", "答案", "故"))
    if introduces or boxed(text) or "<answer>" in text.lower():
        found = read_answer(text)
        text, parts = (found.text, found.parts) if found else ("", ())
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        text = text[text.index("\n") + 1 : -3].rstrip("\n")
    for opening, closing in _QUOTES:  # the whole of it is quoted or set bold, and the picture's text is not
        inner = text[len(opening) : -len(closing)]
        whole = text.startswith(opening) and text.endswith(closing) and not (opening in inner or closing in inner)
        if whole and not reference.strip().startswith(opening):
            text = inner.strip()
    return Stated(text, marked=True, parts=parts) if text and len(text) <= edit.MAX_CHARS else None


def _prepared(text: str, case: str, whitespace: str) -> str:
    if case == "fold":
        text = text.casefold()
    if whitespace == "keep":
        return text
    return ("" if whitespace == "drop" else " ").join(text.split())


def ocr_score(prediction: str, reference: str, metric: str = "similarity") -> float:
    """In [0, 1]; 1 is equal."""
    if metric == "similarity":
        return 1.0 - edit.normalised_distance(prediction, reference)
    if metric == "cer":
        return max(0.0, 1.0 - edit.error_rate(prediction, reference))
    return max(0.0, 1.0 - edit.error_rate(prediction.split(), reference.split()))


@register("ocr")
class OcrVerifier(Rule):
    """The reference is the text, or a list of accepted ones (the best score counts)."""

    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "metric", "case", "whitespace", "threshold")
        metric = options.one_of(answer.params, "metric", "similarity", "cer", "wer")
        case = options.one_of(answer.params, "case", "keep", "fold")
        whitespace = options.one_of(answer.params, "whitespace", "collapse", "keep", "drop")
        least = options.threshold(answer.params, 0.9)
        if metric == "wer" and whitespace == "drop":
            raise ValueError("param 'whitespace': drop leaves no words for the word error rate")
        references = _capped(options.texts(answer.reference))
        given = [(transcription(response, reference), reference) for reference in references]
        found = [
            (said, ocr_score(_prepared(said.text, case, whitespace), _prepared(reference, case, whitespace), metric))
            for said, reference in given
            if said
        ]
        if not found:
            return Outcome.unparsed(f"no text after the thoughts, or more than {edit.MAX_CHARS} characters")
        said, score = max(found, key=lambda item: item[1])
        return options.one_graded(score, least, said, metric)
