"""The card: what was built, for a person. Markdown with pictures beside it; every number is counted from the rows."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from data_recipes.chance import most_frequent
from data_recipes.lock import LOCK
from data_recipes.problem import Problem
from data_recipes.recipe import Recipe
from data_recipes.report import Report
from data_recipes.sources.base import HELDOUT, TRAIN, Generator
from data_recipes.tally import Tally, answer_text, has_answer
from openk15.files import atomic_write_bytes, atomic_write_text

if TYPE_CHECKING:
    from data_recipes.build import Selection


FENCE = "---\n"


def front(counted: Mapping[str, Tally]) -> str:
    """Without it `datasets.load_dataset` guesses the splits from folder names and leaves held-out out; it cannot load an empty split."""
    files = "".join(f"  - split: {split}\n    path: {split}/*.parquet\n" for split, tally in counted.items() if tally.problems)
    return f"{FENCE}configs:\n- config_name: default\n  data_files:\n{files}{FENCE}\n"


def without_front(text: str) -> str:
    """The card as a person reads it."""
    if not text.startswith(FENCE):
        return text
    _, end, body = text.removeprefix(FENCE).partition(f"\n{FENCE}")
    return body.lstrip("\n") if end else text


def write_card(
    folder: Path,
    recipe: Recipe,
    selection: Selection,
    counted: Mapping[str, Tally],
    manifest: dict[str, Any],
    command: str,
) -> None:
    """Write README.md and examples/*.png into `folder`."""
    train = counted[TRAIN]
    sections = [
        f"# {recipe.name}\n\n{recipe.description}".rstrip(),
        f"Rebuild with `{command}`. Fingerprint `{manifest['fingerprint'][:16]}`; what the bytes depend on is in `{LOCK}`.",
        _counts(manifest),
        _funnel(manifest),
        _funnel_by_tag(manifest),
        _grades(manifest),
        _answers(train),
        _processes(manifest),
        _lengths(manifest),
        _checks(recipe, manifest),
        *(_report(name, Report.from_dict(told)) for name, told in manifest["reports"].items() if told["tables"] or told["notes"]),
        _dropped_examples(recipe, selection),
        _chance(manifest),
        _licences(recipe, manifest),
        _examples(folder, train),
    ]
    atomic_write_text(folder / "README.md", front(counted) + "\n\n".join(section for section in sections if section) + "\n")


def _table(header: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows])


def _cell(value: Any) -> str:
    return " ".join(str(value).splitlines()).replace("|", "\\|")


def _counts(manifest: dict[str, Any]) -> str:
    splits = manifest["splits"]
    rows = [
        [tag, value, splits[TRAIN]["tags"][tag].get(value, 0), splits[HELDOUT]["tags"][tag].get(value, 0)]
        for tag in ("source", "category", "modality", "domain", "discipline", "template")
        for value in sorted(splits[TRAIN]["tags"][tag] | splits[HELDOUT]["tags"][tag])
        if value != "(none)" or len(splits[TRAIN]["tags"][tag]) > 1
    ]
    total = ["all", "", splits[TRAIN]["problems"], splits[HELDOUT]["problems"]]
    return "## Problems\n\n" + _table(["tag", "value", "train", "held-out"], [*rows, total])


def _funnel(manifest: dict[str, Any]) -> str:
    """From every record considered to what is kept; the numbers add up."""
    found = manifest["funnel"]
    left = manifest["considered"]
    rows: list[list[Any]] = [["considered", "", left]]
    for step, count in manifest["dropped"].items():
        if step != "select":
            left -= count
            rows.append([f"while reading: {step}", count, left])
    rows += [[f"`{rule['rule']}`", rule["dropped"], rule["left"]] for rule in found["rules"]]
    kept = sum(manifest["splits"][split]["problems"] for split in (TRAIN, HELDOUT))
    if found["repeated"]:
        rows.append(["one of every id", found["repeated"], kept - found["copies"]])
    if found["copies"]:
        rows.append(["further copies of rows that are drawn more than once", f"+{found['copies']}", kept])
    return "## Funnel\n\n" + _table(["step", "dropped", "left"], [*rows, ["kept (train and held-out)", "", kept]])


def _funnel_by_tag(manifest: dict[str, Any]) -> str:
    """How balanced the tags were before selection, and are after."""
    if not manifest["funnel"]["rules"]:
        return ""
    rows = []
    for tag, values in manifest["funnel_by_tag"].items():
        came, stayed = (sum(counts[at] for counts in values.values()) for at in (0, 1))
        if len(values) > 1:
            rows += [
                [tag, value, before, f"{before / came:.1%}", after, f"{after / stayed:.1%}" if stayed else "", f"{after / before:.1%}"]
                for value, (before, after) in values.items()
            ]
    if not rows:
        return ""
    header = ["tag", "value", "before", "share", "after", "share", "kept"]
    return "## Before and after selection\n\nBoth splits.\n\n" + _table(header, rows)


def _report(name: str, report: Report) -> str:
    parts = [f"## {name[0].upper()}{name[1:]}", *report.notes]
    parts += [f"**{title}**\n\n" + _table(header, rows) for title, header, rows in report.tables]
    return "\n\n".join(parts)


def _dropped_examples(recipe: Recipe, selection: Selection) -> str:
    """The first row that each rule dropped, as it was measured."""
    first: dict[int, tuple[str, str]] = {}
    for key, decision in selection.decisions.items():
        if decision.rule not in first and not decision.reason.startswith("linked to"):
            first[decision.rule] = (key, decision.reason)
    if not first:
        return ""
    rows = [
        [f"`{recipe.select[number].title}`" if number >= 0 else "one of every id", key, reason[:300]]
        for number, (key, reason) in sorted(first.items())
    ]
    return "## Why rows went\n\nOne of each rule; `data_recipes why-dropped ID` tells of any row.\n\n" + _table(
        ["rule", "row", "reason"], rows
    )


def _grades(manifest: dict[str, Any]) -> str:
    train, heldout = (manifest["splits"][split]["tags"]["grade"] for split in (TRAIN, HELDOUT))
    top = max(train.values(), default=1)
    grades = sorted(train | heldout)
    rows = [[grade, train.get(grade, 0), heldout.get(grade, 0), "█" * round(20 * train.get(grade, 0) / top)] for grade in grades]
    return "## Difficulty grades\n\n" + _table(["grade", "train", "held-out", "train, as bars"], rows)


def _answers(train: Tally) -> str:
    if not train.answers:
        return "## Answer balance (train)\n\nNo training problem has one answer to compare with."
    rows = []
    for template, answers in sorted(train.answers.items()):
        answer, total = str(most_frequent(answers)), answers.total()
        rows.append([template, total, len(answers), answer[:40], f"{answers[answer] / total:.1%}"])
    return "## Answer balance (train)\n\n" + _table(["template", "n", "different answers", "most frequent", "its share"], rows)


def _processes(manifest: dict[str, Any]) -> str:
    train = manifest["splits"][TRAIN]
    if set(train["tags"]["process"]) <= {"(none)"}:
        return ""
    rows = [[name, count, f"{count / train['problems']:.1%}"] for name, count in train["tags"]["process"].items()]
    return "## Cognitive processes shown by the reasoned solutions (train)\n\n" + _table(["process", "problems", "share"], rows)


def _lengths(manifest: dict[str, Any]) -> str:
    rows = [
        [split, style, found["n"], *((f"{found['mean']:.1f}", found["median"], found["most"]) if found["n"] else ("", "", ""))]
        for split in (TRAIN, HELDOUT)
        for style, found in manifest["splits"][split]["solution_words"].items()
    ]
    return "## Words per worked solution (all counted)\n\n" + _table(["split", "style", "n", "mean", "median", "most"], rows)


def _checks(recipe: Recipe, manifest: dict[str, Any]) -> str:
    rows = [[kind, found[TRAIN], found[HELDOUT], found["shared"]] for kind, found in manifest["disjoint"].items()]
    dropped = ", ".join(f"{step} {count}" for step, count in manifest["dropped"].items()) or "none"
    made_of = "What the problems are made of, and how much of it train and held-out share:\n\n" + _table(
        ["made of", "train", "held-out", "shared"], rows
    )
    notes = [f"- {spec.use}: {spec.source().note}" for spec in recipe.sources]
    if any(isinstance(spec.source(), Generator) for spec in recipe.sources):
        notes.append("- Of generated problems every worked solution is judged correct by the verifier, and a perturbed answer is not.")
    notes.append(f"- Dropped problems, with reasons in `dropped.jsonl`: {dropped}.")
    return "## Checks\n\n" + (made_of + "\n\n" if rows else "") + "\n".join(notes)


def _chance(manifest: dict[str, Any]) -> str:
    chance = manifest["no_image_chance"]
    if not chance["n"]:
        return "## Without the picture\n\nNo held-out problem has both a picture and an answer: nothing to measure it on."
    named = {**chance["by_template"], "all": {**chance, "accuracy": chance[HELDOUT]}}
    rows = [[name, f"{found['accuracy']:.3f}", f"{found['low']:.3f} to {found['high']:.3f}", found["n"]] for name, found in named.items()]
    note = "Held-out accuracy of always giving train's most frequent answer for the same question and picture size."
    return f"## Without the picture\n\n{note}\n\n" + _table(["template", "accuracy", "95 % interval", "n"], rows)


def _licences(recipe: Recipe, manifest: dict[str, Any]) -> str:
    counted = [
        [name, sum(manifest["splits"][split]["tags"]["licence"].get(name, 0) for split in (TRAIN, HELDOUT))]
        for name in _licence_names(manifest)
    ]
    declared = _table(["source", "licence"], [[spec.use, spec.source().licence_named] for spec in recipe.sources])
    return "## Licences\n\n" + declared + "\n\n## Licences of the kept rows\n\n" + _table(["licence", "problems"], counted)


def _licence_names(manifest: dict[str, Any]) -> list[str]:
    return sorted({name for split in (TRAIN, HELDOUT) for name in manifest["splits"][split]["tags"]["licence"]})


def _examples(folder: Path, train: Tally) -> str:
    parts = ["## Examples"]
    for number, (template, (problem, images)) in enumerate(sorted(train.examples.items())):
        pictures = []
        for name in problem.images:
            file = f"examples/{number}-{name[:8]}.png"
            atomic_write_bytes(folder / file, images[name])
            pictures.append(f'<img src="{file}" height="{_height(images[name])}" alt="{template}">\n\n')
        worked = "\n".join(f"- {solution.style}: `{_short(solution.text)}`" for solution in problem.solutions)
        text = _short(problem.messages[-1].text, 600)
        parts.append(f"**{template}**, grade {problem.grade}\n\n{''.join(pictures)}{text}\n\n{worked or _right(problem)}")
    return "\n\n".join(parts)


def _right(problem: Problem) -> str:
    """What is right, for an example that shows no solution."""
    judged = f"judged by `{problem.answer.verifier}`"
    if has_answer(problem):
        return f"- answer: `{_short(answer_text(problem), 200)}`, {judged}"
    return "- no answer to judge" if problem.answer.verifier == "none" else f"- {judged}"


def _height(picture: bytes) -> int:
    """Shown small pictures as they are and large ones at 220 pixels."""
    with Image.open(io.BytesIO(picture)) as opened:
        return min(220, max(56, opened.height))


def _short(text: str, most: int = 400) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
