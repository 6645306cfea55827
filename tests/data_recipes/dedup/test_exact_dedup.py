"""One question however it is written; a set that was concatenated; one question with two answers."""

from __future__ import annotations

from PIL import Image

from multimodal.images import blank_like, encode_png

WHITE = encode_png(Image.new("RGB", (40, 30), "white"))
GREY = blank_like(WHITE)


def test_copies_are_counted_and_the_first_names_the_group(run, make_row) -> None:
    rows = [make_row(f"set/{at}", "What is $\\dfrac12$ of 8?" if at % 2 else "what is \\(\\frac12\\)  of 8?") for at in range(7)]
    rows.append(make_row("set/7", "What is $\\frac12$ of 9?"))
    found, report = run("exact_dedup", rows)
    assert [row["copies"]["value"] for row in found] == [7] * 7 + [1]
    assert {row["group"]["value"] for row in found[:7]} == {"set/0"}
    assert found[7]["group"] == {"value": None}
    assert found[3]["group"]["matched"] == "set/0"
    assert report.tables[0][2] == [["6-10", 1, 7]]
    assert "8 rows ask 2 different questions" in report.notes[0]


def test_a_question_with_two_answers_is_a_conflict_that_names_the_other(run, make_row) -> None:
    rows = [
        make_row("a", "How many?", "3"),
        make_row("b", "how many?", "4"),
        make_row("c", "How many?", " 3"),
        make_row("d", "How much?", "4"),
    ]
    found, _ = run("exact_dedup", rows)
    assert [row["conflict"]["value"] for row in found] == [True, True, True, False]
    assert found[1]["conflict"] == {"value": True, "matched": "a", "answer": "4", "other": "3"}
    assert found[0]["conflict"]["matched"] == "b"


def test_the_same_words_over_other_pictures_are_another_question(run, make_row) -> None:
    rows = [
        make_row("a", "How many?", pictures=[WHITE]),
        make_row("b", "How many?", pictures=[GREY]),
        make_row("c", "How many?"),
        make_row("d", "How many?", pictures=[WHITE]),
    ]
    found, _ = run("exact_dedup", rows, [WHITE, GREY])
    assert [row["group"]["value"] for row in found] == ["a", None, None, "a"]


def test_one_scene_drawn_twice_is_one_question(run, make_row) -> None:
    rows = [
        make_row("a", "How many?", pictures=[WHITE], keys=["scene:1"], origin="synthetic"),
        make_row("b", "How many?", pictures=[GREY], keys=["scene:1"], origin="synthetic"),
        make_row("c", "How many?", pictures=[WHITE], keys=["scene:2"], origin="synthetic"),
    ]
    found, _ = run("exact_dedup", rows, [WHITE, GREY])
    assert [row["copies"]["value"] for row in found] == [2, 2, 1]


def test_a_training_row_that_is_held_out_too_is_named(run, make_row) -> None:
    rows = [make_row("t", "Same"), make_row("u", "Other"), make_row("h", "same", split="heldout")]
    found, _ = run("exact_dedup", rows)
    assert found[0]["in_heldout"] == {"value": True, "matched": "h"}
    assert not found[1]["in_heldout"]["value"]
    assert not found[2]["in_heldout"]["value"]


def test_other_shard_sizes_and_workers_give_the_same(run, make_row) -> None:
    rows = [make_row(f"{at}", f"Question {at % 5}", str(at % 2)) for at in range(20)]
    one, first = run("exact_dedup", rows, size=3)
    other, second = run("exact_dedup", rows, size=7, folder="other")
    assert one == other
    assert first == second
    assert run("exact_dedup", rows, size=3)[0] == one  # from the cache
