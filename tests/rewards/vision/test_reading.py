"""Edit distance, ANLS, OCR similarity, CER and WER against a plain dynamic program and rapidfuzz, on 10,000 random cases."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from rapidfuzz.distance import Levenshtein

from rewards.text import edit
from rewards.vision.reading import anls, ocr_score

CASES = 10_000


def plain_distance(a: Sequence[str], b: Sequence[str]) -> int:
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


def random_text(rng: random.Random, alphabet: str = "abAB é東") -> str:
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(0, 9)))


def test_distance_equals_a_plain_dynamic_program():
    rng = random.Random(1)
    for _ in range(CASES):
        a, b = random_text(rng), random_text(rng)
        assert edit.distance(a, b) == plain_distance(a, b)
        assert edit.distance(a.split(), b.split()) == plain_distance(a.split(), b.split())


def test_ocr_similarity_equals_rapidfuzz():
    rng = random.Random(2)
    for _ in range(CASES):
        a, b = random_text(rng), random_text(rng)
        assert ocr_score(a, b) == pytest.approx(Levenshtein.normalized_similarity(a, b))


def test_anls_is_its_formula():
    rng = random.Random(3)
    for _ in range(CASES):
        prediction = random_text(rng, "abcAB")
        references = [random_text(rng, "abcAB") for _ in range(rng.randint(1, 3))]
        best = 0.0
        for reference in references:
            longest = max(len(prediction), len(reference))
            distance = plain_distance(prediction.lower(), reference.lower()) / longest if longest else 0.0
            best = max(best, 1 - distance if distance < 0.5 else 0.0)
        assert anls(prediction, references) == pytest.approx(best)


def test_error_rates_divide_by_the_reference_and_stop_at_zero():
    rng = random.Random(4)
    for _ in range(CASES):
        a, b = random_text(rng), random_text(rng) + "x"
        assert ocr_score(a, b, "cer") == pytest.approx(max(0.0, 1 - plain_distance(a, b) / len(b)))
        words = b.split()
        assert ocr_score(a, b, "wer") == pytest.approx(max(0.0, 1 - plain_distance(a.split(), words) / len(words)))


def test_lone_surrogates_are_characters_like_others():
    assert edit.distance("a\ud800b", "a\ud801b") == 1
