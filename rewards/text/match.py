"""`exact` and `f1`: the stated answer against one or more accepted strings."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable

from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.denial import is_denied, is_hedged
from rewards.text.stated import Stated, plain, shown, stated
from rewards.verdict import Answer, Status

MAX_CHARS = 100_000  # of a stated answer; more than that is no answer to compare

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")


def squad_tokens(text: str) -> list[str]:
    """SQuAD 1.1's normalisation (Rajpurkar et al. 2016): lower case, no ASCII punctuation, no articles, split at blanks."""
    return _ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def token_f1(prediction: str, reference: str) -> float:
    """SQuAD's F1: harmonic mean of precision and recall over the two bags of tokens; both empty is 1, one empty 0."""
    ours, theirs = squad_tokens(prediction), squad_tokens(reference)
    if not ours or not theirs:
        return float(ours == theirs)
    common = (Counter(ours) & Counter(theirs)).total()
    return 2.0 * common / (len(ours) + len(theirs))


def answer_f1(prediction: str, reference: str) -> float:
    """`token_f1`, but a reference without a token ("a", "!") equals only itself, not all that has none."""
    if squad_tokens(reference):
        return token_f1(prediction, reference)
    return float(prediction.strip().casefold() == reference.strip().casefold())


def normal(text: str, params: dict[str, str]) -> str:
    """`exact`'s form: plain notation, blanks collapsed, closing full stop and outer quotes off; then as the params say."""
    text = " ".join(plain(text).split())
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    text = text.removesuffix(".").removesuffix("。").rstrip() or text
    if params["case"] == "fold":
        text = text.casefold()
    if params["punctuation"] == "drop":
        text = text.translate(_PUNCTUATION)
    if params["articles"] == "drop":
        text = re.sub(_ARTICLE.pattern, " ", text, flags=re.IGNORECASE)
    return " ".join(text.split())


@register("exact")
class ExactVerifier(Rule):
    """Equal to an accepted string. Params: `case` fold|keep, `punctuation` keep|drop, `articles` keep|drop."""

    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "case", "punctuation", "articles")
        params = {
            "case": options.one_of(answer.params, "case", "fold", "keep"),
            "punctuation": options.one_of(answer.params, "punctuation", "keep", "drop"),
            "articles": options.one_of(answer.params, "articles", "keep", "drop"),
        }
        accepted = {normal(text, params) for text in options.texts(answer.reference)}
        if "" in accepted:
            raise ValueError(f"reference {answer.reference!r} is empty once normalised by {params}")
        said = stated(response)
        if said is None or len(said.text) > MAX_CHARS:
            return Outcome.unparsed("no answer, or one that is too long")
        right = normal(said.text, params) in accepted
        return Outcome.of(right, shown(said.text), "equal" if right else "equal to no accepted string")


def similar(said: Stated, accepted: list[str], score: Callable[[str], float], least: float, what: str) -> Outcome:
    """`options.one_graded` of a similarity, except that what is denied or hedged is wrong and earns nothing."""
    if is_denied(said.text, accepted):
        return Outcome(Status.WRONG, shown(said.text), "the answer is denied", 0.0)
    if is_hedged(said.text, accepted, score):
        return Outcome(Status.WRONG, shown(said.text), "several candidates", 0.0)
    return options.one_graded(score(said.text), least, said, what)


@register("f1")
class F1Verifier(Rule):
    """SQuAD's token F1, the best over the accepted strings; `threshold` 0.5. A denied answer is wrong, and so are several."""

    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "threshold")
        accepted, least = options.texts(answer.reference), options.threshold(answer.params, 0.5)
        said = stated(response)
        if said is None or len(said.text) > MAX_CHARS:
            return Outcome.unparsed("no answer, or one that is too long")
        return similar(said, accepted, lambda text: max(answer_f1(text, one) for one in accepted), least, "F1")
