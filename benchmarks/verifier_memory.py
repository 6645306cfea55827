"""Memory of the `math` verifier over a million calls: the calling process and its worker processes, at every 100,000.

    .venv/bin/python benchmarks/verifier_memory.py ../shared/data/verifier_math/labelled_pairs.jsonl --json OUT.json
    .venv/bin/python benchmarks/verifier_memory.py PAIRS.jsonl --calls 100000

A pair is {"gold", "answer"}. Each round through the pairs says something else: the response has the round's number in its
prose, and numbers that stand in neither an exponent nor a subscript are raised by the same amount in gold and answer, so that
every cache fills up and turns over. Memory is resident MiB as /proc says; a worker is a process below the calling one.
The growth is what the calling process took from the first mark on, when its caches are warm, to the last.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openk15.files import atomic_write_json, read_jsonl
from rewards import Answer, verify

MARKS = 10  # lines printed
RAISES = 40  # rounds after which numbers come again: by then some 90,000 answers have, and the largest cache holds 32,768
FREE_NUMBER = re.compile(r"(?<![\d.,^_!])(?<!\^\{)(?<!_\{)\d{1,6}(?![\d.,!])")


def raised(text: str, by: int) -> str:
    return FREE_NUMBER.sub(lambda found: str(int(found.group()) + by), text) if by else text


def calls(pairs: list[tuple[str, str]], count: int) -> Iterator[tuple[str, str]]:
    """(response, reference), `count` of them."""
    for at in range(count):
        turn, place = divmod(at, len(pairs))
        gold, answer = (raised(text, turn % RAISES) for text in pairs[place])
        yield f"Attempt {turn} gives this.\n{answer}" if turn else answer, gold


def children(pid: int) -> list[int]:
    """Processes below `pid`."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # gone meanwhile
                continue
            below.setdefault(parent, []).append(int(folder.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        direct = sorted(below.get(waiting.pop(), []))
        found += direct
        waiting += direct
    return found


def resident_mb(pid: int | str) -> float | None:
    try:
        line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    except (OSError, StopIteration):  # gone, or going
        return None
    return round(int(line.split()[1]) / 1024, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pairs = [(str(row["gold"]), str(row["answer"])) for row in read_jsonl(options.pairs)]
    if not pairs or options.calls < MARKS:
        parser.error(f"{options.pairs}: no pairs" if not pairs else f"--calls {options.calls}: at least {MARKS}")
    marks = {options.calls * at // MARKS for at in range(1, MARKS + 1)}
    statuses: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    print(f"{'calls':>9} {'seconds':>8} {'calling MiB':>12}   workers MiB")
    begun = time.perf_counter()
    for done, (response, reference) in enumerate(calls(pairs, options.calls), 1):
        statuses[verify(response, Answer("math", reference)).status] += 1
        if done in marks:
            workers = [size for pid in children(os.getpid()) if (size := resident_mb(pid)) is not None]
            row = {
                "calls": done,
                "seconds": round(time.perf_counter() - begun, 1),
                "calling_mb": resident_mb("self"),
                "workers_mb": workers,
            }
            rows.append(row)
            print(f"{done:>9,} {row['seconds']:>8} {row['calling_mb']:>12}   {' '.join(map(str, workers))}", flush=True)
    growth = round(rows[-1]["calling_mb"] - rows[0]["calling_mb"], 1)
    told = {str(status): count for status, count in statuses.items()}
    print(f"grown by {growth} MiB in the last {options.calls - rows[0]['calls']:,} calls; verdicts: {told}")
    if options.json:
        atomic_write_json(options.json, {"pairs": len(pairs), "rows": rows, "growth_mb": growth, "statuses": told})


if __name__ == "__main__":
    main()
