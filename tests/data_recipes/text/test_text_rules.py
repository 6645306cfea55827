"""Each rule of the text filter by itself, on texts that it is about and on texts that it must leave alone."""

from __future__ import annotations

import pytest

from data_recipes.steps.base import make_step
from data_recipes.steps.text_rules import RULES, judge
from data_recipes.text import marks, stats
from openk15.errors import UserError

PROSE = (
    "The river rises in the hills and runs to the sea. In spring the snow melts, and with it the water grows, so that the fields near "
    "the banks are covered for some weeks. When the water falls again, a layer of fine soil is left behind.\n\n"
    "Farmers have used that soil for as long as people have lived there. They sow when the ground is still wet, and they harvest before "
    "the heat of the summer. The old name of the valley means a gift of the water."
)
CHINESE = (
    "河流从高处流向低处，沿途带走泥沙。水流变慢的时候，泥沙就沉积下来，年深日久，在河口形成三角洲。"
    "三角洲的土地肥沃，适合耕种，许多古老的城市都建立在这样的地方。"
)

# rule -> a text that does not pass it
BAD = {
    "words": "Too short.",
    "mean_word_length": "donaudampfschifffahrtsgesellschaft elektrizitaetshauptbetriebswerk",
    "symbol_word_ratio": "#one #two #three and ... more",
    "alphabetic_share": "12 34 56 78 word 90 12 34",
    "stop_words": "Blue fish swim quickly upstream yesterday evening",
    "bullet_lines": "- one\n- two\n- three",
    "ellipsis_lines": "It goes on...\nand on…\nand ends.",
    "duplicate_lines": "a line\na line\na line\nanother line",
    "duplicate_line_characters": "a rather long line of text\na rather long line of text\nshort",
    "duplicate_paragraphs": "one paragraph\n\none paragraph\n\nanother",
    "top_2gram": "good day " * 25 + "to all",
    "top_3gram": "have a day " * 17 + "then",
    "top_4gram": "one two three four " * 13,
    **{f"duplicate_{n}grams": " ".join(["the quick brown fox jumps over one lazy dog near the river bank"] * 5) for n in range(5, 11)},
    "terminal_lines": "a heading\na menu\nanother link\nand one more\nfive\nsix\nseven\neight\nnine",
    "short_lines": "one\ntwo\nthree\nfour",
    "special_share": "<<<*** !!! @@@ %%% >>> a b c",
    "character_repetition": "abc de " * 30,
    "upper_share": "BUY THIS GREAT THING TODAY",
    "longest_run": "a" * 31,
    "spam": "Buy now! Click here for free shipping, 100% free!!!",
    "furniture": "We use cookies. Privacy policy. All rights reserved. <div class='x'>",
    "machine_translation": "This page was automatically translated by Google Translate.",
    "odd_formatting": "Some\u200btext with\ufffd holes",
    "mojibake": "The cafÃ© serves crÃ¨me brÃ»lÃ©e.",
}


def test_every_rule_has_a_text_that_it_refuses():
    assert set(BAD) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_refuses_what_it_is_about(name: str):
    found = judge(RULES[name], BAD[name])
    assert found["passes"] is False, found


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("text", [PROSE, CHINESE], ids=["english", "chinese"])
def test_good_prose_passes_every_rule(name: str, text: str):
    found = judge(RULES[name], text)
    assert found["passes"] is True, found


def test_numbers_are_what_the_papers_say_they_are():
    assert stats.word_count("don't count 3 words wrongly") == 5
    assert stats.word_count("两个words") == 3
    assert stats.mean_word_length("ab abcd") == 3.0
    assert stats.symbol_word_ratio("a # b … c ...") == 1.0
    assert stats.alphabetic_share("one 2 three 4") == 0.5
    assert stats.stop_words("The sea and the land that be") == 4
    assert stats.duplicate_lines("a\na\nb\na") == 0.5
    assert stats.duplicate_line_characters("aa\naa\nbb") == pytest.approx(1 / 3, abs=1e-5)
    different = [f"w{n:02d}" for n in range(50)]
    assert stats.top_ngram(" ".join(different), 2) == 0.0
    assert stats.top_ngram(" ".join([*different[:46], "aaa", "bbb", "aaa", "bbb"]), 2) == pytest.approx(4 / 50)
    assert stats.duplicate_ngrams(" ".join(different[:25] * 2), 3) == 0.5
    assert stats.duplicate_ngrams(" ".join(different[:24] * 2), 3) is None, "too short to tell"
    assert stats.special_share("ab !?") == 0.5
    assert stats.longest_run("aab!!!! ") == 4


def test_overlapping_repeats_count_each_word_once():
    assert stats.duplicate_ngrams("a " * 60, 2) == pytest.approx(59 / 60, abs=1e-5)
    assert stats.duplicate_ngrams("x y " * 50, 2) == pytest.approx(98 / 100, abs=1e-5)


@pytest.mark.parametrize("name", RULES)
def test_an_empty_text_has_no_share_and_breaks_nothing(name: str):
    value = judge(RULES[name], "")["value"]
    assert value is None or value == 0


def test_marks_name_their_kind_and_place():
    text = "Fine text. Click here to go on."
    (found,) = marks.spam(text)
    assert found.by == "bait"
    assert found.span is not None
    assert text[slice(*found.span)] == "Click here"


@pytest.mark.parametrize(
    "text",
    [
        "She will buy 3 pens now and order 2 more tomorrow.",
        "The casino question aside, he pays in cash.",
        "The poem was translated by hand.",
        "He clicks on the word here and there.",
        "Wow! That is 3! (three factorial).",
    ],
)
def test_ordinary_words_are_at_most_one_mark_of_spam(text: str):
    assert judge(RULES["spam"], text)["passes"] is True
    assert marks.machine_translation(text) == []


def test_failed_names_the_rules_and_bounds_can_be_set(measure):
    short = measure("text_rules", "What is the sum of 3 and 4 that he found?", options={"bounds": {"words": [3, None]}})
    assert short["words"] == {"value": 11, "low": 3, "high": None, "passes": True}
    strict = measure("text_rules", "What is the sum of 3 and 4 that he found?")
    assert "words" in strict["failed"]["rules"]
    assert strict["failed"]["value"] == len(strict["failed"]["rules"])
    skipped = measure("text_rules", "What is the sum of 3 and 4 that he found?", options={"skip": ["words"]})
    assert skipped["failed"]["value"] == strict["failed"]["value"] - 1
    assert skipped["words"]["passes"] is False, "it is measured all the same"
    assert 0 <= strict["passed_share"]["value"] < skipped["passed_share"]["value"] <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bounds": {"wrods": [1, 2]}}, "no rule is called 'wrods'; known: words, "),
        ({"skip": ["nothing"]}, "no rule is called 'nothing'"),
        ({"bounds": {"words": [9, 2]}}, "bounds of words: low 9.0 is above high 2.0"),
        ({"bound": {}}, "step text_rules: unknown key 'bound'; did you mean 'bounds'?"),
    ],
)
def test_wrong_parameters_are_named(options, message: str):
    with pytest.raises(UserError) as error:
        make_step("text_rules", options)
    assert message in str(error.value)
