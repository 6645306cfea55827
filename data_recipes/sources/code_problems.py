"""Coding problems whose tests are made here: a generator's inputs, and what most of ten accepted submissions print (section 4.1).

In: a folder of problems (see data_recipes/testcases/problems.py); generators lie in it, in a folder of their own (`<slug>.py`), or are
written by a model. Out: a problem for the `code` verifier for each that is admitted, and for each other the stage at which it left
and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import Field, model_validator

from data_recipes.problem import Problem, Solution
from data_recipes.sources.base import BadRecord, Candidate, Reader
from data_recipes.steps.base import Report
from data_recipes.testcases.consensus import Rule
from data_recipes.testcases.funnel import tables
from data_recipes.testcases.mutation import fenced
from data_recipes.testcases.pipeline import Result, Settings, Stage, judged_specially, run_problem
from data_recipes.testcases.problems import CodeProblem, problem_files, problem_folders, read_problem
from data_recipes.testcases.prompt import EngineGenerators, write_generators
from multimodal.messages import Part, user
from openk15.errors import UserError
from openk15.files import sha256_file

INSTRUCTION = "Write a program in Python 3 that reads the standard input and writes to the standard output. Put it in one ```python block."
Scripts = tuple[list[str], str]  # generators to try; why there is none
Entry = tuple[CodeProblem | None, Result]


class CodeProblems(Reader):
    """Defaults are the paper's numbers."""

    name = "code_problems"
    licence = "declared"
    note = "Each problem's licence is the one that its meta.yaml states; its tests are made from its generator and its submissions."

    problems: Path = Field(description="folder with a sub-folder for each problem")
    generators: Path | EngineGenerators | None = Field(default=None, description="folder of <slug>.py, or a model; else each problem's own")
    cases: int = Field(default=50, ge=1, description="inputs for each problem")
    submissions: int = Field(default=10, ge=1, description="accepted submissions that vote")
    agree: int = Field(default=7, ge=1, description="equal outputs that make a case valid")
    valid: int = Field(default=40, ge=1, description="valid cases that a problem needs")
    passing: int = Field(default=9, ge=1, description="submissions that must pass every valid case")
    per_case: bool = Field(default=False, description="draw the voting submissions anew for each case")
    input_kb: int = Field(default=64, ge=1, description="size of an input at most")
    seed: int = 0

    @model_validator(mode="after")
    def _fits(self) -> CodeProblems:
        Rule(self.cases, self.submissions, self.agree, self.valid, self.passing)  # ValueError for numbers that cannot hold together
        return self

    @property
    def settings(self) -> Settings:
        rule = Rule(self.cases, self.submissions, self.agree, self.valid, self.passing)
        return Settings(rule, self.input_kb, self.seed, self.per_case)

    def inputs(self) -> Sequence[Path]:
        files = problem_files(self.problems)
        return [*files, *sorted(self.generators.glob("*.py"))] if isinstance(self.generators, Path) else files

    def read(self) -> Iterator[Candidate | BadRecord]:
        """One record for each problem, in the order of the folders' names."""
        for problem, result in self._entries():
            if problem is not None and result.admitted:
                yield candidate(problem, result)
            else:
                yield BadRecord(result.slug, f"{result.stage}: {result.reason}", result.to_dict())

    def report(self) -> Report:
        """The funnel, for the card."""
        return Report(tables=tables([result for _, result in self._entries()], self.settings.rule))

    def _entries(self) -> tuple[Entry, ...]:
        """Made once for the same options and files: a build reads its sources more than once."""
        return _made(self.model_dump_json(), tuple(sha256_file(path) for path in self.inputs()))


@lru_cache(maxsize=8)
def _made(options: str, _files: tuple[str, ...]) -> tuple[Entry, ...]:
    source = CodeProblems.model_validate_json(options)
    read: list[CodeProblem | Result] = []
    for home in problem_folders(source.problems):
        try:
            read.append(read_problem(home))
        except UserError as error:
            read.append(Result(home.name, Stage.UNUSABLE, str(error)))
    scripts = _scripts(source, [one for one in read if isinstance(one, CodeProblem)])
    made: list[Entry] = []
    for one in read:
        if isinstance(one, Result):
            made.append((None, one))
        else:
            found, why = scripts[one.slug]
            made.append((one, run_problem(one, found, source.settings, why)))
    return tuple(made)


def _scripts(source: CodeProblems, problems: Sequence[CodeProblem]) -> Mapping[str, Scripts]:
    if isinstance(source.generators, EngineGenerators):
        source.generators.sampler.check("source code_problems: generators")
        judged = [one for one in problems if not judged_specially(one).needed]  # the others never need a generator
        written = write_generators(judged, source.generators, source.cases, source.input_kb)
        return {one.slug: written.get(one.slug, ([], "not asked for")) for one in problems}
    if source.generators is None:
        return {one.slug: ([one.generator], "") if one.generator else ([], "no generator.py") for one in problems}
    if not source.generators.is_dir():
        raise UserError(f"source code_problems: generators: {source.generators}: no such folder")
    return {one.slug: _script_at(source.generators / f"{one.slug}.py") for one in problems}


def _script_at(path: Path) -> Scripts:
    try:
        return [path.read_text("utf-8")], ""
    except FileNotFoundError:
        return [], f"{path.name} is not among the generators"
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None


def candidate(problem: CodeProblem, result: Result) -> Candidate:
    """The admitted problem as a prompt with its tests, and an accepted submission as a direct solution."""
    assert result.answer is not None, "an admitted problem has an answer"
    tags = {
        "modality": "text",
        "source": CodeProblems.name,
        "category": "code",
        "domain": "code",
        "grade": str(problem.meta.grade),
        "licence": problem.meta.licence,
        "template": f"code_problems/{problem.slug}",
        **({"skill": problem.meta.tags[0]} if problem.meta.tags else {}),
    }
    rates = [one.rate for one in result.kills]
    measures = {
        "cases.generated": float(result.generated or 0),
        "cases.valid": float(result.valid or 0),
        "submissions.passing": float(result.passing or 0),
        "wrong.judged": float(len(rates)),
        **({"wrong.least_kill_rate": min(rates)} if rates else {}),
    }
    solutions = (Solution(fenced(result.accepted), "direct"),) if result.accepted else ()
    text = f"{problem.statement}\n\n{INSTRUCTION}"
    made = f"source {CodeProblems.name}: {problem.slug}, {result.valid} tests"
    asked = Problem((user(Part(text=text)),), result.answer, tags, solutions, measures, (made,))
    return Candidate((asked,), {}, (f"code-problem:{problem.slug}",), result.to_dict())
