"""What the signals see, and what they must not see: every rule has examples and counter-examples."""

from __future__ import annotations

from typing import Any

import pytest

from data_recipes.text.question_types import multi_part, multiple_choice, proof, true_false, yes_no
from rewards.verdict import Answer

OPEN, WORDS, NOTHING = Answer("math", "42"), Answer("exact", "blue whale"), Answer("exact", "")


def said(value: object) -> Answer:
    return Answer("exact", value)


CHOICES = [
    "What is 2 + 2?\n(A) 3\n(B) 4\n(C) 5\n(D) 6",
    "What is 2 + 2? A. 3 B. 4 C. 5 D. 6",
    "What is 2 + 2?\nA) 3\nB) 4",
    r"Compute $2+2$. $\textbf{(A)}\ 3\qquad\textbf{(B)}\ 4\qquad\textbf{(C)}\ 5\qquad\textbf{(D)}\ 6$",
    "The order of the group is (A) 4 (B) 8 (C) 12 (D) 6",
    "下列说法正确的是（  ）\nA．地球是方的\nB．地球绕太阳转\nC．月球发光\nD．太阳是行星",
    "曹禺的《北京人》被称为____。\nA、喜剧\nB、悲剧\nC、正剧\nD、闹剧",
    "Which of the following is prime: 4, 6, 7, 9?",
    "Some graphs are drawn. Enter the letter of the graph of $y = f(x)$.",
    'Which curve is it? Enter "C" for circle, "P" for parabola, "E" for ellipse.',
    "Which of these is correct?\n(a) 3 is even\n(b) 3 is odd\n(c) 3 is zero",
    "选出最大的数。以下哪个最大的是( )\n1) 3\n2) 4\n3) 5",
]


@pytest.mark.parametrize("text", CHOICES)
def test_questions_with_options_are_multiple_choice(text: str):
    assert multiple_choice(text, said("B")) is not None


INLINE, LINES = "What is 2+2? a) 3 b) 4 c) 5 d) 6", "What is 2+2?\na) 3\nb) 4\nc) 5\nd) 6"
BRACKETS, SPACED = "What is 2+2? (a) 3 (b) 4 (c) 5 (d) 6", "what is 2 + 2 ? a ) 3 , b ) 4 , c ) 5 , d ) 6 , e ) none of these"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((text, answer) for text in (INLINE, LINES, BRACKETS, SPACED) for answer in ("b", "(b)", "b)", "$b$", r"\text{(b)}", "4")),
        ("What is 2+2? 1) 3 2) 4 3) 5 4) 6", "2"),
        ("What is 2+2?\n1) 3\n2) 4\n3) 5\n4) 6", "(2)"),
        ("What colour is the sky? 1. red 2. blue 3. green", "2"),
        ("Name the largest animal: a) blue whale, b) elephant, c) mouse", "Blue whale"),
    ],
)
def test_options_with_small_letters_or_numbers_are_multiple_choice_if_the_answer_is_one(text: str, answer: str):
    assert multiple_choice(text, said(answer)) is not None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a) Find x. b) Find y. c) Find z.", "b"),
        ("Let 2x = 6 and x + y = 5. a) What is x? b) What is y? c) What is x + y?", "b"),
        ("Solve for x: a) Find 3x = 6 b) find 2x = 8 c) find x = 5", "2"),
        ("Solve $ax = ab$ for x, where a is not 0.", "b"),
        ("How many integers satisfy all three? 1) n is even 2) n < 9 3) n > 3", "2"),
        ("What is the value of each? 1) sin 90 2) cos 0 3) tan 45", "1"),
        ("He has 1. 2 apples 2. 3 pears 3. 4 plums. How many kinds of fruit has he?", "3"),
        ("A box holds a) 3 apples b) 4 pears c) 5 plums. How many fruits does it hold?", "12"),
        ("The numbers: a) 5 b) 7 c) 9. How many of them are prime?", "2"),
        ("The lengths: 1) 5 2) 7 3) 9. Find the perimeter divided by 3.", "7"),
        ("The points (1), (2) and (3) are joined. How many lines are drawn?", "3"),
        ("Compute $f ( a ) + f ( b ) + f ( c )$.", "b"),
    ],
)
def test_parts_conditions_and_things_with_small_letters_or_numbers_are_no_options(text: str, answer: str):
    assert multiple_choice(text, said(answer)) is None


NO_CHOICES = [
    "Put 1 2 3 4 in order and add them: 1 2 3 4.",
    "He has 1. 2 apples 2. 3 pears 3. 4 plums. How many fruits has he?",
    "A cafe has three menus: A) soup for $5, B) salad for $4, C) pie for $3. How much do all three cost together?",
    "Points (A), (B) and (C) lie on a line. Find the length of AC.",
    "J. A. Smith and B. C. Jones share 40 dollars. How much does each get?",
    "Let $f(A) + f(B) = f(C)$ for all A, B and C. Find $f(1)$.",
    "Vitamin A. Vitamin B. Vitamin C. He takes 3 pills of each. How many pills does he take?",
    "(1) x is even. (2) x is above 3. (3) x is below 7. Find the sum of all such x.",
    "[asy]\ndraw(graf[1]);\ndraw(graf[2]);\ndraw(graf[3]);\nlabel((A), z);\n[/asy]\nFind the area of the triangle.",
    "Mark chose (A) as his answer. How many points did he get?",
    "For each of the following numbers, find the sum of its digits and add all the sums.",
]


@pytest.mark.parametrize("text", NO_CHOICES)
def test_lists_that_are_no_options_are_not_multiple_choice(text: str):
    assert multiple_choice(text, OPEN) is None


def test_options_in_the_answer_make_a_multiple_choice_even_if_the_picture_shows_them():
    found = multiple_choice("Which one comes next?", Answer("choice", "B", {"options": {"A": "", "B": "", "C": ""}}))
    assert found is not None
    assert found.by == "options in the answer"


def test_an_answer_out_of_a_closed_set_counts_only_if_the_recipe_says_so(measure):
    answer = Answer("choice", "red", {"choices": ["red", "blue", "green"]})
    open_set = measure("question_type", "What colour is the cube?", answer)
    assert open_set["multiple_choice"]["value"] is False
    assert open_set["closed_set"]["value"] == 3
    closed = measure("question_type", "What colour is the cube?", answer, {"closed_set_at_most": 3})
    assert closed["multiple_choice"]["value"] is True
    assert closed["type"]["value"] == "multiple_choice"


def test_a_question_after_a_list_decides_by_what_it_asks():
    listed = "Plans: A. 10 dollars a day. B. 60 dollars a week. C. 200 dollars a month."
    assert multiple_choice(f"{listed}\nWhich option is the cheapest for 30 days?", said("C")) is not None
    assert multiple_choice(f"{listed}\nHow many dollars do all plans cost together?", Answer("math", "270")) is None


@pytest.mark.parametrize("value", [True, False, "True", "false", r"\text{True}", "正确", "错", "False."])
def test_a_truth_as_answer_is_true_false(value: object):
    found = true_false("Does it hold?", said(value))
    assert found is not None
    assert found.by == "answer"


@pytest.mark.parametrize("text", ["True or false: 7 is prime.", "Answer T/F. The sun is a star.", "判断对错：太阳是恒星。"])
def test_asking_for_a_truth_is_true_false_unless_the_answer_contradicts(text: str):
    assert true_false(text, NOTHING) is not None
    assert true_false(text, OPEN) is None


def test_a_test_with_true_false_questions_is_counted_not_answered():
    assert true_false("A true-false test has 10 questions. In how many ways can it be filled in?", Answer("math", "1024")) is None
    assert true_false("It is true that every integer is rational. Find the smallest prime.", NOTHING) is None


@pytest.mark.parametrize("value", ["Yes", "no", r"\text{No}", "Yes, because 7 is prime", "是", "不能"])
def test_yes_or_no_as_answer(value: str):
    found = yes_no("Whatever is asked.", said(value))
    assert found is not None
    assert found.by == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "Is 97 a prime number?",
        "A box holds 3 balls. Does it hold an odd number of balls?",
        "Among the states that border Georgia, does Florida have the lowest value?",
        "Answer yes or no. 7 is a prime.",
        "97是质数吗？",
        "请问该数列是否收敛？",
    ],
)
def test_questions_of_the_form_yes_or_no(text: str):
    assert yes_no(text, NOTHING) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Can you find the value of x?",
        "Is the curve a circle or an ellipse?",
        "He says yes to 3 of 5 offers. How many does he refuse?",
        "What number is it?",
        "Can we tell how many there are?",
        "Find the least $n$ such that\n\\[\\frac{n}{2}\\]is an integer?",
        "Do not say 'yes' or 'no'. Describe the sea.",
        "他想要红色还是蓝色的车吗？",
    ],
)
def test_other_questions_are_not_yes_or_no(text: str):
    assert yes_no(text, NOTHING) is None


def test_a_question_of_yes_no_form_with_a_number_as_answer_is_not_yes_or_no():
    assert yes_no("Is it 3? Write how many there are. Is that all?", OPEN) is None
    assert yes_no("Answer each question yes or no, and add up the numbers of those with yes.", Answer("math", "14")) is None


PROOFS = [
    "Prove that there are infinitely many primes.",
    "Let $n$ be odd. Show that $n^2$ is odd.",
    "Given $a > b$, prove that $a + c > b + c$.",
    "Let $ABC$ be a triangle. Then prove the following inequality.",
    "For all $n$, show that $n^2 \\ge n$.",
    "Prove or disprove: every group is abelian.",
    "Prove: 1 + 1 = 2",
    "已知 a>b，求证：a+c>b+c。",
    "设n为奇数。证明n的平方是奇数。",
    "请证明勾股定理。",
]


@pytest.mark.parametrize("text", PROOFS)
def test_imperatives_to_prove_are_proofs(text: str):
    assert proof(text, NOTHING) is not None


NO_PROOFS = [
    "Records show that 12 teams have won. How many have lost?",
    "She wants to show that she can run 3 miles. How long does it take?",
    "The lawyer must prove that his client was away. He calls 5 witnesses. How many days does it take?",
    "It can be shown that $x = 3$. Find $x + 1$.",
    "Their results show that the size doubled. How large is it?",
    "Show your work. What is 3 + 4?",
    "The show that starts at 8 lasts 2 hours. When does it end?",
    "他需要办理出生证明，每份5元，3份多少钱？",
    "实验证明了这一点。求x的值。",
]


@pytest.mark.parametrize("text", NO_PROOFS)
def test_statements_about_proving_are_no_proofs(text: str):
    assert proof(text, OPEN) is None


PARTS = [
    "(a) Find the slope. (b) Find the intercept.",
    "A ball falls.\n(i) How long does it fall?\n(ii) How fast is it then?",
    "(1) 求a的值；(2) 求b的值。",
    "已知函数f(x)。①求最大值；②判断单调性。",
    "1. What is the area?\n2. What is the perimeter?",
    "Let 2x = 6 and y = 5 - x.\na) Find x.\nb) Find y.\nc) Find x + y.",
]


@pytest.mark.parametrize("text", PARTS)
def test_several_labelled_questions_are_multi_part(text: str):
    assert multi_part(text, WORDS) is not None
    assert multi_part(text, said("b")) is not None


NO_PARTS = [
    "(a) is used once. Find the sum.",
    "Let f(1) = 2 and f(2) = 3. Find f(1) + f(2).",
    "The numbers satisfy (1) x > 3 and (2) x < 7. Find their sum.",
    "The points (1) and (2) are joined. What is the distance?",
    "The rules: (a) each player draws a card; (b) the higher card wins. What is the chance that the first player wins?",
    "He buys 1. milk 2. bread. How much does he pay?",
    "What is 2 + 2?\n(a) 3\n(b) 4\n(c) 5\nWhich of these is correct?",
]


@pytest.mark.parametrize("text", NO_PARTS)
def test_labels_of_other_things_are_not_multi_part(text: str):
    assert multi_part(text, WORDS) is None


def test_the_evidence_is_the_matched_span(measure):
    text = "Let $n$ be odd. Show that $n^2$ is odd."
    found = measure("question_type", text, NOTHING)["proof"]
    start, end = found["span"]
    assert text[start:end] == "Show that" == found["matched"]


def test_type_is_the_first_signal_that_holds(measure):
    assert measure("question_type", "Is it?\n(A) yes\n(B) no", said("no"))["type"]["value"] == "multiple_choice"
    assert measure("question_type", "Prove that (a) holds.", NOTHING)["type"]["value"] == "proof"
    assert measure("question_type", "Write a function.", Answer("code", None, {"test_list": ["assert True"]}))["type"]["value"] == "code"
    assert measure("question_type", "What is 6 * 7?")["type"]["value"] == "open"


@pytest.mark.parametrize("reference", [None, "", "  ", "\\boxed{}", "$$", []])
def test_an_answer_without_content_is_empty(measure, reference: Any):
    assert measure("question_type", "What?", said(reference))["empty_answer"]["value"] is True


def test_zero_and_tests_of_a_program_are_no_empty_answers(measure):
    assert measure("question_type", "What?", said(0))["empty_answer"]["value"] is False
    tests = measure("question_type", "What?", Answer("code", None, {"test_list": ["assert f() == 1"]}))
    assert tests["empty_answer"]["value"] is False
    assert tests["long_answer"]["value"] is None


def test_long_answers_are_measured_against_the_threshold(measure):
    assert measure("question_type", "What?", said("x" * 100))["long_answer"] == {"value": False, "length": 100, "threshold": 100}
    assert measure("question_type", "What?", said("x" * 101))["long_answer"]["value"] is True
    assert measure("question_type", "What?", said("x" * 11), {"max_answer_chars": 10})["long_answer"]["value"] is True


def test_the_system_message_is_not_the_question(measure):
    assert measure("question_type", "What is 6 * 7?")["multiple_choice"]["value"] is False
