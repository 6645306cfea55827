"""`rl plan|sft|train|resume|report|demo|rm`. Models, vLLM and Ray are imported only when a command needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openk15.cli import main, new_app
from openk15.config import load_config
from rl.rm_cli import app as rm_app

app = new_app("Warm up and train vision-language policies with partial rollouts and the exact Kimi k1.5 objective.")
app.add_typer(rm_app, name="rm", epilog="Example: rl rm train configs/rm/gsm8k_cot.yaml")

ConfigPath = Annotated[Path, typer.Argument(help="YAML config", show_default=False)]
Overrides = Annotated[list[str] | None, typer.Argument(help="dotted overrides, for example learner.tau=0.2", show_default=False)]


@app.command(epilog="Example: rl sft configs/demo/sft.yaml steps=200 out=runs/try/sft")
def sft(config: ConfigPath, overrides: Overrides = None) -> None:
    """Supervised warm-up on a dataset's worked solutions."""
    from rl.config import SFTConfig

    loaded = load_config(SFTConfig, config, overrides or [])
    from rl.display import SFTDisplay
    from rl.sft import run_sft

    with SFTDisplay(loaded.steps) as display:
        folder = run_sft(loaded, display.update)
    typer.echo(f"policy: {folder}")


@app.command(epilog="Example: rl plan configs/demo/rl.yaml rollout.samples=16")
def plan(config: ConfigPath, overrides: Overrides = None) -> None:
    """Resolve a config and check data, verifiers and resources without loading a model."""
    from rl.config import RLConfig
    from rl.plan import print_plan

    print_plan(load_config(RLConfig, config, overrides or []))


@app.command(epilog="Example: rl train configs/demo/rl.yaml seed=1 out=runs/try/rl")
def train(config: ConfigPath, overrides: Overrides = None) -> None:
    """Train a policy by reinforcement learning; the run explains itself from its folder."""
    from rl.config import RLConfig

    loaded = load_config(RLConfig, config, overrides or [])
    from rl.run import create_run

    run = create_run(loaded, typer.echo)  # before torch is imported: what is wrong is said at once
    from rl.drive import drive

    drive(run)


@app.command(epilog="Example: rl resume runs/demo/rl iterations=80")
def resume(
    run: Annotated[Path, typer.Argument(help="run folder written by `rl train`", show_default=False)], overrides: Overrides = None
) -> None:
    """Go on from the last published iteration, on the same samples in the same order."""
    from rl.run import resume_run

    resumed = resume_run(run, overrides or [])
    from rl.drive import drive

    drive(resumed)


@app.command(epilog="Example: rl report runs/demo/rl -o runs/demo/report.html --demo runs/demo")
def report(
    run: Annotated[Path, typer.Argument(help="run folder", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="html file to write [default: RUN/report.html]", show_default=False)
    ] = None,
    demo: Annotated[Path | None, typer.Option(help="demo folder with benchmarks before and after", show_default=False)] = None,
) -> None:
    """Write one self-contained html page about a run."""
    from rl.report import report_of

    typer.echo(f"report: {report_of(run, out or run / 'report.html', demo)}")


@app.command(epilog="Example: rl demo configs/demo/demo.yaml out=runs/mine seed=1")
def demo(
    config: ConfigPath,
    overrides: Overrides = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="start over, whatever is there")] = False,
) -> None:
    """Data, warm-up, RL, benchmark and report in one go; stages that are done are not done again."""
    from rl.demo import DemoConfig, run_demo

    run_demo(load_config(DemoConfig, config, overrides or []), fresh=fresh)


def entry() -> None:
    main(app, "rl")
