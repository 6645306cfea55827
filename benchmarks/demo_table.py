"""Prints the demo's results over several seeds as Markdown, from their summary.json files.

for seed in 0 1 2; do make demo ARGS="seed=$seed out=runs/demo-$seed"; done
.venv/bin/python benchmarks/demo_table.py runs/demo-0 runs/demo-1 runs/demo-2
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from openk15.files import read_json

STAGES = ("setup", "data", "sft", "rl", "benchmark")


def cell(row: dict[str, Any]) -> str:
    return f"{row['accuracy']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def main(folders: list[str]) -> None:
    runs = [(Path(folder), read_json(Path(folder) / "summary.json")) for folder in folders]
    print("| run | after warm-up | after RL | rise | intervals apart | tokens before | tokens after | pictures blanked | no-image chance |")
    print("|" + " --- |" * 9)
    for folder, run in runs:
        before, after, blank = run["warmup"], run["rl"], run["blank_image"]
        chance = run["no_image_chance"]
        chance = chance.get("heldout") if isinstance(chance, dict) else chance
        print(
            f"| {folder.name} | {cell(before)} | {cell(after)} | {after['accuracy'] - before['accuracy']:+.3f} "
            f"| {'yes' if after['low'] > before['high'] else 'no'} | {before['tokens']:.1f} | {after['tokens']:.1f} "
            f"| {cell(blank)} | {'' if chance is None else f'{chance:.3f}'} |"
        )
    sizes = ", ".join(f"{run['warmup']['n']} and {run['blank_image']['n']}" for _, run in runs)
    print(f"\nAccuracy is over held-out problems with its 95 % interval (all and pictured problems: {sizes}).\n")
    print(
        "| run | iterations | trained responses | trained tokens | two or more segments | greatest parity gap, nats | "
        + " | ".join(f"{s}, s" for s in STAGES)
        + " |"
    )
    print("|" + " --- |" * (6 + len(STAGES)))
    for folder, run in runs:
        seconds = " | ".join("" if run["seconds"][stage] is None else f"{run['seconds'][stage]:.0f}" for stage in STAGES)
        print(
            f"| {folder.name} | {run['iterations']} | {run['trained_trajectories']} | {run['trained_tokens']} "
            f"| {run['multi_segment_share']:.1%} | {run['parity_max_abs']:.1e} | {seconds} |"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
