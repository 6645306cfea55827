"""A folder of problems: what is read, and every way in which a problem cannot be used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from data_recipes.testcases.problems import problem_folders, read_problem, read_problems
from openk15.errors import UserError

SLUG = "pair-sum-count"


@pytest.fixture
def home(repo_root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repo_root / "recipes" / "code_problems" / SLUG, tmp_path / SLUG))


def test_a_problem_is_read_whole(home: Path) -> None:
    problem = read_problem(home)
    assert problem.slug == SLUG
    assert problem.meta.title == "Pairs with a given sum"
    assert len(problem.correct) >= 10
    assert problem.wrong[0].name == "wrong/01_ordered_pairs.py"
    assert problem.wrong[0].bug == "Counts (i, j) and (j, i) as two pairs."
    assert problem.generator is not None


def test_shipped_problems_have_ten_correct_submissions_each_and_twenty_have_five_wrong_ones(repo_root: Path) -> None:
    read = list(read_problems(repo_root / "recipes" / "code_problems"))
    problems = [one for one in read if not isinstance(one, tuple)]
    assert len(problems) == len(read), "every shipped problem can be read"
    assert all(sum(one.language == "python" for one in problem.correct) >= 10 for problem in problems)
    assert sum(len(problem.wrong) >= 5 for problem in problems) >= 20


def _edit(path: str, text: str) -> Callable[[Path], object]:
    return lambda home: (home / path).write_text(text, "utf-8")


BAD: list[tuple[Callable[[Path], object], str]] = [
    (lambda home: (home / "statement.md").unlink(), r"statement\.md: no such file"),
    (_edit("statement.md", " \n"), r"statement\.md: is empty"),
    (lambda home: (home / "statement.md").write_bytes(b"\xff"), r"statement\.md: cannot be read as UTF-8 text"),
    (lambda home: (home / "meta.yaml").unlink(), r"meta\.yaml: no such file"),
    (_edit("meta.yaml", "- a"), r"meta\.yaml: expected a mapping of keys, got list"),
    (_edit("meta.yaml", "title: [x"), r"meta\.yaml: not valid YAML"),
    (_edit("meta.yaml", "title: x\nlicence: MIT\ngrade: 9"), r"meta\.yaml: key 'grade': .*less than or equal to 5.*got 9"),
    (
        _edit("meta.yaml", "title: x\nlicence: MIT\ngrade: 1\ncpu: 3"),
        r"meta\.yaml: key 'cpu': .*known: title, licence, grade, tags, cpu_seconds",
    ),
    (_edit("meta.yaml", "title: x\ngrade: 1"), r"meta\.yaml: key 'licence': Field required"),
    (
        lambda home: shutil.rmtree(home / "submissions" / "correct"),
        r"correct: no accepted submissions; expected files ending in \.py or \.cpp",
    ),
    (_edit("submissions/correct/99.rb", "puts 1"), r"99\.rb: submissions end in \.py or \.cpp"),
    (
        _edit("submissions/wrong/99.py", "print(1)\n"),
        r"99\.py: the first line of a wrong submission is a comment that says what is wrong with it; it is 'print\(1\)'",
    ),
    (_edit("submissions/wrong/99.cpp", "//\nint main() {}\n"), r"99\.cpp: the first line of a wrong submission is a comment"),
    (
        lambda home: shutil.copy(home / "submissions/correct/01_two_loops.py", home / "submissions/correct/99.py"),
        r"correct/99\.py and correct/01_two_loops\.py are the same text; submissions must differ",
    ),
]


@pytest.mark.parametrize(("damage", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_problem_that_cannot_be_used_is_named_with_file_and_field(home: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(home)
    with pytest.raises(UserError, match=message):
        read_problem(home)


def test_one_bad_problem_does_not_hide_the_others(home: Path) -> None:
    shutil.copytree(home, home.with_name("another"))
    (home / "meta.yaml").unlink()
    first, second = read_problems(home.parent)
    assert not isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert second[0] == SLUG


def test_a_folder_that_is_missing_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such folder"):
        problem_folders(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no problems in it"):
        problem_folders(tmp_path)
