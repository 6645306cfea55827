"""From problems to counts: whole problems through the real sandbox, and the counting alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from data_recipes.recipe import Recipe
from data_recipes.sources.base import BadRecord, Candidate, get_source
from data_recipes.sources.code_problems import CodeProblems
from data_recipes.testcases.consensus import CaseVote, Rule
from data_recipes.testcases.funnel import count, markdown, reasons, tables
from data_recipes.testcases.mutation import Kill, fenced, kills, survivors
from data_recipes.testcases.pipeline import Result, Settings, Stage, run_problem
from data_recipes.testcases.problems import CodeProblem, Submission, read_problem
from openk15.config import load_config
from openk15.errors import RunError, UserError
from rewards import Status, Verdict, verify
from rewards.code import languages
from rewards.sandbox import SlotSandbox

FEW = Settings(Rule(cases=8, submissions=4, agree=3, valid=6, passing=4))
ECHO = "import sys\nprint(sys.argv[1])"  # case k is the number k


def submission(name: str, source: str, bug: str = "") -> Submission:
    return Submission(name, "python", source, bug)


def problem(repo_root: Path, correct: list[str], wrong: list[str] | None = None, **meta: object) -> CodeProblem:
    """Double a number, with these bodies as submissions."""
    real = read_problem(repo_root / "recipes" / "code_problems" / "circle-game")
    return CodeProblem(
        "double",
        "Print twice the number.",
        real.meta.model_copy(update=meta),
        tuple(submission(f"correct/{number}.py", source) for number, source in enumerate(correct)),
        tuple(submission(f"wrong/{number}.py", source, "a bug") for number, source in enumerate(wrong or [])),
        ECHO,
    )


RIGHT = [
    "print(2 * int(input()))",
    "x = int(input())\nprint(x + x)",
    "print(int(input()) << 1)",
    "import sys\nprint(int(sys.stdin.read()) * 2)",
]
LATE = "x = int(input())\nprint(2 * x if x < 8 else 0)"
STAGES = [
    ("admitted", RIGHT, ["print(int(input()) ** 2)"], {}, ""),
    ("unusable", RIGHT[:3], [], {}, "3 accepted submissions can run here, 4 are needed"),
    ("special judge", RIGHT, [], {"special_judge": True}, "needs a special judge (meta.yaml): 'special_judge: true'"),
    (
        "consensus",
        [*RIGHT[:2], "print(1)", "import os\nos.abort()"],
        [],
        {},
        "0 valid cases of 8 inputs, 6 are needed: fewer than 3 outputs agree",
    ),
    ("agreement", [*RIGHT[:3], LATE], [], {}, "3 of 4 submissions pass all 8 cases, 4 are needed: correct/3.py fails 1"),
    ("mutation", RIGHT, ["print(2 * abs(int(input())))"], {}, "1 of 1 wrong submissions pass all 8 cases: wrong/0.py (a bug)"),
]


def test_a_problem_leaves_at_the_first_stage_that_it_fails(repo_root: Path, box: SlotSandbox) -> None:
    results = [run_problem(problem(repo_root, right, wrong, **meta), [ECHO], FEW) for _, right, wrong, meta, _ in STAGES]
    assert [str(one.stage) for one in results] == [stage for stage, *_ in STAGES]
    for one, (*_, reason) in zip(results, STAGES, strict=True):
        assert reason in one.reason
    admitted = results[0]
    assert admitted.kills == (Kill("wrong/0.py", "a bug", True, 0.875, admitted.kills[0].reason),)  # 2 ** 2 is 4
    assert admitted.answer is not None
    assert admitted.answer.params["tests"][6] == {"stdin": "7\n", "stdout": "14\n"}
    assert verify("```python\nprint(2 * int(input()))\n```", admitted.answer).status is Status.CORRECT
    assert verify("```python\nprint(14)\n```", admitted.answer).status is Status.WRONG


def test_without_a_generator_or_with_one_that_fails_a_problem_leaves_at_the_generator(repo_root: Path, box: SlotSandbox) -> None:
    one = problem(repo_root, RIGHT)
    assert run_problem(one, [], FEW, "no generator.py").reason == "no generator.py"
    failed = run_problem(one, ["print(1)", "print(x)"], FEW)
    assert failed.stage is Stage.GENERATOR
    assert failed.reason == "1 of 8 inputs, 6 valid cases are needed: 7 x the same input as an earlier case"
    assert failed.evidence["missing_inputs"]["2"] == "the same input as case 1"
    assert run_problem(one, ["print(x)", ECHO], FEW).admitted, "the second script makes enough"


def test_submissions_in_other_languages_vote_where_their_compiler_is(repo_root: Path, box: SlotSandbox) -> None:
    if not languages.find("cpp").present:
        pytest.skip("no g++ here")
    one = problem(repo_root, RIGHT[:3], ["print(0)"])
    source = '#include <cstdio>\nint main() { int x; scanf("%d", &x); printf("%d\\n", 2 * x); }\n'
    broken = Submission("wrong/1.cpp", "cpp", "int main() {", "does not compile")
    one = replace(one, correct=(*one.correct, Submission("correct/3.cpp", "cpp", source)), wrong=(*one.wrong, broken))
    found = run_problem(one, [ECHO], FEW)
    assert found.passing == 4
    assert [(kill.name, kill.rate) for kill in found.kills] == [("wrong/0.py", 1.0), ("wrong/1.cpp", 1.0)]


def test_drawing_submissions_for_each_case_admits_the_same_problem(repo_root: Path, box: SlotSandbox) -> None:
    one = problem(repo_root, [*RIGHT, "n = input()\nprint(int(n) * 4 // 2)"])
    assert run_problem(one, [ECHO], replace(FEW, per_case=True)).admitted


def test_counts_have_the_shape_of_the_paper() -> None:
    stages = [
        Stage.UNUSABLE,
        Stage.SPECIAL_JUDGE,
        Stage.GENERATOR,
        Stage.CONSENSUS,
        Stage.AGREEMENT,
        Stage.MUTATION,
        Stage.ADMITTED,
        Stage.ADMITTED,
    ]
    results = [Result(f"p{number}", stage, "why | not") for number, stage in enumerate(stages)]
    found = count(results)
    assert found.shape == "7/6/4/2"
    assert (found.agreed, found.unusable) == (3, 1)
    assert reasons(results) == {str(stage): 1 for stage in stages[:6]}
    text = "\n".join(map(markdown, tables(results, Rule())))
    assert "| need no special judge | 6 | 85.7% | 614 |" in text
    assert "why \\| not" in text


def _verdict(status: Status) -> Verdict:
    return Verdict(status, None if status is Status.ERROR else float(status is Status.CORRECT), None, "because", 0.0, "code@1")


def test_a_kill_rate_is_the_share_of_valid_cases_failed_and_a_pass_is_a_survivor() -> None:
    wrong = [submission("wrong/a.py", "", "x"), submission("wrong/b.py", "", "y")]
    votes = [CaseVote(9, b"1\n"), CaseVote(9, b"2\n"), CaseVote(5, None), CaseVote(9, b"3\n")]
    outputs = {"wrong/a.py": [b"1", b"0", b"0", None], "wrong/b.py": [b"1", b"2", b"0", b"3"]}
    found = kills("p", wrong, [_verdict(Status.WRONG), _verdict(Status.CORRECT)], votes, outputs)
    assert [(one.caught, one.rate) for one in found] == [(True, 0.666667), (False, 0.0)]
    assert [one.name for one in survivors(found)] == ["wrong/b.py"]
    with pytest.raises(RunError, match=r"problem p: wrong/a\.py cannot be judged: because"):
        kills("p", wrong[:1], [_verdict(Status.ERROR)], votes, outputs)


def test_a_fence_holds_any_submission() -> None:
    text = fenced(submission("a", 'print("```")\nx = """\n```\n````\n"""\n'))
    assert text.startswith("`````python\n")
    assert text.endswith('"""\n`````\n')


SLUGS = ("circle-game", "mean-distance", "triangle-count")


@pytest.fixture
def folder(repo_root: Path, tmp_path: Path) -> Path:
    for slug in SLUGS:
        shutil.copytree(repo_root / "recipes" / "code_problems" / slug, tmp_path / "problems" / slug)
    return tmp_path / "problems"


def source_of(options: Mapping[str, object]) -> CodeProblems:
    source = get_source("code_problems", options)
    assert isinstance(source, CodeProblems)
    return source


def test_the_source_yields_admitted_problems_and_says_where_the_others_left(folder: Path, box: SlotSandbox) -> None:
    (folder / "broken").mkdir()
    source = source_of({"problems": folder})
    broken, game, mean, triangles = source.read()
    assert isinstance(game, Candidate)
    (one,) = game.problems
    assert one.answer.verifier == "code"
    assert len(one.answer.params["tests"]) == 50
    assert one.tags["licence"] == "Apache-2.0"
    assert one.measures["wrong.judged"] == 5.0
    assert one.measures["wrong.least_kill_rate"] > 0
    assert verify(one.solutions[0].text, one.answer).status is Status.CORRECT
    assert game.keys == ("code-problem:circle-game",)
    for record, text in (
        (broken, "unusable: "),
        (mean, "special judge: needs a special judge (tolerance)"),
        (triangles, "generator: 17 of 50 inputs"),
    ):
        assert isinstance(record, BadRecord)
        assert text in str(record)
    report = source.report()
    assert report.tables[0][0] == "funnel 3/2/1/1"
    assert len(source.inputs()) > 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problems": "nowhere"}, "nowhere: no such folder"),
        ({"problems": "{folder}", "generators": "nowhere"}, "source code_problems: generators: nowhere: no such folder"),
        ({"problems": "{folder}", "agree": 11}, r"agree must be from 1 to submissions \(10\), got 11"),
        ({"problems": "{folder}", "case": 40}, "unknown key 'case'; did you mean 'cases'"),
        ({"problems": "{folder}", "generators": {"sampler": {"model": "nowhere"}, "samples": "s"}}, "nowhere: no such model folder"),
    ],
)
def test_options_that_cannot_work_are_named(folder: Path, options: dict[str, object], message: str) -> None:
    given = {key: str(folder) if value == "{folder}" else value for key, value in options.items()}
    with pytest.raises(UserError, match=message):
        list(source_of(given).read())


def test_the_recipe_says_the_numbers_of_the_paper(repo_root: Path) -> None:
    recipe = load_config(Recipe, repo_root / "recipes" / "code_tests.yaml")
    source = recipe.sources[0].source()
    assert isinstance(source, CodeProblems)
    assert source.settings.rule == Rule() == Rule(cases=50, submissions=10, agree=7, valid=40, passing=9)


def test_generators_may_lie_in_a_folder_of_their_own(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "generators").mkdir()
    shutil.rmtree(folder / "triangle-count")
    game, _ = source_of({"problems": folder, "generators": tmp_path / "generators"}).read()
    assert str(game) == "circle-game: generator: circle-game.py is not among the generators"


# All 28 take minutes: without OPENK15_WHOLE_FUNNEL=1 those that leave and two that stay are run.
WHOLE = os.environ.get("OPENK15_WHOLE_FUNNEL") == "1"
SOME = {"any-pair", "mean-distance", "triangle-count", "middle-value", "mean-mark", "second-largest"}
SOME |= {"circle-game", "longest-run"}


@pytest.mark.slow
def test_shipped_problems_give_the_funnel_and_no_wrong_submission_passes(repo_root: Path, box: SlotSandbox) -> None:
    root = repo_root / "recipes" / "code_problems"
    results = []
    for home in sorted(path for path in root.iterdir() if (path / "statement.md").exists() and (WHOLE or path.name in SOME)):
        one = read_problem(home)
        results.append(run_problem(one, [one.generator] if one.generator else [], Settings()))
    assert count(results).shape == ("28/26/24/22" if WHOLE else "8/6/4/2")
    left = {one.slug: str(one.stage) for one in results if not one.admitted}
    assert left == {
        "any-pair": "special judge",
        "mean-distance": "special judge",
        "triangle-count": "generator",
        "middle-value": "consensus",
        "mean-mark": "agreement",
        "second-largest": "mutation",
    }
    admitted = [one for one in results if one.admitted]
    assert all(len(one.kills) >= 5 and all(kill.caught for kill in one.kills) for one in admitted)


def test_the_command_names_a_folder_that_is_not_there(repo_root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "data_recipes.testcases", "nowhere"], cwd=repo_root, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "error: nowhere: no such folder; expected one with a sub-folder for each problem\n"
