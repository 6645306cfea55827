"""JSON documents: bounded, strict, nothing fetched; form, exact and F1 at their edges."""

from __future__ import annotations

import json
import re
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Answer, Status, verify
from rewards.text import json_schema
from rewards.text.match import squad_tokens, token_f1
from rewards.text.tags import After, fault


def judge(response, schema):
    return verify(response, Answer("json_schema", schema))


@pytest.mark.parametrize(
    ("schema", "cause"),
    [
        ({"$ref": "http://127.0.0.1:9/schema.json"}, "a \\$ref that is not inside it"),
        ({"$ref": "file:///etc/passwd"}, "a \\$ref that is not inside it"),
        ({"$ref": "#/$defs/missing"}, "a \\$ref that is not inside it"),
        ({"$ref": "#"}, "refers to itself without end"),
        ({"type": "text"}, "is not a JSON schema"),
        ({"type": "string", "pattern": "("}, "is not a regular expression|is not a JSON schema"),
        ({"unevaluatedProperties": False, "patternProperties": {"a": {}}}, "patternProperties with unevaluatedProperties"),
        ("a string", "not a JSON schema"),
    ],
)
def test_a_schema_that_cannot_be_used_is_an_error(schema, cause, monkeypatch):
    def connect(*_):
        raise AssertionError("a remote reference was fetched")

    monkeypatch.setattr(socket.socket, "connect", connect)
    verdict = judge('"x"', schema)
    assert verdict.status is Status.ERROR
    assert re.search(cause, verdict.reason), verdict.reason


@pytest.mark.parametrize("keyword", ["pattern", "patternProperties", "additionalProperties"])
def test_a_document_that_makes_a_pattern_run_away_is_unparsed_and_no_error(keyword):
    slow, text = "^(a|aa)+$", "a" * 60 + "!"
    schema = {
        "pattern": {"pattern": slow},
        "patternProperties": {"patternProperties": {slow: {}}},
        "additionalProperties": {"patternProperties": {slow: {}}, "additionalProperties": False},
    }[keyword]
    verdict = judge(f'"{text}"' if keyword == "pattern" else f'{{"{text}": 1}}', schema)
    assert verdict.status is Status.UNPARSED
    assert "takes more than" in verdict.reason


def test_all_patterns_of_a_document_share_one_deadline(monkeypatch):
    monkeypatch.setattr(json_schema, "PATTERN_SECONDS", 0.1)
    begun = time.process_time()
    slow = json.dumps(["a" * 24 + "!"] * 2000)
    assert judge(slow, {"items": {"anyOf": [{"pattern": "^(a|aa)+$"}, {"type": "string"}]}}).status is Status.UNPARSED
    assert time.process_time() - begun < 2
    assert judge('"aa"', {"pattern": "^(a|aa)+$"}).status is Status.CORRECT


@pytest.mark.parametrize(("number", "right"), [("0.3", True), ("0.35", False), ("1" + "0" * 400, True), ("1e-400", True), ("3", True)])
def test_multiples_are_exact_and_no_number_is_too_large(number, right):
    assert judge(number, {"multipleOf": 0.1}).status is (Status.CORRECT if right else Status.WRONG)


@pytest.mark.parametrize(
    ("text", "levels"),
    [("1", 0), ("[]", 1), ('{"a": [1, [2]]}', 3), ('"[[["', 0), ('"\\"[["', 0), ('"[[[', 0), ('["]", [', 2), ('"a\\', 0)],
)
def test_depth_counts_brackets_outside_strings(text, levels):
    assert json_schema.depth(text) == levels


def test_documents_past_the_limits_are_unparsed():
    assert judge("[" * 33 + "]" * 33, True).status is Status.UNPARSED
    assert judge("[" * 32 + "]" * 32, True).status is Status.CORRECT
    assert judge('"' + "a" * 100_000 + '"', True).status is Status.UNPARSED
    assert judge("9" * 5000, True).status is Status.UNPARSED
    assert judge("1e999", True).status is Status.UNPARSED


def test_a_recursive_schema_meets_the_deepest_document():
    tree = {"type": "object", "properties": {"c": {"allOf": [{"oneOf": [{"$ref": "#/$defs/t"}, {"type": "null"}]}]}}}
    schema = {"$defs": {"t": tree}, "$ref": "#/$defs/t"}
    assert judge('{"c": ' * 32 + "null" + "}" * 32, schema).status is Status.CORRECT
    assert judge('{"c": ' * 32 + "1" + "}" * 32, schema).status is Status.WRONG


def test_a_reference_to_the_root_keeps_the_bounds():
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": draft, "pattern": "^(a|aa)+$", "items": {"$ref": "#"}}
    verdict = judge('["' + "a" * 60 + '!"]', schema)
    assert verdict.status is Status.UNPARSED
    assert "takes more than" in verdict.reason


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3).map(lambda number: round(number)) | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(st.lists(values, max_size=5))
def test_unique_items_are_those_that_the_library_finds_unique(items):
    import jsonschema

    schema = {"type": "array", "uniqueItems": True}
    assert (json_schema.first_fault(schema, items) is None) == jsonschema.Draft202012Validator(schema).is_valid(items)


@given(st.text("abc <>/think", max_size=30), st.text("abc <>/answer", max_size=30))
def test_form_does_not_depend_on_blanks_at_the_ends(thoughts, answer):
    response = f"<think>{thoughts}</think><answer>{answer}</answer>"
    assert fault(response) == fault(f"\n {response} \n\t ")


def test_form_with_text_after_it():
    assert fault("<think>x</think>4", ("think",), After.TEXT) is None
    assert fault("<think>x</think>\u200b\n", ("think",), After.TEXT) == "nothing after </think>"
    assert fault("<think>x</think>4", ("think",), After.NOTHING) == "text after </think>"


@pytest.mark.parametrize("tags", [[], ["think", "think"], ["a b"], "think", [1]])
def test_tags_that_are_no_tags_are_an_error(tags):
    assert verify("x", Answer("format", None, {"tags": tags})).status is Status.ERROR


words = st.text("ab ,.", max_size=20)


@given(words, words)
def test_f1_is_symmetric_bounded_and_one_exactly_for_equal_bags(one, other):
    score = token_f1(one, other)
    assert 0.0 <= score <= 1.0
    assert score == token_f1(other, one)
    assert (score == 1.0) == (sorted(squad_tokens(one)) == sorted(squad_tokens(other)))


@given(words, words)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(one, other):
    ours, theirs = squad_tokens(one), squad_tokens(other)
    left = list(theirs)
    common = 0
    for token in ours:
        if token in left:
            left.remove(token)
            common += 1
    if common:
        precision, recall = common / len(ours), common / len(theirs)
        assert token_f1(one, other) == pytest.approx(2 * precision * recall / (precision + recall))
    else:
        assert token_f1(one, other) == float(ours == theirs)


@pytest.mark.parametrize(
    ("reference", "params", "cause"),
    [
        ("", {}, "not a string"),
        (None, {}, "not a string"),
        ("the", {"articles": "drop"}, "empty once normalised"),
        ("a", {"casing": "fold"}, "did you mean 'case'"),
    ],
)
def test_a_reference_that_nothing_can_equal_is_an_error(reference, params, cause):
    verdict = verify("x", Answer("exact", reference, params))
    assert verdict.status is Status.ERROR
    assert re.search(cause, verdict.reason), verdict.reason
