"""What denies an answer, in every verifier that reads one; and what must not be taken for a denial."""

from __future__ import annotations

import time

import pytest

from rewards import Answer, Status, verify
from rewards.extract import MAX_READ, read_answer

READERS = [("number", "5"), ("math", "5"), ("count", 5), ("relaxed", "5"), ("exact", "5"), ("geometry", "5"), ("anls", ["5"]), ("f1", "5")]
DENIALS = [
    "It isn’t □",
    "It is not equal to □",
    "anything but □",
    "I don't think it is □",
    "It is not the case that it is □",
    "□ isn't right",
    "□ is not the answer",
    "□? No.",
    "不是□",
    "我不认为是□",
    "□不对",
    "□是错的",
]
STATEMENTS = [
    "This is not hard, so □",
    "It is not 6 but □",
    "6 is not the answer.\n\n□",
    "不是6，而是□",
    "答案是□。",
    "There is no doubt that it is □",
    "Without doubt it is □",
]


@pytest.mark.parametrize("denial", DENIALS)
def test_no_verifier_pays_a_box_that_its_sentence_denies(denial):
    for name, reference in READERS:
        assert verify(denial.replace("□", "\\boxed{5}"), Answer(name, reference)).status is not Status.CORRECT, name


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_verifier_pays_a_box_beside_another_denial(statement):
    for name, reference in READERS:
        assert verify(statement.replace("□", "\\boxed{5}"), Answer(name, reference)).status is Status.CORRECT, name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The answer is 4.\nI do not think the answer is 5.", "4"),
        ("The answer is 4.\nThe wrong answer is 5.", "4"),
        ("答案是4。", "4"),
        ("故选B", "B"),
        ("这个典故选自一本书", "这个典故选自一本书"),
    ],
)
def test_an_announcement_counts_unless_it_is_denied(text, said):
    found = read_answer(text)
    assert found is not None
    assert found.text == said


def test_ten_million_characters_of_boxes_take_no_longer_than_the_part_that_is_read():
    begun = time.process_time()
    assert verify("\\boxed{3} so " * 800_000, Answer("number", "3")).status is Status.CORRECT
    assert verify("\\boxed{3}" + " " * MAX_READ, Answer("number", "3")).status is Status.UNPARSED
    assert time.process_time() - begun < 2
