"""When is an output, or a value, the right one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.code.child import encode
from rewards.code.compare import Compare, Mode, difference, same_output, same_value

EXACT, LINES, TOKEN, FLOAT = Compare(Mode.EXACT), Compare(), Compare(Mode.TOKEN), Compare(Mode.FLOAT)
ANY_LINE, ANY_TOKEN = Compare(Mode.UNORDERED), Compare(Mode.UNORDERED, of="tokens")


@pytest.mark.parametrize(
    ("how", "got", "right", "same"),
    [
        (EXACT, b"a\n", b"a\n", True),
        (EXACT, b"a", b"a\n", False),
        (LINES, b"a", b"a\n", True),
        (LINES, b"a \t\r\n\n\n", b"a", True),
        (LINES, b" a", b"a", False),
        (LINES, b"a\n\nb", b"a\nb", False),
        (LINES, b"\na", b"a", False),
        (LINES, b"a\0", b"a", False),
        (LINES, b"a\xc2\xa0", b"a", False),
        (LINES, b"a\xff", b"a", False),
        (LINES, b"", b"\n\n", True),
        (TOKEN, b"1 2\n3", b"1\n2   3\n", True),
        (TOKEN, b"12 3", b"1 23", False),
        (FLOAT, b"0.3333333", b"0.333333300001", True),
        (FLOAT, b"0.33", b"0.333333", False),
        (FLOAT, b"1e3", b"1000.0", True),
        (FLOAT, b"1.9999999", b"2", True),
        (FLOAT, b"1000001", b"1000000", False),
        (FLOAT, b"+7", b"7", True),
        (FLOAT, b"yes 1.0", b"yes 1", True),
        (FLOAT, b"Yes 1.0", b"yes 1", False),
        (FLOAT, b"1.0 2.0", b"1.0", False),
        (FLOAT, b"nan", b"1.5", False),
        (FLOAT, b"nan", b"nan", True),
        (FLOAT, b"inf", b"1e308", False),
        (FLOAT, b"1e999", b"1e308", False),
        (FLOAT, b"1e308", b"1e999", False),
        (FLOAT, b"1_0", b"10.0", False),
        (FLOAT, b"0x10", b"16.0", False),
        (FLOAT, b"1.0f", b"1.0", False),
        (FLOAT, "１.0".encode(), b"1.0", False),
        (FLOAT, b"9" * 100_000, b"9.0", False),
        (ANY_LINE, b"b\na\n", b"a\nb", True),
        (ANY_LINE, b"a\na\nb", b"a\nb\nb", False),
        (ANY_LINE, b"b a", b"a b", False),
        (ANY_TOKEN, b"b a", b"a\nb", True),
    ],
)
def test_outputs(how, got, right, same):
    assert same_output(got, right, how) is same


@pytest.mark.parametrize(
    ("got", "right", "same"),
    [
        (1, 1, True),
        (True, 1, False),
        (1, True, False),
        (1.0, 1, False),
        (1, 1.0, False),
        (0.1 + 0.2, 0.3, False),
        ("1", 1, False),
        (None, None, True),
        (None, False, False),
        ((1, [2, (3,)]), [1, [2, [3]]], True),
        ([1, 2], [1, 2, 3], False),
        ({1, 2}, [1, 2], False),
        (b"a", "a", False),
        ({"a": [1.5]}, {"a": [1.5]}, True),
        ({1: "x"}, {"1": "x"}, True),
        ({True: "x"}, {"true": "x"}, True),
        ({1: "x", "1": "x"}, {"1": "x"}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (10**30, 10**30, True),
        pytest.param(10**5000, 10**5000 + 1, False, id="5001 digits"),
        (math.nan, math.nan, True),
        (math.inf, -math.inf, False),
        (object(), None, False),
    ],
)
def test_values(got, right, same):
    assert same_value(encode(got), right, EXACT) is same


def test_a_tolerance_mixes_whole_and_real_numbers_only_where_one_is_real():
    assert same_value(encode([1, 0.1 + 0.2]), [1.0, 0.3], FLOAT)
    assert not same_value(encode(10**9 + 1), 10**9, FLOAT)
    assert not same_value(encode(True), 1.0, FLOAT)
    assert not same_value(encode(math.nan), 1.0, FLOAT)
    assert not same_value(encode(10**400), 1.0, FLOAT)


def test_unordered_values_are_those_of_the_outermost_list():
    assert same_value(encode([(2, 1), [3]]), [[3], [2, 1]], ANY_LINE)
    assert not same_value(encode([[1, 2]]), [[2, 1]], ANY_LINE)
    assert not same_value(encode([1, 1, 2]), [1, 2, 2], ANY_LINE)
    assert not same_value(encode([True]), [1], ANY_LINE)
    assert same_value(encode([{"b": 1, "a": 2}]), [{"a": 2, "b": 1}], ANY_LINE)


@pytest.mark.parametrize("forged", [{"i": []}, {"f": "1e999999"}, {"d": 5}, {"d": [[1]]}, {"t": {}}, {"x": 1}, {}, {"a": 1, "b": 2}, 1.5])
@pytest.mark.parametrize("right", [0, 1.5, "x", None, [1], {"a": 1}])
@pytest.mark.parametrize("how", [EXACT, FLOAT, ANY_LINE])
def test_forged_values_are_wrong_and_raise_nothing(forged, right, how):
    assert not same_value(forged, right, how)
    assert not same_value([forged], [right], how)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_a_value_is_the_same_as_itself(value):
    assert same_value(encode(value), value, EXACT)


@given(JSON, JSON)
def test_sameness_of_values_is_symmetric(a, b):
    assert same_value(encode(a), b, EXACT) == same_value(encode(b), a, EXACT)


@given(st.lists(JSON, max_size=5), st.randoms(use_true_random=False))
def test_order_does_not_count_where_it_must_not(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert same_value(encode(shuffled), values, ANY_LINE)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_each_mode_accepts_what_a_stricter_one_accepts(got, right):
    if same_output(got, right, EXACT):
        assert same_output(got, right, LINES)
    if same_output(got, right, LINES):
        assert same_output(got, right, TOKEN)
        assert same_output(got, right, ANY_LINE)
    if same_output(got, right, TOKEN):
        assert same_output(got, right, FLOAT)
        assert same_output(got, right, ANY_TOKEN)


@given(st.binary(max_size=60), st.sampled_from([EXACT, LINES, TOKEN, FLOAT, ANY_LINE, ANY_TOKEN]))
def test_an_output_is_the_same_as_itself(output, how):
    assert same_output(output, output, how)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(min_value=0, max_value=0.9))
def test_tolerance_is_the_larger_of_absolute_and_relative(right, share):
    how = Compare(Mode.FLOAT, abs_tol=1e-9, rel_tol=1e-6)
    within = right + share * max(1e-9, 1e-6 * abs(right))
    beyond = right + 3 * max(1e-9, 1e-6 * abs(right))
    if math.isfinite(within) and math.isfinite(beyond):
        assert same_output(repr(within).encode(), repr(right).encode(), how)
        assert not same_output(repr(beyond).encode(), repr(right).encode(), how)


@given(st.text(max_size=200), st.text(min_size=1, max_size=200), st.sampled_from([EXACT, LINES, TOKEN, FLOAT, ANY_LINE, ANY_TOKEN]))
def test_a_difference_is_short_and_never_shows_the_whole_right_answer(got, right, how):
    a, b = got.encode("utf-8", "replace"), right.encode("utf-8", "replace")
    if not same_output(a, b, how):
        text = difference(a, b, how)
        assert len(text) < 300
        assert "\n" not in text
        assert "expected " + repr(right) not in text


@pytest.mark.parametrize(
    ("value", "match"),
    [("fuzzy", "compare mode 'fuzzy'"), ({"mode": "float", "abs": 1}, "unknown keys"), ({"rel_tol": -1}, "rel_tol"), (5, "compare 5")],
)
def test_a_bad_compare_names_itself(value, match):
    with pytest.raises(ValueError, match=match):
        Compare.read(value, LINES)
