"""Rules decide; the reason they give can be read; the order is theirs and nobody else's."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from data_recipes.select import Candidate, Rule, balanced_counts, decide, funnel


def rows(values: list, name: str = "s.m", split: str = "train") -> list[Candidate]:
    return [Candidate(f"r{at}", split, {name: value}, {name: {"threshold": 3}}) for at, value in enumerate(values)]


def kept(rules: list[Rule], candidates: list[Candidate], seed: int = 0) -> list[str]:
    gone = decide(rules, candidates, seed)
    return [row.key for row in candidates if row.key not in gone]


def test_drop_takes_true_values_and_leaves_what_was_not_measured():
    assert kept([Rule(drop="s.m")], rows([True, False, None, "yes", 0])) == ["r1", "r2", "r4"]
    assert kept([Rule(drop="s.m", missing="drop")], rows([True, False, None])) == ["r1"]


def test_keep_takes_what_lies_inside_its_bounds_and_says_so():
    rule = Rule(keep="s.m", at_least=1, at_most=9)
    assert kept([rule], rows([0, 1, 9, 10, None])) == ["r1", "r2", "r4"]
    decision = decide([rule], rows([10]), 0)["r0"]
    assert decision.reason == "s.m is 10; kept: at least 1, at most 9"
    assert (decision.value, decision.evidence, decision.measure) == (10, {"threshold": 3}, "s.m")


def test_text_is_never_inside_numeric_bounds():
    assert kept([Rule(keep="s.m", at_least=1)], rows(["7", 7])) == ["r1"]


def test_one_of_each_group_stays_the_preferred_one_if_asked():
    groups = [
        Candidate(key, "train", {"g.id": group, "q.score": score})
        for key, group, score in [("a", 1, 0.1), ("b", 1, 0.9), ("c", None, 0), ("d", 2, 0)]
    ]
    assert kept([Rule(one_per="g.id")], groups) == ["a", "c", "d"]
    assert kept([Rule(one_per="g.id", prefer="q.score")], groups) == ["b", "c", "d"]
    assert kept([Rule(one_per="g.id", at_most=2)], groups) == ["a", "b", "c", "d"]


def test_a_group_whose_first_row_went_earlier_keeps_its_second():
    groups = [Candidate("a", "train", {"g.id": 1, "x.bad": True}), Candidate("b", "train", {"g.id": 1, "x.bad": False})]
    assert kept([Rule(drop="x.bad"), Rule(one_per="g.id")], groups) == ["b"]


def test_held_out_never_displaces_training():
    groups = [Candidate("h", "heldout", {"g.id": 1}), Candidate("t", "train", {"g.id": 1})]
    assert kept([Rule(one_per="g.id")], groups) == ["h", "t"]


def test_linked_rows_go_together():
    pair = [Candidate("text", "train", {"s.m": True}, together="p"), Candidate("image", "train", {"s.m": False}, together="p")]
    gone = decide([Rule(drop="s.m")], pair, 0)
    assert set(gone) == {"text", "image"}
    assert gone["image"].reason.startswith("linked to text")


@pytest.mark.parametrize(
    ("counts", "share", "wanted"),
    [
        ({"a": 100, "b": 10, "c": 10}, 0.5, {"a": 20, "b": 10, "c": 10}),
        ({"a": 5, "b": 5}, 0.5, {"a": 5, "b": 5}),
        ({"a": 50, "b": 1}, 0.5, {"a": 1, "b": 1}),
        ({"a": 50, "b": 7}, 0.1, {"a": 7, "b": 7}),  # two values cannot have less than half each
        ({}, 0.3, {}),
    ],
)
def test_balanced_counts_are_the_most_that_keep_every_share(counts: dict, share: float, wanted: dict):
    found = balanced_counts(counts, share)
    assert found == wanted


def test_balance_makes_tags_more_even_and_depends_on_the_seed_alone():
    candidates = [Candidate(f"r{at}", "train", {"domain": "a" if at % 10 else "b"}) for at in range(200)]
    rule = [Rule(balance="domain", max_share=0.6)]
    first = kept(rule, candidates, seed=1)
    counts = Counter("a" if int(key[1:]) % 10 else "b" for key in first)
    assert counts == {"a": 30, "b": 20}
    assert kept(rule, candidates, seed=1) == first != kept(rule, candidates, seed=2)


def test_the_chance_of_being_sampled_rises_with_the_score():
    candidates = [Candidate(f"r{at}", "train", {"q.score": (at % 4) / 3}) for at in range(4000)]
    found = Counter(int(key[1:]) % 4 for key in kept([Rule(sample="q.score", floor=0.1)], candidates))
    assert [round(found[at] / 1000, 1) for at in range(4)] == [0.1, 0.4, 0.7, 1.0]


def test_take_fills_each_value_and_no_more():
    candidates = [Candidate(f"r{at}", "train", {"category": "x" if at < 6 else "y"}) for at in range(8)]
    found = Counter("x" if int(key[1:]) < 6 else "y" for key in kept([Rule(take=3, of="category")], candidates))
    assert found == {"x": 3, "y": 2}


def test_only_limits_a_rule_to_rows_with_the_tag():
    candidates = [Candidate("a", "train", {"source": "gsm8k", "s.m": True}), Candidate("b", "train", {"source": "math", "s.m": True})]
    assert kept([Rule(drop="s.m", only={"source": "gsm8k"})], candidates) == ["b"]


def test_the_funnel_adds_up():
    rules = [Rule(drop="s.m"), Rule(take=1)]
    candidates = rows([True, False, False, False])
    gone = decide(rules, candidates, 0)
    assert [(dropped, left) for _, dropped, left in funnel(rules, gone, 4)] == [(1, 3), (2, 1)]


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({}, "exactly one of"),
        ({"drop": "a", "keep": "b"}, "this one has drop, keep"),
        ({"keep": "a"}, "needs at_least"),
        ({"balance": "domain"}, "belong together"),
        ({"drp": "a"}, "Extra inputs"),
    ],
)
def test_a_rule_that_says_nothing_or_two_things_is_refused(values: dict, part: str):
    with pytest.raises(ValidationError, match=part):
        Rule.model_validate(values)
