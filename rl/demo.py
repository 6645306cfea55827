"""Data -> warm-up -> RL -> benchmark -> report, by the same commands a person would type.

Each stage runs as its own process and leaves OUT/stages/NAME.json with what it was made from and how long it
took. A stage whose inputs are unchanged is not done again; an interrupted RL stage is resumed.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from openk15.config import StrictModel, load_config
from openk15.errors import RunError, UserError
from openk15.files import atomic_write_json, read_json, sha256_file
from openk15.seeds import digest
from rl.config import RLConfig, SFTConfig
from rl.metrics import read_metrics

BENCHMARKS = ("warmup", "rl", "blank")


class DemoBenchmark(StrictModel):
    samples: int = Field(default=4, gt=0)
    max_tokens: int = Field(default=160, gt=0)
    limit: int | None = None


class DemoConfig(StrictModel):
    """`rl demo`: where things are and what to change in the stages' own configs."""

    out: Path = Path("runs/demo")
    seed: int = 0
    recipe: Path = Path("recipes/demo.yaml")
    recipe_overrides: tuple[str, ...] = ()
    limit: int | None = Field(default=None, description="at most about this many training problems")
    sft: Path = Path("configs/demo/sft.yaml")
    sft_overrides: tuple[str, ...] = ()
    rl: Path = Path("configs/demo/rl.yaml")
    rl_overrides: tuple[str, ...] = ()
    benchmark: DemoBenchmark = DemoBenchmark()


@dataclass(frozen=True)
class Stage:
    """`command` makes `products`; `inputs` decide whether they must be made again."""

    name: str
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    products: tuple[Path, ...]


def run_demo(config: DemoConfig, *, fresh: bool) -> None:
    """Run what is not done yet and print where the report is."""
    for path in (config.recipe, config.sft, config.rl):
        if not path.is_file():
            raise UserError(f"{path}: no such file; run the demo from the repository's root, or set recipe=, sft= and rl=")
    # What the stages would refuse is refused now, not after the ones before them.
    modules = load_config(RLConfig, config.rl, rl_overrides(config)).rewards.modules
    own = load_config(SFTConfig, config.sft, sft_overrides(config)).modules
    both = tuple(dict.fromkeys((*own, *modules)))  # warm-up and RL have the same data
    if fresh and config.out.exists():
        shutil.rmtree(config.out)
    out = config.out
    data, policy = out / "data", out / "sft" / "policy"
    seconds = {"setup": setup_seconds()}
    seconds["data"] = run_stage(config, data_stage(config))
    fingerprint = read_json(data / "manifest.json")["fingerprint"]
    seconds["sft"] = run_stage(config, sft_stage(config, fingerprint, both))
    seconds["rl"] = run_rl(config, fingerprint, weights_digest(policy))
    trained = newest_checkpoint(out / "rl")
    stages = (bench_stage(config, name, folder, modules) for name, folder in (("warmup", policy), ("rl", trained)))
    seconds["benchmark"] = sum(run_stage(config, stage) for stage in stages)
    summary = summarise(out, seconds)
    atomic_write_json(out / "summary.json", summary)
    report = out / "report.html"
    call(("rl", "report", str(out / "rl"), "--out", str(report), "--demo", str(out)))
    before, after, blank = (summary[name] for name in ("warmup", "rl", "blank_image"))
    print()
    for name, row in (("after warm-up", before), ("after RL", after), ("pictures blanked", blank)):
        interval = f"[{row['low']:.3f}, {row['high']:.3f}]"
        print(f"{name:>17}: accuracy {row['accuracy']:.3f} {interval}, {row['n']} problems, {row['tokens']:.1f} tokens")
    print(f"\nreport: {report.resolve()}")


def data_stage(config: DemoConfig) -> Stage:
    limit = ("--limit", str(config.limit)) if config.limit else ()
    command = (
        "data_recipes",
        "build",
        str(config.recipe),
        "-o",
        str(config.out / "data"),
        "--workers",
        "2",
        *limit,
        *config.recipe_overrides,
    )
    return Stage("data", command, (sha256_file(config.recipe),), (config.out / "data" / "manifest.json",))


def sft_stage(config: DemoConfig, fingerprint: str, modules: Sequence[str] = ()) -> Stage:
    return Stage(
        "sft",
        ("rl", "sft", str(config.sft), *sft_overrides(config, modules)),
        (sha256_file(config.sft), fingerprint),
        (config.out / "sft" / "policy" / "config.json",),
    )


def sft_overrides(config: DemoConfig, modules: Sequence[str] = ()) -> tuple[str, ...]:
    own = [f"data={config.out / 'data'}", f"out={config.out / 'sft'}", f"seed={config.seed}"]
    own += [f"modules=[{','.join(modules)}]"] if modules else []
    return (*own, *config.sft_overrides)


def rl_overrides(config: DemoConfig) -> tuple[str, ...]:
    own = (f"data={config.out / 'data'}", f"policy={config.out / 'sft' / 'policy'}", f"out={config.out / 'rl'}", f"seed={config.seed}")
    return (*own, *config.rl_overrides)


def bench_stage(config: DemoConfig, name: str, checkpoint: Path, modules: Sequence[str] = ()) -> Stage:
    """The benchmark of one checkpoint; that of the trained one also with its pictures blanked."""
    out, blank = config.out / "bench" / name, config.out / "bench" / "blank"
    products = [out / "results.json"]
    options = ["--data", str(config.out / "data"), "--out", str(out), "--samples", str(config.benchmark.samples)]
    options += ["--max-tokens", str(config.benchmark.max_tokens), "--seed", str(config.seed)]
    options += ["--limit", str(config.benchmark.limit)] if config.benchmark.limit else []
    options += [option for module in modules for option in ("--module", module)]
    if name == "rl":
        options += ["--blank-out", str(blank)]
        products.append(blank / "results.json")
    inputs = (weights_digest(checkpoint), read_json(config.out / "data" / "manifest.json")["fingerprint"])
    return Stage(f"bench-{name}", ("benchmark", "run", str(checkpoint), *options), inputs, tuple(products))


def run_rl(config: DemoConfig, fingerprint: str, policy: str) -> float:
    """Train, or go on with a run of the same inputs that was interrupted."""
    out = config.out / "rl"
    command = ("rl", "train", str(config.rl), *rl_overrides(config))
    stage = Stage("rl", command, (sha256_file(config.rl), fingerprint, policy), (out / "run.json",))
    begun = config.out / "stages" / "rl.begun.json"
    key = key_of(stage)
    if done_seconds(config, stage) is None:
        stamp_of(config, stage).unlink(missing_ok=True)
        if (out / "run.json").exists() and begun.exists() and read_json(begun)["key"] == key:
            stage = Stage("rl", ("rl", "resume", str(out)), stage.inputs, stage.products)
        elif out.exists():
            begun.unlink(missing_ok=True)  # what is half removed must not be resumed
            shutil.rmtree(out)
        atomic_write_json(begun, {"key": key})
    seconds = run_stage(config, stage, key)
    # A resumed run took at least what its iterations took, whichever process ran them.
    return max(seconds, sum(row.seconds.get("total", 0.0) for row in read_metrics(out)))


def run_stage(config: DemoConfig, stage: Stage, key: str | None = None) -> float:
    """Seconds the stage took, now or when it was done."""
    key = key or key_of(stage)
    before = done_seconds(config, stage, key)
    if before is not None:
        print(f"{stage.name}: done before ({before:.0f} s)")
        return before
    start = time.monotonic()
    # From here on the folder may hold another run's products, finished or not: the old stamp must not vouch for them.
    stamp_of(config, stage).unlink(missing_ok=True)
    call(stage.command)
    seconds = time.monotonic() - start
    atomic_write_json(stamp_of(config, stage), {"key": key, "seconds": seconds, "command": shlex.join(stage.command)})
    return seconds


def key_of(stage: Stage) -> str:
    return digest(stage.name, list(stage.command), list(stage.inputs))


def stamp_of(config: DemoConfig, stage: Stage) -> Path:
    return config.out / "stages" / f"{stage.name}.json"


def done_seconds(config: DemoConfig, stage: Stage, key: str | None = None) -> float | None:
    stamp = stamp_of(config, stage)
    if not (stamp.exists() and all(product.exists() for product in stage.products)):
        return None
    found = read_json(stamp)
    return float(found["seconds"]) if found["key"] == (key or key_of(stage)) else None


def call(command: Sequence[str]) -> None:
    """Run one of our commands from this environment; RunError when it fails (it has said why)."""
    print(f"\n$ {shlex.join(command)}", flush=True)
    found = Path(sys.executable).parent / command[0]
    code = subprocess.run([str(found), *command[1:]], check=False).returncode
    if code == 130 or code == -2:
        raise KeyboardInterrupt
    if code:
        raise RunError(f"`{shlex.join(command)}` ended with exit code {code}; what it printed above says why")


def newest_checkpoint(run: Path) -> Path:
    found = sorted((run / "checkpoints").glob("v*"))
    if not found:
        raise RunError(f"{run}: has no checkpoint; delete the folder and run the demo again")
    return found[-1]


def weights_digest(folder: Path) -> str:
    return digest([sha256_file(file) for file in sorted(folder.glob("*.safetensors"))])


def setup_seconds() -> float | None:
    """What `make setup` wrote into the environment; None when it was set up by hand."""
    record = Path(sys.prefix) / ".setup-seconds"
    return float(record.read_text()) if record.exists() else None


def summarise(out: Path, seconds: dict[str, float | None]) -> dict[str, Any]:
    """The demo in numbers, for machines; all recomputed from the stages' files."""
    results = {name: read_json(out / "bench" / name / "results.json") for name in BENCHMARKS}
    rows = read_metrics(out / "rl")
    trained = sum(row.trained_trajectories for row in rows)
    several = sum((row.multi_segment_share or 0.0) * row.trained_trajectories for row in rows)
    keys = ("accuracy", "low", "high", "n")

    def part(result: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
        return {**{key: of[key] for key in keys}, "tokens": result["tokens"]}

    blank = results["blank"]
    return {
        "warmup": part(results["warmup"], results["warmup"]),
        "rl": part(results["rl"], results["rl"]),
        "blank_image": part(blank, blank["image_accuracy"]),
        "no_image_chance": blank.get("no_image_chance"),
        "multi_segment_share": several / trained if trained else None,
        "parity_max_abs": max((row.parity_max_abs for row in rows if row.parity_max_abs is not None), default=None),
        "iterations": len(rows),
        "trained_trajectories": trained,
        "trained_tokens": sum(row.trained_tokens for row in rows),
        "seconds": seconds,
    }
