"""`ifeval`: does the response follow every instruction?

    {"verifier": "ifeval", "instruction_id_list": ["punctuation:no_comma", ...], "kwargs": [{}, ...], "mode": "strict"}

The two lists are IFEval's own fields (they may also be the reference, as one mapping). The score is the share of
instructions followed (the paper's instruction-level accuracy); `correct` means all of them (its prompt-level one),
unless `threshold` asks for less. `mode` strict|loose. The language instructions need langdetect; without it the
verdict is `error`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewards.extract import after_thoughts
from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.instructions import CHECKS, variants
from rewards.text.stated import MAX_CHARS
from rewards.verdict import Answer


def follows(name: str, kwargs: Mapping[str, Any], text: str, loose: bool) -> bool:
    """One instruction on one text; an empty text follows nothing."""
    readings = variants(text) if loose else [text]
    results = [bool(reading.strip()) and CHECKS[name](reading, kwargs) for reading in readings]
    return any(results)


def _spec(answer: Answer) -> list[tuple[str, dict[str, Any]]]:
    given = answer.reference if isinstance(answer.reference, dict) else answer.params
    ids = given.get("instruction_id_list")
    if not isinstance(ids, list | tuple) or not ids:
        raise ValueError(f"instruction_id_list {ids!r} is not a list of instructions")
    rows = given.get("kwargs") or [{}] * len(ids)
    if not isinstance(rows, list | tuple) or len(rows) != len(ids):
        raise ValueError(f"kwargs must be a list of {len(ids)} mappings, one an instruction")
    for name, row in zip(ids, rows, strict=True):
        if name not in CHECKS:
            raise ValueError(f"instruction {name!r} is not one of the {len(CHECKS)} known ones: {', '.join(sorted(CHECKS))}")
        if not isinstance(row, Mapping | None):
            raise ValueError(f"kwargs of {name}: {row!r} is not a mapping")
    # Some copies of the set carry every key with null where it does not apply.
    return [(name, {key: value for key, value in (row or {}).items() if value is not None}) for name, row in zip(ids, rows, strict=True)]


@register("ifeval")
class IFEvalVerifier(Rule):
    version = "2"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "instruction_id_list", "kwargs", "mode", "threshold")
        spec = _spec(answer)
        loose = options.one_of(answer.params, "mode", "strict", "loose") == "loose"
        least = options.threshold(answer.params, 1.0)
        for name, kwargs in spec:
            CHECKS[name]("x", kwargs)  # kwargs that lack something are an error whatever the response
        text = after_thoughts(response)
        if text is None or not text.strip() or len(text) > MAX_CHARS:
            return Outcome.unparsed(f"nothing after the thoughts, or more than {MAX_CHARS} characters")
        broken = [name for name, kwargs in spec if not follows(name, kwargs, text, loose)]
        return options.graded(
            1 - len(broken) / len(spec), least, text, f"not followed: {', '.join(broken)};" if broken else "all followed;"
        )
