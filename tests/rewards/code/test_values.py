"""Values cross as plain data, and plain asserts are judged without building them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.code import direct
from rewards.code.child import MAX_ITEMS, decode, encode

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.binary(max_size=5)
HASHABLE = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=6)
VALUES = st.recursive(
    SCALARS | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(HASHABLE, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=4)
    ),
    max_leaves=12,
)


def crossed(value):
    return decode(json.loads(json.dumps(encode(value))))


def shape(value):
    """The value with all its types, hashable."""
    if isinstance(value, list | tuple | deque):
        return type(value), tuple(map(shape, value))
    if isinstance(value, set | frozenset):
        return type(value), frozenset(map(shape, value))
    if isinstance(value, dict):
        return dict, tuple((shape(key), shape(item)) for key, item in value.items())
    return type(value), repr(value)


@given(VALUES)
def test_values_come_back_as_they_were(value):
    assert shape(crossed(value)) == shape(value)


@given(VALUES, VALUES)
def test_direct_equality_is_pythons(a, b):
    assert direct.equal(encode(a), encode(b)) == (a == b)
    assert direct.equal(encode(a), encode(a)) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [(1, True), (1, 1.0), (0, False), (-0.0, 0), (2**80, float(2**80)), (1 + 0j, 1), ({1}, frozenset([1])), ({1: 2}, {True: 2.0}),
     ([1], (1,)), ("1", 1), ({1.0}, {1}), (b"a", "a"), (float("inf"), float("inf")), ({(1, 2): [{3}]}, {(1, 2.0): [{3}]})],
)  # fmt: skip
def test_direct_equality_of_mixed_types_is_pythons(a, b):
    assert direct.equal(encode(a), encode(b)) == (a == b)


def test_what_only_python_can_compare_is_left_to_it():
    for value in (Decimal(1), Fraction(1), deque([1]), range(3), float("nan"), object(), iter([1])):
        assert direct.equal(encode(value), 1) is None
    for forged in ({"s": 5}, {"d": [[1]]}, {"f": []}, {"x": 1}, {"i": None}, {}):
        assert direct.equal(forged, 1) is None


def test_chosen_hashes_do_not_slow_the_judge():
    step = (1 << 61) - 1  # all multiples of it hash to 0
    tag = {"s": [{"i": hex(step * number)} for number in range(50_000)]}
    assert direct.equal(tag, tag) is True


Point = namedtuple("Point", "x y")


class Colour(IntEnum):
    RED = 5


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Point(1, 2), (1, 2)),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Colour.RED, 5),
        (deque([1, 2]), deque([1, 2])),
        (Decimal("1.50"), Decimal("1.50")),
        (Fraction(1, 3), Fraction(1, 3)),
        (range(1, 9, 2), range(1, 9, 2)),
        (int, int),
    ],
)
def test_kinds_of_plain_data(value, plain):
    came = crossed(value)
    assert came == plain
    assert type(came) is type(plain)


def test_a_subclass_is_the_data_it_holds():
    class Same(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

        def __pos__(self):
            return 7

    assert encode(Same(3)) == 3
    assert list(crossed(number * number for number in range(4))) == [0, 1, 4, 9]


def test_what_is_no_plain_data_is_named():
    class Thing:
        pass

    loop: list[object] = []
    loop.append(loop)
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    assert list(encode(Thing())) == ["o"]
    assert "Thing" in encode([Thing()])[0]["o"]
    assert encode(loop) == encode(deep) == {"o": "builtins.list"}
    assert encode(list(range(MAX_ITEMS + 1))) == {"o": "builtins.list"}


@pytest.mark.parametrize("forged", [1.5, {}, {"x": 1}, {"t": 5}, {"h": 0}, {"a": 1, "b": 2}])
def test_decoding_refuses_what_was_never_encoded(forged):
    with pytest.raises(ValueError, match=r"encoded value|unknown tag"):
        decode(forged)


def test_sets_are_sent_in_one_order_whatever_the_hash_seed():
    code = "from rewards.code.child import encode; import json; print(json.dumps(encode({'a', 'b', 'c', 'd', 'e', frozenset('xyz')})))"
    outputs = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": str(seed)}, capture_output=True, check=True, timeout=60).stdout
        for seed in random.Random(0).sample(range(1, 1000), 3)
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("source", "setup", "entry", "calls"),
    [
        ("assert f(1, k=[2]) == (3,)", "", None, 1),
        ("assert f(1) == 2\nassert f(2) == 3, 'message'", "", "f", 2),
        ("METADATA = {'a': 1}\ndef check(candidate):\n    assert candidate(1) == 2\n    assert True\n", "import x", "f", 1),
        ("assert f(1)", "", None, None),
        ("assert f(g(1)) == 2", "", None, None),
        ("assert f(1) == g(2)", "", None, None),
        ("assert f(1) == 1 == 1", "", None, None),
        ("x = 1\nassert f(x) == 2", "", None, None),
        ("assert sum([1]) == 1", "", None, None),
        ("assert sum(1, 2) == 3", "", "sum", 1),
        ("assert f(1) == 2", "def f(x): return 2", None, None),
        ("assert f(1) == 2\nassert g(1) == 2", "", "f", None),
        ("assert f(*[1]) == 2", "", None, None),
        ("assert f(**{'a': 1}) == 2", "", None, None),
        ("def check(candidate):\n    for i in range(3):\n        assert candidate(i) == i", "", "f", None),
        ("assert True", "", "f", None),
        ("assert f(1) ==", "", "f", None),
    ],
)
def test_which_asserts_are_plain(source, setup, entry, calls):
    found = direct.split(source, setup, entry)
    assert (len(found) if found else None) == calls


def test_a_test_that_cannot_be_parsed_just_now_goes_to_the_tester(monkeypatch):
    def busy(source):
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setattr(direct.ast, "parse", busy)
    assert direct.split("assert f(1) == 2  # never seen before", "", None) is None
