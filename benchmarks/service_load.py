"""Does the service keep its word under load?  200 clients for 60 seconds on loopback, some of them slow or broken.

    python benchmarks/service_load.py --json runs/service_load.json
    python benchmarks/service_load.py --clients 50 --seconds 10

Clients in four kinds, all at once: good ones ask for one verdict or a batch, know every right verdict beforehand, and
check it; slow ones send their body in drips; rude ones stop half way, hang up, or send what is no HTTP; lazy ones never
take their answer. Lost: a good or slow client's request without a 200 or a 503 that says to come back. The memory is
that of the service's process and of its workers. The exit code is 3 when a request was lost, a verdict wrong, or the
memory grew by more than half.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = (("good", 0.70), ("slow", 0.10), ("rude", 0.15), ("lazy", 0.05))
GROWTH = 1.5  # of the memory from the end of the warm-up to the end


@dataclass
class Seen:
    """What the clients saw."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)  # of answered requests of good clients
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def item(random_: random.Random, key: str) -> tuple[dict, str]:
    """A question and the status that its verdict must have."""
    number = random_.randrange(10_000)
    given, status = random_.choice(
        [
            (f"\\boxed{{{number}}}", "correct"),
            (f"\\boxed{{{number + 1}}}", "wrong"),
            ("no answer here", "unparsed"),
            (f"\\boxed{{{number}.0}}", "correct"),
        ]
    )
    reference = str(number)
    if random_.random() < 0.02:
        reference, status = "not a number", "error"
    response = f"<think> {'step ' * random_.randrange(200)} </think> {given}"
    return {"id": key, "response": response, "answer": {"verifier": "number", "reference": reference}}, status


def question(random_: random.Random, key: str) -> tuple[str, dict, list[tuple[str, str]]]:
    """Path, body, and the (id, status) that must come back."""
    if random_.random() < 0.7:
        one, status = item(random_, key)
        return "/v1/verify", one, [(key, status)]
    made = [item(random_, f"{key}.{at}") for at in range(random_.randrange(2, 33))]
    return "/v1/verify/batch", {"items": [one for one, _ in made]}, [(one["id"], status) for one, status in made]


def request(path: str, body: dict) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return int(head.split(b" ", 2)[1]), json.loads(await reader.readexactly(length))


async def good(port: int, name: str, end: float, seen: Seen, drip: float = 0.0) -> None:
    random_ = random.Random(name)
    number = 0
    connection = None
    while time.monotonic() < end:
        number += 1
        key = f"{name}.{number}"
        path, body, expected = question(random_, key)
        data = request(path, body)
        begun = time.monotonic()
        try:
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", port)
            reader, writer = connection
            if drip:
                for at in range(0, len(data), max(1, len(data) // 8)):
                    writer.write(data[at : at + max(1, len(data) // 8)])
                    await writer.drain()
                    await asyncio.sleep(drip)
            else:
                writer.write(data)
            code, found = await asyncio.wait_for(answer(reader), 60)
        except (OSError, EOFError, TimeoutError, ValueError, StopIteration) as error:
            seen.lost.append(f"{key}: {type(error).__name__}: {error}")
            connection = None
            continue
        seen.counts[f"{'slow' if drip else 'good'} {code}"] += 1
        if code == 503:
            await asyncio.sleep(random_.random())
            continue
        if code != 200:
            connection = None
            seen.lost.append(f"{key}: status {code}: {str(found)[:200]}")
            continue
        if not drip:
            seen.seconds.append(time.monotonic() - begun)
        verdicts = found.get("verdicts", [found])
        if [(one["id"], one["status"]) for one in verdicts] != expected:
            seen.wrong.append(f"{key}: {verdicts} instead of {expected}")
        seen.counts["verdicts"] += len(verdicts)
        if random_.random() < 0.05:
            writer.close()
            connection = None
    if connection is not None:
        connection[1].close()


async def rude(port: int, name: str, end: float, seen: Seen) -> None:
    random_ = random.Random(name)
    while time.monotonic() < end:
        _, body, _ = question(random_, name)
        data = request("/v1/verify", body)
        how = random_.choice(("half a head", "half a body", "hangs up", "no HTTP", "too much", "nothing"))
        seen.counts[f"rude: {how}"] += 1
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            sent = {"half a head": data[:40], "half a body": data[:-20], "hangs up": data, "no HTTP": os.urandom(200), "nothing": b""}
            writer.write(sent.get(how, b"") or (b"" if how == "nothing" else request("/v1/verify", {"x": "y" * (6 << 20)})))
            if how == "hangs up":
                writer.transport.abort()
                continue
            await asyncio.wait_for(reader.read(), random_.uniform(0.1, 5))
            writer.close()
        except (OSError, TimeoutError):
            continue


async def lazy(port: int, name: str, end: float, seen: Seen) -> None:
    """Asks for much, and never reads."""
    random_ = random.Random(name)
    while time.monotonic() < end:
        seen.counts["lazy"] += 1
        text = "\\boxed{" + "x" * 8000 + "}"  # comes back with the verdict, twice: the answers fill every buffer on the way
        body = {"items": [{"id": at, "response": text, "answer": {"verifier": "number", "reference": "8"}} for at in range(50)]}
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            for _ in range(8):
                writer.write(request("/v1/verify/batch", body))
            await asyncio.sleep(random_.uniform(1, 8))
            writer.transport.abort()
        except OSError:
            continue


def memory_mb(pid: int) -> float:
    """Proportional share of the memory of a process and of all its descendants, MiB."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            waiting += [int(child) for task in Path(f"/proc/{one}/task").iterdir() for child in (task / "children").read_text().split()]
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    return total


async def watch(pid: int, end: float, found: list[tuple[float, float]]) -> None:
    begun = time.monotonic()
    while time.monotonic() < end:
        found.append((time.monotonic() - begun, memory_mb(pid)))
        await asyncio.sleep(1)


async def play(port: int, pid: int, clients: int, seconds: float) -> tuple[Seen, list[tuple[float, float]]]:
    seen, memory = Seen(), []
    end = time.monotonic() + seconds
    tasks = [watch(pid, end, memory)]
    counts = {kind: round(share * clients) for kind, share in KINDS}
    counts["good"] += clients - sum(counts.values())
    for kind, count in counts.items():
        for at in range(count):
            name = f"{kind}{at}"
            tasks.append(
                {
                    "good": lambda name=name: good(port, name, end, seen),
                    "slow": lambda name=name: good(port, name, end, seen, drip=0.2),
                    "rude": lambda name=name: rude(port, name, end, seen),
                    "lazy": lambda name=name: lazy(port, name, end, seen),
                }[kind]()
            )
    await asyncio.gather(*tasks)
    return seen, memory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from rewards.cli import entry; entry()",
            "serve",
            "--port",
            "0",
            "--workers",
            str(options.workers),
            "--no-run",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().split(",")[0].rpartition(":")[2])
        asyncio.run(play(port, server.pid, options.clients, min(5.0, options.seconds)))  # warm-up: every code path, every connection
        seen, memory = asyncio.run(play(port, server.pid, options.clients, options.seconds))
        resting = memory_mb(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(60)
    seen.seconds.sort()
    spots = {f"p{share}": 1000 * seen.seconds[int(share / 100 * (len(seen.seconds) - 1))] for share in (50, 90, 99)} if seen.seconds else {}
    answered = sum(count for name, count in seen.counts.items() if name.startswith(("good ", "slow ")))
    result = {
        "claim": "no lost request, no wrong verdict, bounded memory under slow and broken clients",
        "clients": options.clients,
        "seconds": options.seconds,
        "workers": options.workers,
        "requests": answered,
        "verdicts": seen.counts["verdicts"],
        "lost": len(seen.lost),
        "wrong": len(seen.wrong),
        "ms": {**spots, "max": 1000 * seen.seconds[-1] if seen.seconds else None},
        "memory_mb": {"start": memory[0][1], "most": max(value for _, value in memory), "end": memory[-1][1], "after": resting},
        "counts": dict(sorted(seen.counts.items())),
        "exit_code": code,
        "goal": {"lost": 0, "wrong": 0, "growth": GROWTH},
        "runs": [{"memory_mb": memory, "lost": seen.lost[:20], "wrong": seen.wrong[:20]}],
    }
    print(json.dumps({key: value for key, value in result.items() if key not in ("runs", "goal")}, indent=2))
    for line in (*seen.lost[:5], *seen.wrong[:5]):
        print(line)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    good_end = not seen.lost and not seen.wrong and code == 0 and memory[-1][1] <= GROWTH * memory[0][1]
    print(
        "held" if good_end else "NOT held",
        f"({answered / options.seconds:,.0f} requests/s, {seen.counts['verdicts'] / options.seconds:,.0f} verdicts/s)",
    )
    return 0 if good_end else 3


if __name__ == "__main__":
    sys.exit(main())
