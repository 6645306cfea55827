"""Near-duplicates among prompts: ours beside datatrove's and datasketch's MinHash, on the same texts, in one run.

    make bench-env
    .venv/bin/python benchmarks/data_dedup.py ../shared/data --documents 100000 --json docs/results/data_dedup.json

Prompts are made from the real questions of GSM8K and MATH: most are sentences of three questions put together, the rest
copies of one before with one to six words changed, so the true near-duplicates are known. All three cut texts into the same
tokens and 5-token shingles, with 14 bands of 8 minima. Each runs in a process of its own, on one thread. Ours is timed with
the confirmation by true Jaccard and the groups; the peers' time is signatures and candidate pairs alone, and their pairs are
confirmed here. Pairs of rows in one group are compared. Memory is the peak over that after the imports; seconds are
CPU seconds, which other work on the machine does not stretch.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BANDS, ROWS, NGRAM, THRESHOLD, BATCH = 14, 8, 5, 0.7, 250
TOKEN = r"[a-z0-9]+|[-+*/=<>^%]"

COMMON = r"""
import json, re, sys, time
token = re.compile(r"[a-z0-9]+|[-+*/=<>^%]")
def peak():
    # not ru_maxrss: a process started by a large one inherits its peak
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
def texts(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
def now():
    return time.perf_counter(), time.process_time()
def done(start, base, pairs):
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    print(json.dumps({"seconds": cpu, "wall": wall, "mib": peak() - base, "pairs": sorted(pairs)}))
"""

DATASKETCH = (
    COMMON
    + r"""
from datasketch import MinHash, MinHashLSH
first = MinHash(num_perm=112, seed=1)
base, start, pairs = peak(), now(), set()
lsh = MinHashLSH(num_perm=112, params=(14, 8))
for number, text in enumerate(texts(sys.argv[1])):
    words = token.findall(text.lower())
    shingles = {" ".join(words[at : at + 5]).encode() for at in range(max(1, len(words) - 4))}
    sketch = first.copy()
    sketch.update_batch(list(shingles))
    pairs.update((other, number) for other in lsh.query(sketch))
    lsh.insert(number, sketch)
done(start, base, pairs)
"""
)

DATATROVE = (
    COMMON
    + r"""
import glob, struct, tempfile
from loguru import logger
logger.remove()
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupSignature
from datatrove.utils.hashing import HashConfig
from datatrove.utils.text import TextNormConfig
from datatrove.utils.word_tokenizers import WordTokenizer
class Same(WordTokenizer):
    def word_tokenize(self, text):
        return token.findall(text.lower())
    def sent_tokenize(self, text):
        return [text]
    def span_tokenize(self, text):
        return [(0, len(text))]
asis = TextNormConfig(lowercase=False, norm_whitespace=False, remove_punctuation=False, norm_unicode_diacritics=False, norm_numbers=False)
hashes = HashConfig(precision=64)
config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8, norm_config=asis, hash_config=hashes)
base, start, pairs = peak(), now(), set()
with tempfile.TemporaryDirectory() as folder:
    signatures = MinhashDedupSignature(folder + "/sigs", config=config, language=Same())
    signatures.run((Document(text=text, id=str(number)) for number, text in enumerate(texts(sys.argv[1]))))
    for rank in range(14):
        MinhashDedupBuckets(folder + "/sigs", folder + "/pairs", config=config, lines_to_buffer=1000).run(None, rank, 14)
    for path in glob.glob(folder + "/pairs/*.dups"):
        for one_file, one, other_file, other in struct.iter_unpack("<4I", open(path, "rb").read()):
            pairs.add((min(one, other), max(one, other)))
done(start, base, pairs)
"""
)

OURS = (
    COMMON
    + r"""
import tempfile
from itertools import islice
from pathlib import Path
import numpy as np
import scipy.sparse.csgraph
from data_recipes.dedup.minhash import band_keys, permutations, shingle_sets, signatures
from data_recipes.dedup.text import tokens
from data_recipes.steps.near_dup import near_groups
base, start = peak(), now()
factors = permutations(112, 0)
sizes, digests = [], []
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    handles = [(folder / f"band-{band}").open("wb") for band in range(14)]
    lines = texts(sys.argv[1])
    with (folder / "sets").open("wb") as kept:
        while batch := [tokens(text) for text in islice(lines, 250)]:
            sets = shingle_sets(batch, 5)
            for handle, keys in zip(handles, band_keys(signatures(sets, *factors), 14, 8), strict=True):
                handle.write(keys.tobytes())
            kept.write(sets.values.tobytes())
            sizes.append(sets.sizes)
            digests.append(sets.digests)
    for handle in handles:
        handle.close()
    found = near_groups(folder, np.concatenate(sizes), np.concatenate(digests), 14, 0.7)
done(start, base, set(zip(found.left.tolist(), found.right.tolist())))
"""
)


def questions(folder: Path) -> list[str]:
    found = [json.loads(line)["question"] for name in ("train", "test") for line in (folder / f"gsm8k/{name}.jsonl").open(encoding="utf-8")]
    with gzip.open(folder / "math_test5000/test.jsonl.gz", "rt", encoding="utf-8") as lines:
        return found + [json.loads(line)["problem"] for line in lines]


def prompts(base: list[str], count: int, seed: int) -> Iterator[tuple[str, int | None]]:
    """(text, number of the prompt it is a copy of, or None)."""
    draw = random.Random(seed)
    sentences = [part for text in base for part in text.replace("\n", " ").split(". ") if len(part) > 30]
    words = sorted({word for text in base for word in text.split() if word.isalpha()})
    made: list[str] = []
    for number in range(count):
        if number < 1000 or draw.random() < 0.7:
            text, source = ". ".join(draw.sample(sentences, 3)), None
        else:
            source = draw.randrange(number)
            parts = made[source].split(" ")
            for _ in range(draw.randint(1, 6)):
                parts[draw.randrange(len(parts))] = draw.choice(words)
            text = " ".join(parts)
        made.append(text)
        yield text, source


def timed(python: Path, code: str, path: Path) -> dict[str, Any]:
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    out = subprocess.run([str(python), "-c", code, str(path)], capture_output=True, text=True, timeout=7200, check=False, env=environment)
    lines = [line for line in out.stdout.splitlines() if line.startswith("{")]
    if not lines:
        sys.exit(f"{python}: no result: {out.stderr.strip()[-2000:]}")
    return json.loads(lines[-1])


class Truth:
    """Shingle sets of all prompts, and what pairs come to."""

    def __init__(self, texts: list[str]):
        import re

        pattern = re.compile(TOKEN)
        self._sets: list[frozenset[int]] = []
        for text in texts:
            words = pattern.findall(text.lower())
            self._sets.append(frozenset(hash(tuple(words[at : at + NGRAM])) for at in range(max(1, len(words) - NGRAM + 1))))

    def jaccard(self, one: int, other: int) -> float:
        left, right = self._sets[one], self._sets[other]
        return len(left & right) / len(left | right)

    def grouped(self, pairs: list[list[int]]) -> set[tuple[int, int]]:
        """All pairs of rows in one group, of groups that the confirmed pairs make."""
        parent: dict[int, int] = {}

        def root(node: int) -> int:
            while parent.setdefault(node, node) != node:
                parent[node] = parent[parent[node]]
                node = parent[node]
            return node

        for one, other in pairs:
            if self.jaccard(one, other) >= THRESHOLD:
                parent[max(root(one), root(other))] = min(root(one), root(other))
        groups: dict[int, list[int]] = {}
        for node in parent:
            groups.setdefault(root(node), []).append(node)
        return {(a, b) for group in groups.values() for a in group for b in group if a < b}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with gsm8k/ and math_test5000/")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bench-python", type=Path, default=Path(".venv-bench/bin/python"))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    made = list(prompts(questions(arguments.data), arguments.documents, arguments.seed))
    texts = [text for text, _ in made]
    tools = {"openk15": (Path(sys.executable), OURS)}
    if arguments.bench_python.exists():
        tools |= {"datatrove": (arguments.bench_python, DATATROVE), "datasketch": (arguments.bench_python, DATASKETCH)}
    else:
        print(f"{arguments.bench_python}: no bench environment, so no peer; make bench-env", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "prompts.jsonl"
        path.write_text("".join(json.dumps(text) + "\n" for text in texts), "utf-8")
        runs = {tool: timed(python, code, path) for tool, (python, code) in tools.items()}
        memory: dict[int, float] = {arguments.documents: runs["openk15"]["mib"]}
        for count in (arguments.documents // 10, arguments.documents // 2):
            path.write_text("".join(json.dumps(text) + "\n" for text in texts[:count]), "utf-8")
            memory[count] = timed(*tools["openk15"], path)["mib"]
    truth = Truth(texts)
    planted = {(source, at): truth.jaccard(source, at) for at, (_, source) in enumerate(made) if source is not None}
    record = report(runs, truth, planted, dict(sorted(memory.items())), arguments.documents)
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")


def report(
    runs: dict[str, dict[str, Any]], truth: Truth, planted: dict[tuple[int, int], float], memory: dict[int, float], count: int
) -> dict[str, Any]:
    start = time.perf_counter()
    grouped = {tool: truth.grouped(run["pairs"]) for tool, run in runs.items()}
    print(
        f"{count} prompts, {len(planted)} planted copies, "
        f"{sum(value >= THRESHOLD for value in planted.values())} of Jaccard {THRESHOLD} or more"
    )
    rows: dict[str, Any] = {}
    for tool, run in runs.items():
        row: dict[str, Any] = {
            "seconds": run["seconds"],
            "per_second": count / run["seconds"],
            "mib": run["mib"],
            "proposed": len(run["pairs"]),
        }
        row["grouped_pairs"] = len(grouped[tool])
        for low, high in ((0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
            inside = [pair for pair, value in planted.items() if low <= value < high]
            row[f"recall_{low}"] = {"found": sum(pair in grouped[tool] for pair in inside), "of": len(inside)}
        row["shared_with_ours"] = len(grouped[tool] & grouped["openk15"])
        rows[tool] = row
        recalls = ", ".join(f"{key[7:]}+: {value['found']}/{value['of']}" for key, value in row.items() if key.startswith("recall"))
        print(
            f"{tool}: {run['seconds']:.1f} s of CPU, {row['per_second']:.0f} prompts/s, {run['mib']:.0f} MiB; "
            f"{row['proposed']} pairs proposed, "
            f"{row['grouped_pairs']} pairs in groups ({row['shared_with_ours']} of them ours too); planted found by Jaccard {recalls}"
        )
    print("memory of ours: " + ", ".join(f"{number} prompts {mib:.0f} MiB" for number, mib in memory.items()))
    record = {"claim": "near-duplicates: prompts per second", "documents": count, "runs": rows, "memory_mib": memory, "goal": 2}
    if len(runs) > 1:
        best = max(row["per_second"] for tool, row in rows.items() if tool != "openk15")
        record |= {"ours": rows["openk15"]["per_second"], "peer": best, "ratio": rows["openk15"]["per_second"] / best}
        print(f"speed: {record['ratio']:.1f} times the faster peer")
    print(f"(comparison took {time.perf_counter() - start:.0f} s)")
    return record


if __name__ == "__main__":
    main()
