"""The readers of published sets, on those sets in the folder of shared data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data_recipes.sources.base import BadRecord, Candidate, Reader, get_source
from openk15.errors import UserError
from rewards import Answer, Status, verify
from rewards.code import judge_many


def read(use: str, path: Path, **options: Any) -> list[Candidate]:
    source = get_source(use, {"path": path, **options})
    assert isinstance(source, Reader)
    found = list(source.read())
    assert not [str(item) for item in found if isinstance(item, BadRecord)]
    return [item for item in found if isinstance(item, Candidate)]


def bad_of(use: str, path: Path, **options: Any) -> tuple[int, list[BadRecord]]:
    source = get_source(use, {"path": path, **options})
    assert isinstance(source, Reader)
    found = list(source.read())
    bad = [item for item in found if isinstance(item, BadRecord)]
    return len(found) - len(bad), bad


def test_gsm8k_train(shared_data: Path):
    found = read("gsm8k", shared_data / "gsm8k" / "train.jsonl")
    assert len(found) == 7473
    first = found[0].problems[0]
    assert first.answer == Answer("math", "72")
    assert first.messages[0].text.startswith("Natalia sold clips to 48")
    assert found[0].raw["answer"].endswith("#### 72")
    assert "<<" not in first.solutions[0].text
    assert dict(first.tags) == {
        "source": "gsm8k", "licence": "MIT", "language": "en", "modality": "text", "category": "text", "domain": "mathematics",
        "discipline": "arithmetic word problems", "question_type": "open", "grade": "1", "template": "gsm8k/open",
    }  # fmt: skip
    grades = Counter(candidate.problems[0].grade for candidate in found)
    assert set(grades) == {1, 2, 3, 4, 5}
    assert min(grades.values()) > 300
    for candidate in found[::75]:
        problem = candidate.problems[0]
        assert all(verify(solution.text, problem.answer).status is Status.CORRECT for solution in problem.solutions)
        assert verify("\\boxed{-17.5}", problem.answer).status is Status.WRONG
    assert [candidate.problems[0].answer.reference for candidate in found if "," in candidate.raw["answer"].rpartition("####")[2]]


def test_in_a_folder_the_file_of_the_split_is_read_and_no_other(shared_data: Path):
    assert len(read("gsm8k", shared_data / "gsm8k", split="test")) == 1319
    source = get_source("gsm8k", {"path": shared_data / "gsm8k"})
    assert [path.name for path in source.inputs()] == ["train.jsonl"]
    with pytest.raises(UserError, match=r"holds no train.jsonl; it has test.jsonl, testmini.jsonl"):
        get_source("gsm8k", {"path": shared_data / "mathvision"}).inputs()
    assert [path.name for path in get_source("mbpp", {"path": shared_data / "mbpp"}).inputs()] == ["mbpp.jsonl"]


def test_math_finds_the_last_box(shared_data: Path):
    found = read("math", shared_data / "math500" / "test.jsonl")
    assert len(found) == 500
    assert Counter(candidate.problems[0].grade for candidate in found) == {1: 43, 2: 90, 3: 105, 4: 128, 5: 134}
    assert len({candidate.problems[0].tags["discipline"] for candidate in found}) == 7
    same = [candidate.problems[0].answer.reference == candidate.raw["answer"] for candidate in found]
    assert sum(same) >= 490, "the set's own answer column was made from the boxes"
    assert len(read("math", shared_data / "math_test5000" / "test.jsonl.gz")) == 5000


def test_mbpp_by_its_own_splits(shared_data: Path):
    path = shared_data / "mbpp" / "mbpp.jsonl"
    assert {split: len(read("mbpp", path, split=split)) for split in ("prompt", "test", "validation", "train", "all")} == {
        "prompt": 10, "test": 500, "validation": 90, "train": 374, "all": 974,
    }  # fmt: skip
    with pytest.raises(UserError, match=r"source mbpp: key 'split': .*it has prompt, test, validation, train, all"):
        get_source("mbpp", {"path": path, "split": "dev"})
    found = read("mbpp", path)
    assert {candidate.problems[0].grade for candidate in found} == {1, 2, 3, 4, 5}
    problem = found[0].problems[0]
    assert problem.messages[0].text.count("assert") == 1
    assert len(problem.answer.params["test_list"]) == 3


def test_programs_of_mbpp_and_humaneval_are_judged_by_their_tests(shared_data: Path):
    mbpp = read("mbpp", shared_data / "mbpp" / "mbpp.jsonl")[::75]
    human = read("humaneval", shared_data / "humaneval" / "HumanEval.jsonl.gz")
    assert len(human) == 164
    problems = [candidate.problems[0] for candidate in (*mbpp, *human[::33])]
    right = judge_many([(problem.solutions[0].text, problem.answer) for problem in problems])
    assert [verdict.status for verdict in right] == [Status.CORRECT] * len(problems)
    wrong = judge_many(
        [(f"```python\ndef {problem.answer.params['entry_point']}(*given):\n    return given\n```", problem.answer) for problem in problems]
    )
    assert {verdict.status for verdict in wrong} == {Status.WRONG}


def test_mathvision_with_its_pictures(shared_data: Path):
    source = get_source("mathvision", {"path": shared_data / "mathvision", "split": "testmini"})
    assert isinstance(source, Reader)
    everything = list(source.read())
    found = [item for item in everything if isinstance(item, Candidate)]
    (bad,) = (item for item in everything if isinstance(item, BadRecord))
    assert str(bad).startswith("testmini.jsonl:273: field 'answer': param 'options': two options have the same text: ['A', 'C', 'C'")
    assert len(found) == 303
    kinds = Counter(candidate.problems[0].tags["question_type"] for candidate in found)
    assert kinds == {"multiple_choice": 190, "open": 113}
    assert {candidate.problems[0].grade for candidate in found} == {1, 2, 3, 4, 5}
    assert len({candidate.problems[0].tags["discipline"] for candidate in found}) == 16
    texts = [candidate.problems[0].messages[0].text for candidate in found]
    assert all(len(candidate.images) == 1 for candidate in found)
    assert sum("<image" in text for text in texts) == sum(text.count("<image") > 1 for text in texts) == 59
    for candidate in found[::10]:
        problem = candidate.problems[0]
        assert verify(problem.solutions[-1].text, problem.answer).status is Status.CORRECT, problem.answer
    assert len(source.inputs()) == 1 + 304


def test_mathvision_names_pictures_that_are_not_there(shared_data: Path):
    good, bad = bad_of("mathvision", shared_data / "mathvision", split="test")
    assert good + len(bad) == 3040
    assert bad
    assert "there is no picture" in bad[0].reason


@pytest.mark.parametrize("ask", ["open", "choices"])
def test_geometry3k_folders(ask: str, shared_data: Path):
    folder = shared_data / "geometry3k_sketchpad"
    source = get_source("geometry3k", {"path": folder, "ask": ask})
    assert isinstance(source, Reader)
    found = list(source.read())
    good = [item for item in found if isinstance(item, Candidate)]
    bad = [item for item in found if isinstance(item, BadRecord)]
    assert (len(good), len(bad)) == (47, 1)
    assert "there is no picture" in bad[0].reason
    kinds = {"open": "math", "choices": "choice"}
    assert {item.problems[0].answer.verifier for item in good} == {kinds[ask]}
    for item in good:
        problem = item.problems[0]
        assert (ask == "choices") is ("(A)" in problem.messages[0].text)
        assert verify(problem.solutions[0].text, problem.answer).status is Status.CORRECT, problem.answer
        assert item.raw["problem_text"]
