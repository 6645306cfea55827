"""The seed-model loop (K10): what is asked, answered, ranked, refined, and by whom."""

from __future__ import annotations

import json

import pytest

from data_recipes.seed_loop import Fault, SeedLoop, SeedPrompt
from data_recipes.seed_rankers import by_editor, by_judge, by_score, read_order
from openk15.errors import UserError

PROMPTS = [SeedPrompt("Write a greeting."), SeedPrompt("Describe rain.", "creative_writing")]


def answers(prompts):
    return [[f"{prompt.text[0]}{number}" for number in range(3)] for prompt in prompts]


@pytest.fixture
def loop(tmp_path):
    loop = SeedLoop(tmp_path / "loop")
    assert loop.add_prompts(PROMPTS) == 2
    return loop


def test_the_top_ranked_response_is_refined_and_becomes_the_example(loop, tmp_path):
    assert loop.respond(answers) == []
    assert loop.rank(by_score(lambda prompt, response: float(response[1]))) == []
    assert loop.refine(lambda prompt, response: response + "!") == []
    assert loop.write_examples(tmp_path / "examples.jsonl") == 2
    rows = [json.loads(line) for line in (tmp_path / "examples.jsonl").read_text().splitlines()]
    assert [(row["answer"], row["category"], row["ranked_by"]) for row in rows] == [
        ("W2!", "general_qa", "model"),
        ("D2!", "creative_writing", "model"),
    ]


def test_nothing_is_done_twice(loop):
    loop.respond(answers)
    calls: list[int] = []

    def counted(prompts):
        calls.append(len(prompts))
        return answers(prompts)

    assert loop.add_prompts(PROMPTS) == 0
    loop.respond(counted)
    assert calls == [0]
    loop.add_prompts([SeedPrompt("New.")])
    loop.respond(counted)
    assert calls == [0, 1]


def test_a_torn_last_line_is_cut_and_only_that_prompt_is_answered_again(loop):
    loop.respond(answers)
    path = loop.folder / "responses.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    again = SeedLoop(loop.folder)
    assert again.progress()["responses"] == 1
    again.respond(answers)
    assert again.progress() == {"prompts": 2, "responses": 2, "ranking": 0, "refined": 0}


def test_a_person_ranks_and_refines_by_editing_a_sheet(loop, tmp_path):
    loop.respond(answers)
    sheet = tmp_path / "sheet.jsonl"
    assert loop.export_ranking(sheet) == 2
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    assert rows[0]["asked"] == "Write a greeting."
    assert rows[0]["responses"] == {"0": "W0", "1": "W1", "2": "W2"}
    rows[0]["order"] = [1, 0, 2]
    sheet.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert loop.import_ranking(sheet) == 1
    assert loop.import_ranking(sheet) == 0
    assert loop.export_refinement(sheet) == 1
    row = json.loads(sheet.read_text())
    assert row["text"] == "W1"
    assert loop.import_refinement(sheet) == 0, "a row that is not marked as done was taken"
    sheet.write_text(json.dumps({**row, "text": "Good day.", "done": True}) + "\n")
    assert loop.import_refinement(sheet) == 1
    assert [(row["answer"], row["ranked_by"], row["refined_by"]) for row in loop.examples()] == [("Good day.", "person", "person")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": [0, 1]}, r"sheet.jsonl:1: order: \[0, 1\] is no order of 3 responses; expected each of 0 to 2 once"),
        ({"order": [0, True, 2]}, r"is no order of 3 responses"),
        ({"prompt": "x", "order": [0, 1, 2]}, r"sheet.jsonl:1: prompt 'x' is none of this loop's"),
        ({"of": "x", "order": [0, 1, 2]}, r"answered or ranked anew since this sheet was exported"),
    ],
)
def test_a_wrong_sheet_is_refused_whole(loop, tmp_path, change, message):
    loop.respond(answers)
    sheet = tmp_path / "sheet.jsonl"
    loop.export_ranking(sheet)
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    rows[0] |= change
    rows[1]["order"] = [0, 1, 2]
    sheet.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match=message):
        loop.import_ranking(sheet)
    assert loop.progress()["ranking"] == 0


def test_what_a_judge_cannot_tell_stays_open_and_is_reported(loop):
    loop.respond(answers)
    faults = loop.rank(by_judge(lambda text: "Order: 1, 2, 3" if "greeting" in text else "I like them all"))
    assert faults == [Fault(PROMPTS[1].id, 'the judge ordered nothing; expected a line "Order: ..." with each of 1 to 3 once')]
    assert loop.progress()["ranking"] == 1


def test_a_judge_that_always_prefers_the_first_place_changes_nothing():
    rank = by_judge(lambda text: "Order: 1, 2, 3")
    assert rank(PROMPTS[0], ["a", "b", "c"]) == [0, 1, 2]


def test_a_judge_that_sees_the_better_text_is_followed_wherever_it_stands():
    def ask(text: str) -> str:
        place = next(number for number in (1, 2, 3) if f"Response {number}:\ngood" in text)
        return "Order: " + ", ".join(map(str, [place, *(n for n in (1, 2, 3) if n != place)]))

    assert by_judge(ask)(PROMPTS[0], ["bad", "worse", "good"])[0] == 2


def test_the_last_order_line_counts_and_a_repeated_number_is_refused():
    assert read_order("Order: 1, 2\nno, wait.\norder: 2 > 1", 2) == [1, 0]
    with pytest.raises(ValueError, match=r"the judge ordered \[1, 1\]"):
        read_order("Order: 1, 1", 2)


def test_a_response_without_a_score_or_an_editor_without_words_is_a_fault(loop):
    loop.respond(answers)
    assert [fault.reason for fault in loop.rank(by_score(lambda prompt, response: None))] == ["response 0 has no score"] * 2
    loop.rank(by_score(lambda prompt, response: 1.0))
    assert [fault.reason for fault in loop.refine(by_editor(lambda text: " "))] == ["the editor wrote nothing"] * 2
    assert list(loop.examples()) == []


def test_a_wrong_setting_stops_the_loop(loop):
    loop.respond(answers)

    def broken(prompt, responses):
        raise UserError("model/: no such folder")

    with pytest.raises(UserError, match="no such folder"):
        loop.rank(broken)


def test_an_empty_prompt_is_refused(loop):
    with pytest.raises(UserError, match="an empty prompt"):
        loop.add_prompts([SeedPrompt("  ")])
