"""`python -m data_recipes.testcases FOLDER [--json FILE] [--only SLUG ...]`: the funnel of a folder of problems, as Markdown."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from data_recipes.testcases.consensus import Rule
from data_recipes.testcases.funnel import count, markdown, tables
from data_recipes.testcases.pipeline import Result, Settings, Stage, run_problem
from data_recipes.testcases.problems import problem_folders, read_problem
from openk15.errors import OpenK15Error, UserError
from openk15.files import atomic_write_json


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m data_recipes.testcases", description="The funnel of a folder of coding problems.")
    parser.add_argument("folder", type=Path, help="a sub-folder for each problem")
    parser.add_argument("--only", nargs="+", default=[], metavar="SLUG", help="these problems alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write counts and reasons there too")
    options = parser.parse_args(arguments)
    try:
        homes = problem_folders(options.folder)
        unknown = sorted(set(options.only) - {home.name for home in homes})
        if unknown:
            raise UserError(f"{options.folder}: no problem is called {unknown[0]!r}")
        results = [_run(home) for home in homes if not options.only or home.name in options.only]
        for table in tables(results, Rule()):
            print(markdown(table) + "\n")
        if options.json:
            atomic_write_json(options.json, {"funnel": count(results).to_dict(), "problems": [one.to_dict() for one in results]})
    except OpenK15Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _run(home: Path) -> Result:
    start = time.perf_counter()
    try:
        problem = read_problem(home)
    except UserError as error:
        result = Result(home.name, Stage.UNUSABLE, str(error))
    else:
        result = run_problem(problem, [problem.generator] if problem.generator else [], Settings())
    print(f"{home.name}: {result.stage} {result.reason} ({time.perf_counter() - start:.1f} s)", file=sys.stderr)
    return result


if __name__ == "__main__":
    sys.exit(main())
