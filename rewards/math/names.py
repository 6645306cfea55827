"""What a relation says: names and their values, the end of a chain, lists of one."""

from __future__ import annotations

from itertools import pairwise

from rewards.math import nodes as n
from rewards.math.lexer import words_of
from rewards.math.same import Undecided, rounds_to
from rewards.math.scalars import Policy, literal, scalars_equal
from rewards.math.value import NoValue, TooLarge
from rewards.math.words import same_words


def bare(node: n.Node) -> n.Node:
    """Without what says nothing: a set or list of one, and the approximate end of a chain."""
    while True:
        if isinstance(node, n.SetOf | n.Items) and len(node.items) == 1:
            node = node.items[0]
        elif isinstance(node, n.Items):
            spread = shared_name(node)
            if spread is node:
                return node
            node = spread
        elif isinstance(node, n.Rel):
            shorter = last_of_chain(node)
            if shorter == node:
                return node
            node = shorter
        else:
            return node


def shared_name(node: n.Items) -> n.Node:
    """`k = 1, 2, 3` gives k three values."""
    first, rest = node.items[0], node.items[1:]
    if isinstance(first, n.Rel) and first.ops in (("=",), ("in",)) and not any(isinstance(item, n.Rel | n.Items) for item in rest):
        if isinstance(first.sides[1], n.SetOf | n.SetOp):
            return node
        return n.Rel(("=",), (first.sides[0], n.Items((first.sides[1], *rest))))
    return node


def last_of_chain(node: n.Rel) -> n.Node:
    """`x = 2 + 3 = 5` says x = 5; what follows an approximate sign is a reading aid, unless it is all there is."""
    ops, sides = list(node.ops), list(node.sides)
    if "approx" in ops:
        cut = ops.index("approx")
        if cut == 0 and len(ops) == 1 and (is_name(sides[0])):
            return n.Rel(("=",), (sides[0], sides[1]))
        ops, sides = ops[:cut], sides[: cut + 1]
        if not ops:
            return sides[0]
    if ops and all(op == "=" for op in ops) and contradicts(sides):
        return n.Rel(tuple(ops), tuple(sides))
    if len(ops) > 1 and all(op == "=" for op in ops):
        if is_name(sides[0]):
            return n.Rel(("=",), (sides[0], sides[-1]))
        return sides[-1] if not n.free_symbols(sides[-1]) else n.Rel(tuple(ops), tuple(sides))
    if len(ops) == 1 and ops[0] == "=" and not is_name(sides[0]) and not n.free_symbols(node) and not is_name(sides[1]):
        return sides[1]  # 3 * 4 = 12
    return n.Rel(tuple(ops), tuple(sides))


def contradicts(sides: list[n.Node]) -> bool:
    """Whether a chain of equals calls two numbers equal that differ (1 + 1 = 3): it then states no value.

    A rounded decimal after what it rounds (1/3 = 0.333) is no contradiction; what cannot be told is none either.
    """
    numbers = [side for side in sides if is_number(side)]
    return any(_differ(one, other) for one, other in pairwise(numbers))


def is_number(node: n.Node) -> bool:
    """A constant that is worth what its parts say: no symbols, no functions nobody knows, nothing that is not computed."""
    return all(
        isinstance(part, _ARITHMETIC)
        or (isinstance(part, n.Const) and part.name != "oo")
        or (isinstance(part, n.Call) and part.name in _KNOWN_CALLS - {"det", "differential"})
        for part in n.walk(node)
    )


_ARITHMETIC = (n.Num, n.Add, n.Mul, n.Div, n.Pow, n.Neg, n.Percent, n.Degree, n.Quantity, n.Based)


def _differ(one: n.Node, other: n.Node) -> bool:
    try:
        if scalars_equal(one, other, Policy()):
            return False
        return not any(
            (found := literal(given)) is not None and rounds_to(value, found[1], found[0]) for value, given in ((one, other), (other, one))
        )
    except (Undecided, NoValue, TooLarge):
        return False


# -- names ---------------------------------------------------------------------------------------------------


def is_name(node: n.Node) -> bool:
    """What stands for a quantity and is no formula of it: x, f(x), AB, |AB|, angle ABC, A:B, NO/BO, (x, y)."""
    if isinstance(node, n.Sym | n.Index | n.Words):
        return True
    if isinstance(node, n.Call):
        return node.name not in _KNOWN_CALLS or (node.name == "abs" and is_name(node.args[0]))
    if isinstance(node, n.Mul):
        if len(node.factors) == 2 and node.factors[0] == n.Sym("m") and isinstance(node.factors[1], n.Sym):
            return node.factors[1].name.startswith("angle")  # the measure of an angle
        return all(isinstance(part, n.Sym) and part.name.isupper() for part in node.factors)
    if isinstance(node, n.Div):
        return all(isinstance(part, n.Sym | n.Mul | n.Index) and is_name(part) and spelled_upper(part) for part in (node.top, node.bottom))
    if isinstance(node, n.Ratio):
        return all(map(is_name, node.sides))
    if isinstance(node, n.Bracket):
        return all(isinstance(part, n.Sym | n.Index) for part in node.items)
    return False


def spelled_upper(node: n.Node) -> bool:
    return all(part.name[:1].isupper() for part in n.walk(node) if isinstance(part, n.Sym))


_KNOWN_CALLS = words_of("""
    sin cos tan cot sec csc asin acos atan acot asec acsc sinh cosh tanh coth sech csch asinh acosh atanh ln log root abs
    floor ceil gcd lcm max min det sign Re Im arg factorial binomial mod differential
""")


def named(node: n.Node) -> tuple[n.Node | None, n.Node]:
    """(name or None, value): a name may stand on either side of the equals sign."""
    if isinstance(node, n.Rel) and node.ops in (("=",), ("in",)):
        left, right = node.sides
        if is_name(left):
            return left, right
        if node.ops == ("=",) and isinstance(right, n.Sym) and not n.free_symbols(left):
            return right, left
    return None, node


def same_name(one: n.Node, other: n.Node) -> bool:
    if one == other or (isinstance(one, n.Call) and isinstance(other, n.Call) and one.name == other.name):
        return True
    return isinstance(one, n.Words) and isinstance(other, n.Words) and same_words(one.text, other.text)
