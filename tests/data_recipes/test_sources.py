"""What is asked, what is drawn and what is reasoned agree with each other."""

from __future__ import annotations

import io
import re
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from data_recipes.problem import Problem
from data_recipes.sources import arithmetic, cot, handwriting, lists, scenes
from data_recipes.sources.base import HELDOUT, TRAIN, Generator, Reader, get_source, source_class, source_names
from data_recipes.store import ProblemSet

DEMO = ("handwriting", "rendered", "scenes", "text")


def thoughts_of(problem: Problem) -> str:
    return problem.solutions[0].text.removeprefix("<think> ").partition(" </think>")[0]


def made(source: str, count: int, split: str = TRAIN) -> list[Problem]:
    return [problem for index in range(count) for problem in get_source(source).make(split, index, 3).problems]


def test_every_source_loads_and_says_its_licence_and_how_it_is_split():
    assert set(DEMO) < set(source_names())
    for name in source_names():
        kind = source_class(name)
        assert issubclass(kind, (Generator, Reader)), name
        assert kind.licence, name
        assert kind.note, name


@pytest.mark.parametrize("name", DEMO)
def test_a_candidate_depends_on_seed_split_and_index_alone(name: str):
    source = get_source(name)
    one = source.make(TRAIN, 5, 1)
    source.make(TRAIN, 6, 1)
    assert source.make(TRAIN, 5, 1) == one
    assert len(one.problems) == source.problems_per_candidate
    others = (source.make(TRAIN, 6, 1), source.make(HELDOUT, 5, 1), source.make(TRAIN, 5, 2))
    assert all(other.problems[0].id != one.problems[0].id for other in others)


def test_every_sum_written_in_a_solution_is_right_unless_it_is_taken_back(train: ProblemSet):
    step = re.compile(r"((?:\d+ [+*-] )+\d+) = (\d+) \.( wait ,)?")
    checked = wrong = 0
    for problem in train.problems:
        for sides, result, taken_back in step.findall(thoughts_of(problem)):
            assert (eval(sides) == int(result)) != bool(taken_back), thoughts_of(problem)
            checked, wrong = checked + 1, wrong + bool(taken_back)
    assert checked > 500
    assert wrong > 10


def test_no_solution_exceeds_what_a_tiny_policy_can_write(train: ProblemSet):
    words = [len(problem.solutions[0].text.split()) for problem in train.problems]
    assert max(words) < 100
    assert 25 < sum(words) / len(words) < 50


def test_pictures_are_made_of_whole_cells_so_that_nothing_is_resized(train: ProblemSet):
    for problem in train.problems:
        for name in problem.images:
            width, height = Image.open(io.BytesIO(train.images[name])).size
            assert width % 28 == 0
            assert height % 28 == 0
            if problem.tags["source"] == "scenes":
                assert (width, height) == (84, 84)
            if problem.tags["template"] == "rendered/image":
                assert height == 28


def test_the_split_of_the_handwriting_is_contiguous_and_shares_no_image():
    train, heldout = handwriting.pool(TRAIN), handwriting.pool(HELDOUT)
    assert train.stop == heldout.start
    assert (train.start, heldout.stop) == (0, 1797)
    assert len(heldout) == 449


@pytest.mark.parametrize("split", [TRAIN, HELDOUT])
def test_the_digits_in_a_picture_are_the_digits_in_its_solution(split: str):
    labels = handwriting._digits()[1]
    for problem in made("handwriting", 40, split):
        indices = [int(index) for index in re.findall(r"\d+", problem.lineage[0].partition("digit images")[2])]
        assert all(index in handwriting.pool(split) for index in indices)
        assert f"I see {' '.join(str(labels[index]) for index in indices)} ." in thoughts_of(problem)


def test_a_drawn_digit_is_dark_on_light_and_looks_like_its_original():
    random = np.random.default_rng(0)
    originals = handwriting._digits()[0]
    for index in range(0, 1797, 97):
        cell = handwriting.draw_digit(index, random)
        assert cell.shape == (28, 28)
        large = np.asarray(Image.fromarray(originals[index]).resize((24, 24), Image.Resampling.BILINEAR))
        shifts = [(down, right) for down in range(5) for right in range(5)]
        likeness = max(np.corrcoef(large.ravel(), cell[down : down + 24, right : right + 24].ravel())[0, 1] for down, right in shifts)
        assert likeness > 0.95
    picture = np.asarray(Image.open(io.BytesIO(next(iter(get_source("handwriting").make(TRAIN, 0, 1).images.values())))).convert("L"))
    assert np.median(picture) > 200
    assert picture.min() < 110


def test_list_answers_are_balanced_where_chance_would_make_one_usual():
    random = np.random.default_rng(1)
    counts = Counter()
    tops = Counter()
    for _ in range(2000):
        numbers, wanted = lists.draw_numbers(lists.COUNT, 4, random)
        counts[numbers.count(wanted)] += 1
        tops[max(lists.draw_numbers(lists.LARGEST, 4, random)[0])] += 1
    assert max(counts.values()) / 2000 < 0.33
    assert 0.15 < counts[0] / 2000 < 0.25
    assert max(tops.values()) / 2000 < 0.15


def test_list_answers_are_right():
    random = np.random.default_rng(2)
    expected = {
        lists.SUM: "14",
        lists.RUNNING_SUM: "3, 4, 8, 9, 14",
        lists.LARGEST: "5",
        lists.COUNT: "2",
        lists.SORT: "1, 1, 3, 4, 5",
    }
    for task, answer in expected.items():
        assert lists.list_task(task, (3, 1, 4, 1, 5), "I see 3 1 4 1 5 .", random, wanted=1).answer.reference == answer


def scene_of(problem: Problem) -> list[list[str]]:
    seen = re.search(r"I see (.*?) \.", thoughts_of(problem))
    assert seen is not None
    return [row.split(" , ") for row in seen.group(1).split(" | ")]


def test_scene_answers_follow_from_the_transcript():
    tasks = Counter()
    for problem in made("scenes", 300):
        rows, question, answer = scene_of(problem), problem.messages[0].text, problem.answer.reference
        assert [len(row) for row in rows] == [3, 3, 3]
        things = [cell.split() for row in rows for cell in row if cell != "-"]
        assert 3 <= len(things) <= 7
        tasks[problem.tags["template"]] += 1
        if found := re.fullmatch(r"How many more (\w+) than (\w+) things are there\?", question):
            more, fewer = (sum(colour == name for colour, _ in things) for name in found.groups())
            assert int(answer) == more - fewer >= 0
        elif found := re.fullmatch(r"How many (\w+) (things|shapes) are there\?", question):
            assert int(answer) == sum(found.group(1) in thing for thing in things)
        else:
            found = re.fullmatch(r"What colour is the thing directly (left of|right of|above|below) the (\w+ \w+)\?", question)
            assert found is not None, question
            places = [(row, column) for row in range(3) for column in range(3) if rows[row][column] == found.group(2)]
            assert len(places) == 1, "the thing asked about must be there once"
            down, right = scenes.DIRECTIONS[found.group(1)]
            assert rows[places[0][0] + down][places[0][1] + right].split()[0] == answer
    assert len(tasks) == 4


def test_no_scene_answer_is_the_usual_one():
    answers: dict[str, Counter[str]] = {}
    for problem in made("scenes", 600):
        answers.setdefault(problem.tags["template"], Counter())[problem.answer.reference] += 1
    for template, counts in answers.items():
        assert max(counts.values()) / counts.total() < 0.36, (template, counts)


def test_a_thing_is_drawn_in_its_colour_in_its_cell_and_an_empty_cell_is_empty():
    for index in range(30):
        candidate = get_source("scenes").make(TRAIN, index, 3)
        rows = scene_of(candidate.problems[0])
        pixels = np.asarray(Image.open(io.BytesIO(next(iter(candidate.images.values())))), dtype=int)
        for row in range(3):
            for column in range(3):
                cell = pixels[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28]
                if rows[row][column] == "-":
                    assert np.ptp(cell, axis=(0, 1)).max() <= 2
                else:
                    centre = np.median(cell[11:17, 11:17].reshape(-1, 3), axis=0)
                    nearest = min(scenes.COLOURS, key=lambda name: float(np.abs(np.array(scenes.COLOURS[name]) - centre).sum()))
                    assert nearest == rows[row][column].split()[0]


def test_chains_stay_between_0_and_99_and_their_answers_are_right():
    random = np.random.default_rng(4)
    signs_seen = Counter()
    for _ in range(500):
        operands, signs = arithmetic.chain(random)
        assert 2 <= len(operands) <= 4
        steps, result = arithmetic.chain_steps(operands, signs)
        assert result == eval(arithmetic.expression(operands, signs))
        assert all(0 <= int(step.split()[-2]) < 100 for step in steps)
        signs_seen.update(signs)
    assert min(signs_seen[sign] for sign in "+-") > 20
    assert set(signs_seen) == {"+", "-"}


def test_another_way_is_another_way_and_agrees():
    random = np.random.default_rng(5)
    for _ in range(500):
        operands, signs = arithmetic.chain(random)
        steps, result = arithmetic.chain_steps(operands, signs)
        other = arithmetic._other_way(operands, signs, result)
        if other:
            assert other.endswith(f"= {result} .")
            assert other != " ".join(steps)


def test_each_character_of_a_rendered_expression_fills_its_own_cell():
    pixels = np.asarray(Image.open(io.BytesIO(arithmetic.render("7+15-3", np.random.default_rng(0)))).convert("L"), dtype=int)
    assert pixels.shape == (28, 84)
    for place in range(6):
        cell = pixels[:, place * 14 : place * 14 + 14]
        assert np.median(pixels) - cell.min() > 80
    assert arithmetic.render("7+1", np.random.default_rng(0)) == arithmetic.render("7+1", np.random.default_rng(0))
    assert Image.open(io.BytesIO(arithmetic.render("7+1", np.random.default_rng(0)))).size == (56, 28)


def test_grades_rise_with_the_work():
    assert [lists.list_grade(lists.SUM, count) for count in (2, 3, 4, 5, 6)] == [1, 2, 3, 4, 5]
    assert lists.list_grade(lists.SORT, 3) == lists.list_grade(lists.SUM, 3) + 1
    assert arithmetic.chain_grade([3, 4], ["+"]) < arithmetic.chain_grade([3, 14], ["+"]) < arithmetic.chain_grade([3, 14, 2], ["+", "+"])
    grades = Counter(problem.grade for source in DEMO for problem in made(source, 60))
    assert set(grades) == {1, 2, 3, 4, 5}


def test_a_process_that_a_task_cannot_show_is_not_claimed():
    thoughts = cot.Thoughts("add .", "I see 1 .", ("1 .",))
    for process in (cot.Process.EVALUATION, cot.Process.EXPLORATION, cot.Process.REFLECTION):
        worked, shown = cot.solutions(thoughts, "1", process)
        assert shown is None
        assert worked[0].text == "<think> I see 1 . 1 . </think> \\boxed{1}"


def test_every_problem_carries_the_tags_that_reports_use(train: ProblemSet):
    wanted = {
        "domain",
        "discipline",
        "question_type",
        "modality",
        "language",
        "grade",
        "source",
        "licence",
        "template",
        "category",
        "process",
    }
    for problem in train.problems:
        assert set(problem.tags) == wanted
        assert problem.tags["modality"] == ("image-text" if problem.images else "text")
        assert problem.tags["question_type"] == "open"
        assert 1 <= problem.grade <= 5
    assert {problem.tags["category"] for problem in train.problems} == {"real-world", "synthetic", "text-rendered", "text"}


def test_no_question_can_be_answered_by_yes_or_no(train: ProblemSet):
    openings = {problem.messages[0].text.split()[0] for problem in train.problems}
    assert openings == {"Add", "Running", "Which", "How", "Sort", "What", "Work"}
