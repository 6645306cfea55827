"""Rules decide; the reason they give can be read; the order is theirs and nobody else's."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from data_recipes.rules import Rule
from data_recipes.select import Candidate, balanced_counts, choose, decide, funnel
from openk15.errors import UserError


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


@pytest.mark.parametrize(
    ("rule", "stay"),
    [
        ({"keep": "grade", "at_least": 3}, ["3", "5", "3.0"]),
        ({"keep": "grade", "at_most": 3}, ["1", "3", "3.0"]),
        ({"keep": "grade", "equals": 3}, ["3", "3.0"]),
        ({"keep": "grade", "equals": "3"}, ["3"]),
        ({"keep": "grade", "one_of": [1, 5]}, ["1", "5"]),
        ({"keep": "grade", "one_of": ["1", 3]}, ["1", "3", "3.0"]),
        ({"drop": "grade", "equals": 1}, ["3", "5", "3.0", "hard", "nan"]),
        ({"drop": "grade", "at_least": 3}, ["1", "hard", "nan"]),
    ],
)
def test_a_tag_that_writes_a_number_is_one_beside_a_number_and_other_text_is_never_inside_its_bounds(rule: dict, stay: list[str]):
    candidates = rows(["1", "3", "5", "3.0", "hard", "nan"], "grade")
    left = kept([Rule.model_validate(rule)], candidates)
    assert [row.values["grade"] for row in candidates if row.key in left] == stay


@pytest.mark.parametrize("only", [{"grade": 1}, {"grade": [1, 7]}, {"grade": "1"}, {"grade": ["1"]}])
def test_only_takes_numbers_as_the_tags_have_them(only: dict):
    rule = Rule.model_validate({"drop": "s.m", "only": only})
    assert kept([rule], [Candidate(grade, "train", {"grade": grade, "s.m": True}) for grade in ("1", "2")]) == ["2"]


def test_only_takes_what_was_measured():
    rule = Rule.model_validate({"take": 0, "only": {"s.m": True}})
    assert kept([rule], rows([True, False, None])) == ["r1", "r2"]


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ({"sample": "domain"}, "domain"),
        ({"one_per": "source", "prefer": "domain"}, "domain"),
        ({"take": 1, "prefer": "domain"}, "domain"),
    ],
)
def test_a_score_that_is_no_number_is_named_with_its_rule_and_row(rule: dict, name: str):
    made = Rule.model_validate(rule)
    candidates = [Candidate("t/1", "train", {"domain": "algebra", "source": "t"}), Candidate("t/2", "train", {"source": "t"})]
    with pytest.raises(UserError) as caught:
        decide([made], candidates, 0)
    assert str(caught.value) == f"select: rule '{made.title}': row t/1: {name} is 'algebra'; a number is expected"


def test_what_is_no_share_is_no_score_to_sample_by():
    rule = Rule(sample="grade", floor=0.1)
    with pytest.raises(UserError) as caught:
        decide([rule], [Candidate("t/1", "train", {"grade": "3"})], 0)
    assert str(caught.value) == f"select: rule '{rule.title}': row t/1: grade is 3; a score to sample by is at most 1"
    assert decide([rule], [Candidate("t/1", "train", {"grade": "1"})], 0) == {}
    decide([Rule(sample="s.cosine")], [Candidate("t/1", "train", {"s.cosine": -0.1})], 0)


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


def pairs(count: int, **tags: list) -> list[Candidate]:
    """Text forms and picture forms; `tags` gives each the values of both."""
    return [
        Candidate(f"{form}{at}", "train", {name: values[form] for name, values in tags.items()}, together=f"train:p{at}")
        for at in range(count)
        for form in (0, 1)
    ]


def singles(count: int, **tags: str) -> list[Candidate]:
    return [Candidate(f"s{at}", "train", dict(tags)) for at in range(count)]


def assert_pairs_are_whole(candidates: list[Candidate], left: list[str]) -> None:
    units = Counter(row.together for row in candidates if row.key in left and row.together)
    assert set(units.values()) <= {2}


@pytest.mark.parametrize(
    ("rule", "candidates", "wanted"),
    [
        ({"take": 100}, pairs(100), 100),
        ({"take": 180}, pairs(100), 180),
        ({"take": 7}, pairs(20), 6),  # no pair is cut in two
        ({"take": 7}, pairs(20) + singles(1), 7),
        ({"take": 4}, singles(1) + pairs(3), 4),
        ({"take": 1}, pairs(3), 0),
        ({"take": 30, "of": "modality"}, pairs(100, modality=["text", "image"]), 60),
        ({"take": 30, "of": "modality"}, pairs(20, modality=["text", "image"]) + singles(50, modality="text"), 20 + 20 + 10),
        ({"take": 10, "only": {"modality": "image"}}, pairs(20, modality=["text", "image"]), 20),
    ],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_take_counts_linked_rows_together_and_takes_as_many_as_can_be(rule: dict, candidates: list[Candidate], wanted: int, seed: int):
    left = kept([Rule.model_validate(rule)], candidates, seed)
    assert_pairs_are_whole(candidates, left)
    if "of" in rule:
        assert max(Counter(row.values["modality"] for row in candidates if row.key in left).values()) <= rule["take"]
    assert len(left) == wanted


def test_take_prefers_the_pair_that_holds_the_best_row():
    candidates = [
        Candidate(f"{form}{at}", "train", {"q.score": 9.0 if (form, at) == ("b", 2) else 0.5}, together=f"p{at}")
        for at in range(4)
        for form in "ab"
    ]
    assert kept([Rule(take=2, prefer="q.score")], candidates) == ["a2", "b2"]


@pytest.mark.parametrize(
    ("candidates", "share", "wanted"),
    [
        (pairs(100, domain=["a", "a"]) + singles(100, domain="b"), 0.5, {"a": 100, "b": 100}),
        (pairs(100, domain=["a", "b"]) + singles(10, domain="c"), 0.4, {"a": 20, "b": 20, "c": 10}),
        (pairs(100, domain=["a", "a"]) + singles(41, domain="b"), 0.5, {"a": 40, "b": 40}),
        (pairs(50, domain=["a", "b"]) + singles(40, domain="b"), 0.5, {"a": 50, "b": 50}),
    ],
)
def test_balance_counts_linked_rows_together(candidates: list[Candidate], share: float, wanted: dict):
    left = kept([Rule(balance="domain", max_share=share)], candidates)
    assert_pairs_are_whole(candidates, left)
    found = Counter(row.values["domain"] for row in candidates if row.key in left)
    assert max(found.values()) <= share * found.total()
    assert found == wanted


def test_linked_rows_are_sampled_once():
    candidates = [Candidate(f"{form}{at}", "train", {"q.score": 0.5}, together=f"p{at}") for at in range(1000) for form in "ab"]
    assert len(kept([Rule(sample="q.score")], candidates)) == pytest.approx(1000, abs=120)


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


def test_a_rate_writes_a_row_as_often_as_it_says_on_average_and_never_less_than_its_whole_part():
    rates = (0.0, 0.3, 1.0, 1.6, 2.3)
    candidates = [Candidate(f"r{at}", "train", {"q.rate": rates[at % 5]}) for at in range(10_000)]
    choice = choose([Rule(copies="q.rate")], candidates, seed=0)
    counts = {
        row.key: 0 if row.key in choice.gone else choice.drawn[row.key].copies if row.key in choice.drawn else 1 for row in candidates
    }
    for place, rate in enumerate(rates):
        own = [counts[f"r{at}"] for at in range(place, 10_000, 5)]
        assert set(own) <= {int(rate), int(rate) + 1}
        assert sum(own) / len(own) == pytest.approx(rate, abs=0.04)
    assert choice.gone["r0"].reason == "q.rate is 0: expected copies, and drawn 0 times"
    assert choice.drawn["r4"].why.startswith("q.rate is 2.3: drawn ")


def test_how_often_a_row_is_drawn_depends_on_its_name_and_the_seed_alone():
    candidates = [Candidate(f"r{at}", "train", {"q.rate": 1.5}) for at in range(60)]
    rule = [Rule(copies="q.rate")]
    assert choose(rule, candidates, 1) == choose(rule, candidates, 1)
    assert choose(rule, candidates, 1).drawn == choose(rule, candidates[::-1], 1).drawn
    assert choose(rule, candidates, 1).drawn != choose(rule, candidates, 2).drawn
    assert set(choose(rule, candidates[:30], 1).drawn) == {key for key in choose(rule, candidates, 1).drawn if int(key[1:]) < 30}


def test_held_out_rows_are_neither_copied_nor_dropped_by_a_rate_and_linked_rows_are_drawn_as_one():
    held = [Candidate("h0", "heldout", {"q.rate": 3.0}), Candidate("h1", "heldout", {"q.rate": 0.0})]
    assert choose([Rule(copies="q.rate")], held, 0) == choose([], held, 0)
    pairs = [Candidate(f"p{at}.{form}", "train", {"q.rate": 1.0 + form}, together=f"train:{at}") for at in range(200) for form in (0, 1)]
    drawn = choose([Rule(copies="q.rate")], pairs, 0).drawn
    assert 60 < len(drawn) / 2 < 140, "a pair with rates 1 and 2 is drawn 1.5 times on average"
    assert all(f"{key.partition('.')[0]}.{form}" in drawn for key in drawn for form in (0, 1))


def test_rates_of_two_rules_multiply_a_cap_holds_and_a_row_that_goes_has_no_copies():
    row = Candidate("a", "train", {"q.rate": 2.0, "c.weight": 3.0, "s.m": True})
    rules = [Rule(copies="q.rate"), Rule(copies="c.weight", at_most=2)]
    found = choose(rules, [row], 0).drawn["a"]
    assert found.copies == 4
    assert found.why == "q.rate is 2: drawn 2 times; c.weight is 2: drawn 2 times"
    assert choose([*rules, Rule(drop="s.m")], [row], 0).drawn == {}
    unmeasured = [Candidate("b", "train", {})]
    assert choose(rules, unmeasured, 0) == choose([], unmeasured, 0)
    assert "b" in choose([Rule(copies="q.rate", missing="drop")], unmeasured, 0).gone
    with pytest.raises(UserError, match=r"row a: q\.rate is -1; a rate is 0 or more"):
        choose(rules, [Candidate("a", "train", {"q.rate": -1.0})], 0)
