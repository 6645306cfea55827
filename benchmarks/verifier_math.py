"""Error rates and speed of the `math` verifier beside math-verify's, on the same labelled pairs, in one run.

    make bench-env
    .venv/bin/python benchmarks/verifier_math.py PAIRS.jsonl --json docs/results/verifier_math.json

A pair is {"gold", "answer", "label", "tier"}. math-verify is called in four ways: as its documentation says, with both sides
boxed where they are short, as verl does, and as NeMo-Skills does (settings read off those projects; their LaTeX normalisation
is not repeated). It runs in the bench environment, in one process, as ours does. Speeds are of one process: pairs per second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

PEER = r"""
import json, sys, time
from math_verify import parse, verify
from math_verify.parser import ExprExtractionConfig, LatexExtractionConfig

LATEX, EXPR = LatexExtractionConfig(), ExprExtractionConfig()

def boxed(text):
    return text if "boxed" in text or len(text) > 100 else "\\boxed{" + text.strip("$") + "}"

def default(gold, answer):
    return verify(parse(gold), parse(answer))

def both_boxed(gold, answer):
    return verify(parse(boxed(gold)), parse(boxed(answer)))

def verl(gold, answer):
    return verify(parse("\\boxed{" + gold.strip("$") + "}", [LATEX]), parse(answer, [LATEX, EXPR]))

def nemo(gold, answer):
    if gold.strip("$ ").replace(" ", "") == answer.strip("$ ").replace(" ", ""):
        return True
    config = [LatexExtractionConfig(boxed_match_priority=0)]
    return verify(parse(boxed(gold), config), parse(boxed(answer), config), float_rounding=6)

way = {"default": default, "both boxed": both_boxed, "verl": verl, "NeMo-Skills": nemo}[sys.argv[1]]
for line in sys.stdin:
    row = json.loads(line)
    start = time.perf_counter()
    try:
        found = bool(way(row["gold"], row["answer"]))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        found = False
    print(json.dumps([found, time.perf_counter() - start]), flush=True)
"""
WAYS = ("default", "both boxed", "verl", "NeMo-Skills")


def ours(rows: list[dict[str, Any]]) -> list[tuple[bool, float]]:
    from rewards import Answer, Status, verify

    verify("\\boxed{1}", Answer("math", "1"))  # imports are not part of a verification
    found: list[tuple[bool, float]] = []
    for row in rows:
        start = time.perf_counter()
        verdict = verify(row["answer"], Answer("math", row["gold"]))
        found.append((verdict.status is Status.CORRECT, time.perf_counter() - start))
    return found


def peer(python: Path, way: str, rows: list[dict[str, Any]]) -> list[tuple[bool, float]]:
    text = "".join(json.dumps({"gold": row["gold"], "answer": row["answer"]}) + "\n" for row in rows)
    out = subprocess.run([str(python), "-c", PEER, way], input=text, capture_output=True, text=True, timeout=1800, check=False)
    lines = [json.loads(line) for line in out.stdout.splitlines() if line.startswith("[")]
    if len(lines) != len(rows):
        sys.exit(f"math-verify ({way}) judged {len(lines)} of {len(rows)} pairs: {out.stderr.strip().splitlines()[-1:]}")
    return [(bool(found), float(seconds)) for found, seconds in lines]


def measure(name: str, rows: list[dict[str, Any]], found: list[tuple[bool, float]]) -> dict[str, Any]:
    from rewards.intervals import Share

    wrong: Counter[tuple[str, int]] = Counter()
    total: Counter[tuple[str, int]] = Counter()
    for row, (paid, _) in zip(rows, found, strict=True):
        for tier in (row["tier"], "all"):
            total[tier, row["label"]] += 1
            wrong[tier, row["label"]] += paid != bool(row["label"])
    seconds = sorted(value for _, value in found)
    rates = {}
    for tier in sorted({row["tier"] for row in rows} | {"all"}):
        for label, what in ((1, "false negatives"), (0, "false positives")):
            count, of = wrong[tier, label], total[tier, label]
            if of:
                low, high = Share(count, of).interval
                rates[f"{tier}: {what}"] = {"count": count, "of": of, "rate": count / of, "low": low, "high": high}
    return {
        "name": name,
        "rates": rates,
        "pairs_per_second": len(seconds) / sum(seconds),
        "p50_ms": seconds[len(seconds) // 2] * 1e3,
        "p99_ms": seconds[int(0.99 * len(seconds))] * 1e3,
        "max_ms": seconds[-1] * 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--bench-python", type=Path, default=Path(".venv-bench/bin/python"))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.pairs.read_text("utf-8").splitlines()]
    runs = [measure("openk15 math", rows, ours(rows))]
    if arguments.bench_python.exists():
        runs += [measure(f"math-verify, {way}", rows, peer(arguments.bench_python, way, rows)) for way in WAYS]
    else:
        print(f"{arguments.bench_python}: no bench environment, so no peer; make bench-env", file=sys.stderr)

    def cell(run: dict[str, Any], key: str) -> str:
        rate = run["rates"].get(key)
        return "-" if rate is None else f"{rate['rate']:.2%} ({rate['count']}/{rate['of']}; {rate['low']:.2%}-{rate['high']:.2%})"

    print(f"{len(rows)} pairs; rates with 95 % Wilson intervals; one process each")
    for run in runs:
        print(
            f"{run['name']}: {run['pairs_per_second']:.0f} pairs/s, p50 {run['p50_ms']:.2f} ms, "
            f"p99 {run['p99_ms']:.1f} ms, max {run['max_ms']:.0f} ms"
        )
        for key in ("all: false negatives", "all: false positives", "audit: false positives"):
            print(f"    {key}: {cell(run, key)}")
    if len(runs) > 1:
        best = max(run["pairs_per_second"] for run in runs[1:])
        ratio = runs[0]["pairs_per_second"] / best
        print(f"speed: {ratio:.1f} times the fastest setting of math-verify")
        if arguments.json:
            record = {
                "claim": "math verifier: pairs per second",
                "ours": runs[0]["pairs_per_second"],
                "peer": best,
                "ratio": ratio,
                "goal": 1000,
                "runs": runs,
            }
            arguments.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
