"""Does an answer say what the reference says? Structure first; scalars by `same`; sets of reals by `regions`.

The policy, one rule a function (docs/math_verifier.md has them as a table, each with its test):

    names        `x = 3` says 3; `x = 3` and `y = 3` differ; f(x) = x^2 and g: y -> names of bound variables are free
    lists        what stands beside each other without brackets has no order; a tuple has one; a set has no repeats
    relations    an equation is its solution set: a constant factor does not matter, a sign flips an inequality
    quantities   the unit must be the same quantity; where the reference has none, any is allowed
    joints       "and" is an intersection, "or" a union; a bare comma leaves it open
    percent      p % is p/100; where one side leaves the sign out, p as well
    decimals     exact; where no decimal can be exact, six correct decimals stand for the value (see `approximates`)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from rewards.math import nodes as n
from rewards.math import regions
from rewards.math.names import bare, named, same_name
from rewards.math.same import Undecided, rational, same
from rewards.math.scalars import Decimals, Policy, scalars_equal, words_equal
from rewards.math.value import NoValue, TooLarge

MAX_ITEMS = 40  # expressions that are compared each with each; numbers alone have no limit
_SETS = (n.SetOf, n.SetOp, n.NamedSet, n.Builder)
_ORDER = {"<", ">", "le", "ge", "ne"}


def equal(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    """Raises Undecided when the bounds allow no answer; NoValue where a part is no expression."""
    if reference == given:
        return True
    reference, given = bare(reference), bare(given)
    if reference == given:
        return True
    if isinstance(reference, n.Words) or isinstance(given, n.Words):
        return words_equal(reference, given)
    if isinstance(reference, n.Rel) or isinstance(given, n.Rel):
        return relations_equal(reference, given, policy)
    listed = listed_equal(reference, given, policy)
    if listed is not None:
        return listed
    if isinstance(reference, n.Matrix) or isinstance(given, n.Matrix) or _has(reference, n.Matrix) or _has(given, n.Matrix):
        return matrices_equal(reference, given, policy)
    if isinstance(reference, n.Ratio) and isinstance(given, n.Ratio):
        return ratios_equal(reference, given, policy)
    return scalars_equal(reference, given, policy)


def _has(node: n.Node, kind: type) -> bool:
    return any(isinstance(part, kind) for part in n.walk(node))


# -- relations -----------------------------------------------------------------------------------------------


def relations_equal(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    as_regions = regions_equal(reference, given)
    if as_regions is not None:
        return as_regions
    if isinstance(reference, n.Rel) and isinstance(given, n.Rel):
        (name, value), (other_name, other_value) = named(reference), named(given)
        if name is not None and other_name is not None and same_name(name, other_name):
            return equal(value, aligned(name, other_name, other_value), policy)
        return proportional(reference, given)
    name, value = named(reference)
    other_name, other_value = named(given)
    if name is None and other_name is None:
        stated = value_of_several(given)
        return stated is not None and not n.free_symbols(reference) and equal(reference, stated, policy)
    if name is not None and n.free_symbols(value) & n.free_symbols(name) and not isinstance(name, n.Call):
        return False  # x = x + 1 names nothing
    return equal(value, other_value, policy)


def value_of_several(node: n.Node) -> n.Node | None:
    """25 of m + n = 25: one equation settles none of several unknowns, so it states the value of its left side."""
    if not isinstance(node, n.Rel) or node.ops != ("=",):
        return None
    left, right = node.sides
    return right if len(n.free_symbols(left)) > 1 and not n.free_symbols(right) else None


def aligned(name: n.Node, other: n.Node, value: n.Node) -> n.Node:
    """The other definition's value in the first one's variables: W(x) = x^2 is W(n) = n^2."""
    if isinstance(name, n.Call) and isinstance(other, n.Call) and len(name.args) == len(other.args):
        for mine, theirs in zip(name.args, other.args, strict=True):
            if isinstance(mine, n.Sym) and isinstance(theirs, n.Sym) and mine != theirs:
                value = regions.substitute(value, theirs.name, mine)
    return value


def regions_equal(reference: n.Node, given: n.Node) -> bool | None:
    """As sets of reals, where at least one is written as one and both can be read so; None otherwise."""

    def written_as_set(node: n.Node) -> bool:
        if isinstance(node, n.Rel):
            return bool(set(node.ops) & _ORDER) or (node.ops == ("in",) and written_as_set(node.sides[1]))
        if isinstance(node, n.Items):
            return joined_inequalities(node)
        if isinstance(node, n.Bracket):
            return node.left != node.right.replace(")", "(").replace("]", "[") or n.Const("oo") in n.walk(node) or len(node.items) == 2
        return isinstance(node, n.SetOp | n.NamedSet | n.Builder)

    if not written_as_set(reference) or not written_as_set(given):
        return None
    if isinstance(reference, n.Bracket) and isinstance(given, n.Bracket) and (reference.left, reference.right) == (given.left, given.right):
        return None  # elementwise: a tuple as well as an interval
    names = {name for side in (reference, given) if isinstance(side, n.Rel | n.Items) for name in regions.unknowns(side)}
    if len(names - {None}) > 1:
        return None
    one, other = regions.region(reference), regions.region(given)
    if one is None or other is None:
        return None
    return regions.equal(one, other)


def joined_inequalities(node: n.Items) -> bool:
    """Relations that together are a set of reals: inequalities, and with a word between them equations too (x < 1 or x = 2)."""
    if not node.items or not all(isinstance(item, n.Rel | n.Items) for item in node.items):
        return False
    ordered = [joined_inequalities(item) if isinstance(item, n.Items) else _is_inequality(item) for item in node.items]
    return all(ordered) if node.joint == "," else any(ordered)


def _is_inequality(node: n.Node) -> bool:
    return isinstance(node, n.Rel) and bool(set(node.ops) & _ORDER)


def joined_otherwise(one: n.Node, other: n.Node) -> bool:
    """Whether one says that all of its relations hold and the other that one does. The solutions of one unknown are a list either way."""
    if not isinstance(one, n.Items) or not isinstance(other, n.Items) or {one.joint, other.joint} != {"and", "or"}:
        return False
    relations = [item for item in (*one.items, *other.items) if isinstance(item, n.Rel)]
    names = {name.name if isinstance(name, n.Call) else name for name, _ in map(named, relations)}
    return bool(relations) and (len(names) > 1 or any(map(_is_inequality, relations)))


def proportional(reference: n.Rel, given: n.Rel) -> bool:
    """Relations with one sign: the difference of their sides agree up to a constant factor, positive for an order."""
    if len(reference.ops) != len(given.ops):
        return False
    if len(reference.ops) > 1:
        same_way = reference.ops == given.ops and all(_same(a, b) for a, b in zip(reference.sides, given.sides, strict=True))
        flipped = tuple(_FLIPPED.get(op, op) for op in reversed(given.ops))
        return same_way or (reference.ops == flipped and all(_same(a, b) for a, b in zip(reference.sides, given.sides[::-1], strict=True)))
    op, other = next(iter(reference.ops)), next(iter(given.ops))
    if op not in ("=", *_ORDER) or other not in ("=", *_ORDER):
        return op == other and all(_same(a, b) for a, b in zip(reference.sides, given.sides, strict=True))
    sides = given.sides
    if op != other:
        if _FLIPPED.get(other) != op:
            return False
        sides = (sides[1], sides[0])
    mine = n.Add((reference.sides[0], n.Neg(reference.sides[1])))
    theirs = n.Add((sides[0], n.Neg(sides[1])))
    if n.free_symbols(mine) != n.free_symbols(theirs) or not n.free_symbols(mine):
        return all(_same(a, b) for a, b in zip(reference.sides, sides, strict=True))
    if _same(mine, theirs):
        return True
    factor = constant_factor(mine, theirs)
    if factor is None or factor == 0:
        return False
    if op in ("<", ">", "le", "ge") and factor < 0:
        return False
    return _same(mine, n.Mul((n.Num(factor), theirs)))


def constant_factor(one: n.Node, other: n.Node) -> Fraction | None:
    """one / other at a point where both are rational."""
    for shift in range(3):
        here, there = one, other
        for place, name in enumerate(sorted(n.free_symbols(one))):
            value = n.Num(Fraction(1733 + 311 * place + 97 * shift, 1009 + 2 * place))
            here, there = regions.substitute(here, name, value), regions.substitute(there, name, value)
        a, b = rational(here), rational(there)
        if a is not None and b:
            return a / b
    return None


_FLIPPED = {"<": ">", ">": "<", "le": "ge", "ge": "le", "ne": "ne", "=": "="}


def _same(one: n.Node, other: n.Node) -> bool:
    try:
        return same(one, other)
    except (NoValue, TooLarge):
        return False


# -- lists, tuples, sets ---------------------------------------------------------------------------------------


def alternatives(node: n.Node) -> n.Node:
    r"""`a \pm b` is the list of its two values."""
    if isinstance(node, n.Rel | n.Matrix) or not _has(node, n.Signed):
        return node
    if isinstance(node, n.Items | n.SetOf):
        items: list[n.Node] = []
        for item in node.items:
            found = alternatives(item)
            items += found.items if isinstance(found, n.Items) and _has(item, n.Signed) else (found,)
        return n.Items(tuple(items), node.joint) if isinstance(node, n.Items) else n.SetOf(tuple(items))
    if isinstance(node, n.Bracket):
        return n.Items((_chosen(node, 1), _chosen(node, -1)))
    return n.Items((_chosen(node, 1), _chosen(node, -1)))


def _chosen(node: n.Node, sign: int) -> n.Node:
    if isinstance(node, n.Signed):
        body = _chosen(node.body, sign)
        return body if node.sign * sign > 0 else n.Neg(body)
    if isinstance(node, n.Bracket):
        return n.Bracket(node.left, node.right, tuple(_chosen(part, sign) for part in node.items))
    if isinstance(node, n.Quantity):
        return n.Quantity(_chosen(node.value, sign), node.unit)
    if isinstance(node, n.Degree | n.Percent):
        return type(node)(_chosen(node.value, sign))
    return n.mapped(node, lambda part: _chosen(part, sign))


def listed_equal(reference: n.Node, given: n.Node, policy: Policy) -> bool | None:
    """Where one of them is a list, tuple or set; None if neither is."""
    reference, given = alternatives(reference), alternatives(given)
    collections = (n.Items, n.Bracket, *_SETS)
    if not isinstance(reference, collections) and not isinstance(given, collections):
        return None
    if isinstance(reference, n.Matrix) or isinstance(given, n.Matrix):
        return None
    if isinstance(reference, n.Bracket) and isinstance(given, n.Bracket):
        if (reference.left, reference.right) != (given.left, given.right):
            return regions_equal(reference, given) or False
        return pairwise_equal(reference.items, given.items, policy)
    by_region = regions_equal(reference, given)
    if by_region is not None:
        return by_region
    if joined_otherwise(reference, given):
        return False
    one, other = members(reference), members(given)
    if isinstance(given, n.Items) and other and not isinstance(reference, collections):
        other = distinct(other, policy)  # one value said twice is one answer
    if one is None or other is None:
        return structure_equal(reference, given, policy)
    bracket = reference if isinstance(reference, n.Bracket) else given
    if isinstance(bracket, n.Bracket):
        # A list may leave out a tuple's brackets; a set in braces is no tuple.
        listing = given if bracket is reference else reference
        return isinstance(listing, n.Items) and bracket.left == "(" and not _one_tuple(listing) and pairwise_equal(one, other, policy)
    if isinstance(reference, n.SetOf) or isinstance(given, n.SetOf) or all(isinstance(item, n.Bracket | n.Rel) for item in (*one, *other)):
        one, other = distinct(one, policy), distinct(other, policy)
    return matched(one, other, policy)


def _one_tuple(listing: n.Items) -> bool:
    return any(isinstance(item, n.Bracket | n.Items) for item in listing.items)


def members(node: n.Node) -> Sequence[n.Node] | None:
    if isinstance(node, n.Items | n.SetOf | n.Bracket):
        return node.items
    if isinstance(node, n.SetOp):
        left, right = members(regions.as_set(node.left)), members(regions.as_set(node.right))
        if left is None or right is None:
            return None
        policy = Policy()
        if node.op == "cup":
            return distinct((*left, *right), policy)
        inside = [any(_quietly(item, other, policy) for other in right) for item in left]
        return [item for item, found in zip(left, inside, strict=True) if found == (node.op == "cap")]
    if isinstance(node, n.NamedSet):
        return [] if node.name == "empty" else None
    if isinstance(node, n.Builder):
        return None
    return [node]


def structure_equal(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    """Sets that cannot be listed: the same operations on equal parts, in either order where order does not matter."""
    if isinstance(reference, n.NamedSet) or isinstance(given, n.NamedSet):
        return reference == given
    if isinstance(reference, n.SetOp) and isinstance(given, n.SetOp) and reference.op == given.op:
        if reference.op == "setminus":
            return equal(reference.left, given.left, policy) and equal(reference.right, given.right, policy)
        return matched(flattened(reference), flattened(given), policy)
    if isinstance(reference, n.Builder) and isinstance(given, n.Builder):
        return equal(reference.head, given.head, policy) and matched(reference.conditions, given.conditions, policy)
    return False


def flattened(node: n.SetOp) -> list[n.Node]:
    parts: list[n.Node] = []
    for side in (node.left, node.right):
        parts += flattened(side) if isinstance(side, n.SetOp) and side.op == node.op else [side]
    return parts


def _quietly(one: n.Node, other: n.Node, policy: Policy) -> bool:
    try:
        return equal(one, other, policy)
    except (NoValue, TooLarge):
        return False


def distinct(items: Sequence[n.Node], policy: Policy) -> list[n.Node]:
    """Each value once, the first time it is written."""
    kept: list[n.Node] = []
    others: list[n.Node] = []
    seen: set[Fraction] = set()
    for item in items:
        value = _number(item)
        if value is not None:
            if value not in seen:
                seen.add(value)
                kept.append(item)
        elif not any(_quietly(item, other, policy) for other in others):
            others.append(item)
            kept.append(item)
            _check_size(others)
    return kept


def _number(node: n.Node) -> Fraction | None:
    return None if isinstance(node, n.Items | n.SetOf | n.Bracket | n.Rel | n.Words | n.Percent | n.Degree | n.Quantity) else rational(node)


def _check_size(items: Sequence[n.Node]) -> None:
    if len(items) > MAX_ITEMS:
        raise TooLarge(f"more than {MAX_ITEMS} expressions to tell apart")


def pairwise_equal(one: Sequence[n.Node], other: Sequence[n.Node], policy: Policy) -> bool:
    return len(one) == len(other) and all(_quietly(a, b, policy) for a, b in zip(one, other, strict=True))


def matched(one: Sequence[n.Node], other: Sequence[n.Node], policy: Policy) -> bool:
    """A one-to-one match without order. Equality is transitive, so the first fit is as good as any."""
    if len(one) != len(other):
        return False
    if pairwise_equal(one, other, policy):
        return True
    if not policy.tolerant:
        mine, theirs = Counter(map(_number, one)), Counter(map(_number, other))
        if None not in mine and None not in theirs:
            return mine == theirs
    _check_size(one)
    left = list(other)
    for item in one:
        at = next((place for place, candidate in enumerate(left) if _quietly(item, candidate, policy)), None)
        if at is None:
            return False
        del left[at]
    return True


# -- matrices and ratios -----------------------------------------------------------------------------------------


def matrices_equal(reference: n.Node, given: n.Node, policy: Policy) -> bool:
    one, other = matrix_of(reference), matrix_of(given)
    if one is None or other is None:
        return False
    if len(one) != len(other) or len(one[0]) != len(other[0]):
        vector = 1 in (len(one), len(one[0])) and (isinstance(reference, n.Bracket) or isinstance(given, n.Bracket))
        flat, other_flat = [cell for row in one for cell in row], [cell for row in other for cell in row]
        return vector and pairwise_equal(flat, other_flat, policy)
    return all(pairwise_equal(row, other_row, policy) for row, other_row in zip(one, other, strict=True))


def matrix_of(node: n.Node) -> tuple[tuple[n.Node, ...], ...] | None:
    """The cells of a matrix, or of a sum or multiple of matrices."""
    if isinstance(node, n.Matrix):
        return node.rows
    if isinstance(node, n.Bracket):
        return (node.items,)
    if isinstance(node, n.Neg):
        inner = matrix_of(node.body)
        return inner and tuple(tuple(n.Neg(cell) for cell in row) for row in inner)
    if isinstance(node, n.Add):
        parts = [matrix_of(term) for term in node.terms]
        if any(part is None or len(part) != len(parts[0] or ()) or len(part[0]) != len((parts[0] or ((),))[0]) for part in parts):
            return None
        return tuple(tuple(n.Add(cells) for cells in zip(*rows, strict=True)) for rows in zip(*(part or () for part in parts), strict=True))
    if isinstance(node, n.Mul):
        found = [factor for factor in node.factors if _has(factor, n.Matrix)]
        if len(found) == 1 and (inner := matrix_of(found[0])):
            scale = tuple(factor for factor in node.factors if factor is not found[0])
            return tuple(tuple(n.Mul((*scale, cell)) for cell in row) for row in inner)
    return None


def ratios_equal(reference: n.Ratio, given: n.Ratio, policy: Policy) -> bool:
    """a : b : c up to a common factor, none of them zero unless both are."""
    one, other = reference.sides, given.sides
    if len(one) != len(other):
        return False
    if all(_quietly(a, b, policy) for a, b in zip(one, other, strict=True)):
        return True
    zero = n.Num(Fraction(0))
    if any(_same(side, zero) for side in (*one, *other)):
        return False
    return all(_same(n.Mul((one[0], b)), n.Mul((other[0], a))) for a, b in zip(one, other, strict=True))


__all__ = ["Decimals", "Policy", "Undecided", "equal"]
