"""A run as one self-contained page.

In: a run folder, and whatever there is around it. Out: one html file with its styles, figures and pictures
inside: it opens offline, prints, and follows the reader's light or dark setting. No scripts.

    report_data    reads the files; what is missing becomes a sentence
    report_text    headline, tiles, table
    report_plots   curves (drawn by report_svg's rules)
    report_cards   a dozen responses, chosen by rule

Invariant: the page is a function of the files: same files, same bytes. A run that is still going, or was
killed, gives a page that says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from data_recipes.store import load_problems
from eval.modules import import_verifiers
from multimodal.processing import load_decoder
from openk15.errors import UserError
from openk15.files import atomic_write_text, read_json
from rl.report_cards import Card, Decode, ProblemLookup, choose, make_card, views
from rl.report_data import Record, RunData, load_run
from rl.report_plots import STOP_WORDS, learner_plots, machine_plots, outcome_plots, warmup_plots
from rl.report_svg import css_variables
from rl.report_text import Row, headline, table, tiles

__all__ = ["Decode", "ProblemLookup", "report_of", "write_report"]

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE = "report_template.html.jinja"
CARDS = 12


def write_report(
    run: Path, out: Path, demo: Path | None = None, problems: ProblemLookup | None = None, decode: Decode | None = None
) -> Path:
    """Write the report of `run` to `out` and return `out`.

    `demo` adds benchmarks, warm-up and stage times; `problems` (the dataset that was trained on) adds questions
    and pictures; `decode` (tokens to text) shows where each segment of a response begins. Raises UserError when
    `run` is no folder or a file in it is damaged.
    """
    data = load_run(run, demo)
    missing = list(data.missing)
    if data.records and problems is None:
        missing.append("No dataset was given or found: responses are shown without question and picture.")
    if data.records and decode is None:
        missing.append("No tokenizer was given or found: responses are shown whole, their segments only as a bar.")
    atomic_write_text(out, render(data, make_cards(data, problems, decode), missing))
    return out


def report_of(run: Path, out: Path, demo: Path | None) -> Path:
    """The report of a run with the questions of its dataset and its policy's tokenizer, if they are still there. Needs no torch."""
    if not (run / "run.json").is_file():
        raise UserError(f"{run}: no run.json; `rl report` takes the folder that `rl train` wrote")
    row = read_json(run / "run.json")
    config = row.get("config") if isinstance(row, dict) else None
    if not isinstance(config, dict) or "rollout" not in config:
        raise UserError(f"{run / 'run.json'}: no run of `rl train`; `rl report` takes the folder that `rl train` wrote")
    import_verifiers((config.get("rewards") or {}).get("modules", ()), "rewards.modules")
    data, policy = Path(config["data"]), Path(config["policy"])
    problems = load_problems(data, config["split"]) if data.is_dir() else None  # the run may have been copied from elsewhere
    return write_report(run, out, demo, problems, load_decoder(policy) if policy.is_dir() else None)


def make_cards(data: RunData, problems: ProblemLookup | None, decode: Decode | None) -> list[Card]:
    view = views(problems)

    def kind(record: Record) -> str:
        seen = view(record.problem)
        return (seen.tags.get("category") or seen.tags.get("template") or seen.tags["source"]) if seen is not None else ""

    return [make_card(record, view, decode) for record in choose(data.records, kind, CARDS)]


def render(data: RunData, cards: list[Card], missing: list[str]) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["position"] = lambda share: f"{100 * min(max(share, 0.0), 1.0):.2f}%"
    page = environment.get_template(TEMPLATE)
    known = ("name", "created", "config", "config_hash", "dataset", "policy", "versions", "seed", "threads", "command")
    about = {**dict.fromkeys(known), **data.run}
    config = about["config"]
    return page.render(
        about=about,
        created=str(about["created"] or "")[:19].replace("T", " "),
        headline=headline(data),
        missing=missing,
        tiles=tiles(data),
        outcome=outcome_plots(data),
        machine=machine_plots(data),
        learner=learner_plots(data),
        warmup=warmup_plots(data.sft),
        rows=_grouped(table(data.benches)),
        metrics=data.metrics,
        cards=cards,
        judged=sum(record.verdict is not None for record in data.records),
        stop_words=STOP_WORDS,
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True) if config is not None else None,
        versions=about["versions"] or {},
        command=about["command"],
        threads=about["threads"],
        light=css_variables(dark=False),
        dark=css_variables(dark=True),
    )


def _grouped(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.tag, []).append(row)
    return list(groups.items())
