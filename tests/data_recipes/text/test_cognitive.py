"""The four processes by their phrases, and phrases that only look like them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_recipes.sources.cot import Process
from data_recipes.text.processes import signs

SHOWS = {
    Process.PLANNING: [
        "My plan is to count the squares first.",
        "Let me break this down into cases.",
        "First, we need to find the slope.",
        "Step 1: find the slope.",
        "To solve this problem, we will use the quadratic formula.",
        "plan : read , then add .",
        "我的思路是先求导，再求极值。",
        "首先求出面积，然后求周长。",
    ],
    Process.EVALUATION: [
        "Let me check: 3 + 4 = 7.",
        "Now let's verify this with n = 2.",
        "Check: 7 - 4 = 3, and that checks out.",
        "Does that make sense? Yes.",
        "8 - 2 = 6 . check : 6 + 2 = 8 .",
        "我们验证一下这个结果。",
        "把x=2代入检验，等式成立。",
    ],
    Process.REFLECTION: [
        "So it is 8. Wait, that counts the corner twice.",
        "Hold on, I should divide by two.",
        "I made a mistake in the second step.",
        "That's not right, because 5 is odd.",
        "Let me reconsider the second case.",
        "3 + 4 = 8 . wait , 3 + 4 = 7 .",
        "等等，这里漏了一种情况。",
        "不对，应该是5。",
    ],
    Process.EXPLORATION: [
        "Alternatively, count the complement.",
        "Another way to see this: draw the tree.",
        "We could also solve it with vectors.",
        "What if we start from the other end?",
        "so 7 . another way : 4 + 3 = 7 .",
        "换个角度，考虑补集。",
        "也可以用向量来解。",
    ],
}


@pytest.mark.parametrize(("process", "text"), [(process, text) for process, texts in SHOWS.items() for text in texts])
def test_phrases_show_their_process(process: Process, text: str):
    found = [sign for sign in signs(text) if sign.process is process]
    assert found, f"nothing of {process} in {text!r}: {signs(text)}"
    assert text[found[0].start : found[0].end] == found[0].matched


@pytest.mark.parametrize(
    "text",
    [
        "They wait for the bus for 10 minutes.",
        "She pays with a check of $50 and checks out at noon.",
        "He makes a mistake in 3 of 20 questions, so 17 are right.",
        "The phone plan costs $20; planning costs are 5 dollars.",
        "The other way home is 3 miles longer.",
        "The turn was not right; it was left. He waits, and waits.",
        "The answer is 3 + 4 = 7.",
        "We verified that this is correct, by the equation from step 1.",
        "他等了10分钟的公交车。",
        "航天、核能、计算机等等，都是科学家的成果。",
        "委员会的计划是三年建成。",
        "检察官有3个助手。",
    ],
)
def test_the_same_words_in_a_story_show_nothing(text: str):
    assert signs(text) == []


def test_the_step_counts_and_says_whether_all_four_are_there(measure):
    text = "<think> plan : add . 3 + 4 = 8 . wait , 3 + 4 = 7 . check : 7 - 4 = 3 . another way : 4 + 3 = 7 . </think> \\boxed{7}"
    found = measure("cognitive", "3 + 4", solution=text)
    assert {str(process): found[process]["value"] for process in Process} == dict.fromkeys(map(str, Process), 1)
    assert (found["processes"]["value"], found["all"]["value"]) == (4, True)
    start, end = found["reflection"]["matched"][0]["span"]
    assert text[start:end].startswith("wait")


def test_a_row_without_a_solution_is_not_measured(measure):
    found = measure("cognitive", "3 + 4")
    assert found["planning"] == {"value": None, "because": "no text in solutions"}
    assert found["all"]["value"] is None


def test_plain_published_solutions_show_little(shared_data: Path):
    """Grade-school solutions are written straight down: were most of them said to reflect, the lexicon would be wrong."""
    with (shared_data / "gsm8k" / "train.jsonl").open() as file:
        solutions = [json.loads(line)["answer"] for line in file][:1000]
    shares = {process: sum(any(sign.process is process for sign in signs(text)) for text in solutions) / 1000 for process in Process}
    print(shares)
    assert shares[Process.REFLECTION] <= 0.01
    assert shares[Process.EXPLORATION] <= 0.01
    assert shares[Process.EVALUATION] <= 0.01
