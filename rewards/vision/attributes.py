"""`color` and `attribute`: which of a closed table of words does the response choose?

    {"verifier": "color", "reference": "gray"}
    {"verifier": "attribute", "reference": "cube"}                          the kind is the table that holds the word
    {"verifier": "attribute", "reference": {"color": "red", "shape": "cube"}}
    {"verifier": "attribute", "reference": "oak", "synonyms": {"oak": ["oak tree"], "elm": []}}

Each table maps a name to its synonyms; CLEVR's shapes, sizes and materials have the synonyms of its own metadata
(Johnson et al. 2017). Shades are no synonyms: `maroon` is not read as red, while `dark red` is. Within one kind
exactly one name may stand in the response; several are wrong where marked as the answer, else unparsed; "not red"
names nothing. With several kinds the score is the share that is right, and `correct` means all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rewards.denials import OUTSIDE_AFTER, OUTSIDE_BEFORE
from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.stated import MAX_MENTIONS, Stated, denied, plain, shown, stated
from rewards.verdict import Answer, Status

Table = Mapping[str, tuple[str, ...]]

TABLES: dict[str, Table] = {
    "color": {
        "red": (),
        "green": (),
        "blue": (),
        "yellow": (),
        "orange": (),
        "purple": ("violet",),
        "pink": (),
        "brown": (),
        "black": (),
        "white": (),
        "gray": ("grey",),
        "cyan": ("aqua",),
        "magenta": ("fuchsia",),
        "gold": ("golden",),
        "silver": (),
    },
    "shape": {
        "cube": ("block", "cubic"),
        "sphere": ("ball", "spherical"),
        "cylinder": ("cylindrical",),
        "cone": ("conical",),
        "circle": ("circular", "disc", "disk", "round"),
        "square": (),
        "triangle": ("triangular",),
        "rectangle": ("rectangular", "oblong"),
        "ellipse": ("oval", "elliptical"),
        "diamond": ("rhombus",),
        "pentagon": ("pentagonal",),
        "hexagon": ("hexagonal",),
        "octagon": ("octagonal",),
        "star": (),
        "heart": (),
        "cross": ("plus sign",),
    },
    "size": {"large": ("big",), "small": ("tiny", "little"), "medium": ()},
    "material": {"rubber": ("matte",), "metal": ("metallic", "shiny"), "wood": ("wooden",), "glass": (), "plastic": ()},
}


def names_in(text: str, table: Table) -> set[str]:
    """Names of `table` that stand in `text` as whole words, themselves or by a synonym or plural, and are not denied."""
    by_word = {word.casefold(): name for name, synonyms in table.items() for word in (name, *synonyms)}
    words = "|".join(re.escape(word) for word in sorted(by_word, key=len, reverse=True))
    folded = text.casefold()
    found: set[str] = set()
    for at, match in enumerate(re.finditer(rf"{OUTSIDE_BEFORE}(?<!-)({words})(?:e?s)?{OUTSIDE_AFTER}(?!-)", folded)):
        if at == MAX_MENTIONS:
            return set(table)
        if not denied(folded, match.start(), match.end()):
            found.add(by_word[match[1]])
    return found


def canonical(word: Any, table: Table) -> str | None:
    for name, synonyms in table.items():
        if isinstance(word, str) and word.strip().casefold() in (name.casefold(), *(synonym.casefold() for synonym in synonyms)):
            return name
    return None


def _judge(wanted: Mapping[str, tuple[str, Table]], response: str) -> Outcome:
    """`wanted`: kind -> (right name, table)."""
    said = stated(response)
    if said is None:
        return Outcome.unparsed("no answer after the thoughts")
    text = plain(said.text)
    results = {kind: _one(text, said, name, table) for kind, (name, table) in wanted.items()}
    right = sum(status is Status.CORRECT for status, _ in results.values())
    reason = "; ".join(f"{kind}: {why}" for kind, (_, why) in results.items())
    statuses = {status for status, _ in results.values()}
    if right == len(results):
        return Outcome(Status.CORRECT, shown(said.text), reason)
    status = Status.UNPARSED if statuses == {Status.UNPARSED} else Status.WRONG
    return Outcome(status, shown(said.text), reason, right / len(results))


def _one(text: str, said: Stated, name: str, table: Table) -> tuple[Status, str]:
    found = names_in(text, table)
    if not found:
        return Status.UNPARSED, "none is named"
    if len(found) > 1:
        return (Status.WRONG if said.marked else Status.UNPARSED), f"several: {', '.join(sorted(found))}"
    (only,) = found
    return (Status.CORRECT if only == name else Status.WRONG), f"{only}, reference {name}"


def _custom(value: Any) -> Table:
    if not isinstance(value, Mapping) or not value or len(value) > 1000:
        raise ValueError(f"param 'synonyms': {str(value)[:80]!r} is not a mapping of names to lists of synonyms")
    table: dict[str, tuple[str, ...]] = {}
    for name, synonyms in value.items():
        if not isinstance(synonyms, list | tuple) or not all(isinstance(word, str) and word.strip() for word in (name, *synonyms)):
            raise ValueError(f"param 'synonyms': {name!r}: {synonyms!r} is not a list of words")
        table[str(name)] = tuple(synonyms)
    words = [word.casefold() for name, synonyms in table.items() for word in (name, *synonyms)]
    if len(set(words)) != len(words):
        raise ValueError("param 'synonyms': a word stands twice")
    return table


@register("color")
class ColorVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params)
        name = canonical(answer.reference, TABLES["color"])
        if name is None:
            raise ValueError(f"reference {answer.reference!r} is not one of the colours {', '.join(TABLES['color'])}")
        return _judge({"color": (name, TABLES["color"])}, response)


@register("attribute")
class AttributeVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "kind", "synonyms")
        return _judge(self._wanted(answer), response)

    @staticmethod
    def _wanted(answer: Answer) -> dict[str, tuple[str, Table]]:
        reference, params = answer.reference, answer.params
        tables = TABLES
        if "synonyms" in params:
            tables = {"attribute": _custom(params["synonyms"])}
        elif "kind" in params:
            kind = options.one_of(params, "kind", *TABLES)
            tables = {kind: TABLES[kind]}
        if isinstance(reference, dict):
            if not reference or not set(reference) <= set(tables):
                raise ValueError(f"reference {reference!r} must map kinds of {', '.join(tables)} to words")
            pairs = list(reference.items())
        else:
            pairs = [(kind, reference) for kind, table in tables.items() if canonical(reference, table) is not None]
        wanted: dict[str, tuple[str, Table]] = {}
        for kind, word in pairs:
            name = canonical(word, tables[kind])
            if name is None:
                raise ValueError(f"reference {word!r} is not in the table {kind!r}: {', '.join(tables[kind])}")
            wanted[kind] = (name, tables[kind])
        if not wanted:
            raise ValueError(f"reference {reference!r} is in none of the tables {', '.join(tables)}")
        return wanted
