r"""`math`: is the final answer equal to the reference, as mathematics?

    response ─▶ final answer ─▶ readings ─▶ tiers, cheapest first ─▶ Outcome
                                             1 the same text     2 exact rationals     3 structure: lists, sets, relations
                                             4 identity: exact values at random points  5 balls at up to 6,000 bits

Nothing evaluates model text: it is lexed, parsed and computed with by our own grammar. What could take long (big
powers, sums, factorials) is computed in a killable worker process; what cannot be decided within the bounds is
`unparsed` or `wrong`, never a guess. Works from any thread.

Parameters of an Answer: `tolerance` (a number: absolute; or {"absolute", "relative"}), `decimals` ("rounded" or
"exact"), `unit` ("optional" or "required"). K49; the policy is in docs/math_verifier.md.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from rewards.math import nodes as n
from rewards.math.equal import Decimals, Policy, equal
from rewards.math.extract import MAX_ANSWER, Final, final_answer, reference_answer
from rewards.math.lexer import Unreadable
from rewards.math.normal import normalise
from rewards.math.parser import parse
from rewards.math.same import Undecided
from rewards.math.value import NoValue, TooLarge
from rewards.math.words import chinese_numerals, clock, date, is_nothing, is_words, is_wordy, same_words
from rewards.registry import Outcome, Rule, register
from rewards.verdict import Answer, Status
from rewards.workers import WorkerDied, WorkerPool, WorkerRaised, WorkerTimeout

SECONDS = 1.0  # for one comparison in a worker
MEMORY_MB = 768
LONG = 20_000  # characters: a response that is longer is taken apart in a worker too
_IDLE_SPACE = re.compile(r"(?<![A-Za-z0-9.]) +| +(?![A-Za-z0-9.])")  # all but what keeps 4 2 from being 42
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(0|[1-9]\d*),(\d+)(?![\d,])")
_DEFINED = re.compile(r"(?:^|[,;({$\s]|or|and)([A-Za-z])'?\s*\(\s*[a-z]\w*(?:\s*,\s*[a-z]\w*)*\s*\)\s*=")


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything an answer's text may mean. `nodes` is empty when it is no formula."""

    text: str
    nodes: tuple[n.Node, ...]
    problem: str = ""


def readings(text: str) -> Reading:
    """The trees of one answer: more than one where its notation allows it (1,234; 2,5)."""
    shown = chinese_numerals(text)
    spelled = normalise(shown).strip(" \t\n,;:").removesuffix(".").removesuffix("\\").strip()
    functions = frozenset("fghFGH") | frozenset(_DEFINED.findall(spelled))
    found: list[n.Node] = []
    problem = ""
    for variant in variants(spelled):
        try:
            node = parse(variant, functions)
        except Unreadable as error:
            problem = problem or str(error)
            continue
        if node not in found:
            found.append(node)
    return Reading(text, tuple(found), "" if found else problem or "nothing is written")


def variants(spelled: str) -> list[str]:
    """1,234 is a number or a list; 1,25 with two or more decimals may be written with a decimal comma."""
    if "," not in spelled:
        return [spelled]
    options = [spelled]
    merged = _THOUSANDS.sub(lambda found: found.group().replace(",", ""), spelled)
    if merged != spelled:
        options.insert(0, merged)
    commas = _DECIMAL_COMMA.findall(spelled)
    if (
        len(commas) == 1
        and spelled.count(",") == 1
        and len(commas[0][1]) >= 2
        and (len(commas[0][1]) != 3 or commas[0][0] == "0")
        and "(" not in spelled
    ):
        options.append(spelled.replace(",", "."))
    return options


@lru_cache(maxsize=8192)
def read_reference(text: str) -> Reading:
    """A reference's readings; a word is a word even where its letters could be multiplied."""
    final = reference_answer(text)
    return read_parts(final.parts)


def read_parts(parts: tuple[str, ...]) -> Reading:
    if len(parts) == 1:
        return _read_one(parts[0])
    each = [_read_one(part) for part in parts]
    text = ", ".join(parts)
    bad = next((reading for reading in each if not reading.nodes), None)
    if bad is not None:
        return Reading(text, (), bad.problem)
    items: list[n.Node] = []
    for reading in each:
        node = reading.nodes[0]
        items += node.items if isinstance(node, n.Items) else (node,)
    return Reading(text, (n.Items(tuple(items)),))


def _read_one(text: str) -> Reading:
    if len(text) > MAX_ANSWER:
        return Reading(text, (), f"an answer of more than {MAX_ANSWER} characters")
    if is_nothing(text):
        return Reading(text, (n.NamedSet("empty"),))
    try:
        found = readings(text)
    except (ValueError, RecursionError) as error:
        return Reading(text, (), str(error)[:200])
    if (is_wordy(text) and all(_letters_only(node) for node in found.nodes)) or (not found.nodes and is_words(text)):
        return Reading(text, (n.Words(text),))
    return found


def _letters_only(node: n.Node) -> bool:
    """A product of three or more variables and nothing else: letters, as likely as not a word."""
    return isinstance(node, n.Mul) and len(node.factors) >= 3 and all(isinstance(part, n.Sym | n.Const) for part in node.factors)


def policy_of(params: Mapping[str, Any]) -> Policy:
    """Raises ValueError naming the parameter that is wrong."""
    unknown = set(params) - {"tolerance", "decimals", "unit", "question"}
    if unknown:
        raise ValueError(f"answer parameter {min(unknown)!r} is not one of math's: tolerance, decimals, unit")
    decimals, unit, tolerance = params.get("decimals", "rounded"), params.get("unit", "optional"), params.get("tolerance", 0)
    if decimals not in ("rounded", "exact"):
        raise ValueError(f"decimals={decimals!r}: expected 'rounded' or 'exact'")
    if unit not in ("optional", "required"):
        raise ValueError(f"unit={unit!r}: expected 'optional' or 'required'")
    spec = tolerance if isinstance(tolerance, Mapping) else {"absolute": tolerance}
    if set(spec) - {"absolute", "relative"}:
        raise ValueError(f"tolerance={tolerance!r}: expected a number or a mapping of absolute and relative")
    try:
        absolute, relative = Fraction(str(spec.get("absolute", 0))), Fraction(str(spec.get("relative", 0)))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"tolerance={tolerance!r}: expected finite numbers") from None
    if absolute < 0 or relative < 0:
        raise ValueError(f"tolerance={tolerance!r}: expected numbers of at least 0")
    return Policy(Decimals(decimals), absolute, relative, unit == "required")


def is_costly(node: n.Node) -> bool:
    """Whether comparing it may take longer than a millisecond or two: then a worker does it."""
    size = 0
    for part in n.walk(node):
        size += 1
        if isinstance(part, n.Big) or (
            isinstance(part, n.Call) and part.name in ("factorial", "binomial", "gcd", "lcm") and not _small(part)
        ):
            return True
        if isinstance(part, n.Pow) and not _modest(part.exponent):
            return True
        if isinstance(part, n.Num) and (part.value.numerator.bit_length() > 800 or part.value.denominator.bit_length() > 800):
            return True
    return size > 160


def _small(call: n.Call) -> bool:
    return all(isinstance(part, n.Num | n.Neg | n.Sym) for arg in call.args for part in n.walk(arg)) and all(
        abs(part.value) <= 2500 or call.name in ("gcd", "lcm") for arg in call.args for part in n.walk(arg) if isinstance(part, n.Num)
    )


def _modest(exponent: n.Node) -> bool:
    """An exponent that makes no number of thousands of digits: small literals, with symbols and constants between them."""
    depth = 0
    for part in n.walk(exponent):
        depth += 1
        if isinstance(part, n.Num) and abs(part.value) > 100:
            return False
        if isinstance(part, n.Pow | n.Call | n.Big) and not (isinstance(part, n.Call) and part.name == "root"):
            return False
    return depth <= 12


def compare(reference: Reading, given: Reading, policy: Policy) -> tuple[bool | None, str]:
    """(equal, different or undecided; why). Every pair of readings; one that is equal is enough."""
    undecided = ""
    for mine in reference.nodes:
        for theirs in given.nodes:
            try:
                if equal(mine, theirs, policy):
                    return True, "equal"
            except (Undecided, TooLarge) as error:
                undecided = undecided or str(error)
            except (NoValue, RecursionError):
                continue
            except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
                # No response may turn its own verdict into an error: errors are masked, and that is worth more than "wrong".
                undecided = undecided or f"{type(error).__name__}: {error}"[:200]
    return (None, undecided) if undecided else (False, "not equal")


def work(item: tuple[str, tuple[str, ...] | str, Policy]) -> Any:
    """What a worker does: compare an answer's parts with a reference, or take a long response apart."""
    reference, given, policy = item
    if isinstance(given, str):
        return final_answer(given)
    return compare(read_reference(reference), read_parts(given), policy)


_pool: WorkerPool | None = None
_pool_lock = threading.Lock()


def worker_pool() -> WorkerPool:
    """One pool a process, made when first needed."""
    global _pool
    with _pool_lock:
        if _pool is None:
            cores = len(os.sched_getaffinity(0))
            _pool = WorkerPool("rewards.math.verifier:work", workers=min(cores, 4), memory_mb=MEMORY_MB, recycle_after=5000)
        return _pool


@lru_cache(maxsize=32_768)
def settled(text: str, parts: tuple[str, ...], policy: Policy) -> tuple[bool | None, str]:
    """`compare` of a reference and an answer's parts, here or in a worker; many responses give the same answer."""
    reference, given = read_reference(text), read_parts(parts)
    if not given.nodes:
        return False, given.problem
    if not any(map(is_costly, (*reference.nodes, *given.nodes))):
        return compare(reference, given, policy)
    found = in_worker((text, parts, policy), "it")
    return (None, found) if isinstance(found, str) else found


def in_worker(item: tuple[str, tuple[str, ...] | str, Policy], what: str) -> Any:
    """The worker's result, or a text that says which bound was passed. Raises what is a fault of ours."""
    try:
        return worker_pool().submit(item, SECONDS).result()
    except WorkerTimeout:
        return f"{what} takes more than {SECONDS} s"
    except WorkerRaised as error:
        if error.kind in ("MemoryError", "OverflowError"):
            return f"{what} takes more than {MEMORY_MB} MiB"
        raise
    except WorkerDied:
        # Once more: a kill from outside says nothing about the item. Twice is a fault of ours, and an error.
        return worker_pool().submit(item, SECONDS).result()


@register("math")
class MathVerifier(Rule):
    """See the module's docstring."""

    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        policy = policy_of(answer.params)
        text = reference_text(answer.reference)
        reference = read_reference(text)
        final = final_answer(response) if len(response) <= LONG else in_worker((text, response, policy), "the response's length")
        if isinstance(final, str):
            return Outcome.unparsed(final)
        shown = final.text if len(final.text) <= 300 else final.text[:297] + "..."
        if response.strip() == text.strip() or same_text(reference.text, final) or said_alone(text, response):
            return Outcome.of(True, shown, "the same text")
        if (verdict := by_form(reference.text, final.text)) is not None:
            return Outcome.of(verdict, shown, "the same date or time" if verdict else "another date or time")
        given = read_parts(final.parts)
        if not given.nodes and final.fallback is not None:
            given = read_parts((final.fallback,))
        if not reference.nodes:
            return Outcome.of(False, shown, "not the reference's words")
        if not given.nodes:
            return Outcome.unparsed(f"no answer that can be read: {given.problem}", shown)
        found, reason = settled(text, final.parts if given.text == final.text else (given.text,), policy)
        if not found and final.boxed and len(final.parts) < len(final.boxes):
            together, _ = self._as_solution_set(text, reference, final, policy)
            found, reason = (True, "equal, all boxes together") if together else (found, reason)
        if found is None:
            return Outcome.unparsed(f"cannot be decided: {reason}", shown)
        return Outcome.of(found, shown, reason if found else f"{shown[:60]} is not {reference.text[:60]}")

    def _as_solution_set(self, text: str, reference: Reading, final: Final, policy: Policy) -> tuple[bool | None, str]:
        """Boxes that stand apart are one answer only if the reference has as many values as there are different boxes."""
        distinct = tuple(dict.fromkeys(final.boxes))
        wanted = {len(node.items) for node in reference.nodes if isinstance(node, n.Items | n.SetOf)}
        if len(distinct) < 2 or len(distinct) not in wanted or len(distinct) > 20 or final.stated_together:
            return False, ""
        return settled(text, distinct, policy)


def reference_text(reference: Any) -> str:
    """A reference as text: text as it is, a number as written, a list as its items beside each other."""
    if isinstance(reference, bool) or reference is None or isinstance(reference, dict):
        raise ValueError(f"reference {reference!r}: math takes text, a number or a list of them")
    text = ", ".join(map(reference_text, reference)) if isinstance(reference, list | tuple) else str(reference)
    if not text.strip():
        raise ValueError("the reference is empty")
    return text


def same_text(reference: str, final: Final) -> bool:
    given = final.text
    if reference == given:
        return True
    if len(reference) > MAX_ANSWER or len(given) > MAX_ANSWER:
        return False
    if is_words(reference) and is_words(given) and same_words(reference, given):
        return True
    return _IDLE_SPACE.sub("", normalise(reference)) == _IDLE_SPACE.sub("", normalise(given))


def said_alone(reference: str, response: str) -> bool:
    """Whether all of the response is the reference's words: a sentence, which has no formula to take out of it."""
    return len(response) < 2 * len(reference) + 40 and is_words(reference) and same_words(reference, response)


def by_form(reference: str, given: str) -> bool | None:
    """Dates and times of day, where both are one; None otherwise."""
    for form in (date, clock):
        mine = form(reference)
        if mine is not None and (theirs := form(given)) is not None:
            return mine == theirs
    return None


__all__ = ["MathVerifier", "Status", "compare", "policy_of", "read_reference"]
